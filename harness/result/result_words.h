// The words of a result file that both its writer and its reader use.
#pragma once

#include <array>
#include <string_view>

#include "harness/result/run_result.h"

namespace castaway::harness {

/// The first key of a result file; its value is the format version.
inline constexpr std::string_view kFormatKey = "castaway_result";

inline constexpr std::array kAllOutcomes{Outcome::pass, Outcome::fail, Outcome::inconclusive,
                                         Outcome::skipped, Outcome::harness_error};
inline constexpr std::array kAllVerdictKinds{
    VerdictKind::pass, VerdictKind::fail, VerdictKind::inconclusive, VerdictKind::not_applicable};
inline constexpr std::array kAllProcessEnds{ProcessEnd::finished, ProcessEnd::killed,
                                            ProcessEnd::exited, ProcessEnd::crashed,
                                            ProcessEnd::stuck};
inline constexpr std::array kAllSnapshotMoments{SnapshotMoment::quiescence, SnapshotMoment::end};

constexpr std::string_view to_string(SnapshotMoment moment) {
    return moment == SnapshotMoment::quiescence ? "quiescence" : "end";
}

}  // namespace castaway::harness
