// Plans as files, and the one-line replay token.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/plan/plan.h"

namespace castaway::harness {

/// One execution of a plan in the simulator, as the simulator wrote it down.
struct SavedSchedule {
    std::string granularity;  ///< of its steps: "access" or "operation"
    std::string memory;       ///< the memory model: "sc", or "tso"
    std::string choices;      ///< one line; harness/engine/sim/schedule.h tells its form
    std::string trace_hash;   ///< of the execution, 16 hex digits
    std::string problem;      ///< what was wrong with it, in words
    bool operator==(const SavedSchedule&) const = default;
};

/// The saved form: the plan, the subject it ran on, and the schedule where one belongs to it. Equal
/// values give equal bytes.
std::string plan_to_json_text(const Plan& plan, std::string_view subject,
                              const std::optional<SavedSchedule>& schedule = std::nullopt);

struct SavedPlan {
    Plan plan;
    std::string subject;
    std::optional<SavedSchedule> schedule;
};

/// Reads what plan_to_json_text wrote. Throws InputError: unreadable, not a plan, another version.
SavedPlan read_plan(const std::filesystem::path& file);

/// 64 bits over the plan's saved form (without the file's path), to notice that a scenario or the
/// planner has changed since a token was printed.
std::uint64_t plan_digest(const Plan& plan);

/// One line that, with the scenario at hand, makes the plan again:
/// "castaway1:<scenario name>:<seed>:<subject>:<plan digest, 16 hex digits>". The version comes
/// first.
struct ReplayToken {
    std::string scenario;
    std::uint64_t seed = 0;
    std::string subject;  ///< may itself hold one colon ("castaway:lost_wakeup")
    std::uint64_t digest = 0;
    bool operator==(const ReplayToken&) const = default;
};

std::string to_string(const ReplayToken& token);

/// Throws InputError when the text is no token of a version we know.
ReplayToken parse_token(std::string_view text);

/// Whether the text means to be a token (begins with "castaway" and a digit and has a colon) rather
/// than a file.
bool looks_like_token(std::string_view text);

}  // namespace castaway::harness
