// Sleeping on a word that several processes share. std::atomic::wait will not do: it uses futexes
// that are private to a process, and a wake-up from another process would be lost.
#pragma once

#include <atomic>
#include <cstdint>

namespace castaway::harness {

/// Sleeps while the word holds `expected`, until a wake-up or the deadline on CLOCK_MONOTONIC. May
/// return early for no reason: the caller looks again.
void futex_wait_until(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                      std::int64_t deadline_ns);

void futex_wake_all(const std::atomic<std::uint32_t>& word);

}  // namespace castaway::harness
