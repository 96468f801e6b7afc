// The kinds of faults as they stand in files.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/scenario/scenario.h"

namespace castaway::harness {

struct FaultWord {
    FaultKind kind;
    std::string_view word;
    std::string_view description;  ///< one line
};

inline constexpr std::array<FaultWord, 5> kFaultWords{{
    {FaultKind::kill, "kill", "SIGKILL to a process"},
    {FaultKind::exit, "exit", "a process ends itself with all that it holds"},
    {FaultKind::end_thread, "end_thread", "one thread ends while its process lives on"},
    {FaultKind::leak, "leak", "a process ends without closing its handles"},
    {FaultKind::stop, "stop", "SIGSTOP to a process, and SIGCONT later"},
}};

inline std::string_view fault_word(FaultKind kind) {
    return std::find_if(kFaultWords.begin(), kFaultWords.end(),
                        [kind](const FaultWord& each) { return each.kind == kind; })
        ->word;
}

/// The process is dead afterwards.
inline bool is_deadly(FaultKind kind) {
    return kind == FaultKind::kill || kind == FaultKind::exit || kind == FaultKind::leak;
}

}  // namespace castaway::harness
