#include "harness/result/mutation_json.h"

#include <fmt/format.h>

#include "harness/result/json_members.h"
#include "harness/result/json_value.h"

namespace castaway::harness {
namespace {

constexpr const char* kMutantsKey = "castaway_mutants";
constexpr int kMutantsFormat = 1;
constexpr std::uintmax_t kLargestMutants = std::uintmax_t{1} << 26U;

void write_detection(JsonWriter& json, const Detection& detection) {
    json.begin_object(Layout::row);
    member(json, "strategy", detection.strategy);
    member(json, "hunts", detection.hunts);
    member(json, "found", detection.found);
    member(json, "median", detection.median);
    member(json, "percentile_95", detection.percentile_95);
    json.end_object();
}

void write_subject(JsonWriter& json, const SubjectReport& report) {
    json.begin_object();
    member(json, "subject", report.subject);
    member(json, "description", report.description);
    member(json, "found", report.found);
    member(json, "executions", report.executions);
    list(json, "strategies", report.detections, write_detection);
    json.key("checks");
    json.begin_object(Layout::row);
    for (const auto& [check, count] : report.checks) {
        member(json, check, count);
    }
    json.end_object();
    json.key("first");
    if (report.first) {
        json.begin_object(Layout::row);
        member(json, "scenario", report.first->scenario);
        member(json, "problem", report.first->problem);
        json.end_object();
    } else {
        json.null();
    }
    json.key("shortest");
    if (report.shortest && report.shortest->schedule) {
        const ShortSchedule& schedule = *report.shortest->schedule;
        json.begin_object(Layout::row);
        member(json, "scenario", report.shortest->scenario);
        member(json, "runs", schedule.runs);
        member(json, "switches", schedule.switches);
        member(json, "steps", schedule.steps);
        json.end_object();
    } else {
        json.null();
    }
    member(json, "not_replayed", report.not_replayed);
    json.end_object();
}

Detection read_detection(const Json& value) {
    require_keys(value, {"strategy", "hunts", "found", "median", "percentile_95"});
    return {text(field(value, "strategy")), integer<std::uint32_t>(field(value, "hunts")),
            integer<std::uint32_t>(field(value, "found")),
            optional_integer<std::uint64_t>(field(value, "median")),
            optional_integer<std::uint64_t>(field(value, "percentile_95"))};
}

SubjectReport read_subject(const Json& value) {
    require_keys(value, {"subject", "description", "found", "executions", "strategies", "checks",
                         "first", "shortest", "not_replayed"});
    SubjectReport report;
    report.subject = text(field(value, "subject"));
    report.description = text(field(value, "description"));
    report.found = integer<std::uint32_t>(field(value, "found"));
    report.executions = integer<std::uint64_t>(field(value, "executions"));
    for (const Json& each : array(field(value, "strategies"))) {
        report.detections.push_back(read_detection(each));
    }
    const Json& checks = field(value, "checks");
    if (!checks.is_object()) {
        throw Misread{&checks, "this must be an object"};
    }
    for (const auto& [check, count] : checks.items()) {
        report.checks[check] = integer<std::uint32_t>(count);
    }
    if (const Json& first = field(value, "first"); !first.is_null()) {
        require_keys(first, {"scenario", "problem"});
        report.first =
            Kill{text(field(first, "scenario")), text(field(first, "problem")), {}, {}, {}};
    }
    if (const Json& shortest = field(value, "shortest"); !shortest.is_null()) {
        require_keys(shortest, {"scenario", "runs", "switches", "steps"});
        report.shortest = Kill{text(field(shortest, "scenario")), {}, {}, {}, ShortSchedule{}};
        report.shortest->schedule->runs = integer<std::uint64_t>(field(shortest, "runs"));
        report.shortest->schedule->switches = integer<std::uint64_t>(field(shortest, "switches"));
        report.shortest->schedule->steps = integer<std::uint64_t>(field(shortest, "steps"));
    }
    report.not_replayed = integer<std::uint32_t>(field(value, "not_replayed"));
    return report;
}

}  // namespace

void write_mutation(JsonWriter& json, const MutationReport& report) {
    const auto write_name = [](JsonWriter& to, const std::string& name) { to.text(name); };
    json.begin_object();
    member(json, kMutantsKey, kMutantsFormat);
    member(json, "engine", report.engine);
    member(json, "seeds", report.seeds);
    member(json, "scenarios", report.scenarios);
    member(json, "executions_of_each", report.executions_of_each);
    member(json, "killed", report.mutants.size() - report.survivors().size());
    member(json, "of", report.mutants.size());
    list(json, "survivors", report.survivors(), write_name, Layout::row);
    list(json, "idle_checks", report.idle_checks(), write_name, Layout::row);
    json.key("unmutated");
    write_subject(json, report.sound);
    list(json, "mutants", report.mutants, write_subject);
    json.end_object();
}

MutationReport read_mutation(const Json& value) {
    if (!value.is_object() || !value.contains(kMutantsKey) ||
        field(value, kMutantsKey) != kMutantsFormat) {
        throw Misread{&value, "this is no table of `castaway mutants` of a version that is known"};
    }
    require_keys(value, {kMutantsKey, "engine", "seeds", "scenarios", "executions_of_each",
                         "killed", "of", "survivors", "idle_checks", "unmutated", "mutants"});
    MutationReport report;
    report.engine = text(field(value, "engine"));
    report.seeds = integer<std::uint64_t>(field(value, "seeds"));
    report.scenarios = integer<std::size_t>(field(value, "scenarios"));
    report.executions_of_each = integer<std::uint64_t>(field(value, "executions_of_each"));
    report.sound = read_subject(field(value, "unmutated"));
    for (const Json& each : array(field(value, "mutants"))) {
        report.mutants.push_back(read_subject(each));
    }
    // What follows from the rest must not say something else.
    if (integer<std::size_t>(field(value, "killed")) + report.survivors().size() !=
        report.mutants.size()) {
        throw Misread{&field(value, "killed"), "this does not agree with the mutants' own numbers"};
    }
    return report;
}

std::string to_json_text(const MutationReport& report) {
    JsonWriter json;
    write_mutation(json, report);
    return json.take() + '\n';
}

MutationReport read_mutation_report(const std::filesystem::path& file) {
    const Json document = parse_json(read_text(file, kLargestMutants), file.string());
    try {
        return read_mutation(document);
    } catch (const Misread& misread) {
        throw InputError(place(file.string(), pointer_to(document, *misread.at)), misread.problem,
                         "use a mutants.json that this version of castaway wrote, unchanged");
    }
}

}  // namespace castaway::harness
