#include "harness/engine/sim/testing/random_programs.h"

#include <string>

namespace castaway::harness::sim::testing {
namespace {

constexpr std::size_t kShared = 2;   // cells 0 and 1 are shared by all, as is the lock in cell 2
constexpr std::size_t kResults = 3;  // cell 3 + t is thread t's own
constexpr std::size_t kLiveness = 8;
constexpr std::size_t kCells = kLiveness + 3;
constexpr std::size_t kCounts = 16;  // cell 16 + t is thread t's own, too
constexpr std::size_t kConstant = 24;

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

}  // namespace

std::vector<Instructions> random_programs(Prng& generator, std::size_t threads,
                                          std::size_t length) {
    std::vector<Instructions> programs(threads);
    for (Instructions& program : programs) {
        for (std::size_t i = 0; i < length; ++i) {
            program.push_back({static_cast<Instruction::Kind>(generator.below(
                                   static_cast<std::uint64_t>(Instruction::Kind::count))),
                               generator.below(kShared),
                               static_cast<std::uint32_t>(generator.below(threads + 1))});
        }
    }
    return programs;
}

std::unique_ptr<Toy> random_toy(const std::vector<Instructions>& programs,
                                const RandomToyOptions& options) {
    auto toy = std::make_unique<Toy>(WorldOptions{.memory = options.memory});
    for (std::size_t t = 0; t < programs.size(); ++t) {
        toy->add("t" + std::to_string(t), [=, program = programs[t]](const Toy::Hands& hands) {
            if (t < options.mortal) {
                hands.world().hold(hands.cell(kLiveness + t));
            }
            std::uint32_t seen = 0;
            for (const Instruction& instruction : program) {
                if (options.own_work) {
                    hands.increment(kCounts + t);
                    hands.platform().load(hands.cell(kConstant));
                }
                perform(hands, instruction, seen);
            }
            hands.platform().store(hands.cell(kResults + t), seen);
        });
    }
    toy->ready();
    return toy;
}

std::vector<std::uint32_t> end_of(Toy& toy, const Execution& execution) {
    std::vector<std::uint32_t> end{static_cast<std::uint32_t>(execution.outcome)};
    for (std::size_t cell = 0; cell < kCells; ++cell) {
        end.push_back(toy.value(cell));
    }
    for (const SimThread& thread : toy.world().threads()) {
        end.push_back(static_cast<std::uint32_t>(thread.state));
    }
    return end;
}

}  // namespace castaway::harness::sim::testing
