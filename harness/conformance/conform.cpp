#include "harness/conformance/conform.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "harness/base/error.h"
#include "harness/conformance/call_runner.h"
#include "harness/conformance/words.h"
#include "harness/model/win32/world.h"

namespace castaway::harness::conformance {
namespace {

constexpr std::uint64_t kWaitFailed = 0xffffffff;

bool was_refused(const win32::Call& call, const win32::Response& response) {
    using win32::Function;
    if (call.function == Function::kill_process || call.function == Function::exit_thread) {
        return false;  // no calls of the interface
    }
    const bool waits =
        call.function >= Function::wait && call.function <= Function::signal_and_wait;
    return response.result == (waits ? kWaitFailed : 0);
}

/// One program being made.
class Attempt {
  public:
    explicit Attempt(const std::string& subject) : runner_(subject) {}

    /// False when something went wrong.
    bool make(const win32::Call& planned) {
        Step step;
        step.call = runner_.fill_in(planned);
        step.note = world_.leaves_open(step.call);
        if (!step.note.empty()) {
            ++trial_.left_open;
            trial_.steps.push_back(std::move(step));
            return true;
        }
        CallAnswer answer = runner_.call(planned);
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

    CallRunner runner_;
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

Trial try_program(const Program& program, const std::string& subject) {
    Attempt attempt(subject);
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

Program shrink(const Program& program, const std::string& subject, std::uint32_t trials,
               Trial& shortest) {
    Program best = program;
    const auto cut_behind_finding = [&] {
        const std::size_t made = shortest.finding->step + 1;
        best.calls.resize(std::min(best.calls.size(), made));
    };
    const auto still_wrong = [&](const Program& candidate) {
        --trials;
        Trial trial = try_program(candidate, subject);
        if (!trial.finding) {
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

ConformanceReport conform(const ConformanceOptions& options,
                          const std::function<void(std::uint64_t)>& done) {
    ConformanceReport report;
    report.options = options;
    std::vector<Trial> trials(options.programs);
    std::atomic<std::uint64_t> next = 0;
    std::atomic<std::uint64_t> first_wrong = options.programs;
    std::mutex mutex;
    std::uint64_t over = 0;        // guarded by mutex
    std::exception_ptr failure{};  // guarded by mutex; the first
    const auto work = [&] {
        for (std::uint64_t i = next++; i < options.programs && i < first_wrong; i = next++) {
            try {
                Trial trial =
                    try_program(draw_program(options.seed + i, options.calls), options.subject);
                if (!trial.finding) {
                    trial.steps = {};  // thousands of programs are kept
                }
                const std::lock_guard guard(mutex);
                if (trial.finding) {
                    first_wrong = std::min<std::uint64_t>(first_wrong, i);
                }
                trials[i] = std::move(trial);
                if (done) {
                    done(++over);
                }
            } catch (...) {
                const std::lock_guard guard(mutex);
                failure = failure ? failure : std::current_exception();
                first_wrong = 0;
            }
        }
    };
    {
        std::vector<std::jthread> workers;
        for (std::uint32_t i = 1; i < options.jobs; ++i) {
            workers.emplace_back(work);
        }
        work();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    report.programs = std::min<std::uint64_t>(first_wrong + 1, options.programs);
    for (std::uint64_t i = 0; i < report.programs; ++i) {
        add(report.tallies, trials[i].tallies);
        report.left_open += trials[i].left_open;
    }
    if (first_wrong < options.programs) {
        report.failing = draw_program(options.seed + first_wrong, options.calls);
        report.shown = std::move(trials[first_wrong]);
        Trial shortest = *report.shown;
        report.shortest = shrink(*report.failing, options.subject, options.shrinking, shortest);
        report.shown = std::move(shortest);
    }
    return report;
}

}  // namespace castaway::harness::conformance
