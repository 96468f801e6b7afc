// Many attached processes that do nothing.
#pragma once

#include <functional>
#include <vector>

#include "primitives/testing/child_process.h"

namespace castaway::benchmark {

class Bystanders {
  public:
    /// Forks so many; returns when all of them are attached.
    explicit Bystanders(int count);
    Bystanders(const Bystanders&) = delete;
    Bystanders& operator=(const Bystanders&) = delete;
    /// Kills them.
    ~Bystanders();
    /// How many are attached.
    [[nodiscard]] int count() const { return attached_; }

  private:
    std::vector<testing::Child> children_;
    int attached_ = 0;
};

}  // namespace castaway::benchmark
