// The memory that simulated processes share, with an undo log: going back to a kept state costs no
// more than the writes since.
//
// It is one memfd. Every simulated process maps it once more, at an address of its own; the
// simulator itself reads and writes through a mapping that belongs to no process.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "harness/engine/real/system.h"

namespace castaway::harness::sim {

class SharedMemory {
  public:
    /// \param bytes a multiple of 8; zeros at first
    explicit SharedMemory(std::uint64_t bytes);

    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] int descriptor() const { return file_.get(); }
    /// One more mapping of all of it.
    [[nodiscard]] Mapping map() const;
    [[nodiscard]] const std::byte* data() const { return own_.data(); }

    // `at` is a multiple of the word's size, inside the memory.
    [[nodiscard]] std::uint64_t read64(std::uint64_t at) const { return read<std::uint64_t>(at); }
    [[nodiscard]] std::uint32_t read32(std::uint64_t at) const { return read<std::uint32_t>(at); }
    void write64(std::uint64_t at, std::uint64_t value) { write(at, value); }
    void write32(std::uint64_t at, std::uint32_t value) { write(at, value); }

    /// revert() comes back to how the memory is now.
    void keep() { undo_.clear(); }
    void revert();
    /// Writes since keep() or revert().
    [[nodiscard]] std::size_t writes() const { return undo_.size(); }

  private:
    struct Undo {
        std::uint64_t at;
        std::uint64_t value;
    };

    template <class Word>
    [[nodiscard]] Word read(std::uint64_t at) const {
        Word word;
        std::memcpy(&word, own_.data() + at, sizeof(word));
        return word;
    }
    template <class Word>
    void write(std::uint64_t at, Word value) {
        const std::uint64_t aligned = at & ~std::uint64_t{7};
        undo_.push_back({aligned, read64(aligned)});
        std::memcpy(own_.data() + at, &value, sizeof(value));
    }

    std::uint64_t bytes_;
    Descriptor file_;
    Mapping own_;
    std::vector<Undo> undo_;
};

}  // namespace castaway::harness::sim
