#include "harness/conformance/call_runner.h"

#include <castaway/win32.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "harness/base/error.h"
#include "harness/model/win32/call_json.h"

namespace castaway::harness {
namespace {

using nlohmann::json;
using win32::Call;
using win32::Function;
using win32::HandleArgument;

/// For a process or thread to come, and to end.
constexpr std::int64_t kComeAndGoNs = 10'000 * kNsPerMs;
/// How long the observer waits for the end of a process that has ended.
constexpr std::uint32_t kTellMs = 10'000;

std::filesystem::path caller_beside_us() {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) {
        throw HarnessError("cannot find the running program in /proc: " + error.message());
    }
    return self.parent_path() / "castaway-caller";
}

std::unique_ptr<SubjectAdapter> adapter_of(const std::string& subject) {
    std::unique_ptr<SubjectAdapter> adapter = find_subject(subject);
    if (adapter == nullptr || (subject != "castaway" && !subject.starts_with("castaway:"))) {
        throw InputError("subject " + subject, "there is no such subject of conformance runs",
                         "name castaway, or castaway:MUTANT");
    }
    return adapter;
}

CallerGroup::Terms terms_of(const std::string& subject, const SubjectSpace& space,
                            const CallRunnerOptions& options) {
    return {options.caller.empty() ? caller_beside_us() : options.caller, subject,
            space.environment(), space.descriptors(), options.output};
}

/// Throws HarnessError: whoever makes calls says nothing else.
win32::Response response_in(std::string_view reply) {
    try {
        return win32::response_from_json(json::parse(reply), "an answer");
    } catch (const std::exception& error) {
        throw HarnessError(std::string("a caller's answer cannot be read: ") + error.what());
    }
}

std::string process_words(std::uint32_t process) {
    return "process " + std::to_string(process);
}

}  // namespace

CallRunner::CallRunner(const std::string& subject, CallRunnerOptions options)
    : options_(std::move(options)),
      adapter_(adapter_of(subject)),
      space_(adapter_->make_space()),
      callers_(terms_of(subject, *space_, options_)) {
    // It comes while the program's first process does.
    callers_.start(kObserver);
}

CallRunner::~CallRunner() = default;

Call CallRunner::fill_in(Call call) {
    made_.fill_in(call);
    if (const CallerProcess* const of = callers_.find(call.of_process); of != nullptr) {
        call.os_process_id = of->win32_id;
        const auto thread = of->threads.find(call.of_thread);
        call.os_thread_id = thread == of->threads.end() ? 0 : thread->second.win32_id;
    }
    return call;
}

std::string CallRunner::obstacle_to(const Call& call) {
    const auto taken = [&](std::uint32_t process) {
        return process == kObserver || callers_.find(process) != nullptr;
    };
    if (call.function == Function::start_process) {
        return taken(call.process) ? "there is or was a " + process_words(call.process) : "";
    }
    const CallerProcess* const caller = callers_.find(call.process);
    if (call.process == kObserver || caller == nullptr || !caller->alive) {
        return "there is no " + process_words(call.process) + " now";
    }
    if (call.function == Function::kill_process) {
        return {};
    }
    if (callers_.listener(call.process, call.thread) == nullptr) {
        return "thread " + std::to_string(call.thread) + " of " + process_words(call.process) +
               " is not there, or has not returned from a call";
    }
    if (call.function == Function::create_process && taken(call.of_process)) {
        return "there is or was a " + process_words(call.of_process);
    }
    if (call.function == Function::start_thread && caller->threads.contains(call.of_thread)) {
        return "there is or was a thread " + std::to_string(call.of_thread);
    }
    if (!made_.has_its_boundary(call)) {
        return "that is no boundary of " + process_words(call.process);
    }
    return {};
}

CallAnswer CallRunner::call(const Call& call) {
    CallAnswer answer;
    answer.call = fill_in(call);
    answer.explanation = obstacle_to(answer.call);
    if (answer.explanation.empty()) {
        make(answer);
    }
    see_to_ends(answer);
    remember(answer);
    return answer;
}

void CallRunner::make(CallAnswer& answer) {
    switch (answer.call.function) {
        case Function::start_process:
            return start_process(answer);
        case Function::kill_process:
            return kill_process(answer);
        default:
            return ask_caller(answer);
    }
}

void CallRunner::start_process(CallAnswer& answer) {
    const std::uint32_t process = answer.call.process;
    answer.response.invoked_ns = monotonic_ns();
    callers_.start(process);
    if (!greet(process, 0, answer)) {
        // Nobody has called anything yet.
        throw HarnessError(
            "a process of a conformance run did not come: it ended, or takes more "
            "than ten seconds");
    }
    answer.response.result = TRUE;
    answer.response.returned_ns = monotonic_ns();
    answer.outcome = CallOutcome::answered;
}

void CallRunner::kill_process(CallAnswer& answer) {
    answer.response.invoked_ns = monotonic_ns();
    callers_.kill_now(answer.call.process);
    if (!callers_.await_end_of(answer.call.process, monotonic_ns() + kComeAndGoNs)) {
        throw HarnessError("a killed process did not end in ten seconds");
    }
    answer.response.result = TRUE;
    answer.response.returned_ns = monotonic_ns();
    answer.outcome = CallOutcome::answered;
}

