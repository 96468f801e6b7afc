// One thread of a worker: opens (the first thread of a process does), waits for the start, does its
// program, waits for quiescence, closes (the first living thread does).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "harness/engine/real/control_block.h"
#include "harness/engine/real/fault_trips.h"
#include "harness/engine/real/gifts.h"
#include "harness/engine/real/handle_table.h"
#include "harness/engine/real/history_file.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

/// What the threads of one worker share.
struct WorkerShared {
    const Plan& plan;
    std::uint32_t process;
    ControlBlock& control;
    FaultTrips& trips;
    Subject& subject;
    Gifts& gifts;
    HandleTable handles;
    std::vector<bool> called;                ///< by thread: somebody queues procedure calls for it
    std::atomic<std::size_t> programs_left;  ///< threads that have not come to their program's end
};

class WorkerThread {
  public:
    WorkerThread(WorkerShared& shared, std::uint32_t thread);

    /// The thread's whole life.
    void run();

    // News of the subject about the calling thread, while it runs this object.
    void about_to_sleep();
    void at_access();
    void at_crash_point(std::string_view name);
    void runs_call(std::uint64_t argument);

  private:
    enum class Fate : std::uint8_t { lives, ended };

    void open_objects();
    Fate run_program();
    Fate call(std::uint32_t step_index, bool& satisfied);
    Response perform(const PlanStep& step, std::uint32_t step_index);
    Response make_handle(const PlanStep& step);
    [[nodiscard]] std::vector<Subject::Handle> handles_of(const PlanStep& step) const;
    void await(const PlanStep& step);
    void leave();
    void close_handles();
    void introduce();
    void await_introductions();
    void wait_for(RunPhase phase);
    void note_awake();

    [[nodiscard]] const PlanProcess& planned() const {
        return shared_.plan.processes[shared_.process];
    }
    /// Records a call around `make`.
    template <typename Call>
    Response recorded(RecordOrigin origin, std::uint32_t index, Call make);

    WorkerShared& shared_;
    std::uint32_t thread_;
    ThreadCell& cell_;
    HistoryWriter history_;
    std::uint32_t operation_ = 0;  ///< of the program, from 1; 0 outside of it
    std::uint32_t accesses_ = 0;   ///< within the operation
    bool in_call_ = false;
    bool asleep_ = false;  ///< said so last
    bool waits_forever_ = false;
};

/// The object that the calling thread runs; null in a thread that is not the plan's.
WorkerThread* current_worker_thread();

}  // namespace castaway::harness
