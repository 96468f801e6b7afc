// Mutation analysis: does the suite see the seeded defects of a subject, how soon, and by which
// check; and does it leave the sound subject alone.
//
// A *hunt* is one subject, one strategy and one seed. It goes through the scenarios in an order
// that the seed draws, again and again, each time with new plans and more executions of each (1, 2,
// 4,
// ...), and ends with the first execution in which something is wrong. Hunts know nothing of each
// other: what they find does not depend on how many are made at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/result/mutation_result.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

struct Hunt {
    std::string subject;   ///< "castaway", "castaway:lost_wakeup"
    std::string strategy;  ///< of the simulator, or kRealProcesses
    std::uint64_t seed = 0;
    bool operator==(const Hunt&) const = default;
};

/// The strategy of a hunt on the real engine, where the kernel decides who goes next.
inline constexpr const char* kRealProcesses = "real";
/// The strategy of a hunt by conformance programs, for defects of single calls: an execution is a
/// program, and what sees the defect is the model of the interface.
inline constexpr const char* kPrograms = "programs";

struct HuntResult {
    std::uint64_t executions = 0;  ///< up to and with the one that was wrong
    std::optional<Kill> kill;
};

struct HuntLimits {
    std::uint64_t executions = 16;     ///< of each scenario, at most; programs: as many times 16
    std::uint64_t shrinking = 300;     ///< executions to make a schedule short, at most
    std::filesystem::path raw_folder;  ///< for what real processes write; emptied afterwards
};

/// Throws InputError (no such subject or strategy), HarnessError (the engine could not work).
HuntResult hunt(const Hunt& what, const std::vector<Scenario>& scenarios, const HuntLimits& limits);

/// Makes all hunts, those in the simulator on so many threads, those on real processes one after
/// the other. The results are in the order of the hunts, whatever the number of threads.
/// \param done called after each, by one thread at a time, with how many are over
std::vector<HuntResult> hunt_all(const std::vector<Hunt>& hunts,
                                 const std::vector<Scenario>& scenarios, const HuntLimits& limits,
                                 std::uint32_t threads,
                                 const std::function<void(std::size_t)>& done);

}  // namespace castaway::harness
