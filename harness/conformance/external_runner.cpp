#include "harness/conformance/external_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/real/pidfd.h"
#include "harness/model/win32/call_json.h"

namespace castaway::harness {
namespace {

using nlohmann::json;
using win32::Call;
using win32::Function;
using win32::Response;

/// Nobody has more to say to one call.
constexpr std::size_t kLineMax = 1024UL * 1024;
constexpr std::size_t kWordsShown = 200;
/// To begin: a program may find its system's server, which all programs share, about to end.
constexpr int kAttempts = 3;

/// The ends of a pipe: the one to read from comes first.
std::array<Descriptor, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_system_error("cannot make a pipe", errno);
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Neither end of ours must ever block us.
void do_not_block(const Descriptor& end) {
    if (fcntl(end.get(), F_SETFL, O_NONBLOCK) != 0) {
        throw_system_error("cannot set a pipe's flags", errno);
    }
}

std::string seconds_in(std::int64_t ns) {
    return std::to_string(ns / (1000 * kNsPerMs)) + " s";
}

}  // namespace

ExternalRunner::ExternalRunner(std::string command, ExternalLimits limits)
    : command_(std::move(command)), limits_(limits) {
    start();
}

void ExternalRunner::start() {
    auto [to_hear, to_say] = make_pipe();
    auto [answers, to_answer] = make_pipe();
    theirs_to_hear_ = std::move(to_hear);
    ours_to_say_ = std::move(to_say);
    ours_to_hear_ = std::move(answers);
    do_not_block(ours_to_say_);
    do_not_block(ours_to_hear_);
    Launch launch;
    launch.executable = "/bin/sh";
    // The shell becomes the command, so that what is killed at the end is that.
    launch.arguments = {"-c", "exec " + command_};
    launch.input = theirs_to_hear_.get();
    launch.output = to_answer.get();
    launch.errors = STDERR_FILENO;
    child_ = std::make_unique<ChildProcess>(launch);
}

ExternalRunner::~ExternalRunner() {
    ours_to_say_.reset();
    ours_to_hear_.reset();
    try {
        if (!over_) {
            await_end(child_->pidfd(), monotonic_ns() + limits_.end_ns);
        }
    } catch (const HarnessError&) {
        // It is killed all the same.
    }
    child_.reset();
    try {
        orphans_.end();
    } catch (const HarnessError&) {
        // It was killed; more cannot be done.
    }
}

Call ExternalRunner::fill_in(Call call) {
    made_.fill_in(call);
    if (call.of_process == 0) {
        call.os_process_id = process_id_;
        const auto thread = threads_.find(call.of_thread);
        call.os_thread_id = thread == threads_.end() ? 0 : thread->second.win32_id;
    }
    return call;
}

std::string ExternalRunner::obstacle_to(const Call& call) const {
    if (call.process != 0 || call.function == Function::create_process ||
        call.function == Function::kill_process) {
        throw InputError("call " + std::to_string(call.number),
                         "a caller from outside is one process, and starts or kills none",
                         "leave the call out");
    }
    if (over_) {
        return "the command has ended";
    }
    if (call.function == Function::start_process) {
        return threads_.empty() ? "" : "the process has been started";
    }
    const auto thread = threads_.find(call.thread);
    if (thread == threads_.end() || !thread->second.alive) {
        return "there is no thread " + std::to_string(call.thread) + " now";
    }
    if (call.function == Function::start_thread && threads_.contains(call.of_thread)) {
        return "there is or was a thread " + std::to_string(call.of_thread);
    }
    return made_.has_its_boundary(call) ? "" : "that is no boundary of the process";
}

CallAnswer ExternalRunner::call(const Call& call) {
    CallAnswer answer;
    answer.call = fill_in(call);
    answer.explanation = obstacle_to(answer.call);
    if (answer.explanation.empty()) {
        ask(answer);
    }
    if (answer.outcome == CallOutcome::answered) {
        follow(answer.call, answer.response);
        made_.remember(answer.call, answer.response);
    }
    return answer;
}

void ExternalRunner::ask_first(const std::string& line, std::string& answer) {
    Line outcome = Line::closed;
    for (int attempt = 0; attempt < kAttempts && outcome == Line::closed; ++attempt) {
        if (attempt != 0) {
            heard_.clear();
            start();
        }
        say(line);
        outcome = hear(monotonic_ns() + limits_.first_ns, answer);
    }
    if (outcome == Line::read) {
        return;
    }
    over_ = true;
    throw HarnessError(
        "--caller " + command_ + ": " +
        (outcome == Line::late
             ? "there was no answer to the first call in " + seconds_in(limits_.first_ns)
             : "it ended, or closed its output, and has answered nothing"));
}

void ExternalRunner::ask(CallAnswer& answer) {
    const Call& call = answer.call;
    const bool first = call.function == Function::start_process;
    const std::string said = to_json(call, win32::CallForm::resolved).dump() + "\n";
    std::string line;
    Line outcome = Line::read;
    if (first) {
        ask_first(said, line);
    } else {
        say(said);
        outcome = hear(monotonic_ns() + limits_.call_ns, line);
        over_ = outcome != Line::read;
    }
    switch (outcome) {
        case Line::read:
            break;
        case Line::late:
            answer.outcome = CallOutcome::hung;
            answer.explanation = "there was no answer in " + seconds_in(limits_.call_ns);
            return;
        case Line::closed:
            const bool asked = call.function == Function::exit_process ||
                               call.function == Function::terminate_process;
            answer.outcome = asked ? CallOutcome::ended : CallOutcome::died;
            answer.explanation = asked ? "" : "the command ended in the call";
            return;
    }
    try {
        answer.response = win32::response_from_json(json::parse(line), "the line");
    } catch (const std::exception& error) {
        throw HarnessError("--caller " + command_ + ": what it said to call " +
                           std::to_string(call.number) + " (" + name_of(call.function) +
                           ") is no answer: " + error.what() + ": " + line.substr(0, kWordsShown));
    }
    if (first && answer.response.result == 0) {
        throw HarnessError("--caller " + command_ +
                           ": the answer to the first call must say that the process has begun "
                           "(\"result\": 1, \"process_id\", \"thread_id\")");
    }
    answer.outcome = answer.response.not_made ? CallOutcome::not_made : CallOutcome::answered;
    answer.explanation = answer.response.not_made ? "the command says so" : "";
}

void ExternalRunner::follow(const Call& call, const Response& response) {
    if (call.function == Function::start_process) {
        process_id_ = response.process_id;
        threads_[0] = {response.thread_id, true};
    } else if (call.function == Function::start_thread) {
        threads_[call.of_thread] = {response.thread_id, true};
    } else if (call.function == Function::exit_thread) {
        threads_[call.thread].alive = false;
    }
}

/// It is read before the next is said, and longer than a pipe holds is none.
void ExternalRunner::say(const std::string& line) {
    const ssize_t said = write(ours_to_say_.get(), line.data(), line.size());
    if (said != static_cast<ssize_t>(line.size())) {
        throw HarnessError("--caller " + command_ + ": a call is too long to be said");
    }
}

std::optional<std::string> ExternalRunner::whole_line() {
    const std::size_t end = heard_.find('\n');
    if (end == std::string::npos) {
        return std::nullopt;
    }
    std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    return line;
}

ExternalRunner::Line ExternalRunner::hear(std::int64_t deadline_ns, std::string& line) {
    std::array<char, 4096> piece{};
    for (bool ended = false;;) {
        const ssize_t size = read(ours_to_hear_.get(), piece.data(), piece.size());
        if (size > 0) {
            heard_.append(piece.data(), static_cast<std::size_t>(size));
        }
        if (auto whole = whole_line()) {
            line = std::move(*whole);
            return Line::read;
        }
        if (heard_.size() > kLineMax) {
            throw HarnessError("--caller " + command_ + ": a line of it has no end");
        }
        if (size > 0) {
            continue;
        }
        // Others may have its end of the pipe still: what it has left behind in the background.
        if (size == 0 || ended) {
            return Line::closed;
        }
        std::array<pollfd, 2> news{pollfd{ours_to_hear_.get(), POLLIN, 0},
                                   pollfd{child_->pidfd().get(), POLLIN, 0}};
        const std::int64_t left_ms = (deadline_ns - monotonic_ns() + kNsPerMs - 1) / kNsPerMs;
        if (left_ms <= 0) {
            return Line::late;
        }
        poll(news.data(), news.size(), static_cast<int>(left_ms));
        ended = news[1].revents != 0 && news[0].revents == 0;
    }
}

}  // namespace castaway::harness
