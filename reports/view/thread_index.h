// A history's operations by thread, to find one by its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/checkers/verdict.h"
#include "harness/history/history.h"

namespace castaway::harness {

class ThreadIndex {
  public:
    explicit ThreadIndex(const History& history);

    /// All threads of all processes are numbered in their order.
    [[nodiscard]] std::size_t lane_count() const { return lanes_.size(); }
    /// Empty when there is no such thread.
    [[nodiscard]] std::optional<std::size_t> lane(std::uint32_t process,
                                                  std::uint32_t thread) const;
    /// The thread's operations in their order, as indices in History::operations.
    [[nodiscard]] std::span<const std::size_t> operations(std::size_t lane) const {
        return lanes_[lane];
    }
    /// The operation's index in History::operations; empty when it was not recorded.
    [[nodiscard]] std::optional<std::size_t> find(const OperationRef& reference) const;

  private:
    const History& history_;
    std::vector<std::size_t> first_lane_;  ///< of each process
    std::vector<std::vector<std::size_t>> lanes_;
};

}  // namespace castaway::harness
