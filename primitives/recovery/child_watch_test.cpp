// How the ends of started processes become known: whatever their parent does with descriptors, with
// children and with memory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "primitives/api/attachment.h"
#include "primitives/testing/started.h"

namespace castaway::testing {
namespace {

/// Files of the program's own, which take the numbers of descriptors that it has closed.
class OwnFiles {
  public:
    OwnFiles() {
        for (int i = 0; i < kFiles; ++i) {
            files_.push_back(memfd_create("own", MFD_CLOEXEC));
            EXPECT_EQ(write(files_.back(), "mine", 4), 4);
        }
    }
    /// Open, and as they were.
    void expect_untouched() const {
        for (const int file : files_) {
            struct stat facts {};
            EXPECT_EQ(fstat(file, &facts), 0) << "descriptor " << file << " is closed";
            EXPECT_EQ(facts.st_size, 4);
        }
    }

  private:
    static constexpr int kFiles = 16;
    std::vector<int> files_;
};

std::int64_t cpu_time_ms() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1'000 + used.tv_nsec / 1'000'000;
}

/// A rest in which nothing of the process uses the processor.
void expect_rest() {
    constexpr DWORD kRestMs = 200;
    const std::int64_t before = cpu_time_ms();
    Sleep(kRestMs);
    EXPECT_LT(cpu_time_ms() - before, kRestMs / 4);
}

TEST_F(CreateProcess, EndIsKnownToAParentThatClosesDescriptorsWhichItDidNotOpen) {  // PROC-01
    in_fresh_process([](TestRegion&) {
        const Handle event = inheritable_event("e");
        const Started first(actor() + "wait-for " + value_of(event), TRUE);
        const Started second("sleep 1000");
        closefrom(3);
        const OwnFiles own;
        expect_rest();
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(first.exit_code_at_end(), 0U);
        EXPECT_EQ(TerminateProcess(second.process, 300), TRUE);
        EXPECT_EQ(second.exit_code_at_end(), 300U);
        own.expect_untouched();
        expect_rest();
        EXPECT_EQ(Started("sh -c \"exit 9\"").exit_code_at_end(), 9U);
        own.expect_untouched();
    });
}

/// Starts a process that makes no call, and dies at once.
std::uint32_t leave_orphan() {
    std::array<int, 2> told{};
    EXPECT_EQ(pipe2(told.data(), O_CLOEXEC), 0);
    Child parent([&told]() -> int {
        prepare_attachment(nullptr, Mutant::none);
        const Started orphan("sleep 1000");
        EXPECT_EQ(write(told[1], &orphan.pid, sizeof(orphan.pid)),
                  static_cast<ssize_t>(sizeof(orphan.pid)));
        die();
    });
    std::uint32_t pid = 0;
    EXPECT_EQ(read(told[0], &pid, sizeof(pid)), static_cast<ssize_t>(sizeof(pid)));
    EXPECT_EQ(parent.wait(), kKilled);
    return pid;
}

TEST_F(CreateProcess, EndOfAnOrphanIsKnownToAWatcherThatClosesDescriptors) {  // PROC-01
    in_fresh_process([](TestRegion&) {
        ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        const std::uint32_t pid = leave_orphan();
        const Handle orphan(OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
        ASSERT_NE(orphan.get(), nullptr) << GetLastError();
        closefrom(3);
        const OwnFiles own;
        expect_rest();
        EXPECT_EQ(TerminateProcess(orphan, 1), TRUE);
        EXPECT_EQ(WaitForSingleObject(orphan, kPatienceMs), WAIT_OBJECT_0);
        own.expect_untouched();
        EXPECT_EQ(waitpid(static_cast<pid_t>(pid), nullptr, 0), static_cast<pid_t>(pid));
    });
}

TEST_F(CreateProcess, EndsOfManyAtOnceAreAllTold) {  // PROC-01, PROC-02
    in_parent([](Survivor&) {
        constexpr DWORD kChildren = 20;
        std::array<int, 2> gate{};
        ASSERT_EQ(pipe(gate.data()), 0);
        const std::string reads = "sh -c \"read x < /proc/self/fd/" + std::to_string(gate[0]);
        std::vector<std::unique_ptr<Started>> children;
        for (DWORD code = 0; code < kChildren; ++code) {
            children.push_back(
                std::make_unique<Started>(reads + "; exit " + std::to_string(code) + "\""));
        }
        const std::string lines(kChildren, '\n');
        EXPECT_EQ(write(gate[1], lines.data(), lines.size()), static_cast<ssize_t>(lines.size()));
        for (DWORD code = 0; code < kChildren; ++code) {
            EXPECT_EQ(children[code]->exit_code_at_end(), code);
        }
        close(gate[0]);
        close(gate[1]);
    });
}

TEST_F(CreateProcess, EndIsKnownToAParentThatWaitsForItsChildrenItself) {  // PROC-01, PROC-02
    in_parent([](Survivor&) {
        constexpr int kChildren = 50;
        for (int i = 0; i < kChildren; ++i) {
            const Started child("sh -c \"exit 7\"");
            const pid_t reaped = waitpid(static_cast<pid_t>(child.pid), nullptr, 0);
            EXPECT_TRUE(reaped == static_cast<pid_t>(child.pid) || errno == ECHILD);
            const DWORD code = child.exit_code_at_end();
            EXPECT_TRUE(code == 7 || code == CASTAWAY_EXIT_CODE_UNKNOWN) << code;
        }
    });
}

}  // namespace
}  // namespace castaway::testing
