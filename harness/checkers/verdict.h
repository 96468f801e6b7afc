// What a checker says of a history.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

enum class VerdictKind : std::uint8_t {
    pass,
    fail,
    inconclusive,    ///< could not be decided; never counted as a pass
    not_applicable,  ///< the history holds nothing that this check is about
};

/// An operation named by its place, so that a report can point at it.
struct OperationRef {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    std::uint32_t sequence = 0;
    bool operator==(const OperationRef&) const = default;
};

struct Verdict {
    std::string check;  ///< the check's name, e.g. "mutual_exclusion"
    VerdictKind kind = VerdictKind::inconclusive;
    /// fail, inconclusive: one sentence a person understands; pass: what was counted.
    std::string message;
    /// fail: the operations that together cannot be, in order of invocation; few.
    std::vector<OperationRef> witness;
    bool operator==(const Verdict&) const = default;
};

std::string_view to_string(VerdictKind kind);

}  // namespace castaway::harness
