// Who may include whom, as data. The layers and their reasons are in harness/README.md.
#pragma once

#include <array>
#include <string_view>

namespace castaway::harness {

/// What files under `folder` may include, besides their own folder and files of no folder of ours.
/// The longest folder that a file lies under counts.
struct IncludeRule {
    std::string_view folder;
    std::string_view may_include;  ///< folders, separated by spaces
};

inline constexpr std::array kIncludeRules{
    // The product knows nothing of the harness; within it, each layer those below.
    IncludeRule{"primitives/include", ""},
    IncludeRule{"primitives/platform", ""},
    IncludeRule{"primitives/region",
                "primitives/platform primitives/include primitives/objects/wait_word.h"},
    IncludeRule{"primitives/objects", "primitives/region primitives/platform primitives/include"},
    IncludeRule{"primitives/recovery",
                "primitives/objects primitives/region primitives/platform primitives/include"},
    IncludeRule{"primitives/inspect",
                "primitives/recovery primitives/objects primitives/region primitives/platform "
                "primitives/include primitives/api"},
    IncludeRule{"primitives/api",
                "primitives/recovery primitives/objects primitives/region primitives/platform "
                "primitives/include"},
    IncludeRule{"primitives", "primitives"},

    IncludeRule{"harness/base", ""},
    IncludeRule{"harness/history", "harness/base"},
    IncludeRule{"harness/scenario", "harness/base harness/history"},
    IncludeRule{"harness/plan", "harness/base harness/history harness/scenario"},
    // Only adapters name a subject.
    IncludeRule{"harness/subject", "harness/base harness/history harness/scenario primitives"},
    IncludeRule{"harness/subject/subject.h", "harness/history harness/scenario"},
    // Calls of the interface and their answers are values, which need no model of it.
    IncludeRule{"harness/subject/castaway",
                "harness/base harness/history harness/scenario harness/subject primitives "
                "harness/model/win32/call.h"},
    // The same program for other systems; it reads and writes calls as text.
    IncludeRule{"harness/subject/win32",
                "harness/base harness/subject/castaway harness/model/win32/call.h "
                "harness/model/win32/call_json.h"},
    IncludeRule{"harness/engine",
                "harness/base harness/history harness/scenario harness/plan harness/subject"},
    // The simulator runs the primitives' own algorithms, and judges each execution.
    IncludeRule{"harness/engine/sim",
                "harness/base harness/history harness/scenario harness/plan harness/subject "
                "harness/engine harness/checkers primitives"},
    IncludeRule{"harness/model", "harness/base harness/history"},
    IncludeRule{"harness/linearize",
                "harness/base harness/history harness/model harness/checkers/verdict.h"},
    IncludeRule{"harness/interchange",
                "harness/base harness/history harness/model harness/linearize"},
    // A checker that cannot see the engine cannot excuse it.
    IncludeRule{"harness/checkers",
                "harness/base harness/history harness/linearize/linearizable_check.h"},
    IncludeRule{"harness/result",
                "harness/base harness/history harness/checkers harness/plan harness/scenario"},
    // A report that cannot see a check cannot change its mind.
    IncludeRule{"reports",
                "harness/base harness/history harness/checkers/verdict.h harness/result"},
    // A test program for one subject, not an engine: it needs no adapter.
    IncludeRule{"harness/soak", "harness/base harness/engine primitives"},
    // Makes calls in real processes, and judges each answer by the model of the interface.
    IncludeRule{"harness/conformance",
                "harness/base harness/history harness/scenario harness/model harness/engine "
                "harness/subject primitives"},
    IncludeRule{"harness/cli", "harness reports"},
    IncludeRule{"harness/tidy", ""},
};

}  // namespace castaway::harness
