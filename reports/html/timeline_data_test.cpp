#include "reports/html/timeline_data.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/result/testing/arbitrary_result.h"
#include "reports/html/packing.h"
#include "reports/testing/sample_suites.h"
#include "reports/testing/unpacking.h"

namespace castaway::harness {
namespace {

using testing::ElementsAre;

std::string numbers_packed(std::initializer_list<std::uint64_t> numbers) {
    std::string bytes;
    for (const std::uint64_t number : numbers) {
        append_unsigned(bytes, number);
    }
    return deflated_base64(bytes);
}

TEST(Packing, KeepsNumbersOfEverySize) {
    EXPECT_THAT(unpacked(numbers_packed({})), ElementsAre());
    EXPECT_THAT(unpacked(numbers_packed({0})), ElementsAre(0U));
    EXPECT_THAT(unpacked(numbers_packed({127, 128, 300, UINT64_MAX})),
                ElementsAre(127U, 128U, 300U, UINT64_MAX));
}

TEST(Packing, PutsTheSignIntoTheLowestBit) {
    std::string bytes;
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1},
                                      std::int64_t{-2}, INT64_MAX, INT64_MIN}) {
        append_signed(bytes, number);
    }
    EXPECT_THAT(unpacked(deflated_base64(bytes)),
                ElementsAre(0U, 1U, 2U, 3U, UINT64_MAX - 1, UINT64_MAX));
}

RC_GTEST_PROP(Packing, ComesBackAsItWas, (const std::vector<std::uint64_t>& numbers)) {
    std::string bytes;
    for (const std::uint64_t number : numbers) {
        append_unsigned(bytes, number);
    }
    RC_ASSERT(unpacked(deflated_base64(bytes)) == numbers);
}

OperationWindow window_of(const RunResult& run, std::size_t budget) {
    return operation_window(run, ThreadIndex(run.history), budget);
}

TEST(OperationWindow, HoldsAllWhereTheyFit) {
    const OperationWindow window = window_of(long_run(100), 1000);
    EXPECT_EQ(window.begin, 0U);
    EXPECT_EQ(window.end, 100U);
}

TEST(OperationWindow, HoldsTheFirstWhereNothingIsWrong) {
    EXPECT_EQ(window_of(long_run(100), 10).begin, 0U);
    EXPECT_EQ(window_of(long_run(100), 10).end, 10U);
    EXPECT_EQ(window_of(long_run(100), 0).size(), 0U);
    EXPECT_EQ(window_of(long_run(kRunOperationsMax + 7), SIZE_MAX).size(), kRunOperationsMax);
}

TEST(OperationWindow, HoldsTheLastWhereThreadsAreStuck) {
    RunResult run = long_run(100);
    run.history.stuck = {{0, 0, 0, {}, {}, {}}};
    EXPECT_EQ(window_of(run, 10).begin, 90U);
    EXPECT_EQ(window_of(run, 10).end, 100U);
}

TEST(OperationWindow, HoldsTheWitness) {
    RunResult run = long_run(100);
    for (const std::size_t at : {0U, 3U, 50U, 98U, 99U}) {
        const Operation& operation = run.history.operations[at];
        run.verdicts = {{"c",
                         VerdictKind::fail,
                         "",
                         {{operation.process, operation.thread, operation.sequence}}}};
        const OperationWindow window = window_of(run, 10);
        EXPECT_EQ(window.size(), 10U);
        EXPECT_LE(window.begin, at);
        EXPECT_GT(window.end, at);
        EXPECT_LE(window.end, 100U);
    }
}

nlohmann::json parsed_timeline(const RunResult& run) {
    const ThreadIndex index(run.history);
    return nlohmann::json::parse(
        timeline_json(run, index, operation_window(run, index, kRunOperationsMax)));
}

