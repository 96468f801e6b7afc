// Judges a history file, object by object.
//
// The first reading checks the whole file, so that no verdict ever rests on half of one, and learns
// what a judge needs to know ahead: which calls never return, when who dies, and how many calls are
// open at once. The second one tells the judges. What is needed to tell a finding is read a third
// time.
#pragma once

#include <filesystem>
#include <optional>

#include "harness/interchange/history_model.h"
#include "harness/interchange/told_history.h"
#include "harness/linearize/judgement.h"

namespace castaway::harness {

/// Throws InputError when the file is no sound history. Memory is for names, values, and what is
/// not settled. \param model  instead of the one that the history names
ToldHistory judge_file(const std::filesystem::path& file, const std::optional<HistoryModel>& model,
                       const SearchLimits& limits);

}  // namespace castaway::harness
