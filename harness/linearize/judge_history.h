// Judges a whole history of Win32 objects: whether all that was answered can have happened, each
// operation at one moment of its interval, deaths included (CONC-01).
//
// Objects that no operation joins are judged apart; a wait on any of several joins them. What each
// part is judged by is in harness/model.
//
// Which operations without an answer may have taken effect, and until when, follows from who lived:
// one of a thread that is gone may have until it was gone, one of a living thread at any time.
// The end of a thread abandons its mutexes one by one, each at a moment of its own between the last
// sign of life and kNoticeNs after the death was known; the end of a process closes its handles so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/history/history.h"
#include "harness/linearize/judgement.h"

namespace castaway::harness {

/// The end of a thread, or of a process where `thread` is empty, as it acts on one object.
struct HistoryEnd {
    std::uint32_t process = 0;
    std::optional<std::uint32_t> thread;
    ObjectIndex object = 0;
    std::int64_t lived_at_ns = 0;
    std::int64_t settled_by_ns = 0;
};

struct HistoryPart {
    std::vector<ObjectIndex> objects;
    Judgement judgement;
};

struct HistoryJudgement {
    /// In order of their first objects. An OperationId is an index in History::operations, or, from
    /// their number on, in `ends`.
    std::vector<HistoryPart> parts;
    std::vector<HistoryEnd> ends;
};

/// Not linearizable if one part is not; else inconclusive if one is.
Finding overall(const HistoryJudgement& judgement);

/// Witnesses' states call a thread by its number, in braces; this puts its name there.
std::string with_thread_names(const History& history, const std::string& state);

/// Requires a history as normalise() leaves it.
HistoryJudgement judge_history(const History& history, const SearchLimits& limits = {});

}  // namespace castaway::harness
