// Whole histories with waits for all, pulses and calls that signal and wait, made by threads on
// objects that do right or wrong, against the judge that tries all orders (WAIT-06, WAIT-08,
// WAIT-14, WAIT-17, EVT-08, EVT-09, MTX-12, CONC-01).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "harness/base/prng.h"
#include "harness/linearize/judge_history.h"
#include "harness/linearize/testing/kernel_run.h"
#include "harness/linearize/testing/plain_history_judge.h"
#include "harness/model/acts.h"

namespace castaway::harness {
namespace {

std::string in_words(const History& history) {
    std::string all;
    for (const HistoryPart& part : judge_history(history).parts) {
        if (part.judgement.witness) {
            const Witness& witness = *part.judgement.witness;
            all += "impossible " + std::to_string(witness.impossible) + ":";
            for (const std::string& state : witness.states_before) {
                all += " before [" + state + "]";
            }
            for (const std::string& state : witness.states_after) {
                all += " after [" + state + "]";
            }
            all += "\n";
        }
    }
    for (const Operation& operation : history.operations) {
        all += std::to_string(operation.process) + "." + std::to_string(operation.thread) + " " +
               std::string(to_string(operation.kind));
        for (const ObjectIndex object : operation.objects) {
            all += " " + history.objects[object].name;
        }
        all += " [" + std::to_string(operation.invoked_ns / 1000) + ", " +
               (operation.pending() ? "" : std::to_string(operation.returned_ns / 1000)) + "] " +
               std::string(to_string(operation.status)) + " error " +
               std::to_string(operation.error) + " previous " +
               std::to_string(operation.previous_count) + " by " +
               std::to_string(operation.satisfied_by) + "\n";
    }
    for (const HistoryProcess& process : history.processes) {
        all += process.name + " " + std::string(to_string(process.end)) +
               (process.known_dead_ns ? " " + std::to_string(*process.known_dead_ns / 1000) : "");
        for (const HistoryThread& thread : process.threads) {
            all += thread.ended_ns ? " ended " + std::to_string(*thread.ended_ns / 1000) : "";
        }
        all += "\n";
    }
    for (const HistoryObject& object : history.objects) {
        all += object.name + " " + std::to_string(object.initial_count) +
               (object.initially_signaled ? " signaled\n" : "\n");
    }
    return all;
}

SearchLimits any_limits(Prng& random) {
    SearchLimits limits;
    limits.linearization_max = random.below(2) == 0 ? 1000 : 0;
    // So short that what comes before is forgotten in the midst of small histories.
    limits.settle_interval = static_cast<std::uint64_t>(random.between(1, 12));
    return limits;
}

KernelRunOptions small(Prng& random, KernelDefect defect) {
    KernelRunOptions options;
    options.processes = static_cast<std::uint32_t>(random.between(2, 3));
    options.operations = static_cast<std::uint32_t>(random.between(3, 12));
    options.deaths = random.below(2) == 0 ? 40 : 0;
    options.defect = defect;
    return options;
}

/// One answer changed at random: the history may be possible still.
void change_answer(History& history, Prng& random) {
    if (history.operations.empty()) {
        return;
    }
    Operation& operation = history.operations[random.below(history.operations.size())];
    if (operation.pending() || operation.objects.empty()) {
        return;
    }
    constexpr std::array<std::uint32_t, 5> kErrors{kErrorInvalidHandle, kErrorInvalidParameter,
                                                   kErrorNotOwner, kErrorTooManyPosts,
                                                   kErrorMutantLimitExceeded};
    if (operation.is_wait()) {
        operation.status = static_cast<ResponseStatus>(random.between(1, 5));
    } else {
        operation.status = random.below(2) == 0 ? ResponseStatus::ok : ResponseStatus::failed;
    }
    operation.error =
        operation.status == ResponseStatus::failed ? kErrors.at(random.below(kErrors.size())) : 0;
    operation.satisfied_by = static_cast<std::uint32_t>(random.below(operation.objects.size()));
    operation.previous_count = static_cast<std::int32_t>(random.below(3));
}

/// Returns whether the history is possible.
bool agree(const History& history, Prng& random) {
    const bool possible = has_an_order(history);
    const HistoryJudgement judgement = judge_history(history, any_limits(random));
    const Finding wanted = possible ? Finding::linearizable : Finding::not_linearizable;
    if (overall(judgement) != wanted) {
        RC_FAIL("wanted " + std::string(to_string(wanted)) + "\n" + in_words(history));
    }
    for (const HistoryPart& part : judgement.parts) {
        RC_ASSERT(part.judgement.witness.has_value() ==
                  (part.judgement.finding == Finding::not_linearizable));
    }
    return possible;
}

RC_GTEST_PROP(KernelHistory, IsJudgedAsByTryingAllOrders, ()) {
    Prng random(*rc::gen::arbitrary<std::uint64_t>());
    History history = run_kernel(small(random, KernelDefect::none), random.next());
    RC_ASSERT(agree(history, random));
    change_answer(history, random);
    RC_CLASSIFY(!agree(history, random), "impossible when changed");
}

class DefectiveKernel : public ::testing::TestWithParam<KernelDefect> {};

/// What is wrong is not seen in every history; where it is, the judge sees it, and in many it is.
TEST_P(DefectiveKernel, IsJudgedAsByTryingAllOrders) {
    constexpr int kHistories = 1000;
    Prng random(1);
    int impossible = 0;
    for (int i = 0; i < kHistories; ++i) {
        const std::uint64_t seed = random.next();
        const History history = run_kernel(small(random, GetParam()), seed);
        const bool possible = has_an_order(history);
        const Finding found = overall(judge_history(history, any_limits(random)));
        ASSERT_EQ(found, possible ? Finding::linearizable : Finding::not_linearizable)
            << in_words(history);
        impossible += possible ? 0 : 1;
    }
    RecordProperty("impossible", impossible);
    constexpr int kSeenAtLeast = 4;
    EXPECT_GE(impossible, kSeenAtLeast);
}

std::string name_of(const ::testing::TestParamInfo<KernelDefect>& defect) {
    constexpr std::array<std::string_view, 9> kNames{"none",
                                                     "all_takes_a_part",
                                                     "all_is_torn",
                                                     "all_hides_abandonment",
                                                     "all_times_out",
                                                     "pulse_stays",
                                                     "pulse_satisfies_two",
                                                     "signal_is_lost",
                                                     "wait_comes_first"};
    return std::string(kNames.at(static_cast<std::size_t>(defect.param)));
}

INSTANTIATE_TEST_SUITE_P(
    All, DefectiveKernel,
    ::testing::Values(KernelDefect::all_takes_a_part, KernelDefect::all_is_torn,
                      KernelDefect::all_hides_abandonment, KernelDefect::all_times_out,
                      KernelDefect::pulse_stays, KernelDefect::pulse_satisfies_two,
                      KernelDefect::signal_is_lost, KernelDefect::wait_comes_first),
    name_of);

TEST(KernelHistory, OfManyOperationsIsLinearizable) {
    std::size_t told = 0;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        KernelRunOptions options;
        options.processes = 4;
        options.operations = 400;
        options.deaths = seed % 2 == 0 ? 2 : 0;
        options.endless = 2;
        const History history = run_kernel(options, seed);
        const HistoryJudgement judgement = judge_history(history);
        told += history.operations.size();
        ASSERT_EQ(overall(judgement), Finding::linearizable) << seed << "\n" << in_words(history);
    }
    EXPECT_GT(told, 10'000U);  // They did not come to a standstill.
}

}  // namespace
}  // namespace castaway::harness