void CallRunner::ask_caller(CallAnswer& answer) {
    const Call& call = answer.call;
    const std::string packet = to_json(call, win32::CallForm::resolved).dump();
    const std::int64_t deadline = monotonic_ns() + options_.call_limit_ns;
    std::string_view reply;
    switch (callers_.ask(call.process, call.thread, packet, deadline, reply)) {
        case CallerGroup::Reply::answered:
            answer.response = response_in(reply);
            answer.outcome =
                answer.response.not_made ? CallOutcome::not_made : CallOutcome::answered;
            if (answer.outcome == CallOutcome::answered) {
                follow(answer);
            } else {
                answer.explanation = "a boundary that is none any more, or no thread to be had";
            }
            return;
        case CallerGroup::Reply::late:
            answer.outcome = CallOutcome::hung;
            answer.explanation = "there was no answer in " +
                                 std::to_string(options_.call_limit_ns / kNsPerMs) + " ms";
            return;
        case CallerGroup::Reply::closed:
            break;
    }
    if (!callers_.await_end_of(call.process, monotonic_ns() + kComeAndGoNs)) {
        answer.outcome = CallOutcome::hung;
        answer.explanation = process_words(call.process) + " was about to end and did not";
        return;
    }
    const bool asked =
        call.function == Function::exit_process || call.function == Function::terminate_process;
    answer.outcome = asked ? CallOutcome::ended : CallOutcome::died;
    if (!asked) {
        answer.explanation = process_words(call.process) + " ended in the call";
    }
}

void CallRunner::follow(CallAnswer& answer) {
    const Call& call = answer.call;
    const std::int64_t deadline = monotonic_ns() + kComeAndGoNs;
    const auto hang = [&](const std::string& what) {
        answer.outcome = CallOutcome::hung;
        answer.explanation = what;
    };
    if (call.function == Function::start_thread && !greet(call.process, call.of_thread, answer)) {
        hang("the thread that was started did not come");
    } else if (call.function == Function::create_process && answer.response.result != FALSE &&
               !greet(call.of_process, 0, answer)) {
        hang("the process that was started did not come");
    } else if (call.function == Function::exit_thread &&
               !callers_.await_end_of_thread(call.process, call.thread, deadline)) {
        hang("the thread did not end");
    } else if (call.function == Function::terminate_process && answer.response.result != FALSE &&
               !callers_.await_an_end(deadline)) {
        answer.outcome = CallOutcome::end_not_told;
        answer.explanation = "no process has ended";
    }
}

bool CallRunner::greet(std::uint32_t process, std::uint32_t thread, CallAnswer& answer) {
    const std::int64_t deadline = monotonic_ns() + kComeAndGoNs;
    const CallerThread* const come = callers_.await_hello(process, thread, deadline);
    if (come == nullptr) {
        return false;
    }
    if (answer.call.function != Function::create_process) {
        answer.response.process_id = callers_.find(process)->win32_id;
        answer.response.thread_id = come->win32_id;
    }
    if (thread == 0) {
        observe(process);
    }
    return true;
}

void CallRunner::observe(std::uint32_t process) {
    Call open;
    open.function = Function::open_process;
    open.access = SYNCHRONIZE;
    open.os_process_id = callers_.find(process)->win32_id;
    const std::optional<win32::Response> opened = ask_observer(open);
    watched_[process] = opened ? opened->result : 0;
}

std::string CallRunner::await_end_told(std::uint32_t process) {
    HandleArgument handle;
    handle.value = static_cast<std::int64_t>(watched_[process]);
    if (handle.value == 0) {
        return "the observer had no handle of " + process_words(process);
    }
    Call wait;
    wait.function = Function::wait;
    wait.handle = handle;
    wait.milliseconds = kTellMs;
    const std::optional<win32::Response> told = ask_observer(wait);
    if (!told) {
        return "the observer did not return from its wait for the end of " + process_words(process);
    }
    if (told->result != WAIT_OBJECT_0) {
        return "the observer's wait for the end of " + process_words(process) + " returned " +
               std::to_string(told->result) + " (error " + std::to_string(told->error) + ")";
    }
    Call close;
    close.function = Function::close_handle;
    close.handle = handle;
    ask_observer(close);
    return {};
}

std::optional<win32::Response> CallRunner::ask_observer(Call call) {
    const std::int64_t now = monotonic_ns();
    if (callers_.find(kObserver) == nullptr &&
        callers_.await_hello(kObserver, 0, now + kComeAndGoNs) == nullptr) {
        throw HarnessError("the observer of a conformance run did not come");
    }
    call.process = kObserver;
    const std::string packet = to_json(call, win32::CallForm::resolved).dump();
    std::string_view reply;
    if (callers_.ask(kObserver, 0, packet, now + std::int64_t{2} * kTellMs * kNsPerMs, reply) !=
        CallerGroup::Reply::answered) {
        return std::nullopt;
    }
    return response_in(reply);
}

void CallRunner::see_to_ends(CallAnswer& answer) {
    for (const std::uint32_t process : callers_.take_ended()) {
        if (process == kObserver) {
            answer.outcome = CallOutcome::end_not_told;
            answer.explanation = "the observer has died";
            continue;
        }
        answer.ended.push_back(process);
        const std::string problem = await_end_told(process);
        if (!problem.empty() && answer.outcome != CallOutcome::died &&
            answer.outcome != CallOutcome::hung) {
            answer.outcome = CallOutcome::end_not_told;
            answer.explanation = problem;
        }
    }
}

void CallRunner::remember(const CallAnswer& answer) {
    if (answer.outcome == CallOutcome::answered || answer.outcome == CallOutcome::end_not_told) {
        made_.remember(answer.call, answer.response);
    }
}

}  // namespace castaway::harness
