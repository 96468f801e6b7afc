// A plan on a simulated world: its processes take part in one region of the primitives, its threads
// do its steps, its faults strike, and what they do becomes a history.
//
// When it is made, everybody has attached, opened the whole-run objects and stands at the start;
// that is what World::revert() comes back to. One execution are the programs, by any strategy; then
// close() lets the living leave and a last process sweep up, in a calm order that is not explored.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/sim/plan_state.h"
#include "harness/engine/sim/world.h"
#include "harness/history/history.h"
#include "harness/plan/plan.h"
#include "primitives/region/names.h"

namespace castaway::harness::sim {

enum class Granularity : std::uint8_t {
    access,     ///< every access is a step
    operation,  ///< every operation is one, or two where it sleeps; dying comes before or after it
};

std::string_view to_string(Granularity granularity);
/// Empty for the name of none.
std::optional<Granularity> granularity_from(std::string_view name);

struct PlanWorldOptions {
    Mutant mutant = Mutant::none;
    Granularity granularity = Granularity::access;
    std::uint64_t steps_max = 1'000'000;
    std::uint16_t steps_while_dying = 0;
    bool reuses_pids = false;
    MemoryModel memory = MemoryModel::sc;
};

class PlanWorld : private WorldObserver {
  public:
    /// The plan outlives it. Throws HarnessError when the plan cannot be set up.
    PlanWorld(const Plan& plan, const PlanWorldOptions& options);
    ~PlanWorld() override;

    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] const Plan& plan() const { return plan_; }
    /// The plan's processes in the world: those that strategies may kill.
    [[nodiscard]] std::vector<ProcessId> mortal() const;

    /// Where to note what the programs visit from the next revert() on; null: nowhere.
    void set_coverage(Coverage* coverage);

    // After an execution of the programs.

    /// Programs that are not over, and will not be: their threads sleep.
    [[nodiscard]] bool has_stuck() const;
    /// Whether any process of the plan can notice that others have died: one that has not, and is
    /// not stopped.
    [[nodiscard]] bool somebody_lives() const;
    /// Whether that fault of the plan took place.
    [[nodiscard]] bool has_fired(std::uint32_t fault) const { return faults_[fault].fired; }
    /// What the region looks like from outside.
    [[nodiscard]] Snapshot snapshot(SnapshotMoment moment);
    /// Tells histories apart that differ in anything.
    [[nodiscard]] std::uint64_t history_hash() const;
    /// Ends what is stuck, lets everybody else leave, sweeps up. Once for each execution.
    void close();
    /// \param execution how the programs ended
    [[nodiscard]] History history(const Execution& execution);
    /// close(), where the execution left a world that can go on, and history().
    [[nodiscard]] History whole_history(const Execution& execution);

  private:
    struct Place {
        std::uint16_t process = 0;
        std::uint16_t thread = 0;
    };
    enum class Fate : std::uint8_t { lives, ended };

    // Making.
    void add_processes();
    void add_directors();
    void set_up();
    [[nodiscard]] RegionFile map_region() const;

    // What threads do.
    void live(Place me);
    void open_objects(Place me);

    // Objects that are not shared by name; see plan_gifts.cpp.
    [[nodiscard]] bool shares_by(Sharing sharing) const;
    [[nodiscard]] bool receives(Place me, std::uint32_t object) const;
    std::uint32_t attach(Place me);
    void await_gifts(Place me);
    void give_all(Place me);
    void give(Place me, std::uint32_t object, std::uint32_t process);

    Fate do_program(Place me);
    Fate do_call(Place me, std::uint32_t step_index, bool& satisfied);
    Response perform(Place me, std::uint32_t step_index);
    Response perform_wait(Place me, const PlanStep& step);
    Response perform_sleep(Place me, const PlanStep& step);
    Response perform_queue_call(Place me, const PlanStep& step, std::uint64_t origin);
    void note_call(Place me, const DueApc& call);
    Response make_handle(Place me, const PlanStep& step);
    void await(const PlanStep& step);
    void leave(Place me);
    void begin_step();
    template <class Call>
    Response recorded(Place me, CallRecord::Origin origin, std::uint32_t index, Call make);
    void note_moment(Place me);
    template <class Condition>
    void await_on(std::uint64_t word, Condition condition);
    void end_process(Place me, EndCause cause);
    void sweep();

