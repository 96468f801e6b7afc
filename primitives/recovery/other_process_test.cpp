// Handles of other processes: duplicates into them and out of them, and what a process handle tells
// of their ends.
#include <gtest/gtest.h>

#include <memory>

#include "primitives/api/attachment.h"
#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

/// The only process of the region but for the calling one.
DWORD other_pid(const TestRegion& region) {
    for (const InspectedProcess& process : region.look().processes) {
        if (process.pid != GetCurrentProcessId()) {
            return process.pid;
        }
    }
    ADD_FAILURE() << "no other process";
    return 0;
}

TEST(ProcessHandle, IsSignaledWhenTheProcessHasEndedAndAllIsGivenBack) {  // PROC-01, PROC-03
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        for (const bool killed : {true, false}) {
            Channel said;
            Channel heard;
            Child owner([&] {
                prepare_attachment(nullptr, Mutant::none);
                EXPECT_NE(CreateMutexA(nullptr, TRUE, "m"), nullptr);
                said.send('r');
                static_cast<void>(heard.receive());
                return 0;
            });
            EXPECT_EQ(said.receive(), 'r');
            const Handle mutex(OpenMutexA(SYNCHRONIZE, FALSE, "m"));
            const Handle process(OpenProcess(SYNCHRONIZE, FALSE, other_pid(region)));
            ASSERT_NE(process.get(), nullptr);
            EXPECT_EQ(poll_object(process), WAIT_TIMEOUT);
            BlockedThread waiter(waits_for(process));
            if (killed) {
                owner.end();
            } else {
                heard.send('e');
                EXPECT_EQ(owner.wait(), kDone);
            }
            EXPECT_EQ(waiter.join(), WAIT_OBJECT_0);
            EXPECT_EQ(poll_object(process), WAIT_OBJECT_0);
            // All of it has been given back by now: no sweep here.
            EXPECT_EQ(survivor.object("m").handles, 1U);
            EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
            HANDLE made = nullptr;
            EXPECT_EQ(DuplicateHandle(GetCurrentProcess(), mutex, process, &made, 0, FALSE,
                                      DUPLICATE_SAME_ACCESS),
                      FALSE);
            EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);  // DUP-09
        }
    });
}

/// A victim that duplicates between itself and the survivor. Both have the event "e".
class DuplicationOrdeal {
  public:
    explicit DuplicationOrdeal(const TestRegion& region) : survivor_(region) {}

    void make() {
        event_ = Handle(CreateEventA(nullptr, FALSE, FALSE, "e"));
        pid_ = GetCurrentProcessId();
    }
    void open() {
        victims_ = OpenEventA(SYNCHRONIZE, FALSE, "e");
        process_ = OpenProcess(PROCESS_DUP_HANDLE, FALSE, pid_);
        EXPECT_NE(process_, nullptr);
    }
    /// Expects so many handles of the survivor, closes all, and that nothing is left then.
    void expect_and_close(std::uint64_t at_least, std::uint64_t at_most) {
        survivor_.sweep();
        const std::uint64_t handles = survivor_.object("e").handles;
        EXPECT_GE(handles, at_least);
        EXPECT_LE(handles, at_most);
        // What the victim has put into the table is a handle as any other.
        for (std::uintptr_t value = 4; value <= 64; value += 4) {
            // NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number
            const auto handle = reinterpret_cast<HANDLE>(value);
            if (handle != event_.get() && CompareObjectHandles(handle, event_) != FALSE) {
                EXPECT_EQ(SetEvent(handle), TRUE);
                EXPECT_EQ(poll_object(event_), WAIT_OBJECT_0);
                EXPECT_EQ(CloseHandle(handle), TRUE);
            }
        }
        if (survivor_.region().look().objects.empty()) {
            static_cast<void>(event_.release());  // the victim has closed it
        }
        event_.reset();
    }

    Survivor survivor_;
    Handle event_;
    DWORD pid_ = 0;
    HANDLE victims_ = nullptr;
    HANDLE process_ = nullptr;
};

TEST(DeathInDuplicates, IntoAnotherProcess) {  // DUP-01, DUP-02, CONC-03
    in_fresh_process([](TestRegion& region) {
        DuplicationOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(); },
             .prepare = [&] { ordeal.open(); },
             .act =
                 [&] {
                     HANDLE made = nullptr;
                     EXPECT_EQ(
                         DuplicateHandle(GetCurrentProcess(), ordeal.victims_, ordeal.process_,
                                         &made, EVENT_ALL_ACCESS, FALSE, DUPLICATE_CLOSE_SOURCE),
                         TRUE);
                 },
             .check = [&](bool completed) { ordeal.expect_and_close(completed ? 2 : 1, 2); }});
    });
}

TEST(DeathInDuplicates, OutOfAnotherProcess) {  // DUP-10
    in_fresh_process([](TestRegion& region) {
        DuplicationOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(); },
             .prepare = [&] { ordeal.open(); },
             .act =
                 [&] {
                     HANDLE made = nullptr;
                     EXPECT_EQ(DuplicateHandle(ordeal.process_, ordeal.event_, GetCurrentProcess(),
                                               &made, 0, FALSE, DUPLICATE_SAME_ACCESS),
                               TRUE);
                     EXPECT_EQ(CompareObjectHandles(made, ordeal.victims_), TRUE);
                 },
             .check = [&](bool) { ordeal.expect_and_close(1, 1); }});
    });
}

TEST(DuplicatesIntoTheDying, WorkOrFailAndLeakNothing) {  // DUP-08, HND-07
    in_fresh_process([](TestRegion& region) {
        const Survivor survivor(region);
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        for (int round = 0; round < 20; ++round) {
            Channel said;
            Child dying([&]() -> int {
                prepare_attachment(nullptr, Mutant::none);
                CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
                said.send('r');
                die();
            });
            EXPECT_EQ(said.receive(), 'r');
            HANDLE made = nullptr;
            const auto processes = region.look().processes;
            for (const InspectedProcess& process : processes) {
                const Handle opened(OpenProcess(PROCESS_DUP_HANDLE, FALSE, process.pid));
                if (process.pid == GetCurrentProcessId() || opened.get() == nullptr) {
                    continue;
                }
                BOOL done = TRUE;
                for (int i = 0; i < 100 && done != FALSE; ++i) {
                    done = DuplicateHandle(GetCurrentProcess(), event, opened, &made, 0, FALSE,
                                           DUPLICATE_SAME_ACCESS);
                }
                if (done == FALSE) {
                    EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
                }
            }
            EXPECT_TRUE(dying.wait().killed);
            survivor.sweep();
            EXPECT_EQ(survivor.object("e").handles, 1U);
        }
    });
}

}  // namespace
}  // namespace castaway::testing
