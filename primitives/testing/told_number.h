// A number that one process of a test tells the others.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/types.h>

namespace castaway::testing {

/// A number that a forked child tells.
class ToldNumber {
  public:
    ToldNumber()
        : place_(static_cast<pid_t*>(mmap(nullptr, sizeof(pid_t), PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
        EXPECT_NE(place_, MAP_FAILED);
    }
    ToldNumber(const ToldNumber&) = delete;
    ToldNumber& operator=(const ToldNumber&) = delete;
    ~ToldNumber() { munmap(place_, sizeof(pid_t)); }
    void tell(pid_t number) { *place_ = number; }
    [[nodiscard]] pid_t get() const { return *place_; }

  private:
    pid_t* place_;
};

}  // namespace castaway::testing
