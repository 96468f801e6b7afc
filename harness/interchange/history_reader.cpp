#include "harness/interchange/history_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

constexpr std::string_view kHeaderKey = "castaway_history";

struct VerbWord {
    ModelKind model;
    std::string_view word;
    Verb verb;
};

constexpr std::array kVerbs{
    VerbWord{ModelKind::register_cell, "read", Verb::read},
    VerbWord{ModelKind::register_cell, "write", Verb::write},
    VerbWord{ModelKind::register_cell, "compare_and_set", Verb::compare_and_set},
    VerbWord{ModelKind::key_value, "get", Verb::get},
    VerbWord{ModelKind::key_value, "put", Verb::put},
    VerbWord{ModelKind::key_value, "append", Verb::append},
    VerbWord{ModelKind::mutex, "acquire", Verb::acquire},
    VerbWord{ModelKind::mutex, "release", Verb::release},
    VerbWord{ModelKind::semaphore, "acquire", Verb::acquire},
    VerbWord{ModelKind::semaphore, "release", Verb::release},
    VerbWord{ModelKind::event, "set", Verb::set},
    VerbWord{ModelKind::event, "reset", Verb::reset},
    VerbWord{ModelKind::event, "wait", Verb::wait},
};

constexpr std::array kAnswers{AnswerKind::ok, AnswerKind::abandoned, AnswerKind::timeout,
                              AnswerKind::failed, AnswerKind::unknown};

bool may_time_out(Verb verb) {
    return verb == Verb::acquire || verb == Verb::wait;
}

/// Records of one time in the order that orders the fewest calls: first what begins, then what ends
/// for the sake of its process's next call, then what ends.
void order_group(std::deque<HistoryEvent>& group) {
    std::vector<char> ended;
    std::vector<char> goes_on;
    const auto at = [](std::vector<char>& of, std::uint32_t process) -> char& {
        if (of.size() <= process) {
            of.resize(process + 1, 0);
        }
        return of[process];
    };
    for (const HistoryEvent& event : group) {
        char& has_ended = at(ended, event.process);
        if (event.kind == EventKind::invoke && has_ended != 0) {
            at(goes_on, event.process) = 1;
        } else if (event.kind != EventKind::invoke) {
            has_ended = 1;
        }
    }
    std::deque<HistoryEvent> sorted;
    std::fill(ended.begin(), ended.end(), 0);
    std::deque<HistoryEvent> chains;
    std::deque<HistoryEvent> ends;
    for (const HistoryEvent& event : group) {
        const bool chained = at(goes_on, event.process) != 0;
        if (event.kind == EventKind::invoke && (!chained || at(ended, event.process) == 0)) {
            sorted.push_back(event);
        } else if (chained) {
            at(ended, event.process) = 1;
            chains.push_back(event);
        } else {
            ends.push_back(event);
        }
    }
    std::stable_sort(chains.begin(), chains.end(),
                     [](const auto& a, const auto& b) { return a.process < b.process; });
    sorted.insert(sorted.end(), chains.begin(), chains.end());
    sorted.insert(sorted.end(), ends.begin(), ends.end());
    group = std::move(sorted);
}

}  // namespace

std::string_view to_string(Verb verb) {
    return std::find_if(kVerbs.begin(), kVerbs.end(),
                        [verb](const VerbWord& word) { return word.verb == verb; })
        ->word;
}

std::string_view to_string(AnswerKind kind) {
    switch (kind) {
        case AnswerKind::ok:
            return "ok";
        case AnswerKind::abandoned:
            return "abandoned";
        case AnswerKind::timeout:
            return "timeout";
        case AnswerKind::failed:
            return "failed";
        case AnswerKind::unknown:
            break;
    }
    return "unknown";
}

HistoryReader::HistoryReader(const std::filesystem::path& file,
                             const std::optional<HistoryModel>& model)
    : lines_(file) {
    read_header(model);
}

void HistoryReader::fail(const std::string& problem, const std::string& mend) const {
    throw InputError(lines_.place(), problem, mend);
}

