// Runs what is to be compared through Google Benchmark: peer, ours, peer, ours, ... so that
// whatever else the machine does meanwhile befalls both alike.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "primitives/benchmark/row.h"

namespace castaway::benchmark {

using State = ::benchmark::State;

/// One side of a comparison.
struct Side {
    std::string name;
    /// Runs `for (auto _ : state)`; skips with an error when it cannot.
    std::function<void(State&)> body;
};

/// How long a side runs at a time, and how often.
struct Effort {
    std::int64_t iterations = 1;
    int repetitions = 1;
    /// The body says itself how long each iteration took, State::SetIterationTime(seconds).
    bool tells_time = false;
};

struct Comparison {
    std::string group;
    std::string what;
    Side ours;
    std::optional<Side> peer;
    Effort effort;
    std::optional<Target> target;
};

/// The row of each, in order. A side that fails has no samples, and the note says why.
std::vector<Row> run(const std::vector<Comparison>& comparisons);

}  // namespace castaway::benchmark
