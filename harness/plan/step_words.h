// What a plan's steps are called in files: an operation's name, or that of the harness's own step.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "harness/history/operation.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

struct OwnStepWord {
    StepKind kind;
    std::string_view word;
};

inline constexpr std::array<OwnStepWord, 5> kOwnStepWords{{
    {StepKind::work, "work"},
    {StepKind::reach, "reach"},
    {StepKind::await_point, "await_point"},
    {StepKind::await_blocked, "await_blocked"},
    {StepKind::await_death, "await_death"},
}};

/// The operations in the order of their values, then kOwnStepWords.
inline std::vector<std::string_view> planned_step_words() {
    std::vector<std::string_view> words;
    for (std::size_t i = 0; i < kOperationKindCount; ++i) {
        words.push_back(to_string(static_cast<OperationKind>(i)));
    }
    for (const OwnStepWord& each : kOwnStepWords) {
        words.push_back(each.word);
    }
    return words;
}

inline constexpr std::array<std::string_view, 3> kSharingWords{"name", "inherit", "duplicate"};

inline constexpr std::string_view kPlanFormat = "castaway plan";
inline constexpr std::int64_t kPlanVersion = 1;

}  // namespace castaway::harness
