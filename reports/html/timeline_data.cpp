#include "reports/html/timeline_data.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "harness/result/json_writer.h"
#include "reports/html/packing.h"
#include "reports/view/plain_text.h"
#include "reports/view/suite_view.h"
#include "reports/view/words.h"

namespace castaway::harness {
namespace {

using Layout = JsonWriter::Layout;

/// Scripts compute with doubles: larger times would not be exact. It is more than a hundred days.
constexpr std::int64_t kTimeMax = (std::int64_t{1} << 53) - 1;
/// So many operations after the first witness are shown as well.
constexpr std::size_t kAfterWitness = 10'000;

std::int64_t bounded(std::int64_t ns) {
    return std::clamp<std::int64_t>(ns, 0, kTimeMax);
}

/// The operations of one lane that lie in the window.
std::span<const std::size_t> in_window(std::span<const std::size_t> lane,
                                       const OperationWindow& window) {
    // A thread's operations come one after the other, so their indices grow.
    const auto* const begin =
        std::lower_bound(lane.data(), lane.data() + lane.size(), window.begin);
    const auto* const end = std::lower_bound(begin, lane.data() + lane.size(), window.end);
    return {begin, end};
}

/// The columns of the operations in their packed order.
class Columns {
  public:
    explicit Columns(const ThreadIndex& index) : index_(index) {}

    void start_lane() { before_ns_ = 0; }

    void add(const Operation& operation) {
        const std::int64_t start = bounded(operation.invoked_ns);
        const std::int64_t end = std::max(start, bounded(operation.returned_ns));
        append_signed(start_, start - before_ns_);
        append_unsigned(duration_,
                        operation.pending() ? 0 : static_cast<std::uint64_t>(end - start));
        before_ns_ = start;
        append_unsigned(kind_, static_cast<std::uint64_t>(operation.kind));
        append_unsigned(status_, static_cast<std::uint64_t>(operation.status));
        append_unsigned(object_, object_of(operation));
        append_unsigned(error_, operation.error);
        append_unsigned(slept_, operation.slept ? (*operation.slept ? 2U : 1U) : 0U);
        add_arguments(operation);
        add_calls(operation);
    }

    [[nodiscard]] std::string packed() const {
        return deflated_base64(start_ + duration_ + kind_ + status_ + object_ + error_ + slept_ +
                               first_ + second_ + flags_ + target_ + ran_ + others_ + callers_);
    }

  private:
    /// That which answered a wait; 0 where there is none.
    static ObjectIndex object_of(const Operation& operation) {
        if (operation.objects.empty()) {
            return 0;
        }
        if (operation.kind == OperationKind::signal_and_wait) {
            return operation.objects.at(1);
        }
        return operation.objects.at(operation.satisfied() ? operation.satisfied_by : 0);
    }

    static bool is_about_several(OperationKind kind) {
        return kind == OperationKind::wait_any || kind == OperationKind::wait_all ||
               kind == OperationKind::signal_and_wait;
    }

    void add_arguments(const Operation& operation) {
        std::int64_t first = 0;
        std::int64_t second = 0;
        if (operation.is_wait() || operation.kind == OperationKind::sleep) {
            first = operation.timeout_ms ? std::int64_t{*operation.timeout_ms} + 1 : 0;
        }
        if (is_about_several(operation.kind)) {
            second = static_cast<std::int64_t>(operation.objects.size());
            for (const ObjectIndex object : operation.objects) {
                append_unsigned(others_, object);
            }
        } else if (operation.kind == OperationKind::release_semaphore) {
            first = operation.count;
            second = operation.previous_count;
        } else if (operation.kind == OperationKind::set_timer) {
            first = bounded(operation.due_ns);
            second = operation.period_ms;
        }
        append_signed(first_, first);
        append_signed(second_, second);
    }

    void add_calls(const Operation& operation) {
        append_unsigned(flags_,
                        (operation.alertable ? 1U : 0U) + (operation.with_routine ? 2U : 0U));
        append_unsigned(
            target_,
            operation.target
                ? 1 + index_.lane(operation.target->process, operation.target->thread).value_or(0)
                : 0);
        append_unsigned(ran_, operation.ran.size());
        for (const CallId& call : operation.ran) {
            append_unsigned(callers_, index_.lane(call.process, call.thread).value_or(0));
        }
    }

