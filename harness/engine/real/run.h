// One run of a plan by real processes, from the shared memory to the history.
//
// The orchestrator's course, one function each:
//
//     prepare    shared memory, history files, plan file
//     launch     workers are forked and hold their whole-run objects
//     supervise  until every program is over, or nothing can move, or the limit has come
//     quiesce    a picture is taken; what is stuck is explained and killed
//     close      the living close their handles and leave
//     collect    exit codes, a last picture, the histories
//
// Deaths are learned from pidfds at any time. A worker is known to be dead first (known_dead_ns)
// and then announced to the threads that await its death, so whatever they do about it comes later
// in the history.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/engine.h"
#include "harness/engine/real/control_block.h"
#include "harness/engine/real/history_assembly.h"
#include "harness/engine/real/fault_director.h"
#include "harness/engine/real/system.h"
#include "harness/engine/real/worker_group.h"
#include "harness/history/history.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

class Run {
  public:
    Run(const Plan& plan, SubjectAdapter& subject, const EngineOptions& options,
        std::filesystem::path worker);

    /// Once.
    History execute();

  private:
    void prepare();
    void launch();
    void supervise();
    void quiesce();
    void close();
    void collect();

    /// Handles events until the condition holds. False when the deadline came first.
    bool pump_until(const std::function<Awaited()>& condition, std::int64_t deadline_ns);
    void on_death(std::uint32_t process);
    void take_snapshot(SnapshotMoment moment);
    /// Observes until the subject has given back what the dead held, or the time for that is over.
    std::optional<Snapshot> observe_settled();
    [[nodiscard]] bool is_settled(const Snapshot& snapshot) const;
    /// Explains and kills these processes.
    void end_stuck(const std::vector<std::uint32_t>& processes);
    [[nodiscard]] std::vector<std::uint32_t> living_that(
        const std::function<bool(std::uint32_t)>& predicate) const;
    [[nodiscard]] bool is_over(std::uint32_t process) const;
    [[noreturn]] void fail_with_log(const std::string& what) const;

    const Plan& plan_;
    SubjectAdapter& subject_;
    std::filesystem::path folder_;
    std::filesystem::path worker_;
    std::int64_t limit_ns_;

    std::unique_ptr<SubjectSpace> space_;
    Descriptor control_memory_;
    Descriptor bell_;
    std::optional<ControlBlock> control_;
    std::optional<WorkerGroup> workers_;
    std::optional<FaultDirector> director_;

    History history_;
    CutOff cut_off_;
    bool at_rest_ = false;  ///< no operation was running when the run was cut off
};

}  // namespace castaway::harness
