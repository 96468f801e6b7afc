#include "harness/engine/real/history_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>

#include "harness/base/error.h"
#include "harness/plan/plan_steps.h"

namespace castaway::harness {
namespace {

bool makes_handle(const PlanStep& step) {
    return step.kind == StepKind::call &&
           (step.operation == OperationKind::create || step.operation == OperationKind::open ||
            step.operation == OperationKind::duplicate);
}

/// Records of procedure calls that may run, by process and thread. Twice as many as are queued,
/// lest a subject that runs one twice go unseen. How often a periodic timer comes due is not known
/// before, and a defective subject may run a routine on any thread.
std::vector<std::vector<std::size_t>> room_for_calls(const Plan& plan) {
    constexpr std::size_t kRunsOfPeriodicTimer = 1000;
    std::size_t of_routines = 0;
    for_each_step(plan, [&](const PlanStep& step) {
        of_routines += !step.with_routine ? 0U : step.period_ms == 0 ? 2U : kRunsOfPeriodicTimer;
    });
    std::vector<std::vector<std::size_t>> room;
    for (const PlanProcess& process : plan.processes) {
        room.emplace_back(process.threads.size(), of_routines);
    }
    for_each_step(plan, [&](const PlanStep& step) {
        if (step.target) {
            room[step.target->process][step.target->thread] += 2;
        }
    });
    return room;
}

/// The most records of calls on the subject that the thread can write: any thread of the process
/// may be the one that opens the whole-run objects and the one that closes what is left.
std::size_t capacity_of(const Plan& plan, std::uint32_t process, std::uint32_t thread) {
    const PlanProcess& planned = plan.processes.at(process);
    const std::vector<PlanStep>& steps = planned.threads.at(thread).steps;
    std::ptrdiff_t count = std::count_if(steps.begin(), steps.end(), [](const PlanStep& step) {
        return step.kind == StepKind::call;
    });
    for (const PlanThread& each : planned.threads) {
        count += std::count_if(each.steps.begin(), each.steps.end(), makes_handle);
    }
    return static_cast<std::size_t>(count) + 2 * planned.opens.size() + 1;
}

HistoryRecord* records_in(const Mapping& mapping) {
    return reinterpret_cast<HistoryRecord*>(mapping.data());
}

Operation to_operation(const Plan& plan, const PlanThread& thread, const HistoryRecord& record,
                       RecordProgress progress, bool sleep_is_told) {
    Operation operation;
    switch (record.origin) {
        case RecordOrigin::opening:
            operation.kind = OperationKind::create;
            operation.objects = {record.index};
            break;
        case RecordOrigin::program:
            operation = planned_operation(plan, thread.steps.at(record.index));
            break;
        case RecordOrigin::closing:
            operation.kind = OperationKind::close;
            operation.objects = {plan.handles.at(record.index).object};
            break;
        case RecordOrigin::called:
            break;  // part of another
    }
    operation.invoked_ns = record.invoked_ns;
    if (sleep_is_told && operation.is_wait()) {
        operation.slept = record.slept.load();
    }
    if (progress == RecordProgress::returned) {
        operation.returned_ns = record.returned_ns;
        operation.status = record.status;
        operation.satisfied_by = record.satisfied_by;
        operation.error = record.error;
        operation.previous_count = record.previous_count;
    }
    return operation;
}

Descriptor make_file(const std::filesystem::path& path) {
    Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file.valid()) {
        throw_system_error(path.string() + ": cannot make the history file", errno);
    }
    return file;
}

void take_room(const Descriptor& file, const std::filesystem::path& path, std::size_t size) {
    if (const int error = posix_fallocate(file.get(), 0, static_cast<off_t>(size)); error != 0) {
        throw_system_error(
            fmt::format("{}: cannot take {} bytes for the history", path.string(), size), error);
    }
}

void remove_quietly(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
}

}  // namespace

std::string history_file_name(std::uint32_t process, std::uint32_t thread) {
    return fmt::format("history-{}-{}.bin", process, thread);
}

void make_history_files(const Plan& plan, const std::filesystem::path& folder) {
    const std::vector<std::vector<std::size_t>> calls = room_for_calls(plan);
    std::vector<std::filesystem::path> made;
    try {
        for (std::uint32_t process = 0; process < plan.processes.size(); ++process) {
            const std::size_t threads = plan.processes[process].threads.size();
            for (std::uint32_t thread = 0; thread < threads; ++thread) {
                const std::filesystem::path path = folder / history_file_name(process, thread);
                const Descriptor file = make_file(path);
                made.push_back(path);
                const std::size_t records =
                    capacity_of(plan, process, thread) + calls[process][thread];
                take_room(file, path, records * sizeof(HistoryRecord));
            }
        }
    } catch (const HarnessError&) {
        for (const std::filesystem::path& path : made) {
            remove_quietly(path);
        }
        throw;
    }
}

