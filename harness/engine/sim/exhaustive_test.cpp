// The reduction must leave out nothing that makes a difference: on many small random programs it
// reaches the same final states as the search of every order of all steps.
#include "harness/engine/sim/strategies/exhaustive.h"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>

#include "harness/base/prng.h"
#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/testing/toys.h"

namespace castaway::harness::sim {
namespace {

using testing::Toy;

constexpr std::size_t kShared = 2;   // cells 0 and 1 are shared by all
constexpr std::size_t kResults = 3;  // cell 3 + t is thread t's own
constexpr std::size_t kLiveness = 8;
/// Programs whose full search takes more are passed over.
constexpr std::uint64_t kExecutionsMax = 100'000;

/// One instruction of a random program.
struct Instruction {
    enum class Kind : std::uint8_t { load, store, add, swap, wait, wake, locked_add, look, count };
    Kind kind = Kind::load;
    std::size_t cell = 0;
    std::uint32_t value = 0;
};
using Instructions = std::vector<Instruction>;

Instructions random_program(Prng& generator, std::size_t length, std::size_t threads) {
    Instructions program;
    for (std::size_t i = 0; i < length; ++i) {
        program.push_back(
            {static_cast<Instruction::Kind>(
                 generator.below(static_cast<std::uint64_t>(Instruction::Kind::count))),
             generator.below(kShared), static_cast<std::uint32_t>(generator.below(threads + 1))});
    }
    return program;
}

/// \param seen grows by what the instruction finds
void perform(const Toy::Hands& hands, const Instruction& instruction, std::uint32_t& seen) {
    const SimPlatform& platform = hands.platform();
    Cell32& cell = hands.cell(instruction.cell);
    const auto remember = [&](std::uint32_t value) { seen = seen * 7 + value; };
    switch (instruction.kind) {
        case Instruction::Kind::load:
            remember(platform.load(cell));
            break;
        case Instruction::Kind::store:
            platform.store(cell, instruction.value);
            break;
        case Instruction::Kind::add:
            platform.fetch_add(cell, 1);
            break;
        case Instruction::Kind::swap: {
            std::uint32_t expected = instruction.value;
            remember(platform.cas(cell, expected, instruction.value + 1) ? 6 : expected);
            break;
        }
        case Instruction::Kind::wait:
            remember(platform.futex_wait(cell, instruction.value, {}) == FutexResult::woken ? 1
                                                                                            : 2);
            break;
        case Instruction::Kind::wake:
            platform.futex_wake(cell, 1);
            break;
        case Instruction::Kind::locked_add:
            hands.lock(2);
            hands.increment(instruction.cell);
            hands.unlock(2);
            break;
        case Instruction::Kind::look:
            remember(
                platform.is_marked_dead(hands.liveness(kLiveness + instruction.value % 2)) ? 5 : 4);
            break;
        case Instruction::Kind::count:
            break;
    }
}

std::unique_ptr<Toy> make_toy(const std::vector<Instructions>& programs, std::size_t mortal,
                              MemoryModel memory) {
    auto toy = std::make_unique<Toy>(WorldOptions{.memory = memory});
    for (std::size_t t = 0; t < programs.size(); ++t) {
        toy->add("t" + std::to_string(t), [=, program = programs[t]](const Toy::Hands& hands) {
            if (t < mortal) {
                hands.world().hold(hands.cell(kLiveness + t));
            }
            std::uint32_t seen = 0;
            for (const Instruction& instruction : program) {
                perform(hands, instruction, seen);
            }
            hands.platform().store(hands.cell(kResults + t), seen);
        });
    }
    toy->ready();
    return toy;
}

struct Found {
    std::set<std::vector<std::uint32_t>> states;  ///< outcome, cells, states of threads
    std::uint64_t executions = 0;
    bool exhausted = false;
};

Found search(Toy& toy, const ExhaustiveOptions& options, std::uint64_t executions_max) {
    Found found;
    Exhaustive strategy(options);
    ExploreOptions explore_options;
    explore_options.executions_max = executions_max;
    explore_options.judge = [&](World& world, const Execution& execution) {
        if (execution.outcome != Outcome::abandoned) {
            std::vector<std::uint32_t> state{static_cast<std::uint32_t>(execution.outcome)};
            for (std::size_t cell = 0; cell < kLiveness + 3; ++cell) {
                state.push_back(toy.value(cell));
            }
            for (const SimThread& thread : world.threads()) {
                state.push_back(static_cast<std::uint32_t>(thread.state));
            }
            found.states.insert(std::move(state));
        }
        return std::string();
    };
    found.executions = explore(toy.world(), strategy, explore_options).executions;
    found.exhausted = strategy.exhausted();
    return found;
}

struct Size {
    std::size_t threads;
    std::size_t length;
    std::uint32_t deaths;
    std::size_t mortal;  ///< so many of the processes hold a liveness word, and may be killed
    std::uint64_t seeds;
    MemoryModel memory = MemoryModel::sc;
};

std::string name_of(const Size& size) {
    return std::to_string(size.threads) + "x" + std::to_string(size.length) + "deaths" +
           std::to_string(size.deaths) + std::string(to_string(size.memory));
}

std::ostream& operator<<(std::ostream& out, const Size& size) {
    return out << name_of(size);
}

class Reduced : public ::testing::TestWithParam<Size> {};

TEST_P(Reduced, ReachesEveryStateThatTheFullSearchReaches) {
    const Size size = GetParam();
    std::uint64_t full_executions = 0;
    std::uint64_t reduced_executions = 0;
    std::uint64_t compared = 0;
    for (std::uint64_t seed = 0; seed < size.seeds; ++seed) {
        Prng generator = Prng(seed).fork(size.threads * 100 + size.length * 10 + size.deaths);
        std::vector<Instructions> programs;
        for (std::size_t t = 0; t < size.threads; ++t) {
            programs.push_back(random_program(generator, size.length, size.threads));
        }
        const auto toy = make_toy(programs, size.mortal, size.memory);
        ExhaustiveOptions options{.reduction = Reduction::none, .deaths_max = size.deaths};
        for (std::size_t t = 0; t < size.mortal; ++t) {
            options.mortal.push_back(static_cast<ProcessId>(t));
        }
        const Found full = search(*toy, options, kExecutionsMax);
        if (!full.exhausted) {
            continue;
        }
        options.reduction = Reduction::source;
        const Found reduced = search(*toy, options, kExecutionsMax);
        EXPECT_TRUE(reduced.exhausted) << "seed " << seed;
        ASSERT_EQ(full.states, reduced.states) << "seed " << seed;
        full_executions += full.executions;
        reduced_executions += reduced.executions;
        ++compared;
    }
    EXPECT_GT(compared, size.seeds / 4);
    EXPECT_LT(reduced_executions, full_executions);
    RecordProperty("full", std::to_string(full_executions));
    RecordProperty("reduced", std::to_string(reduced_executions));
}

INSTANTIATE_TEST_SUITE_P(Sizes, Reduced,
                         ::testing::Values(Size{2, 3, 0, 0, 20}, Size{3, 1, 0, 0, 20},
                                           Size{3, 2, 0, 0, 6}, Size{2, 2, 1, 2, 16},
                                           Size{3, 1, 1, 1, 5}, Size{2, 1, 2, 2, 20},
                                           Size{2, 2, 0, 0, 40, MemoryModel::tso},
                                           Size{2, 3, 0, 0, 12, MemoryModel::tso},
                                           Size{3, 1, 0, 0, 12, MemoryModel::tso}),
                         [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace castaway::harness::sim
