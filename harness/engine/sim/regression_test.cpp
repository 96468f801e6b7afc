// Schedules that once showed a seeded defect: each shows it still, and the sound primitives pass
// it. Files of scenarios/regressions; scenarios/README.md tells how one is added.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_judge.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/sim_engine.h"
#include "harness/plan/plan_json.h"

namespace castaway::harness::sim {
namespace {

std::vector<std::filesystem::path> regressions() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(CASTAWAY_REGRESSIONS_FOLDER)) {
        if (entry.path().filename().string().ends_with(".plan.json")) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

class Regression : public ::testing::TestWithParam<std::filesystem::path> {
  protected:
    /// What is wrong with the execution.
    static std::string replay(const SavedPlan& saved, Mutant mutant) {
        PlanWorldOptions options;
        options.mutant = mutant;
        options.granularity = granularity_from(saved.schedule->granularity).value();
        options.memory = memory_model_from(saved.schedule->memory).value();
        PlanWorld simulated(saved.plan, options);
        const Execution execution =
            run_schedule(simulated.world(), parse_schedule(saved.schedule->choices));
        return PlanJudge(simulated)(simulated.world(), execution);
    }
};

TEST_P(Regression, IsShownByTheDefectAndNotWithoutIt) {
    const SavedPlan saved = read_plan(GetParam());
    ASSERT_TRUE(saved.schedule.has_value());
    const Mutant mutant = mutant_of(saved.subject);
    ASSERT_NE(mutant, Mutant::none) << "a regression names the defect that it shows";
    // The words and the trace may differ from those that were saved: the algorithms go on.
    EXPECT_NE(replay(saved, mutant), "")
        << "the schedule shows \"" << saved.schedule->problem << "\" no more; find another";
    EXPECT_EQ(replay(saved, Mutant::none), "");
}

INSTANTIATE_TEST_SUITE_P(Files, Regression, ::testing::ValuesIn(regressions()),
                         [](const auto& of) { return of.param.stem().stem().string(); });

}  // namespace
}  // namespace castaway::harness::sim