void HistoryReader::read_header(const std::optional<HistoryModel>& model) {
    const std::string mend =
        fmt::format("the first line must be like {{\"{}\":{},\"model\":\"mutex\"}}", kHeaderKey,
                    kInterchangeFormat);
    if (!lines_.next()) {
        fail("the file is empty", mend);
    }
    if (const auto problem = record_.read(lines_.line())) {
        throw InputError(lines_.place(problem->column), problem->what, mend);
    }
    const FlatField* version = record_.find(kHeaderKey);
    if (version == nullptr) {
        fail("this is no castaway history", mend);
    }
    if (version->integer() != kInterchangeFormat) {
        fail(fmt::format("format version {} is not known", version->value),
             fmt::format("this program reads version {}", kInterchangeFormat));
    }
    std::vector<FlatField> parameters;
    const FlatField* name = nullptr;
    for (const FlatField& field : record_.fields()) {
        if (field.key == "model") {
            name = &field;
        } else if (field.key == "order") {
            if (field.value != "record" && field.value != "time") {
                fail(fmt::format("\"order\" cannot be {}", field.value),
                     "write \"record\" or \"time\"");
            }
            timed_ = field.value == "time";
        } else if (field.key != kHeaderKey) {
            parameters.push_back(field);
        }
    }
    if (model) {
        model_ = *model;
    } else if (name == nullptr || name->kind != ScalarKind::text) {
        fail("the history names no model", "add \"model\" to this line, or give --model");
    } else {
        model_ = model_from(lines_.place(), name->value, parameters);
    }
}

std::optional<HistoryEvent> HistoryReader::next() {
    if (!timed_) {
        return read_record();
    }
    if (ready_.empty()) {
        read_group();
    }
    if (ready_.empty()) {
        return std::nullopt;
    }
    const HistoryEvent event = ready_.front();
    ready_.pop_front();
    return event;
}

void HistoryReader::read_group() {
    constexpr std::size_t kGroupMax = 1'000'000;
    if (!ahead_ && !ended_) {
        ahead_ = read_record();
    }
    if (!ahead_) {
        return;
    }
    const std::int64_t time = *ahead_->time;
    while (ahead_ && *ahead_->time == time) {
        if (ready_.size() == kGroupMax) {
            fail(fmt::format("more than {} records have one time", kGroupMax));
        }
        ready_.push_back(*ahead_);
        ahead_ = read_record();
    }
    if (ready_.size() > 1) {
        order_group(ready_);
    }
}

std::optional<HistoryEvent> HistoryReader::read_record() {
    if (ended_) {
        return std::nullopt;
    }
    if (!lines_.next()) {
        fail("the history is cut off: its end record is missing",
             fmt::format("the last line must be {{\"type\":\"end\",\"records\":{}}}", records_));
    }
    if (const auto problem = record_.read(lines_.line())) {
        throw InputError(lines_.place(problem->column), problem->what,
                         "a record is one JSON object in one line");
    }
    used_ = 0;
    constexpr std::size_t kFieldsMax = 64;
    if (record_.fields().size() > kFieldsMax) {
        fail("the record has too many fields");
    }
    const FlatField& type = required("type");
    HistoryEvent event;
    if (type.value == "invoke") {
        event = read_invoke();
    } else if (type.value == "return") {
        event = read_answer();
    } else if (type.value == "death") {
        event = read_death();
    } else if (type.value == "end") {
        read_end();
        return std::nullopt;
    } else {
        fail(fmt::format("no record is of type \"{}\"", type.value),
             "there are invoke, return, death and end");
    }
    read_time(event);
    expect_no_more_fields();
    event.line = lines_.number();
    if (event.kind == EventKind::invoke) {
        processes_[event.process].open = event;
    }
    ++records_;
    return event;
}

