// One mutex that two, four or sixteen processes want all the time: how often it changes hands, and
// how evenly. Ours hands over in the order of arrival; a pthread mutex goes to whoever runs.
#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>

#include "primitives/benchmark/groups.h"
#include "primitives/benchmark/runner.h"
#include "primitives/benchmark/support.h"

namespace castaway::benchmark {

namespace {

constexpr const char* kGroup = "One mutex that several processes want, per acquisition";
/// At first one has the mutex for itself, until the others have been on a core, too.
constexpr int kWarmingMilliseconds = 50;
constexpr int kMilliseconds = 300;

struct Arena {
    std::atomic<int> ready{0};
    std::atomic<bool> begun{false};
    std::atomic<bool> counts{false};
    std::atomic<bool> over{false};
    /// Changed under the mutex only.
    std::uint64_t acquisitions = 0;
    pthread_mutex_t mutex{};
};

/// From when all are ready, acquires until it is over, and answers how often.
template <class Acquire, class Release>
Answer contend(Arena& arena, Acquire acquire, Release release) {
    ++arena.ready;
    while (!arena.begun) {
        sched_yield();
    }
    Answer own = 0;
    while (!arena.over.load(std::memory_order_relaxed)) {
        acquire();
        const bool counts = arena.counts.load(std::memory_order_relaxed);
        arena.acquisitions += counts ? 1 : 0;
        release();
        own += counts ? 1 : 0;
    }
    return own;
}

enum Task : std::size_t { posix, ours };

Worker contender(Arena& arena) {
    return Worker({[&arena](std::uint64_t) {
                       return contend(
                           arena, [&] { pthread_mutex_lock(&arena.mutex); },
                           [&] { pthread_mutex_unlock(&arena.mutex); });
                   },
                   [&arena](std::uint64_t) {
                       static HANDLE const mutex = CreateMutexA(nullptr, FALSE, "m");
                       require(mutex != nullptr, "making a mutex");
                       return contend(
                           arena, [] { WaitForSingleObject(mutex, INFINITE); },
                           [] { ReleaseMutex(mutex); });
                   }});
}

/// One round; the time of one acquisition in seconds.
double round_of(Arena& arena, const std::vector<Worker>& workers, Task task,
                std::vector<double>& fairness) {
    arena.ready = 0;
    arena.begun = false;
    arena.counts = false;
    arena.over = false;
    arena.acquisitions = 0;
    for (const Worker& worker : workers) {
        worker.start(task);
    }
    while (arena.ready != static_cast<int>(workers.size())) {
        sched_yield();
    }
    arena.begun = true;
    poll(nullptr, 0, kWarmingMilliseconds);
    const std::uint64_t begin = now_ns();
    arena.counts = true;
    poll(nullptr, 0, kMilliseconds);
    arena.over = true;
    const double seconds = static_cast<double>(now_ns() - begin) * 1e-9;
    std::vector<double> shares;
    double sum = 0;
    for (const Worker& worker : workers) {
        shares.push_back(static_cast<double>(worker.finish()));
        sum += shares.back();
    }
    require(static_cast<double>(arena.acquisitions) == sum, "counting under a mutex");
    fairness.push_back(fairness_of(shares));
    return seconds / sum;
}

Side side(const char* name, Arena& arena, const std::vector<Worker>& workers, Task task,
          std::vector<double>& fairness) {
    return {name, [&arena, &workers, task, &fairness](State& state) {
                for (auto each : state) {
                    static_cast<void>(each);
                    state.SetIterationTime(round_of(arena, workers, task, fairness));
                }
            }};
}

std::string text_of(double fairness) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.2f", fairness);
    return text.data();
}

}  // namespace

std::vector<Row> measure_contention() {
    constexpr Effort kEffort{1, 9, true};
    std::vector<Row> rows;
    for (const int processes : {2, 4, 16}) {
        const Region region;
        region.use();
        const SharedMemory memory(sizeof(Arena));
        Arena& arena = *memory.as<Arena>();
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        require(pthread_mutex_init(&arena.mutex, &attributes) == 0, "making a pthread mutex");
        pthread_mutexattr_destroy(&attributes);

        std::vector<Worker> workers;
        workers.reserve(static_cast<std::size_t>(processes));
        for (int i = 0; i < processes; ++i) {
            workers.push_back(contender(arena));
        }
        std::vector<double> our_fairness;
        std::vector<double> peer_fairness;
        auto measured = run({{kGroup, std::to_string(processes) + " processes",
                              side("castaway", arena, workers, ours, our_fairness),
                              side("robust pthread mutex", arena, workers, posix, peer_fairness),
                              kEffort, std::nullopt}});
        measured.front().note = "Jain's index " + text_of(spread_of(our_fairness).median) +
                                ", the peer's " + text_of(spread_of(peer_fairness).median);
        rows.push_back(measured.front());
    }
    return rows;
}

}  // namespace castaway::benchmark
