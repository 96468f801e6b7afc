// What simulated processes keep for themselves: a block of bytes that can be put back as a whole.
//
// Only values live here that a byte-wise copy restores: trivially destructible, no owned memory.
// Their addresses never change, so they may point to each other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/base/error.h"

namespace castaway::harness::sim {

class PrivateMemory {
  public:
    explicit PrivateMemory(std::size_t bytes) : bytes_(bytes), block_(new std::byte[bytes]{}) {}

    template <class T, class... Arguments>
    T& make(Arguments&&... arguments) {
        static_assert(std::is_trivially_destructible_v<T>);
        return *new (take(sizeof(T), alignof(T))) T(std::forward<Arguments>(arguments)...);
    }

    template <class T>
    std::span<T> make_array(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        T* const first = static_cast<T*>(take(count * sizeof(T), alignof(T)));
        for (std::size_t i = 0; i < count; ++i) {
            new (first + i) T();
        }
        return {first, count};
    }

    void keep() { kept_.assign(block_.get(), block_.get() + used_); }
    /// What was made since keep() is gone.
    void revert() {
        std::copy(kept_.begin(), kept_.end(), block_.get());
        used_ = kept_.size();
    }

  private:
    void* take(std::size_t size, std::size_t alignment) {
        const std::size_t at = (used_ + alignment - 1) / alignment * alignment;
        if (at + size > bytes_) {
            throw HarnessError("the simulator's private memory is full");
        }
        used_ = at + size;
        return block_.get() + at;
    }

    std::size_t bytes_;
    std::size_t used_ = 0;
    std::unique_ptr<std::byte[]> block_;
    std::vector<std::byte> kept_;
};

}  // namespace castaway::harness::sim
