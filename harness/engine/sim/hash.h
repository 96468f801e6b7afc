// A number for a sequence of numbers: equal sequences have equal ones, and others hardly ever.
#pragma once

#include <cstdint>

namespace castaway::harness::sim {

class Hash {
  public:
    template <class Value>
    void add(Value value) {
        hash_ = (hash_ ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15U;
        hash_ ^= hash_ >> 29;
    }
    [[nodiscard]] std::uint64_t value() const { return hash_; }

  private:
    std::uint64_t hash_ = 0x13198a2e03707344U;
};

}  // namespace castaway::harness::sim
