// Reads a history of somebody's system, record by record, and lets nothing pass that is not one:
// what it hands out is sound, or it throws InputError with line and byte.
//
// Each process has one call open at a time; a call without an answer is its last. README.md
// describes the format.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/interchange/flat_json.h"
#include "harness/interchange/history_model.h"
#include "harness/interchange/line_reader.h"
#include "harness/linearize/judgement.h"
#include "harness/model/value_table.h"

namespace castaway::harness {

/// The version that is read.
inline constexpr std::int64_t kInterchangeFormat = 1;

enum class Verb : std::uint8_t {
    read,
    write,
    compare_and_set,
    get,
    put,
    append,
    acquire,
    release,
    set,
    reset,
    wait,
};

struct Call {
    Verb verb = Verb::read;
    ValueId value = 0;     ///< written, put, appended
    ValueId expected = 0;  ///< compare_and_set
    std::int32_t count = 1;
};

enum class AnswerKind : std::uint8_t { ok, abandoned, timeout, failed, unknown };

struct Answer {
    AnswerKind kind = AnswerKind::ok;
    ValueId value = 0;                     ///< read, got
    std::optional<std::int32_t> previous;  ///< release of a semaphore: the count before
};

enum class EventKind : std::uint8_t { invoke, answer, death };

struct HistoryEvent {
    EventKind kind = EventKind::invoke;
    std::uint32_t process = 0;
    /// The operation and its object; of a death: its open call, where `open`.
    OperationId operation = 0;
    std::uint32_t object = 0;
    bool open = false;
    Call call;
    Answer answer;
    std::uint64_t line = 0;
    std::optional<std::int64_t> time;
};

std::string_view to_string(Verb verb);
std::string_view to_string(AnswerKind kind);

class HistoryReader {
  public:
    /// Reads the header. \param model  instead of the header's
    HistoryReader(const std::filesystem::path& file, const std::optional<HistoryModel>& model);

    [[nodiscard]] const HistoryModel& model() const { return model_; }
    [[nodiscard]] ValueTable& values() { return values_; }
    /// The next event in order of time; empty after the last, when the file is whole.
    std::optional<HistoryEvent> next();

    [[nodiscard]] std::size_t processes() const { return processes_.size(); }
    [[nodiscard]] std::size_t objects() const { return object_names_.size(); }
    [[nodiscard]] const std::string& process_name(std::uint32_t process) const {
        return processes_.at(process).name;
    }
    [[nodiscard]] const std::string& object_name(std::uint32_t object) const {
        return object_names_.at(object);
    }
    [[nodiscard]] std::uint64_t operations() const { return operations_; }
    [[nodiscard]] bool timed() const { return timed_; }

  private:
    enum class ProcessState : std::uint8_t { idle, calling, unknown, dead };
    struct Process {
        std::string name;
        ProcessState state = ProcessState::idle;
        HistoryEvent open;
    };
    struct StringHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Names = std::unordered_map<std::string, std::uint32_t, StringHash, std::equal_to<>>;

    void read_header(const std::optional<HistoryModel>& model);
    /// One record; empty at the end record.
    std::optional<HistoryEvent> read_record();
    void read_group();
    HistoryEvent read_invoke();
    HistoryEvent read_answer();
    HistoryEvent read_death();
    void read_end();
    void read_time(HistoryEvent& event);
    std::uint32_t process_of_record();
    std::uint32_t object_of(std::string_view name);
    Call read_call();
    Answer read_result(const Call& call);
    const FlatField& required(std::string_view key);
    const FlatField* optional(std::string_view key);
    ValueId value_of(const FlatField& field);
    std::int32_t count_of(const FlatField& field, std::int32_t least);
    void expect_no_more_fields();
    [[noreturn]] void fail(const std::string& problem, const std::string& mend = {}) const;

    LineReader lines_;
    FlatObject record_;
    std::uint64_t used_ = 0;  ///< fields of the record that were looked at, one bit each
    HistoryModel model_;
    ValueTable values_;
    bool timed_ = false;
    std::optional<std::int64_t> last_time_;
    std::vector<Process> processes_;
    Names process_numbers_;
    std::vector<std::string> object_names_;
    Names object_numbers_;
    std::uint32_t last_object_ = 0;
    std::uint64_t operations_ = 0;
    std::uint64_t records_ = 0;
    bool ended_ = false;
    std::deque<HistoryEvent> ready_;
    std::optional<HistoryEvent> ahead_;
};

}  // namespace castaway::harness
