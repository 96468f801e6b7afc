// A run's story in lines of plain text, for the terminal and for other tools.
#pragma once

#include <string>
#include <vector>

#include "harness/result/run_result.h"

namespace castaway::harness {

struct DetailLine {
    int indent = 0;
    std::string text;
};

/// What is wrong: each failed or undecided check with its witness, stuck threads with their stacks;
/// and where the run's note does not tell it, crashed processes, faults that never fired and
/// demands that were not met.
std::vector<DetailLine> problem_lines(const RunResult& run);

/// What a reader of an isolated case needs: description, file, rules, subject, seed, token, the
/// command that replays it, faults and counts.
std::vector<DetailLine> fact_lines(const RunResult& run);

/// Two spaces for each indent, a line feed after each line.
std::string joined_lines(const std::vector<DetailLine>& lines);

}  // namespace castaway::harness
