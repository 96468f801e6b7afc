// What of a history the checks can judge that follow each object by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/history/history.h"

namespace castaway::harness {

/// What a check is shown of a history.
enum class View : std::uint8_t {
    whole,
    /// As ReducedView has it, for checks that follow the state of each object by itself.
    by_object,
};

/// A history without
///
/// * operations that are about no object;
/// * waits that procedure calls ended: they took nothing, and tell nothing of the state;
/// * objects on which several operations act at one moment, or whose signals pass: those with
///   pulses, waits for all and signal-and-waits, and whatever is joined with one of them by a wait
///   for several, directly or through others. Only all answers together say whether such a group
///   is right, as `linearizable` has it. Its operations are left out, and its objects stay where
///   they are in the list, as ones of whose state nothing is known (whole_run = false).
///
/// Operations keep their sequence numbers, so what points at one points at the same one in the
/// whole history. A history that has nothing of the kind is not copied. Refers to the whole
/// history.
class ReducedView {
  public:
    explicit ReducedView(const History& whole);

    [[nodiscard]] const History& history() const { return reduced_ ? *reduced_ : whole_; }
    [[nodiscard]] bool leaves_out(ObjectIndex object) const {
        return reduced_.has_value() && left_out_.at(object);
    }
    /// What a verdict of this view must say besides; empty when no object is left out.
    [[nodiscard]] std::string omission() const;

  private:
    const History& whole_;
    std::vector<bool> left_out_;  ///< by object
    std::optional<History> reduced_;
};

}  // namespace castaway::harness
