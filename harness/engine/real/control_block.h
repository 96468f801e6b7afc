// The memory that the orchestrator and the workers of one run share besides the subject's own.
//
// Layout, in this order, each array aligned to 64 bytes; the numbers follow from the plan:
//
//     ControlHeader | ProcessCell per process | ThreadCell per thread, those of process 0 first |
//     PointCell per point | FaultCell per fault | GiftCell per process | a handle per process and
//     object, those of process 0 first
//
// Who writes what: the header's `phase` and every `known_dead` only the orchestrator; a
// ProcessCell's and ThreadCell's state only their own worker; a point any worker; a FaultCell the
// one who strikes; gifts as gifts.h says. Nobody holds anything here, so a worker may die at any
// instruction: what it leaves is at worst a state that says what it was last doing, and `sleepers`
// too high, which costs a needless wake-up.
//
// The run's course (RunPhase, ProcessState):
//
//     setting_up  a worker opens its whole-run objects, then is `ready`
//     running     its threads do their programs, then it is `programs_over`, handles still open
//     closing     (after the picture of quiescence was taken) it closes them and is `leaving`
//
// How news travel: who changes something that a program may await (a point, a sleep, a death)
// changes it and then calls announce(). A thread that awaits something first counts itself in
// `sleepers`, then reads `news`, then looks at the condition, then sleeps while `news` is as read.
// All of this is sequentially consistent, so either the announcer sees the sleeper and bumps
// `news`, or the sleeper sees the change. Threads that stand at a barrier sleep on `phase` itself,
// and what concerns one process is told on its `calls`, so that the many sleeps of a run do not
// wake those whom they do not concern. The orchestrator is told through an eventfd.
//
// Who is asleep: a thread says so itself, before it goes to sleep, and says otherwise only some
// time after it was woken. In between, the kernel knows: it counts a thread as asleep only when
// both say so. Nobody announces the moment in which a thread that said so does fall asleep, or does
// run on, so whoever awaits it looks again soon.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/engine/real/futex.h"
#include "harness/engine/real/system.h"
#include "harness/plan/plan.h"

namespace castaway::harness {

enum class RunPhase : std::uint32_t { setting_up, running, closing };

enum class ProcessState : std::uint32_t {
    starting,
    failed,         ///< could not attach to the subject; its log says why
    attached,       ///< takes part in the subject's shared state, and opens its objects
    ready,          ///< holds its whole-run objects
    programs_over,  ///< every thread has finished its program, or was ended
    leaving,        ///< closed its handles and ends next
};

enum class ThreadState : std::uint32_t {
    idle,            ///< between operations, or at work of the harness's own
    in_call,         ///< in an operation
    asleep,          ///< in a wait with a time limit, as the subject tells
    asleep_forever,  ///< in a wait without one
    awaiting,        ///< in a step await_*
    program_over,
    ending,  ///< left its program by an injected fault; the subject may be about to clean up
    ended,   ///< and is gone since
};

/// The thread left its program by an injected fault.
constexpr bool was_ended(ThreadState state) {
    return state == ThreadState::ending || state == ThreadState::ended;
}

/// What somebody who awaits something finds when he looks.
enum class Awaited : std::uint8_t {
    fulfilled,
    soon,     ///< may come about without an announcement: look again soon
    not_yet,  ///< look again at the next announcement
};

constexpr Awaited fulfilled_if(bool holds) {
    return holds ? Awaited::fulfilled : Awaited::not_yet;
}

/// The pause before one looks again soon.
inline constexpr std::int64_t kSoonNs = 200'000;

enum class FaultState : std::uint32_t {
    armed,
    ordered,    ///< the orchestrator wants the worker to do it
    requested,  ///< a thread wants the orchestrator to stop its process, and waits
    fired,
};

struct ControlHeader {
    std::int64_t start_ns;             ///< CLOCK_MONOTONIC; the zero of the history
    std::int64_t give_up_ns;           ///< CLOCK_MONOTONIC; a worker that waits longer ends itself
    std::atomic<std::uint32_t> phase;  ///< futex
    std::atomic<std::uint32_t> orchestrator_watches;  ///< ring it for points and sleeps, too
    std::atomic<std::uint32_t> news;                  ///< futex
    std::atomic<std::uint32_t> sleepers;
};

struct alignas(64) ProcessCell {
    std::atomic<std::uint32_t> state;
    std::atomic<std::uint32_t> known_dead;
    std::atomic<std::uint32_t> ordered_fault;  ///< 1 + index of the fault, 0: none
    std::atomic<std::uint32_t> calls;          ///< futex
    std::atomic<std::int64_t> os_pid;          ///< by itself, before it is `attached`
};

struct alignas(64) ThreadCell {
    std::atomic<std::uint32_t> state;
    std::atomic<std::uint32_t> changes;     ///< of state; tells motion from rest
    std::atomic<std::uint32_t> operations;  ///< records begun
    std::atomic<std::uint32_t> step;        ///< of its program
    std::atomic<std::int32_t> os_thread;    ///< 0 until it runs
    std::atomic<std::uint32_t> introduced;  ///< what the subject calls it; 0 until it said so
    std::atomic<std::int64_t> ended_ns;     ///< of its last act, when `ended`
};

struct PointCell {
    std::atomic<std::uint32_t> reached;
};

struct FaultCell {
    std::atomic<std::uint32_t> state;
    std::atomic<std::uint32_t> resumed;  ///< stop: SIGCONT was sent
    std::atomic<std::int64_t> at_ns;     ///< when fired
};

/// What one process is told by the giver of the run's objects; see gifts.h.
struct alignas(64) GiftCell {
    std::atomic<std::uint32_t> told;  ///< 1: `inheritance` is there
    std::array<char, 60> inheritance;
};

/// A handle in the receiver's own terms; 0: not given yet.
using GivenHandle = std::atomic<std::uint64_t>;

class ControlBlock {
  public:
    static std::size_t size_for(const Plan& plan);

