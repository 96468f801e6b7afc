// Waits for several objects that end at once. The objects are semaphores with more to give than the
// measurement takes; those that are not signaled have nothing.
#include <array>
#include <string>

#include "primitives/benchmark/groups.h"
#include "primitives/benchmark/runner.h"
#include "primitives/benchmark/support.h"

namespace castaway::benchmark {

namespace {

constexpr const char* kGroup = "Waits for several objects, per wait";
constexpr DWORD kMost = 64;
constexpr LONG kPlenty = 0x7fffffff;

Comparison wait_for(const HANDLE* handles, DWORD count, bool all, std::string what,
                    std::optional<Target> target = std::nullopt) {
    constexpr Effort kEffort{500, 201};
    return {kGroup,
            std::move(what),
            {"castaway",
             [handles, count, all](State& state) {
                 for (auto each : state) {
                     static_cast<void>(each);
                     WaitForMultipleObjects(count, handles, all ? TRUE : FALSE, INFINITE);
                 }
             }},
            std::nullopt,
            kEffort,
            target};
}

}  // namespace

std::vector<Row> measure_waits() {
    std::array<HANDLE, kMost> plenty{};
    std::array<HANDLE, kMost> last_only{};
    for (std::size_t i = 0; i < kMost; ++i) {
        plenty[i] = CreateSemaphoreA(nullptr, kPlenty, kPlenty, nullptr);
        last_only[i] = CreateSemaphoreA(nullptr, i + 1 == kMost ? kPlenty : 0, kPlenty, nullptr);
        require(plenty[i] != nullptr && last_only[i] != nullptr, "making semaphores");
    }
    const HANDLE* const last_eight = &last_only[kMost - 8];
    const HANDLE* const last = &last_only[kMost - 1];
    auto rows = run(
        {wait_for(last, 1, false, "any of 1"),
         wait_for(last_eight, 8, false, "any of 8, the last is signaled"),
         wait_for(last_only.data(), kMost, false, "any of 64, the last is signaled",
                  at_most(1'000)),
         wait_for(plenty.data(), kMost, false, "any of 64, all are signaled", at_most(1'000)),
         wait_for(plenty.data(), 1, true, "all of 1"), wait_for(plenty.data(), 8, true, "all of 8"),
         wait_for(plenty.data(), kMost, true, "all of 64")});
    for (std::size_t i = 0; i < kMost; ++i) {
        CloseHandle(plenty[i]);
        CloseHandle(last_only[i]);
    }
    return rows;
}

}  // namespace castaway::benchmark
