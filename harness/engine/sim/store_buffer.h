// Total store order, as on x86: what a thread stores is seen by others later than by itself.
//
// Each simulated thread has a buffer of stores, which leave it in their order. In the world the
// buffer is an actor beside its thread (the id after the thread's; ThreadRole::stores): while it is
// not empty it can be chosen like a thread, and its step, `drain`, puts the oldest store into the
// memory. So every strategy decides when stores are seen, and PCT, say, gives a buffer a priority
// of its own. What the rules are (Sewell, Sarkar, Owens, Zappa Nardelli, Myreen: x86-TSO, CACM
// 2010):
//   * A load finds the thread's own newest store to that word, or else the memory. A store whose
//     bytes are only a part of what is loaded has to drain first.
//   * Read-modify-writes need the buffer empty, and so do futex calls (the kernel takes a lock with
//     one before it looks at the word), spawn, the wait for a process's end, and what threads tell
//     each other through the harness. There the thread cannot be chosen until its buffer is empty.
//     Reading the clock, a pause and a load need nothing.
//   * Platform::store is a release store: a plain `mov`, into the buffer. No algorithm has a store
//     that is sequentially consistent (`xchg` here, were there one).
//   * Death: what a core has stored is seen in the end, whoever dies. A killed thread's buffer goes
//     on draining whenever it is chosen, and it is empty before the kernel marks the first word of
//     its robust list, because those marks are read-modify-writes of the same core. A process that
//     is stopped, or whose thread stood before such an instruction when it was killed, has drained
//     by the interrupt that told it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/engine/sim/step.h"

namespace castaway::harness::sim {

enum class MemoryModel : std::uint8_t {
    sc,   ///< sequential consistency: a store is seen by all at once
    tso,  ///< as above
};

/// "sc", "tso"
std::string_view to_string(MemoryModel model);
/// Empty for the name of none.
std::optional<MemoryModel> memory_model_from(std::string_view name);

/// First in, first out.
class StoreBuffer {
  public:
    /// As many as a core of our days has, roughly; a full buffer drains its oldest at the next.
    static constexpr std::size_t kStoresMax = 64;

    struct Entry {
        Location at = 0;
        std::uint64_t value = 0;
        std::uint32_t bytes = 0;  ///< 4 or 8
    };

    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] bool full() const { return count_ == kStoresMax; }
    [[nodiscard]] const Entry& oldest() const { return entries_[begin_]; }
    void push(const Entry& entry) { entries_[(begin_ + count_++) % kStoresMax] = entry; }
    void pop() {
        begin_ = (begin_ + 1) % kStoresMax;
        --count_;
    }
    void clear() { count_ = 0; }

    enum class Lookup : std::uint8_t { none, found, partial };
    /// The value that the thread itself finds at those bytes.
    [[nodiscard]] Lookup find(Location at, std::uint32_t bytes, std::uint64_t& value) const {
        for (std::size_t i = count_; i-- > 0;) {
            const Entry& entry = entries_[(begin_ + i) % kStoresMax];
            if (at + bytes <= entry.at || entry.at + entry.bytes <= at) {
                continue;
            }
            if (at < entry.at || at + bytes > entry.at + entry.bytes) {
                return Lookup::partial;
            }
            value = entry.value >> (8 * (at - entry.at));
            if (bytes == sizeof(std::uint32_t)) {
                value &= UINT32_MAX;
            }
            return Lookup::found;
        }
        return Lookup::none;
    }

  private:
    std::array<Entry, kStoresMax> entries_{};
    std::size_t begin_ = 0;
    std::size_t count_ = 0;
};

}  // namespace castaway::harness::sim
