// A simulated world: processes that share memory, their threads as fibers, and as much of a kernel
// as they need. It takes one step at a time, and a Strategy chooses which.
//
// A step is chosen, then taken: a thread says what it will do next (SimThread::next), others may go
// first, and when it is chosen it does it and runs on to its next step. So a death "before a step"
// finds everything done that came before the step, and nothing of it.
//
// What can be restored: keep() remembers the world, revert() puts it back, with the fibers' stacks.
// Everything that a body changes must therefore lie on its stack, in memory() or in own_memory().
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/engine/sim/coverage.h"
#include "harness/engine/sim/execution.h"
#include "harness/engine/sim/fiber.h"
#include "harness/engine/sim/private_memory.h"
#include "harness/engine/sim/schedule.h"
#include "harness/engine/sim/shared_memory.h"
#include "harness/engine/sim/store_buffer.h"
#include "harness/engine/sim/strategy.h"
#include "harness/engine/sim/threads.h"
#include "primitives/platform/platform.h"

namespace castaway::harness::sim {

inline constexpr std::size_t kThreadsMax = 256;
/// Of one operation that is one step. Far more than any takes that does not spin.
inline constexpr std::uint32_t kAccessesMax = 1'000'000;

struct WorldOptions {
    std::uint64_t shared_bytes = 4096;
    std::uint64_t own_bytes = std::uint64_t{1} << 20;
    /// More steps in one execution are a livelock.
    std::uint64_t steps_max = 100'000;
    /// Steps that a killed process's other threads may still take; each of them as many, but none
    /// after it has entered the kernel.
    std::uint16_t steps_while_dying = 0;
    /// A thread dies in one step of the kernel, where words are marked one by one otherwise.
    bool dies_at_once = false;
    /// New processes get the pids of processes that are gone.
    bool reuses_pids = false;
    MemoryModel memory = MemoryModel::sc;
};

/// Told what happens, on the stack of the thread it happens to. Takes no steps but by
/// World::kill_current(), and changes nothing that revert() would not put back.
class WorldObserver {
  public:
    WorldObserver() = default;
    WorldObserver(const WorldObserver&) = delete;
    WorldObserver& operator=(const WorldObserver&) = delete;
    virtual ~WorldObserver() = default;
    virtual void at_crash_point(ThreadId thread, CrashPoint point) = 0;
    virtual void about_to_sleep(ThreadId thread) = 0;
    /// The thread's access count has come; see World::trip_after().
    virtual void tripped(ThreadId thread) = 0;
    /// The thread has fallen asleep, or has come back from sleep.
    virtual void sleep_changed(ThreadId thread) = 0;
    /// The last thread of a killed process is dead.
    virtual void process_gone(ProcessId process) = 0;
    /// The world is as it was kept: so must be what the observer remembers of it.
    virtual void reverted() = 0;
    /// Everything of its own that what happens next may depend on; see World::state_hash().
    [[nodiscard]] virtual std::uint64_t state_hash() const = 0;
};

class World {
  public:
    explicit World(const WorldOptions& options);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    // --- Making a world, from outside of it.

    /// \param base where it maps memory(); stays mapped as long as the world lives
    ProcessId add_process(std::string name, unsigned char* base);
    /// The same with a mapping that the world makes.
    ProcessId add_process(std::string name);
    /// The body runs when the thread is chosen for the first time. It outlives the world.
    ThreadId add_thread(ProcessId process, std::string name, ThreadRole role,
                        std::function<void()> body);
    void set_observer(WorldObserver* observer) { observer_ = observer; }
    /// How locations are told in words; a cell is told by its offset otherwise.
    void set_describer(std::function<std::string(Location)> describe);

    void keep();
    void revert();

    /// Goes on from where the world is until nobody can move, or a bound or a defect ends it.
    Execution run(Strategy& strategy);
    /// Whether to remember every step of the runs to come, for records().
    void set_recording(bool recording) {
        recording_ = recording;
        watched_ = recording_ || tells_state_ || probe_ != nullptr;
    }
    /// Who sees every step; null: nobody. Outlives the world, or what it sees there.
    void set_probe(AccessProbe* probe) {
        probe_ = probe;
        watched_ = recording_ || tells_state_ || probe_ != nullptr;
    }
    /// Whether state_hash() will know all that matters; true at first.
    void set_state_known(bool known) { state_known_ = known; }

    // --- Looking at it, from anywhere.

