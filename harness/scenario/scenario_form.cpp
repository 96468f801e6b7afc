#include "harness/scenario/scenario_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/fault_form.h"
#include "harness/scenario/form_values.h"
#include "harness/scenario/program_form.h"
#include "harness/scenario/seen.h"

namespace castaway::harness {
namespace {

void read_version(JsonObject& scenario) {
    const std::optional<JsonNode> version = scenario.require("version");
    if (version && version->value() != 1) {
        version->problem("this version of the format is not known", "write 1");
    }
}

/// The strings of an array that names nothing twice.
std::vector<std::string> read_unique(const JsonNode& node, std::size_t least,
                                     std::string (*read)(const JsonNode&)) {
    std::vector<std::string> texts;
    std::set<std::string> known;
    for (const JsonNode& item : node.items(least, SIZE_MAX)) {
        std::string text = read(item);
        if (item.value().is_string() && !known.insert(text).second) {
            item.problem(fmt::format("\"{}\" is named twice", text), "keep one of the two");
        }
        texts.push_back(std::move(text));
    }
    return texts;
}

/// "MTX-08": capitals, a hyphen, digits.
std::string read_rule(const JsonNode& node) {
    std::string text = node.text();
    const std::size_t hyphen = text.find('-');
    const std::string_view area = std::string_view(text).substr(0, hyphen);
    const std::string_view number =
        hyphen == std::string::npos ? "" : std::string_view(text).substr(hyphen + 1);
    const bool good =
        !area.empty() && number.size() == 2 &&
        std::all_of(area.begin(), area.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (node.value().is_string() && !good) {
        node.problem(fmt::format("\"{}\" is no rule", text), "write an id such as \"MTX-08\"");
    }
    return text;
}

bool read_manual_reset(JsonObject& object) {
    constexpr std::array<std::string_view, 2> kWords{"auto", "manual"};
    const std::optional<JsonNode> reset = object.find("reset");
    return reset && reset->word(kWords) == 1;
}

void read_details(JsonObject& object, ObjectSpec& spec) {
    switch (spec.type) {
        case ObjectType::event: {
            spec.manual_reset = read_manual_reset(object);
            const std::optional<JsonNode> signaled = object.find("signaled");
            spec.initially_signaled = signaled && signaled->boolean();
            break;
        }
        case ObjectType::mutex:
            break;
        case ObjectType::semaphore: {
            if (const std::optional<JsonNode> initial = object.find("initial")) {
                spec.initial_count = static_cast<std::int32_t>(initial->integer({0, INT32_MAX}));
            }
            if (const std::optional<JsonNode> maximum = object.require("maximum")) {
                spec.maximum_count = static_cast<std::int32_t>(maximum->integer({1, INT32_MAX}));
            }
            break;
        }
        case ObjectType::timer:
            spec.manual_reset = read_manual_reset(object);
            break;
    }
}

ObjectSpec read_object(const JsonNode& node, const std::string& name) {
    constexpr std::array<std::string_view, 4> kTypes{"event", "mutex", "semaphore", "timer"};
    constexpr std::array kTypeValues{ObjectType::event, ObjectType::mutex, ObjectType::semaphore,
                                     ObjectType::timer};
    constexpr std::array<std::string_view, 3> kSharing{"name", "inherit", "duplicate"};
    constexpr std::array kSharingValues{Sharing::name, Sharing::inherit, Sharing::duplicate};
    constexpr std::array<std::string_view, 2> kOpened{"whole_run", "by_program"};

    ObjectSpec spec;
    spec.name = name;
    JsonObject object(node);
    const std::optional<JsonNode> type = object.require("type");
    if (!type) {
        return spec;
    }
    const bool known = type->value().is_string() &&
                       std::find(kTypes.begin(), kTypes.end(), type->text()) != kTypes.end();
    spec.type = kTypeValues[type->word(kTypes)];
    if (!known) {
        return spec;
    }
    read_details(object, spec);
    if (const std::optional<JsonNode> sharing = object.find("sharing")) {
        spec.sharing = kSharingValues[sharing->word(kSharing)];
    }
    if (const std::optional<JsonNode> opened = object.find("opened")) {
        spec.whole_run = opened->word(kOpened) == 0;
    }
    object.finish();
    return spec;
}

/// Calls read(node, key) for each member of an object with one to `most` of them.
template <typename Read>
void read_members(const JsonNode& node, std::size_t most, Read read) {
    if (!node.value().is_object()) {
        node.wrong_type("an object");
        return;
    }
    if (node.value().empty()) {
        node.problem("this object is empty", "write at least one member");
    } else if (node.value().size() > most) {
        node.problem("this object has too many members", fmt::format("write at most {}", most));
        return;
    }
    for (const auto& [key, value] : node.value().items()) {
        const JsonNode member = node.member(key);
        require_name(member, key);
        read(member, key);
    }
}

ProcessSpec read_process(const JsonNode& node, const std::string& name) {
    ProcessSpec process;
    process.name = name;
    JsonObject object(node);
    process.count = read_range_or(object.find("count"), {1, kMostProcesses}, {1, 1});
    const std::optional<JsonNode> program = object.find("program");
    const std::optional<JsonNode> threads = object.find("threads");
    if (object.is_object() && program.has_value() == threads.has_value()) {
        node.problem(
            program ? "both \"program\" and \"threads\" are given" : "this process has no program",
            program ? "keep one of them" : "add \"program\" or \"threads\"");
    } else if (program) {
        process.threads.push_back({"main", read_program(*program)});
    } else if (threads) {
        read_members(*threads, kMostThreads, [&](const JsonNode& thread, const auto& key) {
            process.threads.push_back({key, read_program(thread)});
        });
    }
    object.finish();
    return process;
}

void read_seen(const JsonNode& node, Scenario& scenario) {
    JsonObject seen(node);
    for (const SeenKey& key : kSeenKeys) {
        const std::optional<JsonNode> found = seen.find(key.name);
        if (!found) {
            continue;
        }
        SeenSpec spec;
        spec.what = key.name;
        JsonObject limits(*found);
        const std::optional<JsonNode> minimum = limits.find("min");
        const std::optional<JsonNode> maximum = limits.find("max");
        if (limits.is_object() && !minimum && !maximum) {
            found->problem("this demands nothing", "add \"min\", \"max\" or both");
        }
        if (minimum) {
            spec.minimum = minimum->integer({0, INT32_MAX});
        }
        if (maximum) {
            spec.maximum = maximum->integer({0, INT32_MAX});
        }
        limits.finish();
        scenario.seen.push_back(spec);
    }
    seen.finish();
}

void read_limits(const JsonNode& node, Scenario& scenario) {
    JsonObject limits(node);
    if (const std::optional<JsonNode> run = limits.find("run_ms")) {
        scenario.run_limit_ms = static_cast<std::uint32_t>(run->integer({1, kLongestMs}));
    }
    if (const std::optional<JsonNode> quiet = limits.find("quiet_ms")) {
        scenario.quiet_ms = static_cast<std::uint32_t>(quiet->integer({1, kLongestMs}));
    }
    limits.finish();
}

void read_head(JsonObject& object, Scenario& scenario) {
    if (const std::optional<JsonNode> schema = object.find("$schema")) {
        static_cast<void>(schema->text());
    }
    read_version(object);
    if (const std::optional<JsonNode> name = object.require("name")) {
        scenario.name = read_name(*name);
    }
    if (const std::optional<JsonNode> description = object.require("description")) {
        scenario.description = description->text();
    }
    if (const std::optional<JsonNode> rules = object.find("rules")) {
        scenario.rules = read_unique(*rules, 0, read_rule);
    }
}

}  // namespace

Scenario read_scenario_form(const Json& document, Problems& problems) {
    Scenario scenario;
    JsonObject object(JsonNode(document, "", problems));
    if (!object.is_object()) {
        return scenario;
    }
    read_head(object, scenario);
    if (const std::optional<JsonNode> objects = object.require("objects")) {
        read_members(*objects, kMostObjects, [&](const JsonNode& node, const auto& key) {
            scenario.objects.push_back(read_object(node, key));
        });
    }
    if (const std::optional<JsonNode> processes = object.require("processes")) {
        read_members(*processes, kMostProcesses, [&](const JsonNode& node, const auto& key) {
            scenario.processes.push_back(read_process(node, key));
        });
    }
    if (const std::optional<JsonNode> faults = object.find("faults")) {
        for (const JsonNode& fault : faults->items(0, SIZE_MAX)) {
            scenario.faults.push_back(read_fault(fault));
        }
    }
    if (const std::optional<JsonNode> checks = object.find("checks")) {
        scenario.checks = read_unique(*checks, 1, read_name);
    }
    if (const std::optional<JsonNode> seen = object.find("seen")) {
        read_seen(*seen, scenario);
    }
    if (const std::optional<JsonNode> limits = object.find("limits")) {
        read_limits(*limits, scenario);
    }
    object.finish();
    return scenario;
}

}  // namespace castaway::harness
