#include "harness/soak/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace castaway::harness::soak {
namespace {

constexpr std::array kSemaphores{Shared::lone_semaphore, Shared::semaphore};
constexpr std::array kAutoEvents{Shared::lone_event, Shared::event};

const char* name_of(Shared object) {
    return kSharedNames.at(index_of(object));
}

void judge_semaphore(ObjectCell& cell, const char* name, std::vector<std::string>& findings) {
    const std::uint64_t most = kSemaphoreInitial + cell.given + cell.maybe_given;
    const std::uint64_t least = kSemaphoreInitial + cell.given;
    const std::uint64_t left = cell.stock;
    if (left + cell.taken > most || left + cell.taken + cell.maybe_taken < least) {
        findings.push_back(fmt::format(
            "the {} has {} left: {} at first, {} released and up to {} by the dead, {} taken and "
            "up to {} by the dead",
            name, left, kSemaphoreInitial, cell.given.load(), cell.maybe_given.load(),
            cell.taken.load(), cell.maybe_taken.load()));
    }
    if (left > kSemaphoreMaximum) {
        findings.push_back(fmt::format("the {} has {} left, more than its maximum", name, left));
    }
}

void judge_mutex(ObjectCell& cell, const char* name, std::vector<std::string>& findings) {
    if (cell.first != cell.second || cell.first < cell.entries) {
        findings.push_back(
            fmt::format("the counters that the {} guards are {} and {} after {} entries", name,
                        cell.first.load(), cell.second.load(), cell.entries.load()));
    }
    if (cell.owner != 0) {
        findings.push_back(fmt::format("the {} could not be had at the end", name));
    }
}

/// Gives each notice a mutex of a death of its own, if that can be done: a matching, found by
/// augmenting paths, so no order of taking them makes a riddle where there is none.
class NoticeMatching {
  public:
    NoticeMatching(std::vector<Notice> notices, const std::vector<Death>& deaths)
        : notices_(std::move(notices)) {
        for (const Death& death : deaths) {
            // One death leaves each mutex that it had once.
            for (std::uint32_t mutex = 0; mutex < kMutexes; ++mutex) {
                if ((death.mutexes >> mutex & 1) != 0) {
                    causes_.push_back({{1U << mutex, death.from_ns, death.to_ns}, kNobody, 0});
                }
            }
        }
    }

    /// The notices that are left without a cause.
    std::vector<Notice> unexplained() {
        std::vector<Notice> left;
        for (std::uint32_t i = 0; i < notices_.size(); ++i) {
            ++search_;
            if (!finds_cause(i)) {
                left.push_back(notices_[i]);
            }
        }
        return left;
    }

  private:
    static constexpr std::uint32_t kNobody = ~std::uint32_t{0};
    struct Cause {
        Death death;
        std::uint32_t notice;   ///< that it was given to
        std::uint32_t seen_in;  ///< the last search that came here
    };

    static bool explains(const Death& death, const Notice& notice) {
        return (death.mutexes & notice.mutexes) != 0 && death.from_ns <= notice.to_ns &&
               death.to_ns >= notice.from_ns;
    }

    /// Whether the notice can have a cause when those before it may have others than they have.
    // NOLINTNEXTLINE(misc-no-recursion): as deep as notices whose times overlap
    bool finds_cause(std::uint32_t notice) {
        for (Cause& cause : causes_) {
            if (cause.seen_in == search_ || !explains(cause.death, notices_[notice])) {
                continue;
            }
            cause.seen_in = search_;
            if (cause.notice == kNobody || finds_cause(cause.notice)) {
                cause.notice = notice;
                return true;
            }
        }
        return false;
    }

    std::vector<Notice> notices_;
    std::vector<Cause> causes_;
    std::uint32_t search_ = 0;
};

void judge_notices(const Board& board, std::vector<std::string>& findings) {
    const std::uint32_t notices_seen = board.notices_count;
    const std::uint32_t deaths_seen = board.deaths_count;
    if (notices_seen > Board::kNoticesMax || deaths_seen > Board::kDeathsMax) {
        findings.push_back("more deaths or notices than the board has room for");
        return;
    }
    std::vector<Notice> notices(board.notices.begin(), board.notices.begin() + notices_seen);
    // Who notes it may be killed before it has written all of it.
    std::erase_if(notices,
                  [](const Notice& notice) { return notice.mutexes == 0 || notice.to_ns == 0; });
    NoticeMatching matching(std::move(notices),
                            {board.deaths.begin(), board.deaths.begin() + deaths_seen});
    for (const Notice& notice : matching.unexplained()) {
        findings.push_back(fmt::format(
            "an abandoned notice without a death: mutexes {:#x}, the last owner had released "
            "it in order, and nobody died in a call on it in the {} ms before",
            notice.mutexes, (notice.to_ns - notice.from_ns) / kNsPerMs));
    }
}

}  // namespace

std::vector<std::string> judge_at_any_moment(Board& board) {
    std::vector<std::string> findings;
    // What was taken is read first, and what was given, which comes before, afterwards.
    for (const Shared event : kAutoEvents) {
        const std::uint64_t taken = board[event].taken;
        const std::uint64_t given = board[event].given_begun;
        if (taken > given) {
            findings.push_back(fmt::format("the {} was set {} times and released {} waits",
                                           name_of(event), given, taken));
        }
    }
    for (const Shared semaphore : kSemaphores) {
        const std::uint64_t taken = board[semaphore].taken;
        const std::uint64_t given = board[semaphore].given_begun + kSemaphoreInitial;
        if (taken > given) {
            findings.push_back(fmt::format("the {} had {} counts and {} were taken",
                                           name_of(semaphore), given, taken));
        }
    }
    return findings;
}

std::vector<std::string> judge_stock(Board& board) {
    std::vector<std::string> findings = judge_at_any_moment(board);
    for (const Shared semaphore : kSemaphores) {
        judge_semaphore(board[semaphore], name_of(semaphore), findings);
    }
    for (std::uint32_t i = 0; i < kMutexes; ++i) {
        judge_mutex(board.objects.at(i), kSharedNames.at(i), findings);
    }
    judge_notices(board, findings);
    return findings;
}

}  // namespace castaway::harness::soak
