// What a kernel or a sandbox (a seccomp filter, say) keeps a process from. The process takes part
// all the same, in another way. It looks when it attaches, and records it in its slot, so that an
// inspector can show why it is slower than others, or why a call of it fails.
#pragma once

#include <cstdint>

namespace castaway {

struct Lacks {
    /// Of Linux 5.16. Without it the helper sleeps on one word and looks at the others in between;
    /// see LinuxPlatform::futex_wait_any.
    bool futex_waitv = false;
    /// pidfd_open and pidfd_send_signal, of Linux 5.3. Without them whether a process is gone is
    /// read in /proc, and CreateProcess and TerminateProcess are refused.
    bool pidfd = false;
    bool operator==(const Lacks&) const = default;

    static constexpr Lacks unpack(std::uint64_t word) { return {(word & 1) != 0, (word & 2) != 0}; }
    [[nodiscard]] constexpr std::uint64_t pack() const {
        return std::uint64_t{futex_waitv} | std::uint64_t{pidfd} << 1;
    }
};

}  // namespace castaway
