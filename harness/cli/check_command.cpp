// castaway check: judges histories, ours and other systems'.
#include <fmt/format.h>

#include <fstream>
#include <string>

#include "harness/base/words.h"
#include "harness/checkers/telling.h"
#include "harness/cli/commands.h"
#include "harness/interchange/history_reader.h"
#include "harness/interchange/judge_file.h"
#include "harness/linearize/judge_history.h"
#include "harness/result/result_json.h"

namespace castaway::harness {
namespace {

/// What was found of a run's history, with names for numbers.
class RunTeller {
  public:
    RunTeller(const History& history, const HistoryJudgement& judgement)
        : history_(history), judgement_(judgement) {}

    ToldHistory tell(std::string name) {
        ToldHistory told;
        told.name = std::move(name);
        told.operations = history_.operations.size();
        told.subject = fmt::format("Win32 objects: {} of {} on {}",
                                   counted(told.operations, "operation", "operations"),
                                   counted(history_.processes.size(), "process", "processes"),
                                   counted(history_.objects.size(), "object", "objects"));
        for (const HistoryPart& part : judgement_.parts) {
            ToldPart& each = told.parts.emplace_back();
            for (const ObjectIndex object : part.objects) {
                const HistoryObject& known = history_.objects[object];
                each.objects += fmt::format("{}{} \"{}\"", each.objects.empty() ? "" : ", ",
                                            to_string(known.type), known.name);
            }
            each.judgement = part.judgement;
            tell_operations(each.judgement, told);
        }
        return told;
    }

  private:
    void tell_operations(Judgement& judgement, ToldHistory& told) {
        if (judgement.linearization) {
            for (const OperationId id : *judgement.linearization) {
                told.told.emplace(id, operation(id));
            }
        }
        if (!judgement.witness) {
            return;
        }
        for (const auto* ids :
             {&judgement.witness->core, &judgement.witness->context, &judgement.witness->beside}) {
            for (const OperationId id : *ids) {
                told.told.emplace(id, operation(id));
            }
        }
        told.told.emplace(judgement.witness->impossible, operation(judgement.witness->impossible));
        name_threads(judgement.witness->states_before);
        name_threads(judgement.witness->states_after);
    }

    [[nodiscard]] ToldOperation operation(OperationId id) const {
        ToldOperation told;
        if (id >= history_.operations.size()) {
            const HistoryEnd& end = judgement_.ends.at(id - history_.operations.size());
            const HistoryProcess& process = history_.processes.at(end.process);
            told.process = end.thread ? process.threads.at(*end.thread).name : process.name;
            told.call = "is gone";
            told.invoked = end.lived_at_ns;
            told.returned = end.settled_by_ns;
            told.where = fmt::format("at some time from {} on", in_ms(end.lived_at_ns));
            return told;
        }
        const Operation& known = history_.operations[id];
        told.process = history_.processes.at(known.process).threads.at(known.thread).name;
        told.call = to_string(known.kind);
        const bool in_turn = known.kind == OperationKind::signal_and_wait;
        for (std::size_t i = 0; i < known.objects.size(); ++i) {
            told.call += in_turn && i > 0 ? ", then " : " ";
            told.call += history_.objects.at(known.objects[i]).name;
        }
        if (known.kind == OperationKind::release_semaphore) {
            told.call += fmt::format(" by {}", known.count);
        }
        told.invoked = known.invoked_ns;
        told.where = in_ms(known.invoked_ns) + ", no answer";
        if (!known.pending()) {
            told.answer = to_string(known.status);
            if (known.status == ResponseStatus::failed) {
                told.answer += fmt::format(" with error {}", known.error);
            }
            const bool names_one =
                known.kind == OperationKind::wait_any || known.status == ResponseStatus::abandoned;
            if (names_one && known.satisfied() && known.objects.size() > 1 &&
                known.kind != OperationKind::signal_and_wait) {
                told.answer +=
                    " by " + history_.objects.at(known.objects.at(known.satisfied_by)).name;
            }
            told.returned = known.returned_ns;
            told.where = fmt::format("{} to {}", in_ms(known.invoked_ns), in_ms(known.returned_ns));
        }
        return told;
    }

    void name_threads(std::vector<std::string>& states) const {
        for (std::string& state : states) {
            state = with_thread_names(history_, state);
        }
    }

    const History& history_;
    const HistoryJudgement& judgement_;
};

void check_result(const std::filesystem::path& file, const CheckOptions& options,
                  const SearchLimits& limits, std::vector<ToldHistory>& told) {
    if (!options.model.empty()) {
        throw InputError("--model", file.string() + " holds runs of Win32 objects",
                         "leave the option out");
    }
    const SuiteResult result = read_result(file);
    for (const RunResult& run : result.runs) {
        if (run.history.operations.empty()) {
            continue;  // It was skipped, or did not come to anything.
        }
        History history = run.history;
        if (const std::string breach = normalise(history); !breach.empty()) {
            throw InputError(file.string(), fmt::format("the history of {} is not sound: {}",
                                                        run.scenario, breach));
        }
        const HistoryJudgement judgement = judge_history(history, limits);
        told.push_back(
            RunTeller(history, judgement)
                .tell(fmt::format("{}: {} (seed {})", file.string(), run.scenario, run.seed)));
    }
}

/// Whether it begins as a result does. Other files are read as histories, and complained of so.
bool looks_like_result(const std::filesystem::path& file) {
    constexpr std::size_t kLookedAt = 64;
    std::string beginning(kLookedAt, '\0');
    std::ifstream in(file, std::ios::binary);
    in.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    return beginning.find("\"castaway_result\"") != std::string::npos;
}

}  // namespace

ExitCode check_command(const CheckOptions& options) {
    SearchLimits limits;
    limits.steps_max = options.budget;
    limits.linearization_max = options.linearization_max;
    std::optional<HistoryModel> model;
    if (!options.model.empty()) {
        model = model_from_option(options.model);
    }
    // All are read before anything is told: where one is bad, nobody shall see a verdict.
    std::vector<ToldHistory> told;
    for (const std::filesystem::path& path : options.paths) {
        const std::filesystem::path file =
            std::filesystem::is_directory(path) ? path / "result.json" : path;
        if (looks_like_result(file)) {
            check_result(file, options, limits, told);
        } else {
            told.push_back(judge_file(file, model, limits));
        }
    }
    Finding worst = told.empty() ? Finding::inconclusive : Finding::linearizable;
    for (const ToldHistory& history : told) {
        const Finding finding = overall(history);
        if (worst != Finding::not_linearizable && finding != Finding::linearizable) {
            worst = finding;
        }
        if (!options.json) {
            fmt::print("{}", in_words(history));
        }
    }
    if (options.json) {
        fmt::print("{}", in_json(told));
    } else if (told.empty()) {
        fmt::print("nothing to judge: no run made an operation\n");
    }
    switch (worst) {
        case Finding::linearizable:
            return ExitCode::pass;
        case Finding::not_linearizable:
            return ExitCode::check_failed;
        case Finding::inconclusive:
            break;
    }
    return ExitCode::inconclusive;
}

}  // namespace castaway::harness
