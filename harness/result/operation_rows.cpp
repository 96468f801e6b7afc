#include "harness/result/operation_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace castaway::harness {
namespace {

template <typename Number>
void number_or_null(const std::optional<Number>& value, JsonWriter& json) {
    if (value) {
        json.number(*value);
    } else {
        json.null();
    }
}

/// Hands out a row's columns one after the other.
class Columns {
  public:
    static constexpr std::size_t kColumnsOfAll = kOperationColumns.size();
    static constexpr std::size_t kColumnsOfSome = kColumnsOfAll + kCallColumns.size();

    explicit Columns(const Json& row) : row_(row) {
        if (!row.is_array() || (row.size() != kColumnsOfAll && row.size() != kColumnsOfSome)) {
            throw Misread{&row, fmt::format("this must be an array of {} or {}", kColumnsOfAll,
                                            kColumnsOfSome)};
        }
    }
    const Json& next() { return row_[next_++]; }
    [[nodiscard]] bool more() const { return next_ < row_.size(); }

  private:
    const Json& row_;
    std::size_t next_ = 0;
};

template <typename Enumerator>
Enumerator named(const Json& value, std::optional<Enumerator> (*from)(std::string_view),
                 std::string_view kind) {
    const std::optional<Enumerator> found =
        value.is_string() ? from(value.get_ref<const std::string&>()) : std::nullopt;
    if (!found) {
        throw_no_word(value, kind);
    }
    return *found;
}

std::vector<ObjectIndex> object_indices(const Json& value, const History& history,
                                        OperationKind kind) {
    std::vector<ObjectIndex> objects;
    objects.reserve(array(value).size());
    for (const Json& object : value) {
        objects.push_back(index_of(object, history.objects.size(), "object"));
    }
    if (!fits(kind, objects.size())) {
        throw Misread{&value, fmt::format("a {} of {} objects", to_string(kind), objects.size())};
    }
    return objects;
}

/// A process, a thread of it, and what further numbers there are.
template <std::size_t kCount>
std::array<std::uint32_t, kCount> place(const Json& value, const History& history) {
    if (array(value).size() != kCount) {
        throw Misread{&value, fmt::format("this must be an array of {}", kCount)};
    }
    std::array<std::uint32_t, kCount> numbers{};
    numbers[0] = index_of(value[0], history.processes.size(), "process");
    numbers[1] = index_of(value[1], history.processes[numbers[0]].threads.size(), "thread");
    for (std::size_t i = 2; i < kCount; ++i) {
        numbers.at(i) = integer<std::uint32_t>(value[i]);
    }
    return numbers;
}

bool has_to_do_with_calls(const Operation& operation) {
    return operation.alertable || operation.with_routine || operation.target ||
           !operation.ran.empty();
}

void write_calls(const Operation& operation, JsonWriter& json) {
    json.boolean(operation.alertable);
    json.boolean(operation.with_routine);
    if (operation.target) {
        json.begin_array();
        json.number(operation.target->process);
        json.number(operation.target->thread);
        json.end_array();
    } else {
        json.null();
    }
    json.begin_array();
    for (const CallId& call : operation.ran) {
        json.begin_array();
        json.number(call.process);
        json.number(call.thread);
        json.number(call.sequence);
        json.end_array();
    }
    json.end_array();
}

void read_calls(Columns& columns, const History& history, Operation& operation) {
    operation.alertable = boolean(columns.next());
    operation.with_routine = boolean(columns.next());
    if (const Json& target = columns.next(); !target.is_null()) {
        const auto [process, thread] = place<2>(target, history);
        operation.target = ThreadPlace{process, thread};
    }
    for (const Json& call : array(columns.next())) {
        const auto [process, thread, sequence] = place<3>(call, history);
        operation.ran.push_back({process, thread, sequence});
    }
}

std::optional<bool> optional_boolean(const Json& value) {
    return value.is_null() ? std::nullopt : std::optional<bool>(boolean(value));
}

}  // namespace

void write_row(const Operation& operation, JsonWriter& json) {
    json.begin_array(JsonWriter::Layout::row);
    json.number(operation.process);
    json.number(operation.thread);
    json.number(operation.sequence);
    json.text(to_string(operation.kind));
    json.begin_array();
    for (const ObjectIndex object : operation.objects) {
        json.number(object);
    }
    json.end_array();
    number_or_null(operation.timeout_ms, json);
    json.number(operation.count);
    json.number(operation.due_ns);
    json.number(operation.period_ms);
    json.number(operation.invoked_ns);
    json.number(operation.returned_ns);
    json.text(to_string(operation.status));
    json.number(operation.satisfied_by);
    json.number(operation.error);
    json.number(operation.previous_count);
    if (operation.slept) {
        json.boolean(*operation.slept);
    } else {
        json.null();
    }
    if (has_to_do_with_calls(operation)) {
        write_calls(operation, json);
    }
    json.end_array();
}

Operation read_row(const Json& row, const History& history) {
    Columns columns(row);
    Operation operation;
    operation.process = index_of(columns.next(), history.processes.size(), "process");
    operation.thread =
        index_of(columns.next(), history.processes[operation.process].threads.size(), "thread");
    operation.sequence = integer<std::uint32_t>(columns.next());
    operation.kind = named(columns.next(), operation_kind_from, "an operation");
    operation.objects = object_indices(columns.next(), history, operation.kind);
    operation.timeout_ms = optional_integer<std::uint32_t>(columns.next());
    operation.count = integer<std::int32_t>(columns.next());
    operation.due_ns = integer<std::int64_t>(columns.next());
    operation.period_ms = integer<std::int32_t>(columns.next());
    operation.invoked_ns = integer<std::int64_t>(columns.next());
    operation.returned_ns = integer<std::int64_t>(columns.next());
    operation.status = named(columns.next(), response_status_from, "a response");
    operation.satisfied_by =
        index_of(columns.next(), std::max<std::size_t>(operation.objects.size(), 1), "object");
    operation.error = integer<std::uint32_t>(columns.next());
    operation.previous_count = integer<std::int32_t>(columns.next());
    operation.slept = optional_boolean(columns.next());
    if (columns.more()) {
        read_calls(columns, history, operation);
    }
    return operation;
}

}  // namespace castaway::harness
