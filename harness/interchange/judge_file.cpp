#include "harness/interchange/judge_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <unordered_map>

#include "harness/base/error.h"
#include "harness/base/words.h"
#include "harness/interchange/history_reader.h"
#include "harness/interchange/operations.h"
#include "harness/linearize/object_judge.h"

namespace castaway::harness {
namespace {

/// What the first reading learns.
struct Survey {
    std::uint64_t operations = 0;
    std::uint64_t deaths = 0;
    /// Calls that stay open for ever. Those of processes that die are not among them.
    std::set<OperationId> left_open;
    std::uint64_t closed_by_death = 0;
    /// By process that dies: the number of its last event before that.
    std::unordered_map<std::uint32_t, std::uint64_t> last_events;
    /// By object; without ends of processes.
    std::vector<Extent> extents;
};

Survey survey(HistoryReader& reader) {
    struct Process {
        std::uint64_t last_event = 0;
        std::optional<OperationId> open;
    };
    Survey survey;
    std::vector<Process> processes;
    std::vector<std::size_t> open;
    std::uint64_t number = 0;
    while (const std::optional<HistoryEvent> event = reader.next()) {
        processes.resize(reader.processes());
        open.resize(reader.objects(), 0);
        survey.extents.resize(reader.objects());
        Process& process = processes[event->process];
        switch (event->kind) {
            case EventKind::invoke:
                process.open = event->operation;
                ++survey.extents[event->object].operations;
                survey.extents[event->object].most_open =
                    std::max(survey.extents[event->object].most_open, ++open[event->object]);
                break;
            case EventKind::answer:
                if (event->call.verb == Verb::release &&
                    (event->answer.previous || event->answer.kind == AnswerKind::failed)) {
                    survey.extents[event->object].counts_told = true;
                }
                if (event->answer.kind == AnswerKind::unknown) {
                    survey.left_open.insert(event->operation);
                } else {
                    --open[event->object];
                }
                process.open.reset();
                break;
            case EventKind::death:
                ++survey.deaths;
                survey.last_events[event->process] = process.last_event;
                if (event->open) {
                    ++survey.closed_by_death;
                    --open[event->object];
                }
                process.open.reset();
                break;
        }
        process.last_event = number++;
    }
    for (const Process& process : processes) {
        if (process.open) {
            survey.left_open.insert(*process.open);
        }
    }
    survey.operations = reader.operations();
    return survey;
}

std::string where(const ToldOperation& told) {
    return told.returned ? fmt::format("lines {} to {}", told.invoked, *told.returned)
                         : fmt::format("line {}, no answer", told.invoked);
}

/// Tells each object's judge what concerns it.
template <typename Operation>
class FileJudge {
  public:
    using Judge = ObjectJudge<Operation>;

    FileJudge(HistoryReader& reader, const Survey& survey, const SearchLimits& limits)
        : reader_(reader), survey_(survey), limits_(limits), model_(reader.model()) {}

    void judge(ToldHistory& judgement) {
        std::uint64_t number = 0;
        while (const std::optional<HistoryEvent> event = reader_.next()) {
            if (event->process >= processes_.size()) {
                processes_.resize(event->process + 1);
            }
            take(*event);
            if (event->kind != EventKind::death) {
                const auto last = survey_.last_events.find(event->process);
                if (last != survey_.last_events.end() && last->second == number) {
                    begin_ends(event->process, event->line, event->kind == EventKind::invoke);
                }
            }
            ++number;
        }
        for (std::uint32_t object = 0; object < judges_.size(); ++object) {
            const std::string& name = reader_.object_name(object);
            judgement.parts.push_back(
                {name.empty() ? ""
                              : fmt::format("{} {}", to_string(model_.kind), quoted_json(name)),
                 judges_[object]->conclude()});
        }
        for (const auto& [id, end] : ends_told_) {
            judgement.told[id] = end;
        }
    }

  private:
    struct End {
        std::uint32_t object;
        std::uint64_t number;
    };
    struct Process {
        std::uint32_t object = 0;  ///< of its last call
        std::uint64_t number = 0;  ///< that call's, at the object's judge
        std::set<std::uint32_t> acquired;
        std::vector<End> ends;
    };

