// Whatever happens to the harness, no process of a run outlives it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "harness/engine/real/child_process.h"
#include "harness/engine/real/pidfd.h"
#include "harness/engine/testing/engine_harness.h"
#include "harness/engine/testing/plan_builder.h"

namespace castaway::harness::testing {
namespace {

/// Far more than a death takes on a machine under load; a process that is left makes the test fail.
constexpr std::int64_t kPatienceNs = 30'000 * kNsPerMs;

/// The living processes whose current folder is that of the run: the fork server and its workers.
std::vector<int> processes_in(const std::filesystem::path& folder) {
    std::vector<int> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        int pid = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) {
            continue;
        }
        std::error_code gone;
        if (std::filesystem::read_symlink(entry.path() / "cwd", gone) == folder && !gone) {
            found.push_back(pid);
        }
    }
    return found;
}

template <typename Condition>
bool comes_true(Condition condition) {
    const std::int64_t deadline = monotonic_ns() + kPatienceNs;
    while (!condition()) {
        if (monotonic_ns() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

class HarnessDeath : public ::testing::Test {
  protected:
    /// Starts a harness that runs eight workers for ever.
    [[nodiscard]] Launch harness() const {
        Launch launch;
        launch.executable = program_beside_us("castaway-test-run");
        launch.arguments = {run_folder_.string()};
        launch.output = output_.get();
        return launch;
    }
    [[nodiscard]] std::vector<int> workers() const { return processes_in(run_folder_); }

    TemporaryFolder folder_;
    std::filesystem::path run_folder_ = folder_.path() / "run";
    Descriptor output_{open("/dev/null", O_WRONLY | O_CLOEXEC)};
};

TEST_F(HarnessDeath, LeavesNoWorkerBehind) {
    constexpr std::size_t kServerAndWorkers = 9;
    ChildProcess child(harness());
    ASSERT_TRUE(comes_true([this] { return workers().size() == kServerAndWorkers; }));
    child.kill_now();
    ASSERT_TRUE(await_end(child.pidfd(), monotonic_ns() + kPatienceNs));
    EXPECT_TRUE(comes_true([this] { return workers().empty(); }));
}

TEST_F(HarnessDeath, AtAnyMomentOfTheLaunchLeavesNoWorkerBehind) {
    for (std::size_t enough = 0; enough < 9; ++enough) {
        {
            ChildProcess child(harness());
            ASSERT_TRUE(comes_true([&] { return workers().size() >= enough; }));
            child.kill_now();
        }
        EXPECT_TRUE(comes_true([this] { return workers().empty(); }));
        std::filesystem::remove_all(run_folder_);
    }
}

TEST_F(HarnessDeath, EndsTheForkServersWorkersToo) {
    ChildProcess child(harness());
    ASSERT_TRUE(comes_true([this] { return workers().size() == 9; }));
    // The fork server is the oldest of them, and the only one that the harness itself started.
    const std::vector<int> all = workers();
    const int server = *std::min_element(all.begin(), all.end());
    ASSERT_TRUE(send_signal(open_pidfd(server), SIGKILL));
    // The harness notices, gives up, and reaps what there is.
    EXPECT_TRUE(await_end(child.pidfd(), monotonic_ns() + kPatienceNs));
    EXPECT_TRUE(comes_true([this] { return workers().empty(); }));
}

TEST(Run, LeavesNoProcessBehindInAnyOfItsEnds) {
    const TemporaryFolder folder;
    Plan plan = plan_with({event("never")});
    add_process(plan, "a/0", {{wait_for(0)}});
    add_process(plan, "b/0", {{wait_for(0)}});
    add_fault(plan, FaultKind::kill, 0, when_blocked({0, 1}, 2));
    plan.run_limit_ms = 200;
    const std::filesystem::path run_folder = folder.path() / "run";
    const History history = run_plan_in(run_folder, plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
    EXPECT_EQ(history.processes[1].end, ProcessEnd::stuck);
    EXPECT_TRUE(processes_in(run_folder).empty());
}

}  // namespace
}  // namespace castaway::harness::testing
