// How a process ended, as far as anybody knows.
//
// The kernel tells it to the parent alone. So there are up to three who say something: the process
// itself, when it ends in order; whoever terminated it; and its parent, if that has started it with
// CreateProcess and still lives. The parent's word is the last one.
#pragma once

#include <cstdint>

namespace castaway {

enum class ToldBy : std::uint8_t { nobody = 0, itself = 1, terminator = 2, parent = 3 };

/// A word: bits 0-31 the Win32 exit code, 32-33 who told it.
struct ExitStatus {
    ToldBy by = ToldBy::nobody;
    std::uint32_t code = 0;

    static constexpr ExitStatus unpack(std::uint64_t word) {
        return {static_cast<ToldBy>(word >> 32 & 3), static_cast<std::uint32_t>(word)};
    }
    [[nodiscard]] constexpr std::uint64_t pack() const {
        return std::uint64_t{code} | static_cast<std::uint64_t>(by) << 32;
    }
};

/// What the kernel says of an end.
struct KernelEnding {
    enum class Way : std::uint8_t { unknown, exited, signaled };
    Way way = Way::unknown;    ///< unknown: somebody else has waited for the process
    std::uint32_t number = 0;  ///< the low 8 bits of the exit code, or the signal
};

/// The exit code of a process that a signal ended, as shells have it.
inline constexpr std::uint32_t kSignalCode = 128;

/// The last word on an end (rule PROC-02). \param said what was told before
constexpr ExitStatus last_word(const ExitStatus& said, const KernelEnding& ending,
                               std::uint32_t unknown, std::uint32_t kill_signal) {
    const auto told = [](std::uint32_t code) { return ExitStatus{ToldBy::parent, code}; };
    switch (ending.way) {
        case KernelEnding::Way::exited:
            // Linux keeps eight bits of the code; the process itself has told all of them.
            return told(said.by == ToldBy::itself && (said.code & 0xff) == ending.number
                            ? said.code
                            : ending.number);
        case KernelEnding::Way::signaled:
            return told(said.by == ToldBy::terminator && ending.number == kill_signal
                            ? said.code
                            : kSignalCode + ending.number);
        case KernelEnding::Way::unknown:
            break;
    }
    return told(said.by == ToldBy::nobody ? unknown : said.code);
}

}  // namespace castaway
