// The owner of a mutex can release it, as often as it acquired it, and nobody else can (MTX-02,
// MTX-03).
//
// Whether a thread owns a mutex follows from its own calls alone: only its own satisfied waits make
// it the owner, only its own releases end that, and its calls come one after another. A pending
// call is a thread's last, so no release comes after a doubt. Exact for a whole-run mutex; a mutex
// that may have vanished while it was held is left out.
#include <fmt/format.h>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/mutex_ledger.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

std::string describe(const History& history, const Operation& release, std::string_view what) {
    return fmt::format("{}'s release of {} at {} {}", thread_of(history, release),
                       named(history, release.object()), in_ms(release.invoked_ns), what);
}

/// The thread's wait that made it owner at that time; null when it is not known.
const Operation* taken_before(const MutexLedger& ledger, const Operation& release) {
    const Operation* taken = nullptr;
    for (const Holding& holding : ledger.holdings) {
        if (holding.taken->process == release.process && holding.taken->thread == release.thread &&
            holding.taken->sequence < release.sequence) {
            taken = holding.taken;
        }
    }
    return taken;
}

}  // namespace

Verdict judge_mutex_release(const History& history) {
    const Lives lives(history);
    const auto by_object = operations_by_object(history);
    std::uint64_t releases = 0;
    for (ObjectIndex object = 0; object < history.objects.size(); ++object) {
        if (history.objects[object].type != ObjectType::mutex) {
            continue;
        }
        const MutexLedger ledger = make_mutex_ledger(history, lives, object, by_object[object]);
        if (ledger.can_have_vanished_while_held) {
            continue;
        }
        if (!ledger.released_without_owning.empty()) {
            const Operation* release = ledger.released_without_owning.front();
            return failed(describe(history, *release, "succeeded, and the thread did not own it"),
                          {taken_before(ledger, *release), release});
        }
        if (!ledger.release_refused.empty()) {
            const Operation* release = ledger.release_refused.front();
            return failed(describe(history, *release,
                                   fmt::format("failed with error {}, and the thread owned it",
                                               release->error)),
                          {taken_before(ledger, *release), release});
        }
        if (!ledger.refused_oddly.empty() && history.objects[object].whole_run) {
            const Operation* release = ledger.refused_oddly.front();
            return failed(describe(history, *release,
                                   fmt::format("failed with error {}, and one by a thread that is "
                                               "not the owner fails with 288",
                                               release->error)),
                          {release});
        }
        releases += ledger.releases;
    }
    if (releases == 0) {
        return not_applicable("no mutex was released that can be followed");
    }
    return passed(
        fmt::format("{}, each as its thread's ownership has it", counted(releases, "release")));
}

}  // namespace castaway::harness
