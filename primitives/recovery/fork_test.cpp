// Forks: beside another thread's first call, and after the first use.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "castaway/error.hpp"
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

}  // namespace
}  // namespace castaway::testing
