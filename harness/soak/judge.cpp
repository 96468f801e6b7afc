#include "harness/soak/judge.h"

#include <fmt/format.h>

#include <algorithm>

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

/// Finds a death of its own for each notice. Notices in the order of their time's end, each taking
/// the death that is over first: where that finds none, there is none.
void judge_notices(Board& board, std::vector<std::string>& findings) {
    const std::uint32_t notices_seen = board.notices_count;
    const std::uint32_t deaths_seen = board.deaths_count;
    if (notices_seen > Board::kNoticesMax || deaths_seen > Board::kDeathsMax) {
        findings.push_back("more deaths or notices than the board has room for");
        return;
    }
    std::vector<Notice> notices(board.notices.begin(), board.notices.begin() + notices_seen);
    std::vector<Death> deaths(board.deaths.begin(), board.deaths.begin() + deaths_seen);
    // Who notes it may be killed before it has written all of it.
    std::erase_if(notices,
                  [](const Notice& notice) { return notice.mutexes == 0 || notice.to_ns == 0; });
    std::sort(notices.begin(), notices.end(),
              [](const Notice& a, const Notice& b) { return a.to_ns < b.to_ns; });
    std::sort(deaths.begin(), deaths.end(),
              [](const Death& a, const Death& b) { return a.to_ns < b.to_ns; });
    for (const Notice& notice : notices) {
        const auto why = std::find_if(deaths.begin(), deaths.end(), [&](const Death& death) {
            return (death.mutexes & notice.mutexes) != 0 && death.from_ns <= notice.to_ns &&
                   death.to_ns >= notice.from_ns;
        });
        if (why == deaths.end()) {
            findings.push_back(fmt::format(
                "an abandoned notice without a death: mutexes {:#x}, the last owner had released "
                "it in order, and nobody died in a call on it in the {} ms before",
                notice.mutexes, (notice.to_ns - notice.from_ns) / kNsPerMs));
        } else {
            // One death leaves each mutex that it had once.
            why->mutexes &= ~notice.mutexes;
        }
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
