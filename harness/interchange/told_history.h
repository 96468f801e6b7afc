// What was found of a history, for people and for tools. It does not matter where it came from.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/linearize/judgement.h"

namespace castaway::harness {

/// An operation of a finding as a person reads it.
struct ToldOperation {
    std::string process;
    std::string call;    ///< "write 3", "release"; "is gone" for an end
    std::string answer;  ///< "ok", "2"; empty where there is none
    /// Places of invocation and response: numbers that grow with time, and how they are written.
    std::int64_t invoked = 0;
    std::optional<std::int64_t> returned;
    std::string where;  ///< "lines 3 to 5", "1.203 ms to 1.310 ms"
};

struct ToldPart {
    std::string objects;  ///< "mutex \"m\""; empty where it is the only one and has no name
    Judgement judgement;
};

struct ToldHistory {
    std::string name;     ///< the file, or the file and the run
    std::string subject;  ///< what it is about: "register, 5 operations of 2 processes"
    std::uint64_t operations = 0;
    std::vector<ToldPart> parts;
    /// Those that the judgements name.
    std::map<OperationId, ToldOperation> told;
};

/// Not linearizable if one part is not; else inconclusive if one is, or if there is no operation.
Finding overall(const ToldHistory& history);

/// The text with its control characters made visible, so that what somebody else wrote stays on its
/// line and does nothing to a terminal.
std::string printable(std::string_view text);

/// For people, several lines.
std::string in_words(const ToldHistory& history);
/// For tools: one JSON value, as README.md describes it.
std::string in_json(const std::vector<ToldHistory>& histories);

}  // namespace castaway::harness