HistoryEvent HistoryReader::read_invoke() {
    HistoryEvent event;
    event.kind = EventKind::invoke;
    event.process = process_of_record();
    Process& process = processes_[event.process];
    switch (process.state) {
        case ProcessState::idle:
            break;
        case ProcessState::calling:
            fail(fmt::format("\"{}\" makes a call while its call of line {} has not returned",
                             process.name, process.open.line),
                 "a process makes one call at a time; give each thread its own name");
        case ProcessState::unknown:
            fail(fmt::format("\"{}\" makes a call after one whose result is unknown", process.name),
                 "let it go on under another name");
        case ProcessState::dead:
            fail(fmt::format("\"{}\" makes a call after its death", process.name));
    }
    event.call = read_call();
    const FlatField* object = optional(model_.kind == ModelKind::key_value ? "key" : "object");
    event.object = object_of(object == nullptr ? std::string_view() : object->value);
    constexpr std::uint64_t kOperationsMax = UINT32_MAX / 2;
    if (operations_ == kOperationsMax) {
        fail(fmt::format("a history of more than {} operations", kOperationsMax));
    }
    event.operation = static_cast<OperationId>(operations_++);
    process.state = ProcessState::calling;
    return event;
}

HistoryEvent HistoryReader::read_answer() {
    const std::uint32_t number = process_of_record();
    Process& process = processes_[number];
    if (process.state != ProcessState::calling) {
        fail(fmt::format("\"{}\" returns from a call that it did not make", process.name),
             "the invoke of a call comes before its return");
    }
    HistoryEvent event = process.open;
    event.kind = EventKind::answer;
    event.answer = read_result(event.call);
    process.state =
        event.answer.kind == AnswerKind::unknown ? ProcessState::unknown : ProcessState::idle;
    return event;
}

HistoryEvent HistoryReader::read_death() {
    const std::uint32_t number = process_of_record();
    Process& process = processes_[number];
    if (process.state == ProcessState::dead) {
        fail(fmt::format("\"{}\" dies a second time", process.name));
    }
    HistoryEvent event;
    if (process.state == ProcessState::calling) {
        event = process.open;
        event.open = true;
    }
    event.kind = EventKind::death;
    event.process = number;
    process.state = ProcessState::dead;
    return event;
}

void HistoryReader::read_end() {
    const FlatField& records = required("records");
    if (records.integer() != static_cast<std::int64_t>(records_)) {
        fail(fmt::format("the history has {} records before this line, not {}", records_,
                         records.value),
             "records were lost or added");
    }
    expect_no_more_fields();
    ended_ = true;
    if (lines_.next()) {
        fail("there is more after the end record");
    }
}

void HistoryReader::read_time(HistoryEvent& event) {
    const FlatField* field = optional("time");
    if (field == nullptr) {
        if (timed_) {
            fail("the record has no \"time\"", "the first line says that times give the order");
        }
        return;
    }
    event.time = field->integer();
    if (!event.time) {
        fail("\"time\" must be a whole number of nanoseconds");
    }
    if (last_time_ && *event.time < *last_time_) {
        fail(fmt::format("time goes back from {} to {}", *last_time_, *event.time),
             "records stand in order of time");
    }
    last_time_ = event.time;
}

std::uint32_t HistoryReader::object_of(std::string_view name) {
    // Most histories are about one object, or tell many operations of each in a row.
    if (last_object_ < object_names_.size() && object_names_[last_object_] == name) {
        return last_object_;
    }
    auto found = object_numbers_.find(name);
    if (found == object_numbers_.end()) {
        found = object_numbers_
                    .emplace(std::string(name), static_cast<std::uint32_t>(object_names_.size()))
                    .first;
        object_names_.emplace_back(name);
    }
    last_object_ = found->second;
    return last_object_;
}

std::uint32_t HistoryReader::process_of_record() {
    const FlatField& field = required("process");
    if (field.kind == ScalarKind::word) {
        fail("\"process\" must be a text or a number");
    }
    auto found = process_numbers_.find(field.value);
    if (found == process_numbers_.end()) {
        found =
            process_numbers_
                .emplace(std::string(field.value), static_cast<std::uint32_t>(processes_.size()))
                .first;
        processes_.push_back({std::string(field.value), ProcessState::idle, {}});
    }
    return found->second;
}

