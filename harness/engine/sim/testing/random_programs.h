// Small random programs, to compare what searches of their executions reach.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "harness/base/prng.h"
#include "harness/engine/sim/testing/toys.h"

namespace castaway::harness::sim::testing {

/// One instruction of a random program.
struct Instruction {
    enum class Kind : std::uint8_t { load, store, add, swap, wait, wake, locked_add, look, count };
    Kind kind = Kind::load;
    std::size_t cell = 0;
    std::uint32_t value = 0;
};
using Instructions = std::vector<Instruction>;

/// So many programs of that length, for as many threads.
std::vector<Instructions> random_programs(Prng& generator, std::size_t threads, std::size_t length);

struct RandomToyOptions {
    std::size_t mortal = 0;  ///< so many of the processes hold a liveness word
    /// Before each instruction a thread counts in a cell that is its own, and reads one that nobody
    /// writes.
    bool own_work = false;
    MemoryModel memory = MemoryModel::sc;
};

std::unique_ptr<Toy> random_toy(const std::vector<Instructions>& programs,
                                const RandomToyOptions& options);

/// What an execution of such a toy came to: its outcome, the cells, the states of the threads.
std::vector<std::uint32_t> end_of(Toy& toy, const Execution& execution);

}  // namespace castaway::harness::sim::testing