    [[nodiscard]] SharedMemory& memory() { return memory_; }
    [[nodiscard]] const SharedMemory& memory() const { return memory_; }
    [[nodiscard]] PrivateMemory& own_memory() { return own_memory_; }
    [[nodiscard]] std::span<const SimThread> threads() const { return threads_; }
    [[nodiscard]] std::span<const SimProcess> processes() const { return processes_; }
    [[nodiscard]] const std::string& thread_name(ThreadId thread) const { return names_[thread]; }
    [[nodiscard]] const std::string& process_name(ProcessId process) const {
        return process_names_[process];
    }
    /// Who sleeps, in the order in which they fell asleep.
    [[nodiscard]] std::span<const ThreadId> sleepers() const { return sleepers_; }
    [[nodiscard]] std::int64_t clock_ns() const { return clock_ns_; }
    /// How often time has passed: before each of these moments nobody could move, or a strategy
    /// chose `expire`.
    [[nodiscard]] std::uint64_t time_jumps() const { return time_jumps_; }
    /// As ChoicePoint::touched, after the last step of an execution, too.
    [[nodiscard]] std::span<const Access> touched() const { return touched_; }
    /// Whether the strategy that runs has asked for state_hash().
    [[nodiscard]] bool tells_state() const { return tells_state_; }
    /// Whether state_hash() tells all states apart that differ in what may come, or in what judges
    /// may say in the end. Not so after a death: what is left of the dead is not in it.
    [[nodiscard]] bool state_known() const { return tells_state_ && state_known_ && deaths_ == 0; }
    /// The threads' own states, the memory and the kernel's part, whatever way led there. Requires
    /// state_known().
    [[nodiscard]] std::uint64_t state_hash() const;
    [[nodiscard]] MemoryModel memory_model() const { return options_.memory; }
    /// Every choice since the last revert().
    [[nodiscard]] const Schedule& schedule() const { return schedule_; }
    /// Every step since the last revert() while recording.
    [[nodiscard]] std::span<const StepRecord> records() const { return records_; }
    /// How often each crash point was passed since the last revert().
    [[nodiscard]] std::span<const std::uint32_t> crash_point_visits() const { return visits_; }
    [[nodiscard]] std::string describe(Location where) const;
    [[nodiscard]] ThreadId current() const { return current_; }
    /// Who took the last step.
    [[nodiscard]] ThreadId last() const { return last_; }
    /// The stack that the running thread is on; null outside of the threads.
    [[nodiscard]] const Fiber* current_fiber() const {
        return current_ == kNoThread ? nullptr : fibers_[current_].get();
    }

    // --- What threads do: each a step, and a place to be killed at.

    template <class Cell>
    auto load(Cell& cell);
    template <class Cell>
    void store(Cell& cell, decltype(Cell::bits) value);
    template <class Cell>
    bool cas(Cell& cell, decltype(Cell::bits)& expected, decltype(Cell::bits) desired);
    std::uint32_t exchange(Cell32& cell, std::uint32_t value);
    std::uint32_t fetch_add(Cell32& cell, std::uint32_t value);
    FutexResult futex_wait(std::span<const FutexTarget> targets, Deadline deadline);
    void futex_wake(Cell32& word, std::uint32_t count);
    std::int64_t now(Clock clock);
    void pause();
    void hold(Cell32& word);
    void drop(Cell32& word);
    bool process_gone(const ProcessIdentity& process, std::int64_t wait_ns);
    [[nodiscard]] ProcessIdentity self() const;
    /// A defect unless the calling thread's process has been killed.
    [[noreturn]] void wait_for_own_end();
    void crash_point(CrashPoint point);
    void about_to_sleep();
    /// Both are copied when the step is taken.
    ThreadId spawn(const std::string& name, ThreadRole role, const std::function<void()>& body);

    /// A step on a word of the harness's own, which lies outside of the world.
    void touch(std::uint64_t word, Touch touch);

    // --- What threads do besides, without a step of its own.

    /// The step that was taken last touches a word of the harness's own, too.
    void touch_besides(std::uint64_t word, Touch touch) {
        note_touch(location(Space::harness, word), touch);
    }
    /// The calling thread learns something that is neither in a cell nor from the kernel.
    void observe(std::uint64_t value);
    /// Sleeps on a word of the harness's own until wake_on(), or until a moment.
    FutexResult sleep_on(std::uint64_t word, std::int64_t until_ns = Deadline::kNever);
    /// Also from outside. Wakes everybody who sleeps on that word.
    void wake_on(std::uint64_t word);
    /// A step that touches nothing: an operation begins.
    void begin_operation();
    /// The same, and accesses are no steps until leave_operation().
    void enter_operation();
    void leave_operation();
    /// The calling thread's program is done: if it sleeps for ever now, nothing is wrong.
    void set_through(bool through) { through_[current_] = through; }
    /// Tells the observer before the n-th access from now; 0: never.
    void trip_after(std::uint32_t accesses) { threads_[current_].accesses_to_trip = accesses; }
    /// To be called before each access that counts.
    void count_access() {
        std::uint32_t& left = me_->accesses_to_trip;
        if (left != 0 && --left == 0) [[unlikely]] {
            observer_->tripped(current_);
        }
    }
    /// The calling thread's process is killed; the caller runs no further.
    [[noreturn]] void kill_current();
    /// Also from outside. Its threads die one by one.
    void kill(ProcessId process);
    /// Its threads take no steps until resume(). Where the calling thread is one of them, the call
    /// returns only then.
    void stop(ProcessId process);
    void resume(ProcessId process);

