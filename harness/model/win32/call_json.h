// Calls and answers as JSON: in files, where people read them, and on their way to the process that
// makes the call.
//
// Only members that differ from what they are by default are there, under their names; `function`
// always is. A handle is {"value": -1}, {"made_by": 3} or {"second_made_by": 3}; in the last two
// "tag" is what its two low bits become. A name that is no valid UTF-16 is the array of its units.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/model/win32/call.h"

namespace castaway::harness::win32 {

/// What is filled in when a program runs: the values of handles that were named by their makers,
/// and operating system ids.
enum class CallForm : std::uint8_t {
    program,   ///< without
    resolved,  ///< with
};

nlohmann::json to_json(const Call& call, CallForm form = CallForm::program);
nlohmann::json to_json(const Response& response);

/// Throws InputError: what is wrong, with the JSON pointer of the place.
/// \param where  of the value: a file's name and a pointer ("a.json: /calls/3")
Call call_from_json(const nlohmann::json& value, const std::string& where,
                    CallForm form = CallForm::program);
Response response_from_json(const nlohmann::json& value, const std::string& where);

}  // namespace castaway::harness::win32