    void take(const HistoryEvent& event) {
        Process& process = processes_[event.process];
        if (event.kind == EventKind::death) {
            if (event.open && !judges_[event.object]->over()) {
                judges_[event.object]->close(process.number,
                                             operation(event.process, event.call, std::nullopt), 0);
            }
            finish_ends(process, event);
            return;
        }
        while (judges_.size() <= event.object) {
            const Extent& extent = survey_.extents[judges_.size()];
            judges_.push_back(make_judge(
                {extent.operations, extent.most_open + survey_.deaths, extent.counts_told}));
        }
        Judge& judge = *judges_[event.object];
        if (event.kind == EventKind::invoke) {
            if (event.call.verb == Verb::acquire && model_.kind == ModelKind::mutex) {
                process.acquired.insert(event.object);
            }
            if (judge.over()) {
                return;
            }
            process.object = event.object;
            process.number = judge.begin(event.operation);
            if (survey_.left_open.contains(event.operation)) {
                judge.leave_open(process.number,
                                 operation(event.process, event.call, std::nullopt));
            }
            return;
        }
        if (judge.over() || event.answer.kind == AnswerKind::unknown) {
            return;
        }
        if (event.answer.kind == AnswerKind::failed &&
            !failure_tells(model_.kind, event.call.verb)) {
            judge.withdraw(process.number);
        } else {
            judge.answer(process.number, operation(event.process, event.call, event.answer), 0);
        }
    }

    /// Ends of mutexes' owners: from the last sign of life on, each at a moment of its own.
    void begin_ends(std::uint32_t number, std::uint64_t line, bool amid_call) {
        if constexpr (std::is_same_v<Operation, ObjectOperation>) {
            Process& process = processes_[number];
            for (const std::uint32_t object : process.acquired) {
                Judge& judge = *judges_[object];
                if (judge.over()) {
                    continue;
                }
                const auto id = static_cast<OperationId>(survey_.operations + ends_++);
                process.ends.push_back({object, judge.begin(id)});
                if (amid_call && process.object == object) {
                    judge.link(process.ends.back().number, process.number);
                }
                ends_told_[id].process = reader_.process_name(number);
                ends_told_[id].call = "is gone";
                ends_told_[id].invoked = static_cast<std::int64_t>(line);
                end_ids_[{number, object}] = id;
            }
        }
    }

    void finish_ends(Process& process, const HistoryEvent& event) {
        if constexpr (std::is_same_v<Operation, ObjectOperation>) {
            for (const End& end : process.ends) {
                if (!judges_[end.object]->over()) {
                    ObjectOperation gone;
                    gone.act = Act::thread_end;
                    gone.status = ResponseStatus::ok;
                    gone.thread = event.process;
                    judges_[end.object]->answer(end.number, gone, 0);
                }
                ToldOperation& told = ends_told_[end_ids_[{event.process, end.object}]];
                told.returned = static_cast<std::int64_t>(event.line);
                told.where = where(told);
            }
        }
        process.ends.clear();
        process.acquired.clear();
    }

    Operation operation(std::uint32_t process, const Call& call,
                        const std::optional<Answer>& answer) const {
        if constexpr (std::is_same_v<Operation, RegisterOperation>) {
            return register_operation(call, answer);
        } else if constexpr (std::is_same_v<Operation, KeyValueOperation>) {
            return key_value_operation(call, answer);
        } else {
            return object_operation(model_.kind, process, call, answer);
        }
    }

    std::unique_ptr<Judge> make_judge(Extent extent) {
        ValueTable& values = reader_.values();
        if constexpr (std::is_same_v<Operation, RegisterOperation>) {
            return judge_of(RegisterModel(values, values.of(model_.initial_value)), limits_,
                            extent);
        } else if constexpr (std::is_same_v<Operation, KeyValueOperation>) {
            return judge_of(KeyValueModel(values, values.of(model_.initial_value)), limits_,
                            extent);
        } else {
            switch (model_.kind) {
                case ModelKind::mutex:
                    return judge_of(MutexModel(model_.mutex), limits_, extent);
                case ModelKind::semaphore:
                    return judge_of(SemaphoreModel(model_.initial_count, model_.maximum_count),
                                    limits_, extent);
                default:
                    return judge_of(EventModel(model_.reset, model_.signaled), limits_, extent);
            }
        }
    }