    /// A moment for histories: the clock, and later than every moment told before.
    std::int64_t moment_ns() { return clock_ns_ + ++moments_; }

    /// Ends the execution from inside; for what no thread can go on after.
    [[noreturn]] void end_from_inside(Outcome outcome, std::string detail);

  private:
    struct Kept;

    [[nodiscard]] Location locate(const void* address);
    [[noreturn]] void stray(const void* address);
    [[nodiscard]] std::string describe_stray(const void* address) const;
    void point(StepKind kind, Location where);
    void took(ThreadId thread, StepKind kind, Location where, std::uint64_t before,
              std::uint64_t after);
    void watch(ThreadId thread, StepKind kind, Location where, std::uint64_t before,
               std::uint64_t after);
    void extend_trail(ThreadId thread, StepKind kind, Location where, std::uint64_t before,
                      std::uint64_t after);
    [[gnu::always_inline]] void took(StepKind kind, Location where, std::uint64_t before,
                                     std::uint64_t after) {
        took(current_, kind, where, before, after);
    }
    void note_touch(Location where, Touch touch) {
        if (tells_touched_) {
            touched_.push_back({where, touch});
        }
    }

    ThreadId pick();
    void refuse(Choice choice);
    bool act(Choice choice);
    void leave();
    void switch_to(ThreadId next);
    void start(ThreadId thread);
    static void enter(void* world);
    void finish_current();
    void conclude();
    void end(Outcome outcome, std::string detail);
    [[nodiscard]] std::string describe_sleepers() const;

    void add_runnable(ThreadId thread);
    void remove_runnable(ThreadId thread);
    void sleep_on_target(Location queue, std::uint32_t expected);
    FutexResult fall_asleep(std::int64_t until_ns);
    void rouse(ThreadId thread, FutexResult result);
    void wake(Location queue, std::uint32_t count);
    bool let_time_pass();
    void pass_time_until(std::int64_t moment_ns);
    bool takes_kernel_step(ThreadId thread);
    void begin_dying(ThreadId thread);
    void kernel_step(ThreadId thread);
    void mark_dead(ThreadId thread, std::uint32_t offset, bool pending);
    void lose_thread(ThreadId thread);

    // Total store order. Buffers are named by their threads, not by the actors that they are.
    [[nodiscard]] bool buffers() const { return options_.memory == MemoryModel::tso; }
    [[nodiscard]] static bool drains_first(StepKind kind, Location where);
    void add_stores_of(ThreadId owner);
    void await_drained();
    void put(Location at, std::uint64_t value, std::uint32_t bytes);
    [[nodiscard]] bool find_own(Location at, std::uint32_t bytes, std::uint64_t& value);
    void drain_oldest(ThreadId thread);
    void drain_all(ThreadId thread);

    WorldOptions options_;
    SharedMemory memory_;
    PrivateMemory own_memory_;
    WorldObserver* observer_ = nullptr;
    std::function<std::string(Location)> describe_;

    // Restored by revert().
    std::vector<SimThread> threads_;
    std::vector<SimProcess> processes_;
    std::vector<ThreadId> runnable_;   ///< ascending
    std::vector<ThreadId> sleepers_;   ///< longest asleep first
    std::vector<StoreBuffer> stores_;  ///< by thread; none with sequential consistency
    std::vector<std::uint8_t> through_;
    std::int64_t clock_ns_;
    std::int64_t moments_ = 0;
    std::uint64_t time_jumps_ = 0;
    std::uint64_t hash_;
    std::uint64_t steps_ = 0;
    std::uint32_t deaths_ = 0;
    std::unique_ptr<Kept> kept_;

    // Emptied by revert().
    Schedule schedule_;
    std::vector<StepRecord> records_;
    std::vector<std::uint32_t> visits_;
    std::vector<Access> touched_;
    std::vector<std::uint64_t> trails_;  ///< by thread: what its steps found; for state_hash()

    std::vector<std::unique_ptr<Fiber>> fibers_;  ///< by thread; may be more than threads
    /// A thread runs its body while others are added: they must stay where they are.
    std::deque<std::function<void()>> bodies_;
    std::vector<std::string> names_;
    std::vector<std::string> process_names_;
    std::deque<Mapping> mappings_;

    // While it runs.
    FiberContext outside_;
    Strategy* strategy_ = nullptr;
    ThreadId current_ = kNoThread;
    SimThread* me_ = nullptr;  ///< that of current_
    const unsigned char* current_base_ = nullptr;
    FiberContext* running_ = &outside_;  ///< that of current_
    ThreadId last_ = kNoThread;
    std::uint32_t accesses_in_step_ = 0;
    bool recording_ = false;
    AccessProbe* probe_ = nullptr;
    bool tells_state_ = false;
    bool watched_ = false;  ///< by any of these three
    bool tells_touched_ = false;
    bool state_known_ = true;
    Execution execution_;
    std::string breach_;  ///< what the harness did wrong, to be thrown outside of the fibers
};

}  // namespace castaway::harness::sim

#include "harness/engine/sim/world_hot_path.h"  // IWYU pragma: export
