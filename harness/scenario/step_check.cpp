#include "harness/scenario/step_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/scenario/bounds.h"

namespace castaway::harness {
namespace {

/// The key of the JSON object that the call stands under.
std::string_view word_of(const Step& step, StepRole role) {
    switch (step.operation) {
        case OperationKind::create:
            return "create";
        case OperationKind::open:
            return "open";
        case OperationKind::close:
            return "close";
        case OperationKind::duplicate:
            return "duplicate";
        case OperationKind::wait:
            return role == StepRole::hold ? "hold" : "wait";
        case OperationKind::wait_any:
            return "wait_any";
        case OperationKind::release_mutex:
        case OperationKind::release_semaphore:
            return "release";
        case OperationKind::set_event:
            return "set";
        case OperationKind::reset_event:
            return "reset";
        case OperationKind::set_timer:
            return "set_timer";
        case OperationKind::cancel_timer:
            return "cancel_timer";
        case OperationKind::wait_all:
            return "wait_all";
        case OperationKind::pulse_event:
            return "pulse";
        case OperationKind::signal_and_wait:
            return "signal";
        case OperationKind::queue_call:
            return "queue_call";
        case OperationKind::sleep:
            return "sleep_ms";
    }
    return "";
}

std::string_view article_and_name(ObjectType type) {
    constexpr std::array<std::string_view, 4> kNames{"an event", "a mutex", "a semaphore",
                                                     "a timer"};
    return kNames.at(static_cast<std::size_t>(type));
}

/// What the operation needs, in words; empty when any object will do.
std::string_view needed_for(std::string_view word) {
    if (word == "release" || word == "hold") {
        return "a mutex or a semaphore";
    }
    if (word == "signal") {
        return "an event, a mutex or a semaphore";
    }
    if (word == "set" || word == "reset" || word == "pulse") {
        return "an event";
    }
    if (word == "set_timer" || word == "cancel_timer") {
        return "a timer";
    }
    return "";
}

bool fits(std::string_view word, ObjectType type) {
    const std::string_view needed = needed_for(word);
    return needed.empty() || needed.find(article_and_name(type)) != std::string_view::npos;
}

bool makes_handle(const Step& step) {
    return step.operation == OperationKind::create || step.operation == OperationKind::open ||
           step.operation == OperationKind::duplicate;
}

}  // namespace

void StepCheck::check(ProcessSpec& process, const std::string& pointer, bool has_program) {
    process_ = &process;
    made_.clear();
    for (const ThreadSpec& thread : process.threads) {
        for_each_step(thread.program, "", [this](const Step& step, const auto&, StepRole) {
            if (step.kind == StepKind::call && makes_handle(step)) {
                made_.insert(step.alias.empty() ? step.handles.front() : step.alias);
            }
        });
    }
    for (ThreadSpec& thread : process.threads) {
        const std::string program =
            has_program ? pointer + "/program" : member_pointer(pointer + "/threads", thread.name);
        for_each_step(thread.program, program,
                      [this](Step& step, const std::string& here, StepRole role) {
                          check_step(step, here, role);
                      });
    }
}

void StepCheck::check_step(Step& step, const std::string& pointer, StepRole role) {
    switch (step.kind) {
        case StepKind::call:
            check_call(step, pointer, role);
            break;
        case StepKind::work:
        case StepKind::reach:
            break;
        case StepKind::await_point:
        case StepKind::await_blocked:
        case StepKind::await_death:
            check_await(step, pointer);
            break;
    }
}

void StepCheck::check_call(Step& step, const std::string& pointer, StepRole role) {
    const std::string key = member_pointer(pointer, word_of(step, role));
    if (step.operation == OperationKind::queue_call) {
        check_target(step, pointer);
    }
    for (std::size_t i = 0; i < step.handles.size(); ++i) {
        const std::string& name = step.handles[i];
        const bool awaits_second = step.operation == OperationKind::signal_and_wait && i == 1;
        const bool several =
            step.operation == OperationKind::wait_any || step.operation == OperationKind::wait_all;
        const std::string here = several         ? item_pointer(key, i)
                                 : awaits_second ? member_pointer(pointer, "and_wait")
                                                 : key;
        const HandleName* handle = names_.require_handle(name, here, problems_);
        if (handle == nullptr) {
            continue;
        }
        const ObjectSpec& object = scenario_.objects[handle->object];
        if (!awaits_second) {
            check_fit(step, object, here, role);
        }
        const bool is_alias = handle->name != object.name;
        if (!is_alias) {
            check_lifetime(step, object, here);
        }
        if ((is_alias || !object.whole_run) && !made_.contains(name)) {
            problems_.add(here, fmt::format("this process never makes the handle \"{}\"", name),
                          is_alias ? "add a \"duplicate\" step to it"
                                   : "add a \"create\" or \"open\" step to it");
        }
        if (step.operation == OperationKind::duplicate) {
            check_alias(step, handle->object, pointer + "/as");
        }
    }
}

/// A call is for one thread.
void StepCheck::check_target(const Step& step, const std::string& pointer) {
    const std::string key = pointer + "/queue_call";
    const auto target = names_.require_process(step.process, key, problems_);
    if (!target) {
        return;
    }
    const ProcessSpec& group = scenario_.processes[target->group];
    if (!target->instance && group.count != Range{1, 1}) {
        problems_.add(key, fmt::format("\"{}\" may be several processes", group.name),
                      fmt::format("name one, as \"{}/0\"", group.name));
    }
    require_thread(group, step.thread, pointer + "/thread", problems_);
}

void StepCheck::check_fit(Step& step, const ObjectSpec& object, const std::string& pointer,
                          StepRole role) {
    const std::string_view word = word_of(step, role);
    if (!fits(word, object.type)) {
        problems_.add(pointer,
                      fmt::format("\"{}\" is {}, and \"{}\" does not fit it", object.name,
                                  article_and_name(object.type), word),
                      fmt::format("name {}", needed_for(word)));
        return;
    }
    if (word != "release") {
        return;
    }
    if (object.type == ObjectType::semaphore) {
        step.operation = OperationKind::release_semaphore;
    } else if (step.operation == OperationKind::release_semaphore) {
        problems_.add(pointer, "a mutex is released without a count", "leave \"count\" out");
    }
}

void StepCheck::check_lifetime(const Step& step, const ObjectSpec& object,
                               const std::string& pointer) {
    const bool changes = step.operation == OperationKind::create ||
                         step.operation == OperationKind::open ||
                         step.operation == OperationKind::close;
    if (changes && object.whole_run) {
        problems_.add(
            pointer,
            fmt::format("\"{}\" is opened before the programs start and closed after them",
                        object.name),
            "add \"opened\": \"by_program\" to the object, or leave the step out");
    }
}

void StepCheck::check_alias(const Step& step, std::size_t object, const std::string& pointer) {
    const HandleName* alias = find_handle(names_.handles(), step.alias);
    if (alias == nullptr) {
        return;
    }
    if (scenario_.objects[alias->object].name == step.alias) {
        problems_.add(pointer, fmt::format("\"{}\" is an object already", step.alias),
                      "give the duplicate another name");
    } else if (alias->object != object) {
        problems_.add(pointer,
                      fmt::format("\"{}\" is a duplicate of \"{}\" elsewhere", step.alias,
                                  scenario_.objects[alias->object].name),
                      "give one of the two another name");
    }
}

void StepCheck::check_await(const Step& step, const std::string& pointer) {
    if (step.kind == StepKind::await_point) {
        names_.require_reaches(step.point, step.count.high, pointer + "/await", problems_);
        return;
    }
    const bool blocked = step.kind == StepKind::await_blocked;
    const std::string key = pointer + (blocked ? "/await_blocked" : "/await_death");
    const std::optional<ProcessReference> awaited =
        names_.require_process(step.process, key, problems_);
    if (!awaited) {
        return;
    }
    if (!blocked) {
        require_at_most(step.count.high, least_deaths(scenario_, *awaited),
                        "processes that a fault surely ends", key, problems_);
        return;
    }
    // A thread that awaits its own process cannot itself be asleep there.
    const bool own = &scenario_.processes[awaited->group] == process_;
    require_at_most(step.count.high, least_threads(scenario_, *awaited) - (own ? 1 : 0),
                    "threads that can be blocked", key, problems_);
}

}  // namespace castaway::harness
