// The orders in which operations took effect, along all configurations of a search that are alive.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace castaway::harness {

/// One operation's taking effect, after those before it.
template <typename State>
struct PathStep {
    std::uint64_t number = 0;  ///< the operation
    std::uint64_t at = 0;      ///< between events at - 1 and at
    State after{};
    std::uint32_t parent = 0;
};

/// A tree of steps; place 0 is its root. Keeps nothing unless told to.
template <typename State>
class PathStore {
  public:
    void keep() { steps_.assign(1, {}); }
    void drop() { steps_ = {}; }
    [[nodiscard]] bool keeps() const { return !steps_.empty(); }

    std::uint32_t add(std::uint32_t parent, std::uint64_t number, std::uint64_t at,
                      const State& after) {
        steps_.push_back({number, at, after, parent});
        return static_cast<std::uint32_t>(steps_.size() - 1);
    }

    /// From the first to `last`.
    [[nodiscard]] std::vector<PathStep<State>> steps_to(std::uint32_t last) const {
        std::vector<PathStep<State>> steps;
        for (std::uint32_t i = last; i != 0; i = steps_[i].parent) {
            steps.push_back(steps_[i]);
        }
        std::reverse(steps.begin(), steps.end());
        return steps;
    }

  private:
    std::vector<PathStep<State>> steps_;
};

}  // namespace castaway::harness