Call HistoryReader::read_call() {
    const FlatField& word = required("op");
    const auto found = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const VerbWord& each) {
        return each.model == model_.kind && each.word == word.value;
    });
    if (found == kVerbs.end()) {
        std::string all;
        for (const VerbWord& each : kVerbs) {
            if (each.model == model_.kind) {
                all += (all.empty() ? "" : ", ") + std::string(each.word);
            }
        }
        fail(fmt::format("a {} has no operation \"{}\"", to_string(model_.kind), word.value),
             "there are " + all);
    }
    Call call;
    call.verb = found->verb;
    switch (call.verb) {
        case Verb::compare_and_set:
            call.expected = value_of(required("expected"));
            [[fallthrough]];
        case Verb::write:
        case Verb::put:
        case Verb::append:
            call.value = value_of(required("value"));
            break;
        case Verb::release:
            if (model_.kind == ModelKind::semaphore) {
                if (const FlatField* count = optional("count")) {
                    call.count = count_of(*count, 1);
                }
            }
            break;
        default:
            break;
    }
    return call;
}

Answer HistoryReader::read_result(const Call& call) {
    const FlatField* word = optional("result");
    Answer answer;
    if (word != nullptr) {
        const auto found = std::find_if(kAnswers.begin(), kAnswers.end(), [&](AnswerKind kind) {
            return to_string(kind) == word->value;
        });
        const bool possible = found != kAnswers.end() &&
                              (*found != AnswerKind::timeout || may_time_out(call.verb)) &&
                              (*found != AnswerKind::abandoned ||
                               (model_.kind == ModelKind::mutex && call.verb == Verb::acquire));
        if (!possible) {
            fail(fmt::format("\"{}\" is no result of {}", word->value, to_string(call.verb)),
                 "results are ok, failed, unknown, timeout of a wait or acquire, abandoned of a "
                 "mutex");
        }
        answer.kind = *found;
    }
    if (answer.kind == AnswerKind::ok) {
        if (call.verb == Verb::read || call.verb == Verb::get) {
            answer.value = value_of(required("value"));
        }
        if (call.verb == Verb::release && model_.kind == ModelKind::semaphore) {
            if (const FlatField* previous = optional("previous")) {
                answer.previous = count_of(*previous, 0);
            }
        }
    }
    return answer;
}

const FlatField& HistoryReader::required(std::string_view key) {
    const FlatField* field = optional(key);
    if (field == nullptr) {
        fail(fmt::format("the record has no \"{}\"", key));
    }
    return *field;
}

const FlatField* HistoryReader::optional(std::string_view key) {
    const FlatField* field = record_.find(key);
    if (field != nullptr) {
        used_ |= std::uint64_t{1} << static_cast<unsigned>(field - record_.fields().data());
    }
    return field;
}

ValueId HistoryReader::value_of(const FlatField& field) {
    if (model_.kind == ModelKind::key_value) {
        if (field.kind != ScalarKind::text) {
            fail(fmt::format("\"{}\" must be a text", field.key));
        }
        return values_.of(field.value);
    }
    return values_.of(canonical_value(field));
}

std::int32_t HistoryReader::count_of(const FlatField& field, std::int32_t least) {
    const std::optional<std::int64_t> number = field.integer();
    if (!number || *number < least || *number > INT32_MAX) {
        fail(fmt::format("\"{}\" must be a number from {} to {}", field.key, least, INT32_MAX));
    }
    return static_cast<std::int32_t>(*number);
}

void HistoryReader::expect_no_more_fields() {
    for (std::size_t i = 0; i < record_.fields().size(); ++i) {
        if (((used_ >> i) & 1U) == 0) {
            fail(fmt::format("\"{}\" has no place in this record", record_.fields()[i].key));
        }
    }
}

}  // namespace castaway::harness
