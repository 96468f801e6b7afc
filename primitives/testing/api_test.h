// The fixture of the tests of Win32 semantics: one region for the program, looked at as a whole.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "castaway/win32.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {

/// The whole visible state of an object in one line: "auto event set, 1 handle, 0 waiting".
std::string text_of(const InspectedObject& object);

class ApiTest : public ::testing::Test {
  protected:
    /// The region of the program's own process.
    static TestRegion& region();

    /// Attaches, so that every test finds the same whether it runs alone or after others.
    ApiTest() {
        region();
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
    }
    /// Whatever a test does, it leaves nothing behind.
    ~ApiTest() override { region().expect_clean(1); }

    /// text_of() the object called Local\\<name>.
    static std::string state(const std::string& name);
    /// What is in the region: the states of all objects, in the order of their slots.
    static std::string states();

    /// Expects a call's failure: its result is `result` (FALSE, NULL, WAIT_FAILED), the last error
    /// `error`, and the objects are as they were.
    template <class Call, class Result>
    void expect_failure(Call call, Result result, DWORD error) {
        const std::string before = states();
        SetLastError(kUntouched);
        EXPECT_EQ(call(), result);
        EXPECT_EQ(GetLastError(), error);
        EXPECT_EQ(states(), before);
    }
    /// Expects a call's success: TRUE, and the last error is not touched.
    template <class Call>
    void expect_success(Call call) {
        SetLastError(kUntouched);
        EXPECT_EQ(call(), TRUE);
        EXPECT_EQ(GetLastError(), kUntouched);
    }

    static constexpr DWORD kUntouched = 4711;
};

}  // namespace castaway::testing
