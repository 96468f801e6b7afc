// What an exploration says of itself, in words and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/cli/options.h"
#include "harness/engine/sim/campaign.h"
#include "harness/result/run_result.h"

namespace castaway::harness {

/// What became of one scenario.
struct Explored {
    std::string scenario;
    std::uint64_t seed = 0;
    Outcome outcome = Outcome::inconclusive;
    std::string note;  ///< why it is no pass
    sim::Campaign campaign;
    double seconds = 0;
    std::string finding_file;    ///< empty: nothing was found
    std::string replay_command;  ///< shows the finding again
};

void print_text(const Explored& explored, const ExplorationOptions& options);
void print_sums(const std::vector<Explored>& all, const ExplorationOptions& options);
void print_json(const std::vector<Explored>& all, const ExplorationOptions& options);

}  // namespace castaway::harness
