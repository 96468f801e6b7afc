// The fixture of tests in which every actor is a process of its own, driven through pipes, and what
// many of their actors do. The test's own process never attaches.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "primitives/testing/actor.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {

class ProcessTest : public ::testing::Test {
  protected:
    /// Nobody is left when a test ends, and nothing of theirs.
    void TearDown() override { region_.expect_clean(0); }

    [[nodiscard]] InspectedObject object(const std::string& name) const {
        return object_named(region_.look(), "Local\\" + name);
    }
    TestRegion region_;
};

inline HANDLE open_mutex(const char* name = "m") {
    return OpenMutexA(SYNCHRONIZE, FALSE, name);
}
inline HANDLE open_event(const char* name = "e") {
    return OpenEventA(EVENT_ALL_ACCESS, FALSE, name);
}

/// Makes the mutex "m", takes it so many times, says 'o', and stays.
inline auto owns_mutex(int acquisitions = 1) {
    return [acquisitions](const Actor& self) {
        HANDLE mutex = CreateMutexA(nullptr, FALSE, "m");
        for (int i = 0; i < acquisitions; ++i) {
            EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
        }
        self.say('o');
        self.stay();
    };
}

/// Waits for the mutex "m" without limit, expects that result, says 'w' and, when told to, ends in
/// order.
inline auto waits_for_mutex(DWORD expected) {
    return [expected](const Actor& self) {
        HANDLE mutex = open_mutex();
        self.say_when_asleep();
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), expected);
        self.say('w');
        self.hear('g');
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    };
}

}  // namespace castaway::testing
