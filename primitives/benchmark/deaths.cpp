// A process that owns a mutex is killed; how long until the waiter is back with WAIT_ABANDONED.
// Bystanders are attached processes that do nothing: they make the region's tables longer.
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>

#include "castaway/inspect.h"
#include "primitives/benchmark/bystanders.h"
#include "primitives/benchmark/groups.h"
#include "primitives/benchmark/runner.h"
#include "primitives/benchmark/support.h"

namespace castaway::benchmark {

namespace {

constexpr const char* kGroup = "From kill -9 of a mutex's owner to its waiter's WAIT_ABANDONED";

/// Waits for the mutex and answers when it was told; gives it back.
Answer wait_for_abandoned(std::uint64_t /*unused*/) {
    static HANDLE const mutex = CreateMutexA(nullptr, FALSE, "m");
    const DWORD result = WaitForSingleObject(mutex, INFINITE);
    const std::uint64_t told = now_ns();
    require(result == WAIT_ABANDONED, "waiting for a mutex whose owner dies");
    ReleaseMutex(mutex);
    return told;
}

Answer own(std::uint64_t /*unused*/) {
    HANDLE mutex = CreateMutexA(nullptr, FALSE, "m");
    return WaitForSingleObject(mutex, INFINITE);
}

/// Whether somebody sleeps on, or has queued for, the one object of the region.
bool somebody_waits(const Region& region) {
    std::string problem;
    const auto picture = inspect_region(region.spec(), problem);
    return picture && picture->objects.size() == 1 && picture->objects.front().waiters == 1;
}

double one_death(const Region& region, const Worker& waiter) {
    constexpr int kLooksMax = 1'000'000;
    Worker owner({own});
    require(owner.run(0) == WAIT_OBJECT_0, "owning the mutex");
    waiter.start(0);
    int looks = 0;
    while (!somebody_waits(region)) {
        require(++looks < kLooksMax, "seeing the waiter wait");
    }
    const std::uint64_t killed = now_ns();
    owner.process().signal(SIGKILL);
    return static_cast<double>(waiter.finish() - killed) * 1e-9;
}

}  // namespace

std::vector<Row> measure_deaths() {
    constexpr Effort kEffort{1, 40, true};
    std::vector<Row> rows;
    for (const int bystanders : {1, 100, 1'000}) {
        const Region region;
        region.use();
        const Bystanders others(bystanders);
        const Worker waiter({wait_for_abandoned});
        const Side side{"castaway", [&](State& state) {
                            for (auto each : state) {
                                static_cast<void>(each);
                                state.SetIterationTime(one_death(region, waiter));
                            }
                        }};
        const auto measured = run({{kGroup, std::to_string(bystanders) + " more attached", side,
                                    std::nullopt, kEffort, at_most(1e6)}});
        rows.insert(rows.end(), measured.begin(), measured.end());
    }
    return rows;
}

}  // namespace castaway::benchmark
