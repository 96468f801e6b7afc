#include "primitives/platform/linux_platform.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "primitives/platform/lacks.h"

#if defined(__SANITIZE_THREAD__)
// pthread_mutex_init() in hold_liveness() writes the word with plain stores, while others may look
// at it (is_marked_dead). What they can see is what it was, 0, or the owner: none of them is wrong.
extern "C" [[gnu::visibility("default")]] const char*
__tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "race:castaway::LinuxPlatform::hold_liveness\n";
}
#endif

namespace castaway {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::size_t kTargetsMax = 16;
/// How often the targets are looked at that cannot be slept on.
constexpr std::int64_t kTargetCheckNs = 10'000'000;
/// After what time a call that the kernel has refused is tried again.
constexpr std::int64_t kRefusedCheckNs = 1'000'000;
/// How often a wake-up is tried for which the kernel has no memory: for about a second.
constexpr int kWakeAttempts = 1'000;
/// How often to look whether a process is gone that there is no descriptor of.
constexpr std::int64_t kGoneCheckNs = 1'000'000;

// As in the kernel's headers of 5.16, which need not be there.
constexpr long kSysFutexWaitv = 449;
constexpr std::uint32_t kFutex32 = 2;
struct WaitvTarget {
    std::uint64_t expected;
    std::uint64_t address;
    std::uint32_t flags;
    std::uint32_t reserved;
};

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

void pause_for(std::int64_t ns) {
    const timespec limit = to_timespec(ns);
    ppoll(nullptr, 0, &limit, nullptr);
}

/// The errors of a futex call that sleeps which say how it ended.
bool is_ending_of_sleep(int error) {
    return error == EINTR || error == EAGAIN || error == ETIMEDOUT;
}

/// What /proc says of a process.
struct ProcessFacts {
    char state = 0;  ///< as proc(5) has it
    std::uint64_t threads = 0;
    std::uint32_t start_time = 0;  ///< modulo 2^32; 0: not known
};

/// Empty, with the reason in errno, when it cannot be read.
std::optional<ProcessFacts> facts_of(std::uint32_t pid) {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/%u/stat", pid);
    const int fd = open(path.data(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return std::nullopt;
    }
    std::array<char, 1024> text{};
    const ssize_t length = read(fd, text.data(), text.size() - 1);
    const int error = errno;
    close(fd);
    errno = error;
    if (length <= 0) {
        return std::nullopt;
    }
    // The second field is the program's name in parentheses, which may itself hold any character:
    // fields are counted from the last ')'. The state is field 3, the first after it; the count of
    // threads is field 20, and the start time field 22.
    const char* field = std::strrchr(text.data(), ')');
    ProcessFacts facts;
    for (int number = 3; field != nullptr && number <= 22; ++number) {
        field = std::strchr(field + 1, ' ');
        if (field == nullptr) {
            break;
        }
        if (number == 3) {
            facts.state = field[1];
        } else if (number == 20) {
            facts.threads = std::strtoull(field, nullptr, 10);
        } else if (number == 22) {
            const auto ticks = static_cast<std::uint32_t>(std::strtoull(field, nullptr, 10));
            facts.start_time = ticks == 0 ? 1 : ticks;
        }
    }
    return facts;
}

/// Whether a process of which there can be no descriptor is gone for certain.
bool is_gone_by_proc(ProcessIdentity process) {
    if (kill(static_cast<pid_t>(process.pid), 0) != 0 && errno == ESRCH) {
        return true;
    }
    const auto facts = facts_of(process.pid);
    if (!facts) {
        // It may have gone in between. But where /proc is not there, nobody is.
        return (errno == ENOENT || errno == ESRCH) &&
               facts_of(static_cast<std::uint32_t>(getpid())).has_value();
    }
    // The first thread of a process stays as a zombie for as long as others run.
    const bool ended = (facts->state == 'Z' || facts->state == 'X') && facts->threads <= 1;
    return ended || (facts->start_time != 0 && facts->start_time != process.start_time);
}

}  // namespace

FutexResult LinuxPlatform::result_of(long returned, Deadline deadline) const {
    if (returned >= 0 || errno == EINTR) {
        return FutexResult::woken;
    }
    if (errno == EAGAIN) {
        return FutexResult::changed;
    }
    if (errno == ETIMEDOUT) {
        return FutexResult::timed_out;
    }
    // It cannot sleep: there is no memory for the word's page, say, or a sandbox forbids the call.
    // It looks again after a moment.
    pause_for(kRefusedCheckNs);
    return !deadline.never() && now(deadline.clock) >= deadline.ns ? FutexResult::timed_out
                                                                   : FutexResult::woken;
}

FutexResult LinuxPlatform::futex_wait(Cell32& word, std::uint32_t expected,
                                      Deadline deadline) const {
    const timespec until = to_timespec(deadline.ns);
    // The BITSET form takes an absolute time. No PRIVATE flag: the sleepers are in many processes.
    const int operation =
        FUTEX_WAIT_BITSET | (deadline.clock == Clock::realtime ? FUTEX_CLOCK_REALTIME : 0);
    const long returned =
        syscall(SYS_futex, &word.bits, operation, expected, deadline.never() ? nullptr : &until,
                nullptr, FUTEX_BITSET_MATCH_ANY);
    return result_of(returned, deadline);
}

FutexResult LinuxPlatform::futex_wait_any(std::span<const FutexTarget> targets,
                                          Deadline deadline) const {
    std::array<WaitvTarget, kTargetsMax> waiters{};
    if (targets.size() > waiters.size()) {
        die("futex_waitv", EINVAL);
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
        waiters[i].expected = targets[i].expected;
        waiters[i].address = reinterpret_cast<std::uintptr_t>(&targets[i].word->bits);
        waiters[i].flags = kFutex32;
    }
    const timespec until = to_timespec(deadline.ns);
    const long returned = syscall(
        kSysFutexWaitv, waiters.data(), targets.size(), 0, deadline.never() ? nullptr : &until,
        deadline.clock == Clock::realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC);
    if (returned < 0 && !is_ending_of_sleep(errno)) {
        return futex_wait_in_turn(targets, deadline);
    }
    return result_of(returned, deadline);
}

FutexResult LinuxPlatform::futex_wait_in_turn(std::span<const FutexTarget> targets,
                                              Deadline deadline) const {
    for (;;) {
        for (const FutexTarget& target : targets) {
            if (load(*target.word) != target.expected) {
                return FutexResult::changed;
            }
        }
        std::int64_t sleep_ns = kTargetCheckNs;
        if (!deadline.never()) {
            sleep_ns = std::min(sleep_ns, deadline.ns - now(deadline.clock));
            if (sleep_ns <= 0) {
                return FutexResult::timed_out;
            }
        }
        const FutexTarget& first = targets.front();
        const FutexResult result =
            futex_wait(*first.word, first.expected, Deadline{now(Clock::monotonic) + sleep_ns});
        if (result != FutexResult::timed_out) {
            return result;
        }
    }
}

void LinuxPlatform::futex_wake(Cell32& word, std::uint32_t count) const {
    // Whoever sleeps may sleep for ever without it, so it is not given up lightly. Of a word that
    // can be read nothing but memory for the kernel can be missing.
    for (int attempt = 0; attempt < kWakeAttempts; ++attempt) {
        if (syscall(SYS_futex, &word.bits, FUTEX_WAKE, count, nullptr, nullptr, 0) >= 0) {
            return;
        }
        if (errno != ENOMEM && errno != EAGAIN && errno != EINTR) {
            break;
        }
        pause_for(kRefusedCheckNs);
    }
    die("futex wake", errno);
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
    if (is_foreign(*this, process)) {
        const timespec limit = to_timespec(wait_ns);
        ppoll(nullptr, 0, &limit, nullptr);
        return false;
    }
    const auto fd = static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(process.pid), 0));
    if (fd < 0) {
        // There is none of that number, or it is that of a thread which is not its process's first;
        // or the system gives no descriptor, which tells nothing about the process.
        const std::int64_t end = now(Clock::monotonic) + wait_ns;
        for (;;) {
            if (is_gone_by_proc(process)) {
                return true;
            }
            const std::int64_t left = end - now(Clock::monotonic);
            if (left <= 0) {
                return false;
            }
            pause_for(std::min(left, kGoneCheckNs));
        }
    }
    // Asked after the pidfd was opened: from here on the pid cannot become another process's.
    // A start time that cannot be read (for want of a descriptor, say) tells nothing.
    const std::uint32_t start_time = start_time_of(process.pid);
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
    return {pid, start_time_of(pid), pid_namespace_};
}

