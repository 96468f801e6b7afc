#include "primitives/platform/linux_platform.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__SANITIZE_THREAD__)
// pthread_mutex_init() in hold_liveness() writes the word with plain stores, while others may look
// at it (is_marked_dead). What they can see is what it was, 0, or the owner: none of them is wrong.
extern "C" const char* __tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "race:castaway::LinuxPlatform::hold_liveness\n";
}
#endif

namespace castaway {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::size_t kTargetsMax = 16;

static_assert(sizeof(pthread_mutex_t) <= sizeof(LivenessWord));
static_assert(offsetof(pthread_mutex_t, __data.__lock) == 0,
              "futex_of() takes the first word for the lock word");

pthread_mutex_t& mutex_of(LivenessWord& liveness) {
    return reinterpret_cast<pthread_mutex_t&>(liveness);
}

timespec to_timespec(std::int64_t ns) {
    // The kernel rejects negative times; one that is past is as good as another.
    if (ns < 0) {
        ns = 0;
    }
    return {static_cast<time_t>(ns / kNsPerSecond), static_cast<long>(ns % kNsPerSecond)};
}

/// The kernel did what its manual page excludes: going on would be guessing.
[[noreturn]] void die(const char* call, int error) {
    std::fprintf(stderr, "castaway: %s failed: %s\n", call, std::strerror(error));
    std::abort();
}

FutexResult result_of(long returned, int error, const char* call) {
    if (returned >= 0 || error == EINTR) {
        return FutexResult::woken;
    }
    if (error == EAGAIN) {
        return FutexResult::changed;
    }
    if (error == ETIMEDOUT) {
        return FutexResult::timed_out;
    }
    die(call, error);
}

}  // namespace

FutexResult LinuxPlatform::futex_wait(Cell32& word, std::uint32_t expected,
                                      Deadline deadline) const {
    const timespec until = to_timespec(deadline.ns);
    // The BITSET form takes an absolute time. No PRIVATE flag: the sleepers are in many processes.
    const int operation =
        FUTEX_WAIT_BITSET | (deadline.clock == Clock::realtime ? FUTEX_CLOCK_REALTIME : 0);
    const long returned =
        syscall(SYS_futex, &word.bits, operation, expected, deadline.never() ? nullptr : &until,
                nullptr, FUTEX_BITSET_MATCH_ANY);
    return result_of(returned, errno, "futex wait");
}

FutexResult LinuxPlatform::futex_wait_any(std::span<const FutexTarget> targets,
                                          Deadline deadline) const {
    std::array<futex_waitv, kTargetsMax> waiters{};
    if (targets.size() > waiters.size()) {
        die("futex_waitv", EINVAL);
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
        waiters[i].val = targets[i].expected;
        waiters[i].uaddr = reinterpret_cast<std::uintptr_t>(&targets[i].word->bits);
        waiters[i].flags = FUTEX_32;
    }
    const timespec until = to_timespec(deadline.ns);
    const long returned = syscall(
        SYS_futex_waitv, waiters.data(), targets.size(), 0, deadline.never() ? nullptr : &until,
        deadline.clock == Clock::realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC);
    return result_of(returned, errno, "futex_waitv");
}

void LinuxPlatform::futex_wake(Cell32& word, std::uint32_t count) const {
    if (syscall(SYS_futex, &word.bits, FUTEX_WAKE, count, nullptr, nullptr, 0) < 0) {
        die("futex wake", errno);
    }
}

std::int64_t LinuxPlatform::now(Clock clock) const {
    timespec time{};
    clock_gettime(clock == Clock::realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, &time);
    return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

void LinuxPlatform::hold_liveness(LivenessWord& liveness) const {
    store(futex_of(liveness), 0);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    int error = pthread_mutex_init(&mutex_of(liveness), &attributes);
    pthread_mutexattr_destroy(&attributes);
    if (error == 0) {
        error = pthread_mutex_lock(&mutex_of(liveness));
    }
    if (error != 0) {
        die("robust mutex", error);
    }
}

void LinuxPlatform::drop_liveness(LivenessWord& liveness) const {
    if (const int error = pthread_mutex_unlock(&mutex_of(liveness)); error != 0) {
        die("robust mutex unlock", error);
    }
}

bool LinuxPlatform::is_marked_dead(LivenessWord& liveness) const {
    return (load(futex_of(liveness)) & FUTEX_OWNER_DIED) != 0;
}

bool LinuxPlatform::watch_value(LivenessWord& liveness, std::uint32_t& value) const {
    Cell32& word = futex_of(liveness);
    value = load(word);
    for (;;) {
        if (value == 0 || (value & FUTEX_OWNER_DIED) != 0) {
            return false;
        }
        // The kernel wakes a sleeper at the holder's death only where this bit announces one; it is
        // what a second locker of the mutex would set.
        const std::uint32_t announced = value | FUTEX_WAITERS;
        if (value == announced || cas(word, value, announced)) {
            value = announced;
            return true;
        }
    }
}

bool LinuxPlatform::process_gone(ProcessIdentity process, std::int64_t wait_ns) const {
    const auto fd = static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(process.pid), 0));
    if (fd < 0) {
        // ESRCH: none of that number. The others: the number is that of a thread which is not its
        // process's first, so it has been given out anew.
        if (errno == ESRCH || errno == EINVAL || errno == ENOENT) {
            return true;
        }
        // No descriptor left, say. That tells nothing about the process; do not let the caller
        // spin.
        const timespec limit = to_timespec(wait_ns);
        ppoll(nullptr, 0, &limit, nullptr);
        return false;
    }
    // Asked after the pidfd was opened: from here on the pid cannot become another process's.
    // A start time that cannot be read (for want of a descriptor, say) tells nothing.
    const std::uint64_t start_time = start_time_of(process.pid);
    bool gone = start_time != 0 && start_time != process.start_time;
    if (!gone) {
        pollfd poller{fd, POLLIN, 0};
        const timespec limit = to_timespec(wait_ns);
        gone = ppoll(&poller, 1, &limit, nullptr) == 1;
    }
    close(fd);
    return gone;
}

ProcessIdentity LinuxPlatform::self() const {
    const auto pid = static_cast<std::uint32_t>(getpid());
    return {pid, start_time_of(pid)};
}

std::uint32_t LinuxPlatform::thread_id() const {
    return static_cast<std::uint32_t>(syscall(SYS_gettid));
}

void LinuxPlatform::wait_for_own_end() const {
    for (;;) {
        ::pause();
    }
}

std::uint64_t start_time_of(std::uint32_t pid) {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/%u/stat", pid);
    const int fd = open(path.data(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    std::array<char, 1024> text{};
    const ssize_t length = read(fd, text.data(), text.size() - 1);
    close(fd);
    if (length <= 0) {
        return 0;
    }
    // The second field is the program's name in parentheses, which may itself hold any character:
    // fields are counted from the last ')'. The start time is field 22, the 20th after it.
    const char* field = std::strrchr(text.data(), ')');
    for (int i = 0; field != nullptr && i < 20; ++i) {
        field = std::strchr(field + 1, ' ');
    }
    return field == nullptr ? 0 : std::strtoull(field, nullptr, 10);
}

}  // namespace castaway
