// What one thread did, in a mapped file that survives the thread's process.
//
// One file per thread: an array of HistoryRecord, zero where nothing was written. A record is
// written in two steps, each published by a release store of `progress`: the invocation before the
// call, the response after it. A thread that dies leaves its last record pending, or none for a
// call that it never made. What the call was is not stored: `origin` and `index` name it in the
// plan.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/engine/real/system.h"
#include "harness/history/operation.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

enum class RecordProgress : std::uint32_t { none, invoked, returned };

enum class RecordOrigin : std::uint8_t {
    opening,  ///< before the start; `index` is the object
    program,  ///< `index` is the step
    closing,  ///< after quiescence; `index` is the handle (Plan::handles)
    called,   ///< a procedure call ran in the record before it that is no such; `call` names it
};

struct alignas(64) HistoryRecord {
    std::atomic<std::uint32_t> progress;
    std::uint32_t index;
    std::uint64_t call;  ///< called: CallOrigin
    std::int64_t invoked_ns;
    std::int64_t returned_ns;
    RecordOrigin origin;
    ResponseStatus status;
    std::atomic<bool> slept;
    std::uint32_t satisfied_by;
    std::uint32_t error;
    std::int32_t previous_count;
};
static_assert(sizeof(HistoryRecord) == 64);

std::string history_file_name(std::uint32_t process, std::uint32_t thread);

/// Makes the files of all threads, with all their room taken from the disk: a full disk is a
/// HarnessError here and not a SIGBUS in a worker. Throws HarnessError, also when a file is there,
/// and then leaves none that it made.
void make_history_files(const Plan& plan, const std::filesystem::path& folder);

/// Removes what make_history_files made.
void remove_history_files(const Plan& plan, const std::filesystem::path& folder);

/// Used by one thread only.
class HistoryWriter {
  public:
    HistoryWriter(std::uint32_t process, std::uint32_t thread);

    void invoke(RecordOrigin origin, std::uint32_t index, std::int64_t now_ns);
    void note_sleep();
    /// Throws HarnessError when there is no room: the subject runs more calls than there can be.
    void note_call(std::uint64_t call);
    void respond(const Response& response, std::int64_t now_ns);

  private:
    Mapping mapping_;
    std::size_t capacity_;
    std::size_t used_ = 0;
    std::size_t current_ = 0;  ///< of the call that was invoked last
    [[nodiscard]] HistoryRecord& current() const;
    /// Throws HarnessError when there is none.
    HistoryRecord& next();
};

struct ThreadRecords {
    /// In order; `ran` names a call by its step and not by its operation.
    std::vector<Operation> operations;
    /// By the steps of its program that had procedure calls queued: the operations.
    std::map<std::uint32_t, std::uint32_t> sequence_of_call;
};

/// What one thread did. `sleep_is_told`: the subject reports sleep. Gives the
/// room that was not used back to the disk. Requires that the thread is dead.
ThreadRecords read_history_file(const Plan& plan, std::uint32_t process, std::uint32_t thread,
                                const std::filesystem::path& folder, bool sleep_is_told);

}  // namespace castaway::harness
