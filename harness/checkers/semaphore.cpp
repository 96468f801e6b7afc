// A semaphore's count stays within [0, maximum], and none is lost or invented (SEM-02 to SEM-08,
// WAIT-12, WAIT-20).
//
// Never below 0: by the return of a satisfied wait, all waits that had returned had taken one each,
// and no more releases can have added than were invoked by then. Taking every wait at its return
// and every release at its invocation is the best order for this bound, so for it alone the check
// is exact. Never above the maximum: the same with the roles changed.
//
// A release's previous count, and a refusal with 298, must fit between what the count surely was at
// least and at most in the release's interval. While no operation runs, the snapshot's count must
// equal initial + released - taken, with pending operations as the only slack; a pending wait of a
// dead process counts only if the count can have been above 0 between its invocation and its death.
//
// Sound, because each bound holds for every choice of moments. Not complete: orders that break only
// both bounds together, or only several previous counts together, pass.
#include <fmt/format.h>

#include <algorithm>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/count_bounds.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::uint32_t kInvalidParameter = 87;
constexpr std::uint32_t kTooManyPosts = 298;
constexpr std::size_t kWitnessesOfAKind = 3;

class SemaphoreJudge {
  public:
    SemaphoreJudge(const History& history, const Lives& lives, ObjectIndex semaphore,
                   const std::vector<const Operation*>& of_object)
        : history_(history),
          semaphore_(semaphore),
          of_object_(of_object),
          maximum_(history.objects.at(semaphore).maximum_count),
          bounds_(history, lives, semaphore, of_object) {}

