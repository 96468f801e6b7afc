#include "harness/conformance/conform.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "harness/base/error.h"
#include "harness/conformance/call_runner.h"
#include "harness/conformance/external_runner.h"
#include "harness/conformance/words.h"
#include "harness/model/win32/world.h"

namespace castaway::harness::conformance {
namespace {

/// Each lasts as long as a call may.
constexpr std::uint32_t kTrialsOfHangs = 12;

bool was_refused(const win32::Call& call, const win32::Response& response) {
    using win32::Function;
    if (call.function == Function::kill_process || call.function == Function::exit_thread) {
        return false;  // no calls of the interface
    }
    // A sleep cannot fail.
    return call.function != Function::sleep && response.result == win32::failure_of(call.function);
}

std::unique_ptr<ProgramRunner> runner_of(const Implementation& implementation) {
    if (implementation.caller.empty()) {
        return std::make_unique<CallRunner>(implementation.subject);
    }
    return std::make_unique<ExternalRunner>(implementation.caller);
}

/// One program being made.
class Attempt {
  public:
    explicit Attempt(const Implementation& implementation)
        : runner_(runner_of(implementation)), world_(implementation.standard) {}

    /// False when something went wrong.
    bool make(const win32::Call& planned) {
        Step step;
        step.call = runner_->fill_in(planned);
        step.note = world_.leaves_open(step.call);
        if (!step.note.empty()) {
            ++trial_.left_open;
            trial_.steps.push_back(std::move(step));
            return true;
        }
        CallAnswer answer = runner_->call(planned);
        step.call = answer.call;
        step.response = answer.response;
        const std::string wrong = judge(step, answer);
        trial_.steps.push_back(std::move(step));
        if (!wrong.empty()) {
            trial_.finding = Finding{trial_.steps.size() - 1, wrong};
        }
        return wrong.empty();
    }

    Trial take() { return std::move(trial_); }

  private:
    std::string judge(Step& step, const CallAnswer& answer) {
        std::string wrong;
        switch (answer.outcome) {
            case CallOutcome::answered: {
                step.answered = true;
                wrong = world_.judge(step.call, step.response);
                Tally& tally = trial_.tallies[step.call.function];
                ++tally.judged;
                tally.refused += was_refused(step.call, step.response) ? 1U : 0U;
                break;
            }
            case CallOutcome::ended:
                step.note = "its process ends";
                wrong = world_.judge_end(step.call);
                ++trial_.tallies[step.call.function].judged;
                break;
            case CallOutcome::not_made:
                throw HarnessError("call " + std::to_string(step.call.number) + " (" +
                                   conformance::describe(step.call, true) +
                                   ") could not be made: " + answer.explanation);
            case CallOutcome::hung:
                step.hung = true;
                [[fallthrough]];
            case CallOutcome::died:
            case CallOutcome::end_not_told:
                step.note = answer.explanation;
                wrong = answer.explanation;
                break;
        }
        for (const std::uint32_t ended : answer.ended) {
            if (wrong.empty() && world_.is_alive(ended)) {
                wrong = fmt::format("process {} must not end", ended);
            }
        }
        return wrong;
    }