void remove_history_files(const Plan& plan, const std::filesystem::path& folder) {
    for (std::uint32_t process = 0; process < plan.processes.size(); ++process) {
        for (std::uint32_t thread = 0; thread < plan.processes[process].threads.size(); ++thread) {
            remove_quietly(folder / history_file_name(process, thread));
        }
    }
}

HistoryWriter::HistoryWriter(std::uint32_t process, std::uint32_t thread)
    : mapping_([&] {
          const std::string name = history_file_name(process, thread);
          const Descriptor file(open(name.c_str(), O_RDWR | O_CLOEXEC));
          if (!file.valid()) {
              throw_system_error(name + ": cannot open the history file", errno);
          }
          return Mapping(file, std::filesystem::file_size(name), MappingAccess::read_write);
      }()),
      capacity_(mapping_.size() / sizeof(HistoryRecord)) {}

HistoryRecord& HistoryWriter::current() const {
    return records_in(mapping_)[current_];
}

HistoryRecord& HistoryWriter::next() {
    if (used_ == capacity_) {
        throw HarnessError("a history file is full, though it was sized by the plan");
    }
    return records_in(mapping_)[used_++];
}

void HistoryWriter::invoke(RecordOrigin origin, std::uint32_t index, std::int64_t now_ns) {
    current_ = used_;
    HistoryRecord& record = next();
    record.origin = origin;
    record.index = index;
    record.invoked_ns = now_ns;
    record.progress.store(static_cast<std::uint32_t>(RecordProgress::invoked),
                          std::memory_order_release);
}

void HistoryWriter::note_sleep() {
    current().slept.store(true, std::memory_order_relaxed);
}

void HistoryWriter::note_call(std::uint64_t call) {
    HistoryRecord& record = next();
    record.origin = RecordOrigin::called;
    record.call = call;
    record.progress.store(static_cast<std::uint32_t>(RecordProgress::returned),
                          std::memory_order_release);
}

void HistoryWriter::respond(const Response& response, std::int64_t now_ns) {
    HistoryRecord& record = current();
    record.returned_ns = now_ns;
    record.status = response.status;
    record.satisfied_by = response.satisfied_by;
    record.error = response.error;
    record.previous_count = response.previous_count;
    record.progress.store(static_cast<std::uint32_t>(RecordProgress::returned),
                          std::memory_order_release);
}

ThreadRecords read_history_file(const Plan& plan, std::uint32_t process, std::uint32_t thread,
                                const std::filesystem::path& folder, bool sleep_is_told) {
    const std::filesystem::path path = folder / history_file_name(process, thread);
    const Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.valid()) {
        throw_system_error(path.string() + ": cannot read the history file", errno);
    }
    const std::size_t capacity = std::filesystem::file_size(path) / sizeof(HistoryRecord);
    ThreadRecords read;
    std::size_t records = 0;
    {
        const Mapping mapping(file, capacity * sizeof(HistoryRecord), MappingAccess::read);
        for (const HistoryRecord& record : std::span(records_in(mapping), capacity)) {
            const auto progress =
                static_cast<RecordProgress>(record.progress.load(std::memory_order_acquire));
            if (progress == RecordProgress::none) {
                break;
            }
            ++records;
            if (record.origin == RecordOrigin::called) {
                const CallOrigin call = CallOrigin::unpack(record.call);
                read.operations.back().ran.push_back({call.process, call.thread, call.step});
                continue;
            }
            Operation operation = to_operation(plan, plan.processes[process].threads[thread],
                                               record, progress, sleep_is_told);
            operation.process = process;
            operation.thread = thread;
            operation.sequence = static_cast<std::uint32_t>(read.operations.size());
            if (operation.target || operation.with_routine) {
                read.sequence_of_call.emplace(record.index, operation.sequence);
            }
            read.operations.push_back(std::move(operation));
        }
    }
    const std::size_t used = records * sizeof(HistoryRecord);
    if (ftruncate(file.get(), static_cast<off_t>(used)) != 0) {
        throw_system_error(path.string() + ": cannot shorten the history file", errno);
    }
    return read;
}

}  // namespace castaway::harness