    std::optional<Verdict> find_wrong() const {
        for (const Operation* operation : of_object_) {
            std::optional<Verdict> wrong;
            if (took(*operation, semaphore_)) {
                wrong = judge_wait(*operation);
            } else if (operation->kind == OperationKind::release_semaphore) {
                wrong = operation->status == ResponseStatus::failed ? judge_refusal(*operation)
                                                                    : judge_release(*operation);
            }
            if (wrong) {
                return wrong;
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Verdict> judge_final(const Snapshot& snapshot,
                                                     const ObjectState& state) const {
        // at_least counts every operation that surely ended before, at_most every one that may
        // have begun.
        const std::int64_t least =
            std::max<std::int64_t>(bounds_.at_least(snapshot.at_ns, snapshot.at_ns, nullptr), 0);
        const std::int64_t most = std::min<std::int64_t>(
            bounds_.at_most(snapshot.at_ns, snapshot.at_ns, nullptr), maximum_);
        if (state.value >= least && state.value <= most) {
            return std::nullopt;
        }
        return failed(
            fmt::format(
                "when all was quiet, at {}, {} had count {}; initial {} + released {} - "
                "taken {} leaves {}",
                in_ms(snapshot.at_ns), name(), state.value, bounds_.initial(),
                bounds_.added_by(snapshot.at_ns), bounds_.taken_by(snapshot.at_ns),
                least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most)),
            last_before(snapshot.at_ns, nullptr));
    }

  private:
    [[nodiscard]] std::string name() const { return named(history_, semaphore_); }

    [[nodiscard]] std::optional<Verdict> judge_wait(const Operation& wait) const {
        const std::int64_t by = wait.returned_ns;
        const std::int64_t taken = bounds_.taken_by(by);
        const std::int64_t added = bounds_.perhaps_added_by(by);
        if (taken <= bounds_.initial() + added) {
            return std::nullopt;
        }
        return failed(fmt::format("by {}, {} waits had taken {}, and with initial count {} and {} "
                                  "released there were {} to take",
                                  in_ms(by), taken, name(), bounds_.initial(), added,
                                  bounds_.initial() + added),
                      last_before(by, &wait));
    }

    [[nodiscard]] std::optional<Verdict> judge_release(const Operation& release) const {
        if (release.pending()) {
            return std::nullopt;
        }
        if (release.count < 1) {
            return failed(describe(release, fmt::format("with count {} succeeded, and a count "
                                                        "below 1 fails with 87",
                                                        release.count)),
                          {&release});
        }
        const std::int64_t by = release.returned_ns;
        const std::int64_t count =
            bounds_.initial() + bounds_.added_by(by) - bounds_.perhaps_taken_by(by);
        if (count > maximum_) {
            return failed(fmt::format("by {}, {} had count {} at least (initial {}, released {}, "
                                      "taken {} at most), above its maximum {}",
                                      in_ms(by), name(), count, bounds_.initial(),
                                      bounds_.added_by(by), bounds_.perhaps_taken_by(by), maximum_),
                          last_before(by, &release));
        }
        return judge_previous_count(release);
    }

    [[nodiscard]] std::optional<Verdict> judge_previous_count(const Operation& release) const {
        const std::int64_t least = std::max<std::int64_t>(
            bounds_.at_least(release.invoked_ns, release.returned_ns, nullptr), 0);
        const std::int64_t most = std::min<std::int64_t>(
            bounds_.at_most(release.invoked_ns, release.returned_ns, &release),
            maximum_ - release.count);
        if (release.previous_count >= least && release.previous_count <= most) {
            return std::nullopt;
        }
        return failed(
            describe(release, fmt::format("told the previous count {}, and it was {}",
                                          release.previous_count,
                                          least > most    ? "one that left no room for it"
                                          : least == most ? fmt::format("{}", least)
                                                          : fmt::format("{} to {}", least, most))),
            last_before(release.returned_ns, &release));
    }

    [[nodiscard]] std::optional<Verdict> judge_refusal(const Operation& release) const {
        if (release.error == kInvalidParameter && release.count >= 1) {
            return failed(describe(release, fmt::format("failed with 87, though its count is {}",
                                                        release.count)),
                          {&release});
        }
        if (release.error != kTooManyPosts) {
            return std::nullopt;
        }
        const std::int64_t most =
            bounds_.at_most(release.invoked_ns, release.returned_ns, &release);
        if (std::min<std::int64_t>(most, maximum_) + release.count > maximum_) {
            return std::nullopt;
        }
        return failed(describe(release, fmt::format("failed with 298, and with count {} at most "
                                                    "there was room for {} up to the maximum {}",
                                                    most, release.count, maximum_)),
                      last_before(release.returned_ns, &release));
    }

    [[nodiscard]] std::string describe(const Operation& release, const std::string& what) const {
        return fmt::format("{}'s release of {} at {} {}", thread_of(history_, release), name(),
                           in_ms(release.invoked_ns), what);
    }

    /// The last waits and the last releases that returned by then, and `last` itself.
    [[nodiscard]] std::vector<const Operation*> last_before(std::int64_t by_ns,
                                                            const Operation* last) const {
        std::vector<const Operation*> waits;
        std::vector<const Operation*> releases;
        for (const Operation* operation : of_object_) {
            if (operation->pending() || operation->returned_ns > by_ns) {
                continue;
            }
            if (took(*operation, semaphore_)) {
                waits.push_back(operation);
            } else if (amount_of(*operation) != 0) {
                releases.push_back(operation);
            }
        }
        std::vector<const Operation*> witness{last};
        for (auto* each : {&waits, &releases}) {
            const auto first = each->end() - static_cast<std::ptrdiff_t>(
                                                 std::min(each->size(), kWitnessesOfAKind));
            witness.insert(witness.end(), first, each->end());
        }
        return witness;
    }

    const History& history_;
    ObjectIndex semaphore_;
    const std::vector<const Operation*>& of_object_;
    std::int64_t maximum_;
    CountBounds bounds_;
};

bool is_used(const std::vector<const Operation*>& of_object) {
    return std::any_of(of_object.begin(), of_object.end(), [](const Operation* operation) {
        return operation->is_wait() || operation->kind == OperationKind::release_semaphore;
    });
}

/// Somebody who opened it still lives, so that the object must be there.
bool should_exist(const std::vector<const Operation*>& of_object, const Lives& lives,
                  std::int64_t at_ns) {
    return std::any_of(of_object.begin(), of_object.end(), [&](const Operation* operation) {
        return operation->kind == OperationKind::create &&
               operation->status == ResponseStatus::ok && lives.dead_by(operation->process) > at_ns;
    });
}

}  // namespace

Verdict judge_semaphore(const History& history) {
    const Lives lives(history);
    const auto by_object = operations_by_object(history);
    const Snapshot* snapshot = find_snapshot(history, SnapshotMoment::quiescence);
    std::uint64_t judged = 0;
    std::string unfinished;
    for (ObjectIndex object = 0; object < history.objects.size(); ++object) {
        const HistoryObject& told = history.objects[object];
        if (told.type != ObjectType::semaphore || !told.whole_run || !is_used(by_object[object])) {
            continue;
        }
        const SemaphoreJudge semaphore(history, lives, object, by_object[object]);
        if (auto wrong = semaphore.find_wrong()) {
            return *std::move(wrong);
        }
        ++judged;
        const ObjectState* state = find_final_state(history, told);
        if (state != nullptr) {
            if (auto wrong = semaphore.judge_final(*snapshot, *state)) {
                return *std::move(wrong);
            }
        } else if (snapshot == nullptr || should_exist(by_object[object], lives, snapshot->at_ns)) {
            unfinished = named(history, object);
        }
    }
    if (judged == 0) {
        return not_applicable("no semaphore that lives as long as the run was used");
    }
    if (!unfinished.empty()) {
        return inconclusive(
            fmt::format("no snapshot tells the count that {} had when all was "
                        "quiet; nothing else was wrong",
                        unfinished));
    }
    return passed(fmt::format("the counts of {} add up", counted(judged, "semaphore")));
}

}  // namespace castaway::harness
