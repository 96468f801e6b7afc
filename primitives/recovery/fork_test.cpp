// Forks: beside another thread's first call, and after the first use.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>
#include <thread>

#include "castaway/sync.hpp"
#include "primitives/testing/child_process.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

/// What a first call may come to need for the first time.
void make_first_calls() {
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, nullptr));
    EXPECT_NE(event.get(), nullptr) << castaway_attach_error();
    EXPECT_EQ(SetEvent(event), TRUE);
    // Looks among the aliases of private namespaces.
    EXPECT_EQ(CreateEventA(nullptr, FALSE, FALSE, "Alias\\e"), nullptr);
    EXPECT_EQ(make_win32_error(ERROR_INVALID_HANDLE).category(), win32_category());
}

/// In a process that has made no call: one thread begins with it, and another forks beside it.
int fork_beside_first_call(int delay) {
    std::atomic<bool> go{false};
    std::thread caller([&go] {
        while (!go) {
        }
        make_first_calls();
    });
    go = true;
    for (std::atomic<int> turns{0}; turns < delay; ++turns) {
    }
    Child forked([] {
        make_first_calls();
        std::thread([] { make_first_calls(); }).join();
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    const Ending ending = forked.wait();
    caller.join();
    return ::testing::Test::HasFailure() ? 1 : ending.code;
}

TEST(Fork, BesideAFirstCallLeavesAChildThatCanCall) {
    const TestRegion region;
    constexpr int kForks = 400;
    constexpr int kDelays = 2'000;
    for (int i = 0; i < kForks; ++i) {
        Child program([i] { return fork_beside_first_call(i * 37 % kDelays); });
        ASSERT_EQ(program.wait(), kDone) << "fork " << i;
    }
    region.expect_clean(0);
}

TEST(Fork, AfterTheFirstUseLeavesNoHandlesAndSaysSo) {  // INH-02
    in_fresh_process([](TestRegion&) {
        EXPECT_EQ(castaway_forks(), 0U);
        Child unused([] {
            EXPECT_EQ(castaway_forks(), 0U) << "nothing has been used";
            return ::testing::Test::HasFailure() ? 1 : 0;
        });
        EXPECT_EQ(unused.wait(), kDone);
        castaway::event event(reset_mode::automatic, false, "e");
        EXPECT_EQ(make_win32_error(ERROR_INVALID_HANDLE).message(),
                  "not an open handle, or of another type");
        Child forked([&event]() -> int {
            EXPECT_EQ(castaway_forks(), 1U);
            try {
                event.set();
                ADD_FAILURE() << "the child has its parent's handle";
            } catch (const std::system_error& error) {
                EXPECT_EQ(error.code(), make_win32_error(ERROR_INVALID_HANDLE));
                EXPECT_NE(std::string(error.what()).find("forked"), std::string::npos)
                    << error.what();
            }
            // The new handle may have the value of the one that the object stood for.
            event = castaway::event(open_only, "e");
            event.set();
            Child grandchild([] {
                EXPECT_EQ(castaway_forks(), 2U);
                return ::testing::Test::HasFailure() ? 1 : 0;
            });
            EXPECT_EQ(grandchild.wait(), kDone);
            return ::testing::Test::HasFailure() ? 1 : 0;
        });
        EXPECT_EQ(forked.wait(), kDone);
        EXPECT_EQ(event.wait_for(std::chrono::seconds(0)), wait_status::signaled);
        EXPECT_EQ(castaway_forks(), 0U);
    });
}

}  // namespace
}  // namespace castaway::testing
