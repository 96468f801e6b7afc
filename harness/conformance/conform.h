// Conformance: programs of single calls, made by real processes and judged by the model of the
// interface, call by call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/conformance/program.h"
#include "harness/model/win32/call.h"

namespace castaway::harness::conformance {

struct Step {
    win32::Call call;          ///< as it was made: with the values of its handles
    win32::Response response;  ///< where it was answered
    bool answered = false;
    std::string note;  ///< why it was not made, or how it ended without an answer
};

struct Finding {
    std::size_t step = 0;
    std::string wrong;  ///< what should have been
};

/// How often a function was called.
struct Tally {
    std::uint64_t judged = 0;
    std::uint64_t refused = 0;  ///< of these; the rest succeeded
    bool operator==(const Tally&) const = default;
};

/// One program, made once; up to the first call that went wrong.
struct Trial {
    std::vector<Step> steps;
    std::optional<Finding> finding;
    std::map<win32::Function, Tally> tallies;
    std::uint64_t left_open = 0;  ///< calls that were not made: the interface does not settle them
};

/// Throws InputError (no such subject), HarnessError.
Trial try_program(const Program& program, const std::string& subject);

/// The trial as a person reads it: each call with its answer, and what is wrong.
std::string describe(const Trial& trial);

/// Leaves out calls as long as something goes wrong without them.
/// \param trials   how many at most
/// \param shortest the trial of the program that is returned
Program shrink(const Program& program, const std::string& subject, std::uint32_t trials,
               Trial& shortest);

struct ConformanceOptions {
    std::string subject = "castaway";
    std::uint64_t seed = 1;
    std::uint64_t programs = 200;
    std::uint32_t calls = 60;       ///< of each
    std::uint32_t shrinking = 400;  ///< trials, at most
    std::uint32_t jobs = 1;
};

struct ConformanceReport {
    ConformanceOptions options;
    std::uint64_t programs = 0;  ///< that were made, up to the one with the finding
    std::map<win32::Function, Tally> tallies;
    std::uint64_t left_open = 0;
    std::optional<Program> failing;  ///< as drawn
    std::optional<Program> shortest;
    std::optional<Trial> shown;  ///< of the shortest

    [[nodiscard]] std::uint64_t judged() const;
};

/// Makes programs until one goes wrong. What is found does not depend on the number of jobs: of
/// several it is that of the lowest seed.
/// \param done called by one thread at a time with the number of programs that are over
ConformanceReport conform(const ConformanceOptions& options,
                          const std::function<void(std::uint64_t)>& done = {});

}  // namespace castaway::harness::conformance
