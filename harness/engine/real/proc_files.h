// What the kernel tells about a process under /proc. Reading never blocks and never throws: a
// process may be gone at any time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

/// One line of /proc/PID/maps, as far as it matters here.
struct MappedRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t file_offset = 0;
    std::uint64_t device = 0;  ///< as stat(2) numbers it
    std::uint64_t inode = 0;
    bool operator==(const MappedRange&) const = default;
};

/// /proc/PID/task/TID/syscall: the system call that a thread is blocked in.
struct BlockedCall {
    std::int64_t number = 0;
    std::vector<std::uint64_t> arguments;
    bool operator==(const BlockedCall&) const = default;
};

std::vector<MappedRange> parse_maps(std::string_view text);
/// Empty when the thread runs.
std::optional<BlockedCall> parse_syscall(std::string_view text);
/// The state letter of a /proc/.../stat line; '?' when it is none.
char parse_state(std::string_view text);

/// By thread, the frames of `eu-stack -p PID`, innermost first, without addresses and paths.
struct ThreadStack {
    std::int64_t os_thread = 0;
    std::vector<std::string> frames;
    bool operator==(const ThreadStack&) const = default;
};
std::vector<ThreadStack> parse_stacks(std::string_view text);

/// Empty when it cannot be read.
std::string read_proc_file(const std::string& path);

/// Whether the thread has a processor or waits for one (state R). Unlike its own word about itself
/// this is exact: a wake-up puts its sleeper into this state before it returns.
bool thread_runs(std::int64_t os_thread);

/// Whether every thread of the process sleeps (state S).
bool all_threads_sleep(std::int64_t pid);

}  // namespace castaway::harness
