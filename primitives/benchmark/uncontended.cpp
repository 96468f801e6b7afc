// A lock, a count and a signal that nobody else uses: what a program pays each time for being able
// to share them. Ours are used by handle, through the public calls; the peers lie in shared memory,
// as they must for processes.
#include <pthread.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "primitives/benchmark/groups.h"
#include "primitives/benchmark/runner.h"
#include "primitives/benchmark/support.h"

namespace castaway::benchmark {

namespace {

constexpr const char* kGroup = "Uncontended, per pair of calls";

/// A robust process-shared mutex: what the system has that comes nearest to ours.
class PosixMutex {
  public:
    PosixMutex() : memory_(sizeof(pthread_mutex_t)), mutex_(memory_.as<pthread_mutex_t>()) {
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        require(pthread_mutex_init(mutex_, &attributes) == 0, "making a pthread mutex");
        pthread_mutexattr_destroy(&attributes);
    }
    [[nodiscard]] pthread_mutex_t* get() const { return mutex_; }

  private:
    SharedMemory memory_;
    pthread_mutex_t* mutex_;
};

class PosixSemaphore {
  public:
    PosixSemaphore() : memory_(sizeof(sem_t)), semaphore_(memory_.as<sem_t>()) {
        require(sem_init(semaphore_, 1, 1) == 0, "making a POSIX semaphore");
    }
    [[nodiscard]] sem_t* get() const { return semaphore_; }

  private:
    SharedMemory memory_;
    sem_t* semaphore_;
};

Comparison mutexes(const PosixMutex& peer, HANDLE ours, const Effort& effort) {
    return {kGroup,
            "mutex, wait + release",
            {"castaway",
             [ours](State& state) {
                 for (auto each : state) {
                     static_cast<void>(each);
                     WaitForSingleObject(ours, INFINITE);
                     ReleaseMutex(ours);
                 }
             }},
            Side{"robust pthread mutex",
                 [&peer](State& state) {
                     for (auto each : state) {
                         static_cast<void>(each);
                         pthread_mutex_lock(peer.get());
                         pthread_mutex_unlock(peer.get());
                     }
                 }},
            effort,
            ratio_at_most(1.5)};
}

Comparison semaphores(const PosixSemaphore& peer, HANDLE ours, const Effort& effort) {
    return {kGroup,
            "semaphore, release + wait",
            {"castaway",
             [ours](State& state) {
                 for (auto each : state) {
                     static_cast<void>(each);
                     ReleaseSemaphore(ours, 1, nullptr);
                     WaitForSingleObject(ours, INFINITE);
                 }
             }},
            Side{"sem_t",
                 [&peer](State& state) {
                     for (auto each : state) {
                         static_cast<void>(each);
                         sem_post(peer.get());
                         sem_wait(peer.get());
                     }
                 }},
            effort,
            ratio_at_most(2)};
}

Comparison events(int peer, HANDLE ours, const Effort& effort) {
    return {kGroup,
            "auto-reset event, set + wait",
            {"castaway",
             [ours](State& state) {
                 for (auto each : state) {
                     static_cast<void>(each);
                     SetEvent(ours);
                     WaitForSingleObject(ours, INFINITE);
                 }
             }},
            Side{"eventfd",
                 [peer](State& state) {
                     bool moved = true;
                     std::uint64_t value = 1;
                     for (auto each : state) {
                         static_cast<void>(each);
                         moved = write(peer, &value, sizeof(value)) == sizeof(value) &&
                                 read(peer, &value, sizeof(value)) == sizeof(value) && moved;
                     }
                     require(moved, "using an eventfd");
                 }},
            effort,
            ratio_at_most(1.0 / 15)};
}

}  // namespace

std::vector<Row> measure_uncontended() {
    constexpr Effort kEffort{10'000, 201};
    constexpr Effort kSystemCalls{1'000, 201};
    const PosixMutex posix_mutex;
    const PosixSemaphore posix_semaphore;
    const int event_descriptor = eventfd(0, EFD_CLOEXEC);
    HANDLE mutex = CreateMutexA(nullptr, FALSE, nullptr);
    HANDLE semaphore = CreateSemaphoreA(nullptr, 1, 1'000'000, nullptr);
    HANDLE event = CreateEventA(nullptr, FALSE, FALSE, nullptr);
    require(event_descriptor >= 0 && mutex != nullptr && semaphore != nullptr && event != nullptr,
            "making what to measure");
    auto rows =
        run({mutexes(posix_mutex, mutex, kEffort), semaphores(posix_semaphore, semaphore, kEffort),
             events(event_descriptor, event, kSystemCalls)});
    CloseHandle(event);
    CloseHandle(semaphore);
    CloseHandle(mutex);
    close(event_descriptor);
    return rows;
}

}  // namespace castaway::benchmark
