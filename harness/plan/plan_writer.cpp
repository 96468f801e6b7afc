#include <algorithm>
#include <string>
#include <utility>

#include "harness/plan/fnv1a.h"
#include "harness/plan/plan_json.h"
#include "harness/plan/step_words.h"
#include "harness/scenario/fault_words.h"
#include "harness/scenario/json_text.h"

namespace castaway::harness {
namespace {

/// Only a path can hold bytes that are no UTF-8; they are written as U+FFFD.
std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool holds_plain_values(const Json& value) {
    return std::none_of(value.begin(), value.end(),
                        [](const Json& item) { return item.is_structured(); });
}

bool is_flat(const Json& value) {
    return holds_plain_values(value) ||
           (value.is_object() && std::all_of(value.begin(), value.end(), [](const Json& item) {
                return !item.is_structured() || holds_plain_values(item);
            }));
}

/// What holds no more than plain values and short lists stands on one line: a step, a fault.
void print(const Json& value, std::size_t indent, std::string& text) {
    if (!value.is_structured() || value.empty() || (indent > 0 && is_flat(value))) {
        text += dump(value);
        return;
    }
    const bool is_array = value.is_array();
    text += is_array ? "[" : "{";
    std::string_view separator = "\n";
    for (const auto& [key, item] : value.items()) {
        text += separator;
        text.append(indent + 1, ' ');
        if (!is_array) {
            text += dump(key) + ": ";
        }
        print(item, indent + 1, text);
        separator = ",\n";
    }
    text += "\n";
    text.append(indent, ' ');
    text += is_array ? "]" : "}";
}

std::string_view word_of(const PlanStep& step) {
    if (step.kind == StepKind::call) {
        return to_string(step.operation);
    }
    return std::find_if(kOwnStepWords.begin(), kOwnStepWords.end(),
                        [&step](const OwnStepWord& each) { return each.kind == step.kind; })
        ->word;
}

Json object_json(const ObjectSpec& object) {
    return {{"name", object.name},
            {"type", to_string(object.type)},
            {"sharing", kSharingWords.at(static_cast<std::size_t>(object.sharing))},
            {"manual_reset", object.manual_reset},
            {"initially_signaled", object.initially_signaled},
            {"initial_count", object.initial_count},
            {"maximum_count", object.maximum_count},
            {"whole_run", object.whole_run}};
}

/// A member that has its default is left out: most steps have few others.
Json step_json(const PlanStep& step) {
    const PlanStep defaults;
    Json json{{"do", word_of(step)}};
    const auto add = [&](const char* key, const auto& value, const auto& fallback) {
        if (value != fallback) {
            json[key] = value;
        }
    };
    add("handles", step.handles, defaults.handles);
    add("new_handle", step.new_handle, defaults.new_handle);
    if (step.timeout_ms) {
        json["timeout_ms"] = *step.timeout_ms;
    }
    add("alertable", step.alertable, defaults.alertable);
    add("with_routine", step.with_routine, defaults.with_routine);
    if (step.target) {
        json["target"] = {step.target->process, step.target->thread};
    }
    add("count", step.count, defaults.count);
    add("due_us", step.due_us, defaults.due_us);
    add("period_ms", step.period_ms, defaults.period_ms);
    add("duration_us", step.duration_us, defaults.duration_us);
    add("point", step.point, defaults.point);
    add("processes", step.processes, defaults.processes);
    add("skip_unless_satisfied", step.skip_unless_satisfied, defaults.skip_unless_satisfied);
    return json;
}

Json process_json(const PlanProcess& process) {
    Json threads = Json::array();
    for (const PlanThread& thread : process.threads) {
        Json steps = Json::array();
        for (const PlanStep& step : thread.steps) {
            steps.push_back(step_json(step));
        }
        threads.push_back({{"name", thread.name}, {"steps", std::move(steps)}});
    }
    return {{"name", process.name},
            {"opens", process.opens},
            {"leaks", process.leaks},
            {"threads", std::move(threads)}};
}

Json trigger_json(const PlanTrigger& trigger) {
    if (const auto* at = std::get_if<PlanTrigger::AtOperation>(&trigger.when)) {
        Json json{{"at", "operation"}, {"operation", at->operation}, {"after", at->after}};
        if (at->access) {
            json["access"] = *at->access;
        }
        return json;
    }
    if (const auto* place = std::get_if<PlanTrigger::AtCrashPoint>(&trigger.when)) {
        return {{"at", "crash_point"}, {"name", place->name}, {"ordinal", place->ordinal}};
    }
    if (const auto* blocked = std::get_if<PlanTrigger::WhenBlocked>(&trigger.when)) {
        return {{"at", "blocked"}, {"processes", blocked->processes}, {"count", blocked->count}};
    }
    if (const auto* reached = std::get_if<PlanTrigger::WhenReached>(&trigger.when)) {
        return {{"at", "reached"}, {"point", reached->point}, {"count", reached->count}};
    }
    if (const auto* dead = std::get_if<PlanTrigger::WhenDead>(&trigger.when)) {
        return {{"at", "dead"}, {"processes", dead->processes}, {"count", dead->count}};
    }
    return nullptr;
}

Json fault_json(const PlanFault& fault) {
    return {{"kind", fault_word(fault.kind)},
            {"process", fault.process},
            {"thread", fault.thread},
            {"trigger", trigger_json(fault.trigger)},
            {"resume", trigger_json(fault.resume)},
            {"what", fault.what}};
}

template <typename Value>
Json array_of(const std::vector<Value>& values, Json (*to_json)(const Value&)) {
    Json array = Json::array();
    for (const Value& value : values) {
        array.push_back(to_json(value));
    }
    return array;
}

Json handle_json(const PlanHandle& handle) {
    return {{"name", handle.name}, {"object", handle.object}};
}

Json seen_json(const SeenSpec& seen) {
    return {{"what", seen.what}, {"minimum", seen.minimum}, {"maximum", seen.maximum}};
}

}  // namespace

std::string plan_to_json_text(const Plan& plan, std::string_view subject,
                              const std::optional<SavedSchedule>& schedule) {
    Json json{{"format", kPlanFormat},
              {"version", kPlanVersion},
              {"subject", subject},
              {"scenario", plan.scenario},
              {"description", plan.description},
              {"file", plan.file},
              {"rules", plan.rules},
              {"seed", plan.seed},
              {"objects", array_of(plan.objects, object_json)},
              {"handles", array_of(plan.handles, handle_json)},
              {"points", plan.points},
              {"processes", array_of(plan.processes, process_json)},
              {"faults", array_of(plan.faults, fault_json)},
              {"checks", plan.checks},
              {"seen", array_of(plan.seen, seen_json)},
              {"run_limit_ms", plan.run_limit_ms},
              {"quiet_ms", plan.quiet_ms}};
    if (schedule) {
        json["schedule"] = {{"granularity", schedule->granularity},
                            {"memory", schedule->memory},
                            {"trace_hash", schedule->trace_hash},
                            {"problem", schedule->problem},
                            {"choices", schedule->choices}};
    }
    std::string text;
    print(json, 0, text);
    text += '\n';
    return text;
}

std::uint64_t plan_digest(const Plan& plan) {
    Plan without_file = plan;
    without_file.file.clear();
    return fnv1a(plan_to_json_text(without_file, ""));
}

}  // namespace castaway::harness