    const ThreadIndex& index_;
    std::string start_, duration_, kind_, status_, object_, error_, slept_, first_, second_;
    std::string flags_, target_, ran_;
    std::string others_, callers_;
    std::int64_t before_ns_ = 0;
};

/// The last moment of which anything is known.
std::int64_t end_of(const History& history) {
    std::int64_t end = 0;
    const auto extend = [&end](std::int64_t ns) { end = std::max(end, bounded(ns)); };
    for (const Operation& operation : history.operations) {
        extend(operation.invoked_ns);
        if (!operation.pending()) {
            extend(operation.returned_ns);
        }
    }
    for (const HistoryProcess& process : history.processes) {
        extend(process.known_dead_ns.value_or(0));
    }
    for (const FaultEvent& fault : history.faults) {
        extend(fault.at_ns);
    }
    return end;
}

/// When each process ended, as nearly as it is known; empty when it is not. The harness learns of a
/// death a little late, so the fault that caused it tells better, as long as the process did
/// nothing after it.
std::vector<std::optional<std::int64_t>> ends_of_processes(const History& history) {
    std::vector<std::optional<std::int64_t>> ends;
    for (const HistoryProcess& process : history.processes) {
        ends.push_back(process.known_dead_ns);
    }
    std::vector<std::optional<std::int64_t>> struck(ends.size());
    for (const FaultEvent& fault : history.faults) {
        const ProcessEnd end = history.processes.at(fault.process).end;
        if (end == ProcessEnd::killed || end == ProcessEnd::exited) {
            struck[fault.process] = std::max(struck[fault.process].value_or(0), fault.at_ns);
        }
    }
    for (const Operation& operation : history.operations) {
        if (auto& at = struck[operation.process]) {
            at = std::max({*at, operation.invoked_ns,
                           operation.pending() ? operation.invoked_ns : operation.returned_ns});
        }
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
        ends[i] = struck[i] ? struck[i] : ends[i];
    }
    return ends;
}

bool died(ProcessEnd end) {
    return end == ProcessEnd::killed || end == ProcessEnd::exited || end == ProcessEnd::crashed;
}

void member(JsonWriter& json, std::string_view key, std::string_view value) {
    json.key(key);
    json.text(value);
}

void member(JsonWriter& json, std::string_view key, std::optional<std::int64_t> value) {
    json.key(key);
    if (value) {
        json.number(*value);
    } else {
        json.null();
    }
}

void member(JsonWriter& json, std::string_view key, std::size_t value) {
    json.key(key);
    json.number(static_cast<std::uint64_t>(value));
}

void write_objects(JsonWriter& json, const History& history) {
    json.key("objects");
    json.begin_array(Layout::row);
    for (const HistoryObject& object : history.objects) {
        json.begin_array();
        json.text(to_string(object.type));
        json.text(plain_line(object.name));
        json.end_array();
    }
    json.end_array();
}

void write_processes(JsonWriter& json, const History& history) {
    const std::vector<std::optional<std::int64_t>> ends = ends_of_processes(history);
    json.key("processes");
    json.begin_array();
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const HistoryProcess& process = history.processes[i];
        const auto end = ends[i] ? std::optional(bounded(*ends[i])) : std::nullopt;
        json.begin_object(Layout::row);
        member(json, "name", plain_line(process.name));
        member(json, "words", end_words(process));
        member(json, "gone", end);
        member(json, "died", died(process.end) ? end : std::nullopt);
        json.end_object();
    }
    json.end_array();
}

/// A thread's name without that of its process.
std::string_view own_name(const HistoryProcess& process, const HistoryThread& thread) {
    std::string_view name = thread.name;
    if (name.starts_with(process.name) && name.substr(process.name.size()).starts_with('.')) {
        name.remove_prefix(process.name.size() + 1);
    }
    return name;
}

void write_lanes(JsonWriter& json, const History& history, const ThreadIndex& index,
                 const OperationWindow& window) {
    Columns columns(index);
    json.key("lanes");
    json.begin_array();
    std::size_t lane = 0;
    for (std::size_t process = 0; process < history.processes.size(); ++process) {
        for (const HistoryThread& thread : history.processes[process].threads) {
            const auto operations = in_window(index.operations(lane++), window);
            columns.start_lane();
            for (const std::size_t operation : operations) {
                columns.add(history.operations[operation]);
            }
            json.begin_object(Layout::row);
            member(json, "process", process);
            member(json, "name", plain_line(own_name(history.processes[process], thread)));
            member(json, "first",
                   operations.empty() ? std::size_t{0}
                                      : history.operations[operations.front()].sequence);
            member(json, "count", operations.size());
            member(json, "ended",
                   thread.ended_ns ? std::optional(bounded(*thread.ended_ns)) : std::nullopt);
            json.end_object();
        }
    }
    json.end_array();
    member(json, "operations", columns.packed());
}

void write_faults(JsonWriter& json, const History& history) {
    json.key("faults");
    json.begin_array();
    for (const FaultEvent& fault : history.faults) {
        json.begin_object(Layout::row);
        member(json, "process", std::size_t{fault.process});
        member(json, "at", std::optional(bounded(fault.at_ns)));
        member(json, "what", plain_line(fault.what));
        json.end_object();
    }
    json.end_array();
}

void write_stuck(JsonWriter& json, const History& history, const ThreadIndex& index) {
    json.key("stuck");
    json.begin_array();
    for (const StuckThread& stuck : history.stuck) {
        json.begin_object(Layout::row);
        member(json, "lane", index.lane(stuck.process, stuck.thread).value_or(0));
        member(json, "sequence", std::size_t{stuck.sequence});
        member(json, "words", stuck_line(history, index, stuck));
        json.end_object();
    }
    json.end_array();
}

void write_witness(JsonWriter& json, const RunResult& run, const ThreadIndex& index) {
    const Verdict* const failed = first_failed_check(run);
    member(json, "check", failed == nullptr ? std::string() : plain_line(failed->check));
    json.key("witness");
    json.begin_array(Layout::row);
    if (failed != nullptr) {
        std::size_t number = 0;
        for (const OperationRef& reference : failed->witness) {
            json.begin_object();
            member(json, "lane", index.lane(reference.process, reference.thread).value_or(0));
            member(json, "sequence", std::size_t{reference.sequence});
            member(json, "number", ++number);
            json.end_object();
        }
    }
    json.end_array();
}

std::string without_less_than(const std::string& json) {
    std::string safe;
    safe.reserve(json.size());
    for (const char letter : json) {
        if (letter == '<') {
            safe += "\\u003c";
        } else {
            safe += letter;
        }
    }
    return safe;
}

}  // namespace

