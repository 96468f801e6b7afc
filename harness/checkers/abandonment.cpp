// Each death of a mutex's owner is told exactly once (MTX-07 to MTX-10, MTX-16, MTX-17).
//
// Holdings that do not overlap come in one order only. In that order a mutex is handed on as `told
// nothing` after a release and as `abandoned` after a death, and the next wait must say the one or
// the other. A holding that ended with a pending release may have ended either way. A pending wait
// of another thread may have become an owner that died, once, at a moment from its invocation on:
// it can stand before any holding whose wait said `abandoned`, in the time that is left for it.
// Which pending wait stands where is a matching of moments to intervals; taking the one that must
// be used soonest is best, so the check finds an explanation whenever there is one.
//
// A mutex that can vanish may be made anew after a death, and then nobody is told.
//
// In the snapshot that was taken while no operation ran, a mutex whose last owner died must be
// marked abandoned, and one whose last owner released it must not.
//
// Sound: where the order of holdings is not sure (they overlap, or are shorter than the clock can
// tell), nothing is concluded from it.
#include <fmt/format.h>

#include <algorithm>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/mutex_ledger.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

/// How the mutex may have come free.
struct HandedOn {
    bool clean = false;
    bool abandoned = false;
};

/// A pending wait that may have become an owner and died: it took the mutex at or before
/// `took_by`, and the mutex was abandoned at or after `gone_from`.
struct Claim {
    const Operation* wait = nullptr;
    std::int64_t gone_from = 0;
    std::int64_t took_by = 0;
    bool used = false;
};

class Chain {
  public:
    Chain(const History& history, const Lives& lives, ObjectIndex mutex, const MutexLedger& ledger)
        : history_(history), mutex_(mutex), ledger_(ledger) {
        for (const Operation* wait : ledger.claims) {
            claims_.push_back({wait, lives.thread_lived_at(wait->process, wait->thread),
                               lives.dead_by(wait->process)});
        }
        std::sort(claims_.begin(), claims_.end(),
                  [](const Claim& a, const Claim& b) { return a.took_by < b.took_by; });
    }

    /// The first answer that cannot be; nothing when there is none.
    std::optional<Verdict> find_wrong() {
        const std::vector<Holding>& holdings = ledger_.holdings;
        for (std::size_t i = 0; i < holdings.size(); ++i) {
            if (i + 1 < holdings.size() && order_is_open(holdings[i], holdings[i + 1])) {
                // These may come in any order; whatever they hand on is possible.
                while (i + 1 < holdings.size() && order_is_open(holdings[i], holdings[i + 1])) {
                    ++i;
                }
                state_ = {true, true};
                previous_ = &holdings[i];
                continue;
            }
            if (auto wrong = judge(holdings[i])) {
                return wrong;
            }
            state_ = handed_on_by(holdings[i]);
            previous_ = &holdings[i];
        }
        return std::nullopt;
    }

    [[nodiscard]] HandedOn state() const { return state_; }
    [[nodiscard]] std::uint64_t told() const { return told_; }

  private:
    static bool order_is_open(const Holding& a, const Holding& b) {
        return a.sure_from == a.sure_until && b.sure_from == b.sure_until &&
               a.sure_from == b.sure_from;
    }

    [[nodiscard]] HandedOn handed_on_by(const Holding& holding) const {
        switch (holding.end) {
            case HoldingEnd::released:
                return {true, false};
            case HoldingEnd::maybe_released:
                return {true, true};
            case HoldingEnd::died:
                break;
        }
        return {!history_.objects.at(mutex_).whole_run, true};
    }

    std::optional<Verdict> judge(const Holding& holding) {
        if (holding.taken->status != ResponseStatus::abandoned) {
            return state_.clean ? std::nullopt : std::optional(not_told(holding));
        }
        ++told_;
        if (state_.abandoned || use_claim(holding)) {
            return std::nullopt;
        }
        return told_in_vain(holding);
    }

