// Prints how fast the simulator is, beside a raw loop of fiber switches: medians of several rounds,
// with the slowest and the fastest, per second of processor time: what else the machine does
// matters less so. Not a test: it asserts nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/fiber.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/strategies/exhaustive.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/testing/plans.h"
#include "harness/engine/sim/testing/toys.h"

namespace castaway::harness::sim {
namespace {

constexpr std::size_t kRounds = 9;

/// What this process has used up.
std::chrono::duration<double> processor_time() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Counts per second of kRounds calls, which return what they counted.
void measure(std::string_view what, const std::function<std::uint64_t()>& round) {
    std::array<double, kRounds> rates{};
    round();
    for (double& rate : rates) {
        const auto begin = processor_time();
        const std::uint64_t count = round();
        const auto taken = processor_time() - begin;
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

/// A function of its own: without its return there would be calls alone, which makes the processor
/// foresee worse, and the loop several times slower.
[[gnu::noinline]] void hop(FiberContext& from, FiberContext& to) {
    FiberContext::switch_to(from, to);
}

void raw_switches() {
    PingPong both;
    both.inside.begin(
        [](void* argument) {
            auto& pair = *static_cast<PingPong*>(argument);
            for (;;) {
                hop(pair.inside, pair.outside);
            }
        },
        &both);
    measure("raw fiber switches, there and back", [&] {
        constexpr std::uint64_t kSwitches = 10'000'000;
        for (std::uint64_t i = 0; i < kSwitches; ++i) {
            hop(both.outside, both.inside);
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

void steps_without_switches() {
    testing::Toy toy({.steps_max = 1'000'000});
    toy.add("alone", [](const testing::Toy::Hands& hands) {
        for (;;) {
            hands.increment(0);
        }
    });
    toy.ready();
    RandomWalk strategy(1);
    measure("steps, 1 thread, one long execution", [&] {
        toy.world().revert();
        strategy.begin();
        return toy.world().run(strategy).steps;
    });
}

/// Executions, and what of them is going back to the beginning.
void executions(const std::string& what, World& world) {
    RandomWalk strategy(1);
    std::uint64_t of_each = 20'000;
    std::uint64_t steps = 0;
    measure("executions, " + what, [&] {
        steps = 0;
        for (std::uint64_t i = 0; i < of_each; ++i) {
            world.revert();
            strategy.begin();
            steps += world.run(strategy).steps;
        }
        return of_each;
    });
    const double mean = static_cast<double>(steps) / static_cast<double>(of_each);
    fmt::print("{:<58} {:>14.1f}\n", "  steps in each", mean);
    // The same once more, but with the clock around the way back alone.
    std::chrono::duration<double> back{0};
    std::chrono::duration<double> all{0};
    for (std::uint64_t i = 0; i < of_each; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        world.revert();
        const auto reverted = std::chrono::steady_clock::now();
        strategy.begin();
        world.run(strategy);
        back += reverted - begin;
        all += std::chrono::steady_clock::now() - begin;
    }
    fmt::print("{:<58} {:>13.1f}%\n", "  of its time to go back", 100 * (back / all));
}

void exhaustive_search() {
    const Plan plan = testing::peers_plan();
    PlanWorld simulated(plan, {.granularity = Granularity::operation});
    std::uint64_t executions = 0;
    measure("executions, exhaustive, 3 threads x mutex, event, semaphore", [&] {
        Exhaustive exhaustive({});
        ExploreOptions options;
        options.executions_max = 1'000'000;
        options.judge = [](World&, const Execution&) { return std::string(); };
        executions = explore(simulated.world(), exhaustive, options).executions;
        return executions;
    });
    fmt::print("{:<58} {:>14}\n", "  until every order of operations was made", executions);
}

}  // namespace
}  // namespace castaway::harness::sim

/// \param argv a part of a measurement's name: only those are made; none: all
int main(int argc, char** argv) {
    using namespace castaway::harness::sim;  // NOLINT(google-build-using-namespace)
    const std::string_view wanted = argc > 1 ? argv[1] : "";
    const auto make = [wanted](std::string_view name, const auto& measurement) {
        if (name.find(wanted) != std::string_view::npos) {
            measurement();
        }
    };
    make("switches", raw_switches);
    make("steps", steps_of_long_executions);
    make("alone", steps_without_switches);
    make("lock", [] {
        const auto toy = testing::locked_counter(3, 2);
        executions("3 threads x 2 of a futex lock", toy->world());
    });
    make("mutex", [] {
        const castaway::harness::Plan plan = testing::contenders(3, 1);
        PlanWorld simulated(plan, {});
        executions("3 processes x 1 of our mutex", simulated.world());
    });
    make("exhaustive", exhaustive_search);
    return 0;
}
