// The greatest of some values up to a key: "when was the last of the calls over that were invoked
// by then", and the like.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/checkers/lives.h"
#include "harness/history/history.h"

namespace castaway::harness {

/// Answers "what is the greatest value among the entries whose key is at most k", leaving out one
/// entry's operation if asked to.
class GreatestUpTo {
  public:
    void add(std::int64_t key, std::int64_t value, const Operation* operation);
    /// To be called once, after the last add.
    void finish();
    /// kLongAgo when there is none.
    [[nodiscard]] std::int64_t up_to(std::int64_t key, const Operation* besides = nullptr) const;
    [[nodiscard]] std::int64_t before(std::int64_t key, const Operation* besides = nullptr) const;

    struct Found {
        std::int64_t value = kLongAgo;
        const Operation* operation = nullptr;
    };
    [[nodiscard]] Found find_up_to(std::int64_t key, const Operation* besides = nullptr) const;

  private:
    struct Entry {
        std::int64_t key = 0;
        Found best;
        Found second;  ///< the best of another operation
    };
    std::vector<Entry> entries_;
};

}  // namespace castaway::harness