    /// Maps the block. `bell` is the eventfd that rings the orchestrator; it must outlive this.
    ControlBlock(const Plan& plan, const Descriptor& memory, const Descriptor& bell);

    [[nodiscard]] ControlHeader& header() const { return *header_; }
    [[nodiscard]] std::span<ProcessCell> processes() const { return processes_; }
    [[nodiscard]] std::span<PointCell> points() const { return points_; }
    [[nodiscard]] std::span<FaultCell> faults() const { return faults_; }
    [[nodiscard]] std::span<ThreadCell> threads_of(std::uint32_t process) const;
    [[nodiscard]] GiftCell& gift_to(std::uint32_t process) const { return gifts_[process]; }
    [[nodiscard]] GivenHandle& given(std::uint32_t process, std::uint32_t object) const {
        return given_[std::size_t{process} * (given_.size() / processes_.size()) + object];
    }

    [[nodiscard]] RunPhase phase() const { return static_cast<RunPhase>(header_->phase.load()); }
    void enter(RunPhase phase);
    /// Waits for the phase or a later one. False when the time to give up came first.
    bool await_phase(RunPhase wanted);

    [[nodiscard]] ProcessState state_of(std::uint32_t process) const;
    /// By the process itself.
    void set_state(std::uint32_t process, ProcessState state);
    /// By the thread itself.
    void set_state(ThreadCell& thread, ThreadState state);

    [[nodiscard]] bool known_dead(std::uint32_t process) const;
    /// Threads of these processes, as far as they live, in a wait of the subject.
    struct Sleepers {
        std::uint32_t asleep = 0;
        std::uint32_t unsettled = 0;  ///< about to fall asleep, or just woken
    };
    [[nodiscard]] Sleepers sleepers_in(std::span<const std::uint32_t> processes) const;
    /// Whether so many are asleep.
    [[nodiscard]] Awaited look_for_sleepers(std::span<const std::uint32_t> processes,
                                            std::uint32_t count) const;
    [[nodiscard]] std::uint32_t dead_among(std::span<const std::uint32_t> processes) const;

    /// Nanoseconds since the run's start.
    [[nodiscard]] std::int64_t now_ns() const { return monotonic_ns() - header_->start_ns; }
    /// Notes that the fault strikes at this moment.
    void fire(std::uint32_t fault);

    /// Tells the threads that await something to look again.
    void announce();
    /// Tells the threads of that process that wait for a call to look again.
    void call(std::uint32_t process);
    /// Tells the orchestrator to look again.
    void ring() const;

    /// Waits until `condition()` is Awaited::fulfilled. False when the time to give up came first.
    template <typename Condition>
    bool await(Condition condition) {
        header_->sleepers.fetch_add(1);
        Awaited found = Awaited::not_yet;
        for (;;) {
            const std::uint32_t seen = header_->news.load();
            found = condition();
            const std::int64_t now_ns = monotonic_ns();
            if (found == Awaited::fulfilled || now_ns >= header_->give_up_ns) {
                break;
            }
            futex_wait_until(header_->news, seen,
                             found == Awaited::soon ? now_ns + kSoonNs : header_->give_up_ns);
        }
        header_->sleepers.fetch_sub(1);
        return found == Awaited::fulfilled;
    }

    /// Waits until `condition()` is true, looking whenever the process is called. False when the
    /// time to give up came first.
    template <typename Condition>
    bool await_call(std::uint32_t process, Condition condition) {
        const std::atomic<std::uint32_t>& calls = processes_[process].calls;
        for (;;) {
            const std::uint32_t seen = calls.load();
            if (condition()) {
                return true;
            }
            if (monotonic_ns() >= header_->give_up_ns) {
                return false;
            }
            futex_wait_until(calls, seen, header_->give_up_ns);
        }
    }

  private:
    Mapping mapping_;
    int bell_;
    ControlHeader* header_;
    std::span<ProcessCell> processes_;
    std::span<ThreadCell> threads_;
    std::span<PointCell> points_;
    std::span<FaultCell> faults_;
    std::span<GiftCell> gifts_;
    std::span<GivenHandle> given_;
    std::vector<std::size_t> first_thread_;  ///< by process, and one past the last
};

}  // namespace castaway::harness
