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
// Where several operations act on objects at one moment (see view.h) only what the snapshot says
// counts: a wait for all is lost when all of its objects are signaled, a signal-and-wait when the
// second is, any other wait when one is.
//
// Where the run was not quiet but at its time limit, a wait that was satisfied this very moment may
// be seen as asleep. Then a wait counts only if both it and the signal are a second old, and timers
// are left out. A mutex whose owner died counts as signaled. Sound under the assumption that a
// thread which is to be woken is so within the run's quiet time, or that second.
//
// Without that snapshot nothing is concluded.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/signal_facts.h"
#include "harness/checkers/telling.h"
#include "harness/checkers/view.h"

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
          view_(history_),
          lives_(view_.history()),
          facts_(view_.history(), lives_, Moment::quiet),
          by_object_(operations_by_object(history_)) {}

    [[nodiscard]] std::size_t waits() const { return waits_of_the_living(history_).size(); }

    [[nodiscard]] std::optional<Verdict> find() const {
        for (const Operation* wait : waits_of_the_living(view_.history())) {
            if (auto lost = wait->invoked_ns < settled_by_ ? judge(*wait) : std::nullopt) {
                return lost;
            }
        }
        for (const Operation* wait : waits_of_the_living(history_)) {
            if (wait->invoked_ns < settled_by_ && view_.leaves_out(wait->objects.front())) {
                if (auto lost = judge_jointly(*wait)) {
                    return lost;
                }
            }
        }
        return std::nullopt;
    }

  private:
    [[nodiscard]] std::optional<Verdict> judge(const Operation& wait) const {
        for (const ObjectIndex object : wait.objects) {
            if (!can_be_judged(object)) {
                continue;
            }
            const bool seen = was_seen_signaled(object);
            if (seen || facts_.surely_signaled(object, wait, settled_by_, snapshot_.at_ns)) {
                return tell({object}, wait, seen);
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Verdict> judge_jointly(const Operation& wait) const {
        const bool waits_for_second = wait.kind == OperationKind::signal_and_wait;
        std::vector<ObjectIndex> signaled;
        for (const ObjectIndex object : std::span(wait.objects).subspan(waits_for_second ? 1 : 0)) {
            if (can_be_judged(object) && was_seen_signaled(object)) {
                signaled.push_back(object);
            }
        }
        const std::size_t needed =
            wait.kind == OperationKind::wait_all ? wait.objects.size() : std::size_t{1};
        return signaled.size() >= needed ? std::optional(tell(signaled, wait, true)) : std::nullopt;
    }

    [[nodiscard]] bool can_be_judged(ObjectIndex object) const {
        const HistoryObject& told = history_.objects[object];
        const bool may_change_by_itself = told.type == ObjectType::timer && !history_.went_quiet;
        return told.whole_run && !may_change_by_itself && settled(object);
    }

    [[nodiscard]] bool was_seen_signaled(ObjectIndex object) const {
        const ObjectState* state = find_final_state(history_, history_.objects[object]);
        return state != nullptr && state->signaled;
    }

    /// Every call on the object was over in time, or is one of those that go on.
    [[nodiscard]] bool settled(ObjectIndex object) const {
        return std::all_of(
            by_object_[object].begin(), by_object_[object].end(), [&](const Operation* operation) {
                return (operation->pending() ? operation->invoked_ns : operation->returned_ns) <
                       settled_by_;
            });
    }

    /// The last call that may have made the object signaled.
    [[nodiscard]] const Operation* last_signal_of(ObjectIndex object) const {
        const Operation* signal = nullptr;
        for (const Operation* operation : by_object_[object]) {
            const bool signals = operation->kind == OperationKind::set_event ||
                                 operation->kind == OperationKind::release_mutex ||
                                 operation->kind == OperationKind::release_semaphore ||
                                 operation->kind == OperationKind::set_timer;
            const bool signals_first = operation->kind == OperationKind::signal_and_wait &&
                                       operation->objects.front() == object &&
                                       operation->status != ResponseStatus::failed;
            if (signals_first || (signals && operation->status == ResponseStatus::ok)) {
                signal = operation;
            }
        }
        return signal;
    }

    [[nodiscard]] Verdict tell(const std::vector<ObjectIndex>& objects, const Operation& wait,
                               bool seen) const {
        std::vector<const Operation*> witness{&wait};
        std::string names;
        for (const ObjectIndex object : objects) {
            witness.push_back(last_signal_of(object));
            names += (names.empty() ? "" : ", ") + named(history_, object);
        }
        const std::string_view signaled =
            objects.size() == 1 ? "was signaled then" : "were signaled then";
        return failed(
            fmt::format("{} waits since {} and still did so at {}, when all was quiet; {} {}",
                        thread_of(history_, wait), in_ms(wait.invoked_ns), in_ms(snapshot_.at_ns),
                        names,
                        seen ? signaled
                             : "must have been signaled, or handed to a waiter that was not woken"),
            std::move(witness));
    }

    const History history_;
    const Snapshot& snapshot_;
    std::int64_t settled_by_;
    const ReducedView view_;
    Lives lives_;
    SignalFacts facts_;
    std::vector<std::vector<const Operation*>> by_object_;
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
    const std::size_t waits = lost_wakeup.waits();
    return passed(
        fmt::format("{} living thread{} still waiting when all was quiet, none for a "
                    "signaled object",
                    waits, waits == 1 ? " was" : "s were"));
}

}  // namespace castaway::harness
