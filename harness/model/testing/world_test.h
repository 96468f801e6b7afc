// A world of two processes for the tests of the model of the interface.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "harness/model/testing/answers.h"
#include "harness/model/win32/world.h"

namespace castaway::harness::win32 {

/// Two processes and what they call; the clocks go on by a microsecond with each call.
class WorldTest : public ::testing::Test {
  protected:
    WorldTest() {
        for (std::uint32_t process : {0U, 1U}) {
            Call call = by(process, Function::start_process);
            Response started = answer(1);
            started.process_id = 100 + process;
            started.thread_id = 100 + process;
            EXPECT_EQ(world_.judge(call, started), "");
        }
    }

    static Call by(std::uint32_t process, Function function, std::int64_t handle = 0) {
        Call call;
        call.process = process;
        call.function = function;
        call.handle.value = handle;
        return call;
    }
    Response answer(std::uint64_t result, std::uint32_t error = kErrorUntouched) {
        return answers_.answer(result, error);
    }

    void allowed(const Call& call, const Response& response) {
        ASSERT_EQ(world_.leaves_open(call), "");
        EXPECT_EQ(world_.judge(call, response), "");
    }
    void allowed(const Call& call, std::uint64_t result, std::uint32_t error = kErrorUntouched) {
        allowed(call, answer(result, error));
    }
    /// Changes nothing: it is judged in a copy.
    void wrong(const Call& call, const Response& response) const {
        World copy = world_;
        ASSERT_EQ(copy.leaves_open(call), "");
        EXPECT_NE(copy.judge(call, response), "");
    }
    void wrong(const Call& call, std::uint64_t result, std::uint32_t error = kErrorUntouched) {
        wrong(call, answer(result, error));
    }
    void is_open(const Call& call) const { EXPECT_NE(world_.leaves_open(call), ""); }

    /// Makes it under that name with that handle.
    void create(std::uint32_t process, Function function, std::int64_t handle,
                const std::function<void(Call&)>& change = {}) {
        Call call = by(process, function);
        call.maximum = 1;
        if (change) {
            change(call);
        }
        allowed(call, static_cast<std::uint64_t>(handle), errors::kSuccess);
    }
    static std::function<void(Call&)> named(const char16_t* name) {
        return [name](Call& call) { call.name = name; };
    }

    World world_;
    Answers answers_;
};

}  // namespace castaway::harness::win32