bool LinuxPlatform::deaths_are_marked() const {
    void* head = nullptr;
    std::size_t length = 0;
    if (syscall(SYS_get_robust_list, 0, &head, &length) == 0) {
        return head != nullptr;
    }
    // That call alone may be refused. The C library registers a list in each thread that it makes,
    // so it has done so here if the call for that is not refused: then this length is not right.
    return syscall(SYS_set_robust_list, nullptr, 0) != 0 && errno == EINVAL;
}

void LinuxPlatform::record_lacks(Cell64& word) const {
    // Arguments for which there is one answer only, where there is the call.
    const auto answers = [](long returned, int error) { return returned < 0 && errno == error; };
    Lacks lacks;
    lacks.futex_waitv = !answers(syscall(kSysFutexWaitv, nullptr, 0, 0, nullptr, 0), EINVAL);
    lacks.pidfd = !answers(syscall(SYS_pidfd_open, -1, 0), EINVAL) ||
                  !answers(syscall(SYS_pidfd_send_signal, -1, 0, nullptr, 0), EBADF);
    store(word, lacks.pack());
}

std::uint32_t LinuxPlatform::thread_id() const {
    return static_cast<std::uint32_t>(syscall(SYS_gettid));
}

void LinuxPlatform::wait_for_own_end() const {
    for (;;) {
        ::pause();
    }
}

std::uint32_t start_time_of(std::uint32_t pid) {
    const auto facts = facts_of(pid);
    return facts ? facts->start_time : 0;
}

}  // namespace castaway
