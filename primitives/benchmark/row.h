// One row of the table: what was measured, against what, and what it should be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "primitives/benchmark/statistics.h"

namespace castaway::benchmark {

enum class Unit : std::uint8_t { ns, bytes, count };

/// What the project promises of a row. It is judged by the median.
struct Target {
    enum class Of : std::uint8_t { ours, ratio };
    enum class Bound : std::uint8_t { at_most, at_least };
    Of of = Of::ours;
    Bound bound = Bound::at_most;
    double limit = 0;
};

inline Target ratio_at_most(double limit) {
    return {Target::Of::ratio, Target::Bound::at_most, limit};
}
inline Target at_most(double limit) {
    return {Target::Of::ours, Target::Bound::at_most, limit};
}
inline Target at_least(double limit) {
    return {Target::Of::ours, Target::Bound::at_least, limit};
}

struct Row {
    std::string group;
    std::string what;
    Unit unit = Unit::ns;
    std::vector<double> ours;  ///< a sample for each repetition
    std::string peer_name;     ///< empty: it is compared with nothing
    std::vector<double> peer;  ///< interleaved with ours
    std::optional<Target> target;
    std::string note;

    [[nodiscard]] Spread ratio() const { return spread_of(ratios_of(ours, peer)); }
    /// Empty when nothing is promised, or nothing could be measured.
    [[nodiscard]] std::optional<bool> met() const;
};

}  // namespace castaway::benchmark