    // Handles.
    void add_handle(Place me, std::uint32_t name, Subject::Handle handle);
    [[nodiscard]] Subject::Handle find_handle(Place me, std::uint32_t name) const;
    Subject::Handle take_handle(Place me, std::uint32_t name);
    [[nodiscard]] std::optional<std::uint32_t> handle_index_of(Place me, std::uint32_t name) const;

    // Faults.
    [[nodiscard]] bool trips_at(Place me, std::uint32_t fault, std::uint32_t operation,
                                bool after) const;
    Fate trip_operation(Place me, std::uint32_t operation, bool after);
    void arm_accesses(Place me, std::uint32_t operation);
    Fate strike(Place me, std::uint32_t fault);
    void fire(std::uint32_t fault);
    void direct(std::uint32_t fault);
    [[nodiscard]] bool holds(const PlanTrigger& trigger) const;
    void await_trigger(const PlanTrigger& trigger);
    [[nodiscard]] std::uint32_t asleep_in(std::span<const std::uint32_t> processes) const;
    [[nodiscard]] std::uint32_t dead_among(std::span<const std::uint32_t> processes) const;

    // WorldObserver.
    void at_crash_point(ThreadId thread, CrashPoint point) override;
    void about_to_sleep(ThreadId thread) override;
    void tripped(ThreadId thread) override;
    void sleep_changed(ThreadId thread) override;
    void process_gone(ProcessId process) override;
    void reverted() override;
    [[nodiscard]] std::uint64_t state_hash() const override;
    [[nodiscard]] std::uint64_t handles_hash(std::uint16_t process) const;
    [[nodiscard]] std::uint64_t returned_hash() const;
    void tell_calls(std::span<const std::uint32_t> sequence_of, History& history) const;
    void note_calls_at_once(Place me);
    void note_point(ThreadId thread, CrashPoint point);

    [[nodiscard]] PlanThreadState& state(Place at) { return threads_[at.process][at.thread]; }
    [[nodiscard]] const PlanThread& planned(Place at) const {
        return plan_.processes[at.process].threads[at.thread];
    }
    [[nodiscard]] Part& part(Place at) { return *state(at).part; }
    [[nodiscard]] bool is_plan_thread(ThreadId thread) const { return thread < places_.size(); }

    const Plan& plan_;
    PlanWorldOptions options_;
    Geometry geometry_;
    World world_;
    SimPlatform platform_;
    std::vector<CanonicalName> names_;  ///< of the objects
    std::deque<Member> members_;        ///< the plan's processes, then the sweeper
    std::vector<Place> places_;         ///< by world thread
    std::vector<std::vector<ThreadId>> thread_ids_;
    Coverage* coverage_ = nullptr;
    std::optional<AccessProbe> probe_;
    bool noting_ = false;  ///< the programs run, and somebody wants to know
    bool uses_blocked_ = false;
    bool set_up_ = false;

    // In the world's memory.
    std::span<PlanProcessState> processes_;
    std::vector<std::span<PlanThreadState>> threads_;
    std::vector<std::span<HeldHandle>> handles_;
    std::vector<std::span<Subject::Handle>> given_;  ///< by process and object
    std::span<PlanFaultState> faults_;
    std::span<std::uint32_t> points_;
    struct Phase {
        bool running = false;
        bool closing = false;
    };
    Phase* phase_ = nullptr;

    std::vector<CallRecord> records_;
    std::vector<RanCall> ran_;  ///< in the order of their runs
    std::size_t records_kept_ = 0;
    std::vector<StuckThread> stuck_;
    std::vector<Snapshot> snapshots_;
    bool hit_limit_ = false;
};

}  // namespace castaway::harness::sim
