// The table as a person and as a program reads it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "primitives/benchmark/row.h"

namespace castaway::benchmark {

/// What a reader must know of the machine to make sense of the figures, in the order to show.
using MachineFacts = std::vector<std::pair<std::string, std::string>>;

MachineFacts machine_facts();

std::string markdown(const MachineFacts& facts, const std::vector<Row>& rows);
std::string json(const MachineFacts& facts, const std::vector<Row>& rows);

}  // namespace castaway::benchmark
