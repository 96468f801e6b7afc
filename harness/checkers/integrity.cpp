// The subject's shared structures are whole (CONC-03).
//
// Assumes that a snapshot's `damage` lines are true: that the picture was taken when no operation
// ran, and names invariants of the subject that hold then. Judges nothing by itself. What dead
// processes left half-done while nobody lived to mend it counts only if it is there at the end.
#include <fmt/format.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/lives.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {

Verdict judge_integrity(const History& history) {
    if (history.snapshots.empty()) {
        return inconclusive("no snapshot of the shared state was taken");
    }
    const Snapshot* quiescence = find_quiescence(history);
    for (const Snapshot& snapshot : history.snapshots) {
        const bool counts = snapshot.moment == SnapshotMoment::end || &snapshot == quiescence;
        if (counts && !snapshot.damage.empty()) {
            return failed(fmt::format("{} in the shared state {}, at {}: {}",
                                      counted(snapshot.damage.size(), "structural fault"),
                                      snapshot.moment == SnapshotMoment::end
                                          ? "after all processes had ended"
                                          : "while no operation was running",
                                      in_ms(snapshot.at_ns), snapshot.damage.front()),
                          {});
        }
    }
    return passed(fmt::format("no damage in {}", counted(history.snapshots.size(), "snapshot")));
}

}  // namespace castaway::harness
