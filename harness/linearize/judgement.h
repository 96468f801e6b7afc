// What is found of a history, or of one part of it that nothing joins to the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

enum class Finding : std::uint8_t {
    linearizable,
    not_linearizable,
    inconclusive,  ///< a bound was reached first; never counted as linearizable
};

std::string_view to_string(Finding finding);

/// An operation by the number that the caller gave it. One that takes effect at two moments may
/// have one number for both.
using OperationId = std::uint32_t;

/// Bounds of a search. Reaching one never makes a history linearizable or not.
struct SearchLimits {
    /// Steps of the model without settling anything.
    std::uint64_t steps_max = 20'000'000;
    /// Steps for making a witness smaller.
    std::uint64_t witness_steps_max = 2'000'000;
    /// Events after which all choices that are left are tried, so that what came before can be
    /// forgotten. Doubled for as long as that takes too many steps.
    std::uint64_t settle_interval = 2048;
    /// Operations that are kept so as to tell in which order they took effect; 0: none.
    std::uint64_t linearization_max = 0;
};

/// A part of a history that cannot be, made as small as the limits allowed.
struct Witness {
    /// What state there can have been when the part begins, in words.
    std::vector<std::string> states_before;
    /// The operations that cannot all be, by invocation, whatever the others of the part did; each
    /// once.
    std::vector<OperationId> core;
    /// The one of the core at whose return no explanation was left.
    OperationId impossible = 0;
    /// What state there can have been just before that, the core's others explained.
    std::vector<std::string> states_after;
    /// Operations that returned before the part, the last few, for the reader's orientation.
    std::vector<OperationId> context;
    /// Operations of the part that do not matter: the core cannot be, whether they took effect or
    /// not. How many, and the first few.
    std::uint64_t others = 0;
    std::vector<OperationId> beside;

    bool operator==(const Witness&) const = default;
};

struct Judgement {
    Finding finding = Finding::inconclusive;
    std::uint64_t operations = 0;
    std::uint64_t steps = 0;
    /// Operations without an answer that were left aside since too many were open at once. A
    /// history that is not linearizable without them is inconclusive.
    std::uint64_t left_aside = 0;
    /// inconclusive: why, without a full stop.
    std::string reason;
    /// linearizable, and no more than SearchLimits::linearization_max: the operations that took
    /// effect, in order. Empty, too, where the search found that there is an order by reasoning
    /// from which it is not rebuilt.
    std::optional<std::vector<OperationId>> linearization;
    /// not_linearizable.
    std::optional<Witness> witness;
};

/// Where a judge stands when it has seen all that it was told.
struct JudgeEnd {
    bool failed = false;       ///< no order is left of what was not left aside
    bool spent = false;        ///< a limit was reached; `reason` tells which
    bool came_to_end = false;  ///< every event was passed
    std::string reason;
};

/// Writes finding and reason for that, by what was left aside.
void conclude(Judgement& judgement, const JudgeEnd& end);

}  // namespace castaway::harness
