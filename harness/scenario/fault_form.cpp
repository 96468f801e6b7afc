#include "harness/scenario/fault_form.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "harness/scenario/fault_words.h"
#include "harness/scenario/form_values.h"
#include "harness/scenario/nearest.h"

namespace castaway::harness {
namespace {

constexpr Bounds kOrdinalBounds{1, 1'000'000};

Trigger read_at(const JsonNode& node) {
    JsonObject object(node);
    Trigger trigger;
    if (const std::optional<JsonNode> point = object.find("crash_point")) {
        Trigger::AtCrashPoint at;
        at.name = point->text();
        at.ordinal = read_range_or(object.find("ordinal"), kOrdinalBounds, {1, 1});
        trigger.when = at;
    } else if (const std::optional<JsonNode> operation = object.find("operation")) {
        Trigger::AtOperation at;
        at.operation = read_range(*operation, kOrdinalBounds);
        const std::optional<JsonNode> after = object.find("after");
        at.after = after && after->boolean();
        if (const std::optional<JsonNode> access = object.find("access")) {
            at.access = read_range(*access, kOrdinalBounds);
            if (after) {
                node.problem("\"after\" and \"access\" are two places", "keep one of them");
            }
        }
        trigger.when = at;
    } else if (object.is_object()) {
        node.problem("this names no place",
                     "write {\"operation\": 3} or {\"crash_point\": \"handoff.committed\"}");
        return trigger;
    }
    object.finish();
    return trigger;
}

Trigger read_when(const JsonNode& node) {
    JsonObject object(node);
    Trigger trigger;
    if (const std::optional<JsonNode> process = object.find("blocked")) {
        Trigger::WhenBlocked when;
        when.process = read_process_reference(*process);
        when.count = read_range_or(object.find("count"), kCountBounds, {1, 1});
        trigger.when = when;
    } else if (const std::optional<JsonNode> point = object.find("reached")) {
        Trigger::WhenReached when;
        when.point = read_name(*point);
        when.count = read_range_or(object.find("count"), kCountBounds, {1, 1});
        trigger.when = when;
    } else if (const std::optional<JsonNode> dead = object.find("dead")) {
        Trigger::WhenDead when;
        when.process = read_process_reference(*dead);
        when.count = read_range_or(object.find("count"), kCountBounds, {1, 1});
        trigger.when = when;
    } else if (object.is_object()) {
        node.problem("this names no condition",
                     "write {\"blocked\": \"contender\"} or {\"reached\": \"held\"}");
        return trigger;
    }
    object.finish();
    return trigger;
}

std::optional<FaultKind> find_fault_word(const JsonNode& node) {
    std::optional<FaultKind> found;
    for (const FaultWord& each : kFaultWords) {
        if (!node.value().contains(std::string(each.word))) {
            continue;
        }
        if (found) {
            node.problem(
                fmt::format("\"{}\" and \"{}\" in one fault", fault_word(*found), each.word),
                "write two faults");
            return std::nullopt;
        }
        found = each.kind;
    }
    if (!found) {
        std::array<std::string_view, kFaultWords.size()> words;
        for (std::size_t i = 0; i < words.size(); ++i) {
            words[i] = kFaultWords[i].word;
        }
        const bool has_key = !node.value().empty();
        const std::string key = has_key ? node.value().items().begin().key() : "";
        node.problem(has_key ? fmt::format("unknown fault \"{}\"", key) : "this fault is empty",
                     mend_word(key, words));
    }
    return found;
}

void read_triggers(JsonObject& object, FaultSpec& fault) {
    const JsonNode& node = object.node();
    if (fault.kind == FaultKind::leak) {
        for (const std::string_view key : {"at", "when"}) {
            if (const std::optional<JsonNode> trigger = object.find(key)) {
                trigger->problem("a leak strikes when its process has done its program",
                                 fmt::format("leave \"{}\" out", key));
            }
        }
        return;
    }
    if (fault.kind == FaultKind::end_thread) {
        if (const std::optional<JsonNode> when = object.find("when")) {
            when->problem("a thread cannot be ended from outside", "write \"at\" instead");
            return;
        }
        if (const std::optional<JsonNode> at = object.require("at")) {
            fault.trigger = read_at(*at);
            const auto* operation = std::get_if<Trigger::AtOperation>(&fault.trigger.when);
            const bool named = !std::holds_alternative<std::monostate>(fault.trigger.when);
            if (named && (operation == nullptr || operation->access)) {
                at->problem("a thread can only be ended between its operations",
                            "write {\"operation\": 3} without \"access\"");
            }
        }
        return;
    }
    const std::optional<JsonNode> at = object.find("at");
    const std::optional<JsonNode> when = object.find("when");
    if (at.has_value() == when.has_value()) {
        node.problem(at ? "both \"at\" and \"when\" are given" : "nothing says when it strikes",
                     at ? "keep one of them" : "add \"at\" or \"when\"");
    } else {
        fault.trigger = at ? read_at(*at) : read_when(*when);
    }
    if (fault.kind == FaultKind::stop) {
        if (const std::optional<JsonNode> resume = object.require("resume")) {
            fault.resume = read_when(*resume);
        }
    }
}

}  // namespace

FaultSpec read_fault(const JsonNode& node) {
    FaultSpec fault;
    JsonObject object(node);
    const std::optional<FaultKind> kind =
        object.is_object() ? find_fault_word(node) : std::optional<FaultKind>();
    if (!kind) {
        return fault;
    }
    fault.kind = *kind;
    fault.process = read_process_reference(*object.find(fault_word(fault.kind)));
    read_triggers(object, fault);
    if (fault.kind != FaultKind::leak) {
        if (const std::optional<JsonNode> thread = object.find("thread")) {
            fault.thread = read_name(*thread);
        }
    }
    object.finish();
    return fault;
}

}  // namespace castaway::harness
