// The list of checks. Each is a pure function of a history, in a file of its own, and names the
// rules it enforces. None knows what engine or subject made the history.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/checkers/verdict.h"
#include "harness/checkers/view.h"
#include "harness/history/history.h"

namespace castaway::harness {

struct Check {
    std::string_view name;
    std::string_view description;  ///< one line
    std::string_view rules;        ///< ids, separated by spaces
    Verdict (*judge)(const History&);
    View view = View::whole;  ///< what `judge` is to be given
};

/// In the order of `castaway list`.
std::span<const Check> all_checks();

/// Judges by the named checks, or by all when `names` is empty. Requires that the names exist.
std::vector<Verdict> judge(const History& history, std::span<const std::string> names);

}  // namespace castaway::harness
