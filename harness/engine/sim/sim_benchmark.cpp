// Prints how fast the simulator is, beside a raw loop of fiber switches: medians and spreads of
// several rounds. Not a test: it asserts nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string_view>

#include "harness/engine/sim/fiber.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/testing/toys.h"

namespace castaway::harness::sim {
namespace {

constexpr std::size_t kRounds = 9;

/// Counts per second of `rounds` calls, which return what they counted.
void measure(std::string_view what, const std::function<std::uint64_t()>& round) {
    std::array<double, kRounds> rates{};
    round();
    for (double& rate : rates) {
        const auto begin = std::chrono::steady_clock::now();
        const std::uint64_t count = round();
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
        rate = static_cast<double>(count) / taken.count();
    }
    std::sort(rates.begin(), rates.end());
    fmt::print("{:<58} {:>14.0f} /s   ({:.0f} - {:.0f})\n", what, rates[kRounds / 2], rates.front(),
               rates.back());
}

struct PingPong {
    FiberContext outside;
    Fiber inside;
};

void raw_switches() {
    PingPong both;
    both.inside.begin(
        [](void* argument) {
            auto& pair = *static_cast<PingPong*>(argument);
            for (;;) {
                FiberContext::switch_to(pair.inside, pair.outside);
            }
        },
        &both);
    measure("raw fiber switches, there and back", [&] {
        constexpr std::uint64_t kSwitches = 10'000'000;
        for (std::uint64_t i = 0; i < kSwitches; ++i) {
            FiberContext::switch_to(both.outside, both.inside);
        }
        return kSwitches;
    });
}

void steps_of_long_executions() {
    testing::Toy toy({.steps_max = 1'000'000});
    for (const char* name : {"a", "b", "c"}) {
        toy.add(name, [](const testing::Toy::Hands& hands) {
            for (;;) {
                hands.increment(0);
            }
        });
    }
    toy.ready();
    RandomWalk strategy(1);
    measure("steps, 3 threads, random walk, one long execution", [&] {
        toy.world().revert();
        strategy.begin();
        return toy.world().run(strategy).steps;
    });
}

void executions(std::string_view what, testing::Toy& toy) {
    RandomWalk strategy(1);
    constexpr std::uint64_t kExecutions = 200'000;
    std::uint64_t steps = 0;
    measure(what, [&] {
        steps = 0;
        for (std::uint64_t i = 0; i < kExecutions; ++i) {
            toy.world().revert();
            strategy.begin();
            steps += toy.world().run(strategy).steps;
        }
        return kExecutions;
    });
    fmt::print("{:<58} {:>14.1f}\n", "  steps in each", static_cast<double>(steps) / kExecutions);
}

}  // namespace
}  // namespace castaway::harness::sim

int main() {
    using namespace castaway::harness::sim;  // NOLINT(google-build-using-namespace)
    raw_switches();
    steps_of_long_executions();
    executions("executions, 3 threads x 2 of a futex lock", *testing::locked_counter(3, 2));
    return 0;
}
