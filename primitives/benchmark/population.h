// A region full of named objects, held by as many processes as it takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "primitives/benchmark/support.h"

namespace castaway::benchmark {

class Population {
  public:
    /// Makes a region, and so many named objects in it.
    explicit Population(std::uint64_t objects);
    Population(const Population&) = delete;
    Population& operator=(const Population&) = delete;
    ~Population();

    [[nodiscard]] const Region& region() const { return region_; }
    /// How many objects there are.
    [[nodiscard]] std::uint64_t count() const { return count_; }
    /// The name of the i-th.
    static std::string name(std::uint64_t i);

  private:
    Region region_;
    std::vector<Worker> holders_;
    std::uint64_t count_ = 0;
};

}  // namespace castaway::benchmark
