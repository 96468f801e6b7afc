#include "harness/conformance/program.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/base/error.h"
#include "harness/model/win32/call_json.h"

namespace castaway::harness::conformance {
namespace {

constexpr const char* kKey = "castaway_program";
constexpr int kFormat = 1;

}  // namespace

Program read_program(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::stringstream text;
    text << stream.rdbuf();
    if (!stream) {
        throw InputError(file.string(), "cannot be read");
    }
    const nlohmann::json json = nlohmann::json::parse(text.str(), nullptr, false);
    if (json.is_discarded() || !json.is_object()) {
        throw InputError(file.string(), "is no JSON object",
                         "name a program that castaway conform has written");
    }
    if (!json.contains(kKey) || json[kKey] != kFormat) {
        throw InputError(file.string() + ": /" + kKey, "is no program of format 1",
                         "name a program that castaway conform has written");
    }
    for (const auto& [key, value] : json.items()) {
        if (key != kKey && key != "seed" && key != "calls") {
            throw InputError(file.string() + ": /" + key, "has no place here",
                             "leave it out; there are seed and calls");
        }
    }
    if (!json.contains("seed") || !json["seed"].is_number_unsigned()) {
        throw InputError(file.string() + ": /seed", "is no whole number from 0 on");
    }
    if (!json.contains("calls") || !json["calls"].is_array()) {
        throw InputError(file.string() + ": /calls", "is no array of calls");
    }
    Program program;
    program.seed = json["seed"];
    for (const auto& call : json["calls"]) {
        program.calls.push_back(win32::call_from_json(
            call, file.string() + ": /calls/" + std::to_string(program.calls.size())));
    }
    return program;
}

std::string to_json_text(const Program& program) {
    nlohmann::ordered_json json{{kKey, kFormat}, {"seed", program.seed}};
    json["calls"] = nlohmann::ordered_json::array();
    for (const win32::Call& call : program.calls) {
        json["calls"].push_back(nlohmann::ordered_json(win32::to_json(call)));
    }
    return json.dump(2) + "\n";
}

}  // namespace castaway::harness::conformance
