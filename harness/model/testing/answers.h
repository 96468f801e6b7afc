// Answers for tests of the model, at times that go on by themselves.
#pragma once

#include <cstdint>

#include "harness/model/win32/call.h"

namespace castaway::harness::win32 {

/// Each call lasts a microsecond by both clocks, and the next begins when it is over.
class Answers {
  public:
    Response answer(std::uint64_t result, std::uint32_t error = kErrorUntouched) {
        constexpr std::int64_t kSomeDay = 130'000'000'000'000'000;
        Response response;
        response.result = result;
        response.error = error;
        response.invoked_ns = now_;
        now_ += 1000;
        response.returned_ns = now_;
        response.invoked_utc = kSomeDay + response.invoked_ns / 100;
        response.returned_utc = kSomeDay + response.returned_ns / 100;
        return response;
    }
    void let_pass(std::int64_t ns) { now_ += ns; }

  private:
    std::int64_t now_ = 1'000'000'000;
};

}  // namespace castaway::harness::win32
