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
#include "harness/model/win32/world.h"

namespace castaway::harness::conformance {

struct Step {
    win32::Call call;          ///< as it was made: with the values of its handles
    win32::Response response;  ///< where it was answered
    bool answered = false;
    bool hung = false;  ///< it was waited for, as long as a call may last
    std::string note;   ///< why it was not made, or how it ended without an answer
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

/// Whose answers are judged.
struct Implementation {
    std::string subject = "castaway";  ///< or "castaway:MUTANT"
    std::string caller;                ///< a command (external_runner.h) instead of the subject
    win32::Standard standard;

    [[nodiscard]] const std::string& name() const { return caller.empty() ? subject : caller; }
};

/// Throws InputError (no such subject), HarnessError.
Trial try_program(const Program& program, const Implementation& implementation);

/// The trial as a person reads it: each call with its answer, and what is wrong.
std::string describe(const Trial& trial);

/// What is wrong in a trial that has a finding, by the function and the complaint: equal for what
/// is likely to have one cause.
std::string kind_of(const Trial& trial);

/// Leaves out calls as long as something of the same kind goes wrong without them.
/// \param trials   how many at most
/// \param shortest the trial of the program; of the one that is returned afterwards
Program shrink(const Program& program, const Implementation& implementation, std::uint32_t trials,
               Trial& shortest);

struct ConformanceOptions {
    Implementation implementation;
    std::uint64_t seed = 1;
    std::uint64_t programs = 200;
    std::uint32_t calls = 60;  ///< of each
    std::uint32_t processes = kProcessesMax;
    std::uint32_t shrinking = 400;  ///< trials, at most
    std::uint32_t jobs = 1;         ///< programs at a time; with a caller from outside it is one
    /// Not to stop at the first finding: a program in which a call goes wrong is made once more
    /// without it, until nothing goes wrong any more.
    bool keep_going = false;
};

/// Something that goes wrong.
struct Discovery {
    Program drawn;  ///< in which it was first found, without what had gone wrong before
    Program shortest;
    Trial trial;              ///< of the shortest
    std::uint64_t times = 1;  ///< how often its kind was found
};

struct ConformanceReport {
    ConformanceOptions options;
    std::uint64_t programs = 0;  ///< that were made; up to the first finding, or all
    std::map<win32::Function, Tally> tallies;
    std::uint64_t left_open = 0;
    /// One of each kind, in the order in which they were found: at most one, unless it kept going.
    std::vector<Discovery> found;

    [[nodiscard]] std::uint64_t judged() const;
};

/// Makes programs until one goes wrong, or all. What is found does not depend on the number of
/// jobs: it is that of the lowest seed.
/// \param done called by one thread at a time with the number of programs that are over
ConformanceReport conform(const ConformanceOptions& options,
                          const std::function<void(std::uint64_t)>& done = {});

}  // namespace castaway::harness::conformance
