#include "harness/engine/real/history_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "harness/base/error.h"
#include "harness/engine/testing/engine_harness.h"
#include "harness/engine/testing/plan_builder.h"

namespace castaway::harness::testing {
namespace {

/// The writer looks for its file in the current folder.
class InFolder {
  public:
    explicit InFolder(const std::filesystem::path& folder)
        : before_(std::filesystem::current_path()) {
        std::filesystem::current_path(folder);
    }
    ~InFolder() { std::filesystem::current_path(before_); }
    InFolder(const InFolder&) = delete;
    InFolder& operator=(const InFolder&) = delete;

  private:
    std::filesystem::path before_;
};

Plan two_calls() {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{call(OperationKind::set_event, 0), wait_for(0, 7)}});
    return plan;
}

TEST(HistoryFile, GivesBackWhatWasWritten) {
    const TemporaryFolder folder;
    const InFolder inside(folder.path());
    const Plan plan = two_calls();
    make_history_files(plan, folder.path());
    {
        HistoryWriter writer(0, 0);
        writer.invoke(RecordOrigin::opening, 0, 10);
        writer.respond({ResponseStatus::ok, 0, 183, 0}, 11);
        writer.invoke(RecordOrigin::program, 0, 20);
        writer.respond({ResponseStatus::ok, 0, 0, 0}, 21);
        writer.invoke(RecordOrigin::program, 1, 30);
        writer.note_sleep();
    }
    const std::vector<Operation> operations =
        read_history_file(plan, 0, 0, folder.path(), true).operations;
    ASSERT_EQ(operations.size(), 3U);

    Operation create;
    create.kind = OperationKind::create;
    create.objects = {0};
    create.invoked_ns = 10;
    create.returned_ns = 11;
    create.status = ResponseStatus::ok;
    create.error = 183;
    EXPECT_EQ(operations[0], create);

    Operation set;
    set.sequence = 1;
    set.kind = OperationKind::set_event;
    set.objects = {0};
    set.invoked_ns = 20;
    set.returned_ns = 21;
    set.status = ResponseStatus::ok;
    EXPECT_EQ(operations[1], set);

    Operation wait;
    wait.sequence = 2;
    wait.kind = OperationKind::wait;
    wait.objects = {0};
    wait.timeout_ms = 7;
    wait.invoked_ns = 30;
    wait.slept = true;
    EXPECT_EQ(operations[2], wait);
}

TEST(HistoryFile, GivesUnusedRoomBack) {
    const TemporaryFolder folder;
    const Plan plan = two_calls();
    make_history_files(plan, folder.path());
    const std::filesystem::path file = folder.path() / history_file_name(0, 0);
    EXPECT_GT(std::filesystem::file_size(file), 0U);
    EXPECT_TRUE(read_history_file(plan, 0, 0, folder.path(), true).operations.empty());
    EXPECT_EQ(std::filesystem::file_size(file), 0U);
}

TEST(HistoryFile, RefusesMoreRecordsThanThePlanHasCalls) {
    const TemporaryFolder folder;
    const InFolder inside(folder.path());
    const Plan plan = two_calls();
    make_history_files(plan, folder.path());
    HistoryWriter writer(0, 0);
    const auto write_too_much = [&writer] {
        for (int i = 0; i < 100; ++i) {
            writer.invoke(RecordOrigin::program, 0, i);
        }
    };
    EXPECT_THROW(write_too_much(), HarnessError);
}

TEST(HistoryFile, OverwritesNoFile) {
    const TemporaryFolder folder;
    const Plan plan = two_calls();
    make_history_files(plan, folder.path());
    EXPECT_THROW(make_history_files(plan, folder.path()), HarnessError);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / history_file_name(0, 0)));
}

TEST(HistoryFile, SaysWhichFileFoundNoRoom) {
    const TemporaryFolder folder;
    const Plan plan = two_calls();
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    std::string message;
    try {
        make_history_files(plan, folder.path());
    } catch (const HarnessError& error) {
        message = error.what();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_THAT(message, ::testing::HasSubstr(history_file_name(0, 0)));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace castaway::harness::testing