const Verdict* first_failed_check(const RunResult& run) {
    const auto failed =
        std::find_if(run.verdicts.begin(), run.verdicts.end(),
                     [](const Verdict& verdict) { return verdict.kind == VerdictKind::fail; });
    return failed == run.verdicts.end() ? nullptr : &*failed;
}

OperationWindow operation_window(const RunResult& run, const ThreadIndex& index,
                                 std::size_t budget) {
    const std::size_t all = run.history.operations.size();
    const std::size_t size = std::min({all, budget, kRunOperationsMax});
    std::size_t end = size;
    if (const Verdict* failed = first_failed_check(run)) {
        for (const OperationRef& reference : failed->witness) {
            if (const auto found = index.find(reference)) {
                end = std::clamp(*found + std::min(kAfterWitness, size / 2), size, all);
                break;
            }
        }
    } else if (!run.history.stuck.empty()) {
        end = all;
    }
    return {end - size, end};
}

std::string timeline_json(const RunResult& run, const ThreadIndex& index,
                          const OperationWindow& window) {
    JsonWriter json;
    json.begin_object();
    member(json, "end", std::optional(end_of(run.history)));
    write_objects(json, run.history);
    write_processes(json, run.history);
    write_faults(json, run.history);
    write_stuck(json, run.history, index);
    write_witness(json, run, index);
    write_lanes(json, run.history, index, window);
    json.end_object();
    return without_less_than(json.take());
}

std::string word_table_json() {
    JsonWriter json;
    json.begin_object();
    json.key("kinds");
    json.begin_array(Layout::row);
    for (const OperationKind kind : kAllOperationKinds) {
        json.text(to_string(kind));
    }
    json.end_array();
    json.key("verbs");
    json.begin_array(Layout::row);
    for (const OperationKind kind : kAllOperationKinds) {
        json.text(verb(kind));
    }
    json.end_array();
    json.key("statuses");
    json.begin_array(Layout::row);
    for (const ResponseStatus status :
         {ResponseStatus::pending, ResponseStatus::ok, ResponseStatus::abandoned,
          ResponseStatus::timeout, ResponseStatus::failed, ResponseStatus::alerted}) {
        json.text(to_string(status));
    }
    json.end_array();
    json.key("errors");
    json.begin_object(Layout::row);
    for (const ErrorName& error : kErrorNames) {
        member(json, std::to_string(error.code), error.name);
    }
    json.end_object();
    json.end_object();
    return without_less_than(json.take());
}

}  // namespace castaway::harness