TEST(TimelineJson, HoldsLanesMarksAndWitness) {
    const nlohmann::json data = parsed_timeline(failing_run());
    EXPECT_EQ(data["end"], 10'630'000);
    EXPECT_EQ(data["check"], "mutual_exclusion");
    EXPECT_EQ(data["lanes"].size(), 5U);
    EXPECT_EQ(data["lanes"][4]["name"], "watcher");
    EXPECT_EQ(data["lanes"][4]["process"], 3);
    EXPECT_EQ(data["lanes"][0]["count"], 30);
    EXPECT_EQ(data["witness"][1]["lane"], 2);
    EXPECT_EQ(data["witness"][1]["sequence"], 28);
    EXPECT_EQ(data["witness"][1]["number"], 2);
    EXPECT_EQ(data["processes"][0]["died"], nullptr);
    EXPECT_EQ(data["processes"][0]["gone"], 10'600'000);
}

TEST(TimelineJson, ADeathIsWhereItsFaultStruck) {
    const nlohmann::json data = parsed_timeline(passing_run());
    EXPECT_EQ(data["processes"][0]["died"], 2'405'000);
    EXPECT_EQ(data["faults"][0]["at"], 2'405'000);
}

TEST(TimelineJson, ADeathIsNotBeforeTheProcessesLastAct) {
    RunResult run = passing_run();
    run.history.faults[0].at_ns = 1'000;
    EXPECT_EQ(parsed_timeline(run)["processes"][0]["died"], 184'000);
}

TEST(TimelineJson, ADeathThatNobodyInjectedIsWhereItWasNoticed) {
    EXPECT_EQ(parsed_timeline(crashed_run())["processes"][0]["died"], 800'000);
}

TEST(TimelineJson, PacksTheColumnsOneAfterTheOther) {
    RunResult run = crashed_run();
    const nlohmann::json data = parsed_timeline(run);
    EXPECT_THAT(unpacked(data["operations"].get<std::string>()),
                ElementsAre(200'000U, 80'000U,  // start, after the one before, signed
                            3'000U, 2'000U,     // duration
                            4U, 7U,             // wait, release_semaphore
                            1U, 1U,             // ok
                            0U, 0U,             // object
                            0U, 0U,             // error
                            1U, 1U,             // did not sleep
                            0U, 2U,             // without limit; released by 1, signed
                            0U, 4U,             // the count was 2, signed
                            0U, 0U,             // neither alertable nor with a routine
                            0U, 0U,             // for no thread
                            0U, 0U));           // no calls ran
}

TEST(TimelineJson, PacksObjectsAndCallersBehindTheColumns) {
    RunResult run = crashed_run();
    Operation& swap = run.history.operations.at(0);
    swap.kind = OperationKind::signal_and_wait;
    swap.objects = {0, 0};
    swap.alertable = true;
    swap.status = ResponseStatus::alerted;
    swap.ran = {{0, 0, 1}, {0, 0, 1}};
    Operation& call = run.history.operations.at(1);
    call.kind = OperationKind::queue_call;
    call.objects.clear();
    call.target = ThreadPlace{0, 0};
    const nlohmann::json data = parsed_timeline(run);
    EXPECT_THAT(
        unpacked(data["operations"].get<std::string>()),
        ElementsAre(200'000U, 80'000U, 3'000U, 2'000U, 14U, 15U,  // signal_and_wait, queue_call
                    5U, 1U,                                       // alerted, ok
                    0U, 0U, 0U, 0U, 1U, 1U, 0U, 0U, 4U, 0U,       // two objects, signed
                    1U, 0U,                                       // alertable
                    0U, 1U,                                       // for lane 0
                    2U, 0U,                                       // two calls ran
                    0U, 0U,                                       // the objects
                    0U, 0U));  // the lanes of those who had them queued
}

RC_GTEST_PROP(TimelineJson, IsJsonWithoutLessThan, ()) {
    for (const RunResult& run : (*arbitrary_suite()).runs) {
        const ThreadIndex index(run.history);
        const std::string text = timeline_json(run, index, operation_window(run, index, 1000));
        RC_ASSERT(text.find('<') == std::string::npos);
        RC_ASSERT(nlohmann::json::accept(text));
    }
}

}  // namespace
}  // namespace castaway::harness