    HistoryReader& reader_;
    const Survey& survey_;
    SearchLimits limits_;
    const HistoryModel& model_;
    std::vector<Process> processes_;
    std::vector<std::unique_ptr<Judge>> judges_;
    std::uint64_t ends_ = 0;
    std::map<std::pair<std::uint32_t, std::uint32_t>, OperationId> end_ids_;
    std::map<OperationId, ToldOperation> ends_told_;
};

std::string call_in_words(const HistoryReader& reader, ValueTable& values, const Call& call) {
    std::string verb(to_string(call.verb));
    const bool texts = reader.model().kind == ModelKind::key_value;
    const auto value = [&](ValueId id) {
        return texts ? quoted_json(values.text(id)) : values.text(id);
    };
    switch (call.verb) {
        case Verb::write:
        case Verb::put:
        case Verb::append:
            return verb + " " + value(call.value);
        case Verb::compare_and_set:
            return fmt::format("{} {} to {}", verb, value(call.expected), value(call.value));
        case Verb::release:
            return call.count == 1 ? verb : fmt::format("{} {}", verb, call.count);
        default:
            return verb;
    }
}

std::string answer_in_words(const HistoryReader& reader, ValueTable& values, const Call& call,
                            const Answer& answer) {
    if (answer.kind == AnswerKind::ok && (call.verb == Verb::read || call.verb == Verb::get)) {
        const std::string text = values.text(answer.value);
        return reader.model().kind == ModelKind::key_value ? quoted_json(text) : text;
    }
    if (answer.previous) {
        return fmt::format("ok, the count was {}", *answer.previous);
    }
    return std::string(to_string(answer.kind));
}

/// "{3}" in a state's description stands for a process.
void name_processes(std::vector<std::string>& states, const HistoryReader& reader) {
    for (std::string& state : states) {
        const std::size_t open = state.find('{');
        const std::size_t close = state.find('}', open);
        if (open != std::string::npos && close != std::string::npos) {
            const auto number =
                static_cast<std::uint32_t>(std::stoul(state.substr(open + 1, close - open - 1)));
            state.replace(open, close - open + 1, reader.process_name(number));
        }
    }
}

/// Reads the file once more for the operations that the judgement names.
void tell_operations(HistoryReader& reader, ToldHistory& judgement) {
    std::set<OperationId> named;
    for (const ToldPart& part : judgement.parts) {
        if (part.judgement.witness) {
            named.insert(part.judgement.witness->core.begin(), part.judgement.witness->core.end());
            named.insert(part.judgement.witness->context.begin(),
                         part.judgement.witness->context.end());
            named.insert(part.judgement.witness->beside.begin(),
                         part.judgement.witness->beside.end());
            named.insert(part.judgement.witness->impossible);
        }
        if (part.judgement.linearization) {
            named.insert(part.judgement.linearization->begin(),
                         part.judgement.linearization->end());
        }
    }
    // Ends of processes are told already.
    for (auto end = judgement.told.begin(); end != judgement.told.end();) {
        end = named.contains(end->first) ? std::next(end) : judgement.told.erase(end);
    }
    if (named.empty()) {
        return;
    }
    while (const std::optional<HistoryEvent> event = reader.next()) {
        const bool matters =
            (event->kind != EventKind::death || event->open) && named.contains(event->operation);
        if (!matters) {
            continue;
        }
        ToldOperation& told = judgement.told[event->operation];
        if (event->kind == EventKind::invoke) {
            told.process = reader.process_name(event->process);
            told.call = call_in_words(reader, reader.values(), event->call);
            told.invoked = static_cast<std::int64_t>(event->line);
            told.where = where(told);
        } else if (event->kind == EventKind::answer && event->answer.kind != AnswerKind::unknown) {
            told.answer = answer_in_words(reader, reader.values(), event->call, event->answer);
            told.returned = static_cast<std::int64_t>(event->line);
            told.where = where(told);
        }
    }
}

ToldHistory judged(const std::filesystem::path& file, const std::optional<HistoryModel>& model,
                   const SearchLimits& limits) {
    ToldHistory judgement;
    Survey facts;
    judgement.name = file.string();
    {
        HistoryReader first(file, model);
        facts = survey(first);
        judgement.operations = facts.operations;
        judgement.subject = fmt::format(
            "{}: {} of {} on {}; {}, {}", to_string(first.model().kind),
            counted(facts.operations, "operation", "operations"),
            counted(first.processes(), "process", "processes"),
            counted(first.objects(), "object", "objects"), counted(facts.deaths, "death", "deaths"),
            counted(facts.left_open.size() + facts.closed_by_death, "call without an answer",
                    "calls without an answer"));
    }
    HistoryReader reader(file, model);
    switch (reader.model().kind) {
        case ModelKind::register_cell:
            FileJudge<RegisterOperation>(reader, facts, limits).judge(judgement);
            break;
        case ModelKind::key_value:
            FileJudge<KeyValueOperation>(reader, facts, limits).judge(judgement);
            break;
        default:
            FileJudge<ObjectOperation>(reader, facts, limits).judge(judgement);
            break;
    }
    for (ToldPart& part : judgement.parts) {
        if (part.judgement.witness) {
            name_processes(part.judgement.witness->states_before, reader);
            name_processes(part.judgement.witness->states_after, reader);
        }
    }
    HistoryReader again(file, model);
    tell_operations(again, judgement);
    return judgement;
}

}  // namespace

ToldHistory judge_file(const std::filesystem::path& file, const std::optional<HistoryModel>& model,
                       const SearchLimits& limits) {
    try {
        return judged(file, model, limits);
    } catch (const InputError& error) {
        throw InputError(printable(error.what()));  // It may quote from the file.
    }
}

}  // namespace castaway::harness
