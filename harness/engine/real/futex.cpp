#include "harness/engine/real/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace castaway::harness {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

void futex_wait_until(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                      std::int64_t deadline_ns) {
    constexpr std::int64_t kNsPerSecond = 1'000'000'000;
    timespec deadline{};
    deadline.tv_sec = static_cast<time_t>(deadline_ns / kNsPerSecond);
    deadline.tv_nsec = static_cast<long>(deadline_ns % kNsPerSecond);
    // FUTEX_WAIT_BITSET takes an absolute time of the monotonic clock. Its errors (EAGAIN, EINTR,
    // ETIMEDOUT) all mean the same here: look again.
    syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, &deadline, nullptr,
            FUTEX_BITSET_MATCH_ANY);
}

void futex_wake_all(const std::atomic<std::uint32_t>& word) {
    syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace castaway::harness