    /// Explains what the holding was told by an owner between the one before it and itself.
    bool use_claim(const Holding& holding) {
        const std::int64_t free_from = previous_ == nullptr ? kLongAgo : previous_->sure_until;
        for (Claim& claim : claims_) {
            if (!claim.used && claim.gone_from <= holding.sure_from && free_from <= claim.took_by) {
                claim.used = true;
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] Verdict not_told(const Holding& holding) const {
        return failed(
            fmt::format("{} took {} at {} and was not told that {} had ended owning it (it last "
                        "lived at {})",
                        thread_of(history_, *holding.taken), named(history_, mutex_),
                        in_ms(holding.sure_from), thread_of(history_, *previous_->taken),
                        in_ms(previous_->sure_until)),
            {previous_->taken, previous_->last_release, holding.taken});
    }

    [[nodiscard]] Verdict told_in_vain(const Holding& holding) const {
        const std::string before = previous_ == nullptr
                                       ? std::string("nobody had owned it before")
                                       : fmt::format("{}, its owner before, had released it by {}",
                                                     thread_of(history_, *previous_->taken),
                                                     in_ms(previous_->last_release->returned_ns));
        return failed(fmt::format("{} was told at {} that {} was abandoned, but {}",
                                  thread_of(history_, *holding.taken), in_ms(holding.sure_from),
                                  named(history_, mutex_), before),
                      {previous_ == nullptr ? nullptr : previous_->taken,
                       previous_ == nullptr ? nullptr : previous_->last_release, holding.taken});
    }

    const History& history_;
    ObjectIndex mutex_;
    const MutexLedger& ledger_;
    std::vector<Claim> claims_;
    HandedOn state_{true, false};
    const Holding* previous_ = nullptr;
    std::uint64_t told_ = 0;
};

/// The mark that the mutex bears while no operation runs, against what became of its owners.
std::optional<Verdict> judge_mark(const History& history, const Lives& lives, ObjectIndex mutex,
                                  const MutexLedger& ledger, HandedOn last) {
    const Snapshot* snapshot = find_quiescence(history);
    const ObjectState* state = find_final_state(history, history.objects[mutex]);
    if (state == nullptr || ledger.holdings.empty() || !history.objects[mutex].whole_run ||
        !ledger.claims.empty()) {
        return std::nullopt;
    }
    const Holding& holding = ledger.holdings.back();
    if (std::any_of(ledger.holdings.begin(), ledger.holdings.end(), [&](const Holding& each) {
            return each.taken->returned_ns >= snapshot->at_ns;
        })) {
        return std::nullopt;
    }
    const std::uint32_t process = holding.taken->process;
    if (last.abandoned && !last.clean && !state->abandoned && state->value == 0 &&
        lives.dead_by(process) < snapshot->at_ns && died_in_the_run(history.processes[process])) {
        return failed(
            fmt::format("{} died owning {} (known at {}), and at {} the mutex is free and not "
                        "marked as abandoned, with nobody told",
                        thread_of(history, *holding.taken), named(history, mutex),
                        in_ms(lives.dead_by(process)), in_ms(snapshot->at_ns)),
            {holding.taken});
    }
    if (last.clean && !last.abandoned && state->abandoned &&
        holding.last_release->returned_ns < snapshot->at_ns) {
        return failed(
            fmt::format("{} released {} by {}, and at {} the mutex is marked as abandoned",
                        thread_of(history, *holding.taken), named(history, mutex),
                        in_ms(holding.last_release->returned_ns), in_ms(snapshot->at_ns)),
            {holding.taken, holding.last_release});
    }
    return std::nullopt;
}

std::optional<Verdict> find_told_by_no_mutex(const History& history) {
    for (const Operation& operation : history.operations) {
        if (operation.is_wait() && operation.status == ResponseStatus::abandoned &&
            history.objects.at(operation.object()).type != ObjectType::mutex) {
            return failed(fmt::format("{} was told at {} that {} was abandoned, as only a mutex "
                                      "can be",
                                      thread_of(history, operation), in_ms(operation.returned_ns),
                                      named(history, operation.object())),
                          {&operation});
        }
    }
    return std::nullopt;
}

struct Tally {
    std::uint64_t holdings = 0;
    std::uint64_t deaths = 0;
    std::uint64_t told = 0;
    std::string unclear;  ///< the first mutex whose holdings overlap
};

std::optional<Verdict> judge_mutex(const History& history, const Lives& lives, ObjectIndex mutex,
                                   const MutexLedger& ledger, Tally& tally) {
    if (!ledger.told_own_abandonment.empty()) {
        const Operation* wait = ledger.told_own_abandonment.front();
        return failed(
            fmt::format("{} was told at {} that {} was abandoned, and owned it itself",
                        thread_of(history, *wait), in_ms(wait->returned_ns), named(history, mutex)),
            {wait});
    }
    if (find_overlap(ledger.holdings)) {
        tally.unclear = named(history, mutex);
        return std::nullopt;
    }
    Chain chain(history, lives, mutex, ledger);
    if (auto wrong = chain.find_wrong()) {
        return wrong;
    }
    tally.holdings += ledger.holdings.size();
    tally.told += chain.told();
    tally.deaths += static_cast<std::uint64_t>(
        std::count_if(ledger.holdings.begin(), ledger.holdings.end(), [&](const Holding& holding) {
            return holding.end == HoldingEnd::died &&
                   lives.died(holding.taken->process, holding.taken->thread);
        }));
    return judge_mark(history, lives, mutex, ledger, chain.state());
}

}  // namespace

Verdict judge_abandonment(const History& history) {
    if (auto wrong = find_told_by_no_mutex(history)) {
        return *std::move(wrong);
    }
    const Lives lives(history);
    const auto by_object = operations_by_object(history);
    Tally tally;
    for (ObjectIndex object = 0; object < history.objects.size(); ++object) {
        if (history.objects[object].type != ObjectType::mutex) {
            continue;
        }
        const MutexLedger ledger = make_mutex_ledger(history, lives, object, by_object[object]);
        if (ledger.can_have_vanished_while_held) {
            continue;
        }
        if (auto wrong = judge_mutex(history, lives, object, ledger, tally)) {
            return *std::move(wrong);
        }
    }
    if (!tally.unclear.empty()) {
        return inconclusive(
            fmt::format("holdings of {} overlap, so nobody can say who was to be "
                        "told of whose death",
                        tally.unclear));
    }
    if (tally.holdings == 0) {
        return not_applicable("no mutex was held that can be followed");
    }
    return passed(fmt::format(
        "of {}, {} ended by death; {} told of one", counted(tally.holdings, "holding"),
        tally.deaths, tally.told == 1 ? "1 wait was" : fmt::format("{} waits were", tally.told)));
}

}  // namespace castaway::harness