    std::unique_ptr<ProgramRunner> runner_;
    win32::World world_;
    Trial trial_;
};

void add(std::map<win32::Function, Tally>& sum, const std::map<win32::Function, Tally>& more) {
    for (const auto& [function, tally] : more) {
        sum[function].judged += tally.judged;
        sum[function].refused += tally.refused;
    }
}

}  // namespace

Trial try_program(const Program& program, const Implementation& implementation) {
    Attempt attempt(implementation);
    for (const win32::Call& call : program.calls) {
        if (!attempt.make(call)) {
            break;
        }
    }
    return attempt.take();
}

std::string describe(const Trial& trial) {
    std::string text;
    for (std::size_t i = 0; i < trial.steps.size(); ++i) {
        const Step& step = trial.steps[i];
        const bool wrong = trial.finding && trial.finding->step == i;
        if (!step.answered && !wrong && step.note != "its process ends") {
            continue;  // it was not made
        }
        text += fmt::format("  {:>4}  {}: {}", fmt::format("#{}", step.call.number),
                            describe_caller(step.call), conformance::describe(step.call, true));
        text += step.answered
                    ? fmt::format(" -> {}\n", conformance::describe(step.call, step.response))
                    : fmt::format(" ({})\n", step.note);
        if (wrong) {
            text += fmt::format("        wrong: {}\n", trial.finding->wrong);
        }
    }
    return text;
}

std::string kind_of(const Trial& trial) {
    const std::string& wrong = trial.finding->wrong;
    std::string kind = win32::name_of(trial.steps[trial.finding->step].call.function);
    kind += ": ";
    // Which call or object it is differs from program to program; which error is to be does not.
    bool numbered = false;
    for (const char c : wrong) {
        const bool digit = c >= '0' && c <= '9';
        numbered = digit && (numbered || kind.ends_with("call ") || kind.ends_with("object ") ||
                             kind.ends_with("process "));
        if (!numbered) {
            kind += c;
        }
    }
    return kind;
}

Program shrink(const Program& program, const Implementation& implementation, std::uint32_t trials,
               Trial& shortest) {
    const std::string kind = kind_of(shortest);
    Program best = program;
    if (shortest.steps[shortest.finding->step].hung) {
        trials = std::min(trials, kTrialsOfHangs);
    }
    const auto cut_behind_finding = [&] {
        const std::size_t made = shortest.finding->step + 1;
        best.calls.resize(std::min(best.calls.size(), made));
    };
    const auto still_wrong = [&](const Program& candidate) {
        --trials;
        Trial trial = try_program(candidate, implementation);
        if (!trial.finding || kind_of(trial) != kind) {
            return false;
        }
        shortest = std::move(trial);
        return true;
    };
    cut_behind_finding();
    for (std::size_t size = std::max<std::size_t>(best.calls.size() / 2, 1);;) {
        bool shorter = false;
        for (std::size_t end = best.calls.size(); end > 0 && trials > 0;) {
            const std::size_t from = end > size ? end - size : 0;
            Program candidate = best;
            candidate.calls.erase(candidate.calls.begin() + static_cast<std::ptrdiff_t>(from),
                                  candidate.calls.begin() + static_cast<std::ptrdiff_t>(end));
            if (still_wrong(candidate)) {
                best = std::move(candidate);
                cut_behind_finding();
                shorter = true;
            }
            end = std::min(from, best.calls.size());
        }
        if (trials == 0 || (size == 1 && !shorter)) {
            return best;
        }
        size = shorter ? size : size / 2;
    }
}

std::uint64_t ConformanceReport::judged() const {
    std::uint64_t sum = 0;
    for (const auto& [function, tally] : tallies) {
        sum += tally.judged;
    }
    return sum;
}

namespace {

/// A trial in which something went wrong, and its program.
struct Failure {
    Program program;
    Trial trial;
};

/// What came of one drawn program.
struct Outcome {
    std::map<win32::Function, Tally> tallies;  ///< of its last trial
    std::uint64_t left_open = 0;
    std::vector<Failure> failures;
};

Outcome outcome_of(const ConformanceOptions& options, std::uint64_t seed) {
    Outcome outcome;
    Program program = draw_program(seed, options.calls, options.processes);
    for (;;) {
        Trial trial = try_program(program, options.implementation);
        outcome.tallies = trial.tallies;
        outcome.left_open = trial.left_open;
        if (!trial.finding) {
            return outcome;
        }
        const std::size_t wrong = trial.finding->step;
        outcome.failures.push_back({program, std::move(trial)});
        // Without its first call there is no process.
        if (!options.keep_going || wrong == 0) {
            return outcome;
        }
        program.calls.erase(program.calls.begin() + static_cast<std::ptrdiff_t>(wrong));
    }
}

/// Draws and makes programs, several at a time.
class Campaign {
  public:
    Campaign(const ConformanceOptions& options, const std::function<void(std::uint64_t)>& done)
        : options_(options), done_(done), outcomes_(options.programs), end_(options.programs) {}

    /// The outcomes in the order of the seeds: up to the first failure, or all.
    std::vector<Outcome> run() {
        {
            // What a command from outside leaves is ended after each program.
            const bool ours = options_.implementation.caller.empty();
            std::vector<std::jthread> workers;
            for (std::uint32_t i = 1; ours && i < options_.jobs; ++i) {
                workers.emplace_back([this] { work(); });
            }
            work();
        }
        if (error_) {
            std::rethrow_exception(error_);
        }
        outcomes_.resize(end_);
        return std::move(outcomes_);
    }

  private:
    void work() {
        for (std::uint64_t i = next_++; i < end_; i = next_++) {
            try {
                Outcome outcome = outcome_of(options_, options_.seed + i);
                const std::lock_guard guard(mutex_);
                if (!outcome.failures.empty() && !options_.keep_going) {
                    end_ = std::min<std::uint64_t>(end_, i + 1);
                }
                outcomes_[i] = std::move(outcome);
                if (done_) {
                    done_(++over_);
                }
            } catch (...) {
                const std::lock_guard guard(mutex_);
                error_ = error_ ? error_ : std::current_exception();
                end_ = 0;
            }
        }
    }

    const ConformanceOptions& options_;
    const std::function<void(std::uint64_t)>& done_;
    std::vector<Outcome> outcomes_;
    std::atomic<std::uint64_t> next_ = 0;
    std::atomic<std::uint64_t> end_;  ///< programs from here on are of no interest
    std::mutex mutex_;
    std::uint64_t over_ = 0;      // guarded by mutex_
    std::exception_ptr error_{};  // guarded by mutex_; the first
};

}  // namespace

ConformanceReport conform(const ConformanceOptions& options,
                          const std::function<void(std::uint64_t)>& done) {
    ConformanceReport report;
    report.options = options;
    std::map<std::string, std::size_t> places;
    for (Outcome& outcome : Campaign(options, done).run()) {
        ++report.programs;
        add(report.tallies, outcome.tallies);
        report.left_open += outcome.left_open;
        for (Failure& failure : outcome.failures) {
            const auto [place, is_new] =
                places.try_emplace(kind_of(failure.trial), report.found.size());
            if (is_new) {
                report.found.push_back({std::move(failure.program), {}, std::move(failure.trial)});
            } else {
                ++report.found[place->second].times;
            }
        }
    }
    for (Discovery& each : report.found) {
        each.shortest = shrink(each.drawn, options.implementation, options.shrinking, each.trial);
    }
    return report;
}

}  // namespace castaway::harness::conformance
