#include "harness/scenario/program_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/form_values.h"
#include "harness/scenario/nearest.h"

namespace castaway::harness {
namespace {

Block read_block(const JsonNode& node, int depth);

std::optional<Range> read_timeout(JsonObject& object) {
    const std::optional<JsonNode> timeout = object.find("timeout_ms");
    return timeout ? std::optional(read_range(*timeout, kTimeMsBounds)) : std::nullopt;
}

Block read_body(JsonObject& object, int depth) {
    const std::optional<JsonNode> body = object.require("do");
    return body ? read_block(*body, depth + 1) : Block{};
}

Step call(OperationKind operation, std::vector<std::string> handles) {
    Step step;
    step.operation = operation;
    step.handles = std::move(handles);
    return step;
}

template <OperationKind operation>
Item read_plain_call(const JsonNode& word, JsonObject& /*object*/, int /*depth*/) {
    return call(operation, {read_name(word)});
}

bool read_flag(JsonObject& object, std::string_view key) {
    const std::optional<JsonNode> flag = object.find(key);
    return flag && flag->boolean();
}

Step wait_call(OperationKind operation, std::vector<std::string> handles, JsonObject& object) {
    Step step = call(operation, std::move(handles));
    step.timeout_ms = read_timeout(object);
    step.alertable = read_flag(object, "alertable");
    return step;
}

Item read_wait(const JsonNode& word, JsonObject& object, int /*depth*/) {
    return wait_call(OperationKind::wait, {read_name(word)}, object);
}

template <OperationKind operation>
Item read_wait_for_several(const JsonNode& word, JsonObject& object, int /*depth*/) {
    std::vector<std::string> handles;
    for (const JsonNode& handle : word.items(1, kMostWaitObjects)) {
        handles.push_back(read_name(handle));
    }
    return wait_call(operation, std::move(handles), object);
}

Item read_signal(const JsonNode& word, JsonObject& object, int /*depth*/) {
    std::vector<std::string> handles{read_name(word)};
    if (const std::optional<JsonNode> awaited = object.require("and_wait")) {
        handles.push_back(read_name(*awaited));
    }
    return wait_call(OperationKind::signal_and_wait, std::move(handles), object);
}

Item read_queue_call(const JsonNode& word, JsonObject& object, int /*depth*/) {
    Step step = call(OperationKind::queue_call, {});
    step.process = read_process_reference(word);
    if (const std::optional<JsonNode> thread = object.find("thread")) {
        step.thread = read_name(*thread);
    }
    return step;
}

Item read_sleep(const JsonNode& word, JsonObject& object, int /*depth*/) {
    Step step = call(OperationKind::sleep, {});
    step.timeout_ms = read_range(word, kTimeMsBounds);
    step.alertable = read_flag(object, "alertable");
    return step;
}

Item read_release(const JsonNode& word, JsonObject& object, int /*depth*/) {
    const std::optional<JsonNode> count = object.find("count");
    Step step = call(count ? OperationKind::release_semaphore : OperationKind::release_mutex,
                     {read_name(word)});
    step.count = read_range_or(count, kCountBounds, {1, 1});
    return step;
}

Item read_set_timer(const JsonNode& word, JsonObject& object, int /*depth*/) {
    Step step = call(OperationKind::set_timer, {read_name(word)});
    if (const std::optional<JsonNode> due = object.require("due_us")) {
        step.due_us = read_range(*due, {0, kLongestMs * 1000});
    }
    step.period_ms = read_range_or(object.find("period_ms"), kTimeMsBounds, {0, 0});
    step.with_routine = read_flag(object, "with_routine");
    return step;
}

Item read_duplicate(const JsonNode& word, JsonObject& object, int /*depth*/) {
    Step step = call(OperationKind::duplicate, {read_name(word)});
    if (const std::optional<JsonNode> alias = object.require("as")) {
        step.alias = read_name(*alias);
    }
    return step;
}

Item read_work(const JsonNode& word, JsonObject& /*object*/, int /*depth*/) {
    Step step;
    step.kind = StepKind::work;
    step.duration_us = read_range(word, {0, kLongestWorkUs});
    return step;
}

Item read_reach(const JsonNode& word, JsonObject& /*object*/, int /*depth*/) {
    Step step;
    step.kind = StepKind::reach;
    step.point = read_name(word);
    return step;
}

Item read_await(const JsonNode& word, JsonObject& object, int /*depth*/) {
    Step step;
    step.kind = StepKind::await_point;
    step.point = read_name(word);
    step.count = read_range_or(object.find("count"), kCountBounds, {1, 1});
    return step;
}

template <StepKind kind>
Item read_await_process(const JsonNode& word, JsonObject& object, int /*depth*/) {
    Step step;
    step.kind = kind;
    step.process = read_process_reference(word);
    step.count = read_range_or(object.find("count"), kCountBounds, {1, 1});
    return step;
}

Item read_hold(const JsonNode& word, JsonObject& object, int depth) {
    Hold hold;
    hold.wait = call(OperationKind::wait, {read_name(word)});
    hold.wait.timeout_ms = read_timeout(object);
    hold.body = read_body(object, depth);
    return hold;
}

Item read_repeat(const JsonNode& word, JsonObject& object, int depth) {
    Repeat repeat;
    repeat.times = read_range(word, {1, kMostRepeats});
    repeat.body = read_body(object, depth);
    return repeat;
}

Item read_choose(const JsonNode& word, JsonObject& object, int depth) {
    Choose choose;
    for (const JsonNode& node : word.items(1, SIZE_MAX)) {
        JsonObject alternative(node);
        Choose::Alternative& read = choose.alternatives.emplace_back();
        if (const std::optional<JsonNode> weight = alternative.find("weight")) {
            read.weight = static_cast<std::uint32_t>(weight->integer({1, kMostWeight}));
        }
        read.body = read_body(alternative, depth);
        alternative.finish();
    }
    choose.times = read_range_or(object.find("times"), {1, kMostRepeats}, {1, 1});
    return choose;
}

/// What a step does is told by the one key of it that is in this table.
struct StepWord {
    std::string_view word;
    Item (*read)(const JsonNode& word, JsonObject& object, int depth);
};

constexpr std::array kStepWords{
    StepWord{"wait", read_wait},
    StepWord{"wait_any", read_wait_for_several<OperationKind::wait_any>},
    StepWord{"wait_all", read_wait_for_several<OperationKind::wait_all>},
    StepWord{"signal", read_signal},
    StepWord{"release", read_release},
    StepWord{"set", read_plain_call<OperationKind::set_event>},
    StepWord{"reset", read_plain_call<OperationKind::reset_event>},
    StepWord{"pulse", read_plain_call<OperationKind::pulse_event>},
    StepWord{"set_timer", read_set_timer},
    StepWord{"cancel_timer", read_plain_call<OperationKind::cancel_timer>},
    StepWord{"create", read_plain_call<OperationKind::create>},
    StepWord{"open", read_plain_call<OperationKind::open>},
    StepWord{"close", read_plain_call<OperationKind::close>},
    StepWord{"duplicate", read_duplicate},
    StepWord{"queue_call", read_queue_call},
    StepWord{"sleep_ms", read_sleep},
    StepWord{"work_us", read_work},
    StepWord{"reach", read_reach},
    StepWord{"await", read_await},
    StepWord{"await_blocked", read_await_process<StepKind::await_blocked>},
    StepWord{"await_death", read_await_process<StepKind::await_death>},
    StepWord{"hold", read_hold},
    StepWord{"repeat", read_repeat},
    StepWord{"choose", read_choose},
};

/// Keys that say more about a step, and are none themselves.
constexpr std::array<std::string_view, 11> kDetailWords{
    "timeout_ms",   "alertable", "and_wait", "count", "due_us", "period_ms",
    "with_routine", "thread",    "as",       "do",    "times"};

std::vector<std::string_view> step_words() {
    std::vector<std::string_view> words;
    for (const StepWord& each : kStepWords) {
        words.push_back(each.word);
    }
    return words;
}

/// Complains of a step that no word or several words of the table say what it does.
const StepWord* find_step_word(const JsonNode& node) {
    const StepWord* found = nullptr;
    for (const StepWord& each : kStepWords) {
        if (!node.value().contains(std::string(each.word))) {
            continue;
        }
        if (found != nullptr) {
            node.problem(fmt::format("\"{}\" and \"{}\" in one step", found->word, each.word),
                         "write two steps");
            return nullptr;
        }
        found = &each;
    }
    if (found != nullptr) {
        return found;
    }
    const std::vector<std::string_view> words = step_words();
    for (const auto& [key, value] : node.value().items()) {
        if (std::find(kDetailWords.begin(), kDetailWords.end(), key) == kDetailWords.end()) {
            node.problem(fmt::format("unknown step \"{}\"", key), mend_word(key, words));
            return nullptr;
        }
    }
    node.problem("this step does not say what to do", mend_word("", words));
    return nullptr;
}

Item read_item(const JsonNode& node, int depth) {
    JsonObject object(node);
    if (!object.is_object()) {
        return Step{};
    }
    const StepWord* word = find_step_word(node);
    if (word == nullptr) {
        return Step{};
    }
    Item item = word->read(*object.find(word->word), object, depth);
    object.finish();
    return item;
}

Block read_block(const JsonNode& node, int depth) {
    Block block;
    if (depth > kDeepestBlock) {
        node.problem(fmt::format("blocks are nested more than {} deep", kDeepestBlock),
                     "write a flatter program");
        return block;
    }
    for (const JsonNode& each : node.items(1, SIZE_MAX)) {
        block.items.push_back(read_item(each, depth));
    }
    return block;
}

}  // namespace

Block read_program(const JsonNode& node) {
    return read_block(node, 1);
}

}  // namespace castaway::harness
