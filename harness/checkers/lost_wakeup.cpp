// Nobody still waits for a signaled object when all is quiet (WAIT-11; also EVT-06, MTX-10).
//
// The waits in question are those that living threads were still in when the snapshot `quiescence`
// was taken: no operation ran then, and everybody who could be woken had been. Such a wait is lost
//
// * when the snapshot says that one of its objects is signaled, or
// * when it follows from the calls: the object was surely signaled, even if every thread that died
//   in a wait took what it can have taken, and supposing that the waits in question took nothing.
//   If the subject did hand the signal to one of them, that one was not woken, which is as bad.
//
// Where the run was not quiet but at its time limit, a wait that was satisfied this very moment may
// be seen as asleep. Then a wait counts only if both it and the signal are a second old, and timers
// are left out. A mutex whose owner died counts as signaled. Sound under the assumption that a
// thread which is to be woken is so within the run's quiet time, or that second.
//
// Without that snapshot nothing is concluded.
#include <fmt/format.h>

#include <algorithm>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/signal_facts.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kSettledNs = 1'000'000'000;

/// The history as it was at that time. What threads did afterwards, when the harness ended those
/// that stood still, is no part of it.
History cut_off(const History& history, std::int64_t at_ns) {
    History cut = history;
    cut.operations.clear();
    for (const Operation& operation : history.operations) {
        if (operation.invoked_ns >= at_ns) {
            continue;
        }
        Operation& kept = cut.operations.emplace_back(operation);
        if (!kept.pending() && kept.returned_ns >= at_ns) {
            kept.status = ResponseStatus::pending;
        }
    }
    return cut;
}

class LostWakeup {
  public:
    LostWakeup(const History& history, const Snapshot& snapshot)
        : history_(cut_off(history, snapshot.at_ns)),
          snapshot_(snapshot),
          settled_by_(history.went_quiet ? snapshot.at_ns : snapshot.at_ns - kSettledNs),
          lives_(history_),
          facts_(history_, lives_, Moment::quiet),
          by_object_(operations_by_object(history_)),
          waits_(waits_of_the_living(history_)) {}

    [[nodiscard]] const std::vector<const Operation*>& waits() const { return waits_; }

    [[nodiscard]] std::optional<Verdict> find() const {
        for (const Operation* wait : waits_) {
            if (wait->invoked_ns >= settled_by_) {
                continue;
            }
            if (auto lost = judge(*wait)) {
                return lost;
            }
        }
        return std::nullopt;
    }

  private:
    [[nodiscard]] std::optional<Verdict> judge(const Operation& wait) const {
        for (const ObjectIndex object : wait.objects) {
            const HistoryObject& told = history_.objects[object];
            const bool may_change_by_itself =
                told.type == ObjectType::timer && !history_.went_quiet;
            if (!told.whole_run || may_change_by_itself || !settled(object)) {
                continue;
            }
            const ObjectState* state = find_final_state(history_, told);
            const bool seen = state != nullptr && state->signaled;
            if (seen || facts_.surely_signaled(object, wait, settled_by_, snapshot_.at_ns)) {
                return tell(object, wait, seen);
            }
        }
        return std::nullopt;
    }

    /// Every call on the object was over in time, or is one of those that go on.
    [[nodiscard]] bool settled(ObjectIndex object) const {
        return std::all_of(
            by_object_[object].begin(), by_object_[object].end(), [&](const Operation* operation) {
                return (operation->pending() ? operation->invoked_ns : operation->returned_ns) <
                       settled_by_;
            });
    }

    [[nodiscard]] Verdict tell(ObjectIndex object, const Operation& wait, bool seen) const {
        const Operation* signal = nullptr;
        for (const Operation* operation : by_object_[object]) {
            const bool signals = operation->kind == OperationKind::set_event ||
                                 operation->kind == OperationKind::release_mutex ||
                                 operation->kind == OperationKind::release_semaphore ||
                                 operation->kind == OperationKind::set_timer;
            if (signals && operation->status == ResponseStatus::ok) {
                signal = operation;
            }
        }
        return failed(
            fmt::format("{} waits since {} and still did so at {}, when all was quiet; {} {}",
                        thread_of(history_, wait), in_ms(wait.invoked_ns), in_ms(snapshot_.at_ns),
                        named(history_, object),
                        seen ? "was signaled then"
                             : "must have been signaled, or handed to a waiter that was not woken"),
            {signal, &wait});
    }

    const History history_;
    const Snapshot& snapshot_;
    std::int64_t settled_by_;
    Lives lives_;
    SignalFacts facts_;
    std::vector<std::vector<const Operation*>> by_object_;
    std::vector<const Operation*> waits_;
};

}  // namespace

Verdict judge_lost_wakeup(const History& history) {
    if (std::none_of(history.operations.begin(), history.operations.end(),
                     [](const Operation& operation) { return operation.is_wait(); })) {
        return not_applicable("nobody waited");
    }
    const Snapshot* snapshot = find_quiescence(history);
    const bool all_came_to_their_end =
        !history.hit_limit &&
        std::none_of(history.processes.begin(), history.processes.end(),
                     [](const HistoryProcess& each) { return each.end == ProcessEnd::stuck; });
    if (all_came_to_their_end) {
        return passed("no living thread was still waiting at the end");
    }
    if (snapshot == nullptr) {
        return inconclusive(
            "some threads had not come to their end, and there is no snapshot of a moment when all "
            "was quiet");
    }
    const LostWakeup lost_wakeup(history, *snapshot);
    if (auto lost = lost_wakeup.find()) {
        return *std::move(lost);
    }
    const std::size_t waits = lost_wakeup.waits().size();
    return passed(
        fmt::format("{} living thread{} still waiting when all was quiet, none for a "
                    "signaled object",
                    waits, waits == 1 ? " was" : "s were"));
}

}  // namespace castaway::harness
