#include "harness/engine/real/control_block.h"

#include <unistd.h>

#include <algorithm>
#include <type_traits>

#include "harness/engine/real/proc_files.h"

namespace castaway::harness {
namespace {

static_assert(std::is_standard_layout_v<ControlHeader> && std::is_standard_layout_v<ThreadCell>);
static_assert(std::atomic<std::int64_t>::is_always_lock_free);
static_assert(sizeof(ProcessCell) == 64 && sizeof(ThreadCell) == 64);
static_assert(sizeof(GiftCell) == 64);

constexpr std::size_t aligned(std::size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

std::size_t thread_count(const Plan& plan) {
    std::size_t count = 0;
    for (const PlanProcess& process : plan.processes) {
        count += process.threads.size();
    }
    return count;
}

}  // namespace

std::size_t ControlBlock::size_for(const Plan& plan) {
    return aligned(sizeof(ControlHeader)) + plan.processes.size() * sizeof(ProcessCell) +
           thread_count(plan) * sizeof(ThreadCell) +
           aligned(plan.points.size() * sizeof(PointCell)) +
           aligned(plan.faults.size() * sizeof(FaultCell)) +
           plan.processes.size() * sizeof(GiftCell) +
           aligned(plan.processes.size() * plan.objects.size() * sizeof(GivenHandle));
}

ControlBlock::ControlBlock(const Plan& plan, const Descriptor& memory, const Descriptor& bell)
    : mapping_(memory, size_for(plan), MappingAccess::read_write), bell_(bell.get()) {
    std::byte* at = mapping_.data();
    const auto take = [&at]<typename Cell>(std::type_identity<Cell>, std::size_t count) {
        // The pages are zero at first, which is the initial value of every cell.
        const std::span<Cell> cells(reinterpret_cast<Cell*>(at), count);
        at += aligned(count * sizeof(Cell));
        return cells;
    };
    header_ = take(std::type_identity<ControlHeader>{}, 1).data();
    processes_ = take(std::type_identity<ProcessCell>{}, plan.processes.size());
    threads_ = take(std::type_identity<ThreadCell>{}, thread_count(plan));
    points_ = take(std::type_identity<PointCell>{}, plan.points.size());
    faults_ = take(std::type_identity<FaultCell>{}, plan.faults.size());
    gifts_ = take(std::type_identity<GiftCell>{}, plan.processes.size());
    given_ = take(std::type_identity<GivenHandle>{}, plan.processes.size() * plan.objects.size());

    first_thread_.push_back(0);
    for (const PlanProcess& process : plan.processes) {
        first_thread_.push_back(first_thread_.back() + process.threads.size());
    }
}

std::span<ThreadCell> ControlBlock::threads_of(std::uint32_t process) const {
    const std::size_t first = first_thread_.at(process);
    return threads_.subspan(first, first_thread_.at(process + 1) - first);
}

void ControlBlock::enter(RunPhase phase) {
    header_->phase.store(static_cast<std::uint32_t>(phase));
    futex_wake_all(header_->phase);
    for (std::uint32_t process = 0; process < processes_.size(); ++process) {
        call(process);
    }
}

bool ControlBlock::await_phase(RunPhase wanted) {
    for (;;) {
        const std::uint32_t found = header_->phase.load();
        if (static_cast<RunPhase>(found) >= wanted) {
            return true;
        }
        if (monotonic_ns() >= header_->give_up_ns) {
            return false;
        }
        futex_wait_until(header_->phase, found, header_->give_up_ns);
    }
}

ProcessState ControlBlock::state_of(std::uint32_t process) const {
    return static_cast<ProcessState>(processes_[process].state.load());
}

void ControlBlock::set_state(std::uint32_t process, ProcessState state) {
    processes_[process].state.store(static_cast<std::uint32_t>(state));
    ring();
}

void ControlBlock::set_state(ThreadCell& thread, ThreadState state) {
    thread.state.store(static_cast<std::uint32_t>(state));
    thread.changes.fetch_add(1);
    if (state == ThreadState::asleep || state == ThreadState::asleep_forever) {
        announce();
        if (header_->orchestrator_watches.load() != 0) {
            ring();
        }
    }
}

bool ControlBlock::known_dead(std::uint32_t process) const {
    return processes_[process].known_dead.load() != 0;
}

ControlBlock::Sleepers ControlBlock::sleepers_in(std::span<const std::uint32_t> processes) const {
    Sleepers sleepers;
    for (const std::uint32_t process : processes) {
        if (known_dead(process)) {
            continue;
        }
        for (const ThreadCell& thread : threads_of(process)) {
            const std::uint32_t changes = thread.changes.load();
            const auto state = static_cast<ThreadState>(thread.state.load());
            if (state != ThreadState::asleep && state != ThreadState::asleep_forever) {
                continue;
            }
            if (!thread_runs(thread.os_thread.load()) && thread.changes.load() == changes) {
                ++sleepers.asleep;
            } else {
                ++sleepers.unsettled;
            }
        }
    }
    return sleepers;
}

Awaited ControlBlock::look_for_sleepers(std::span<const std::uint32_t> processes,
                                        std::uint32_t count) const {
    const Sleepers found = sleepers_in(processes);
    if (found.asleep >= count) {
        return Awaited::fulfilled;
    }
    return found.asleep + found.unsettled >= count ? Awaited::soon : Awaited::not_yet;
}

std::uint32_t ControlBlock::dead_among(std::span<const std::uint32_t> processes) const {
    return static_cast<std::uint32_t>(
        std::count_if(processes.begin(), processes.end(),
                      [this](std::uint32_t process) { return known_dead(process); }));
}

void ControlBlock::fire(std::uint32_t fault) {
    faults_[fault].at_ns.store(now_ns());
    faults_[fault].state.store(static_cast<std::uint32_t>(FaultState::fired));
}

void ControlBlock::announce() {
    if (header_->sleepers.load() != 0) {
        header_->news.fetch_add(1);
        futex_wake_all(header_->news);
    }
}

void ControlBlock::call(std::uint32_t process) {
    processes_[process].calls.fetch_add(1);
    futex_wake_all(processes_[process].calls);
}

void ControlBlock::ring() const {
    const std::uint64_t one = 1;
    // The only failure is a counter at its end, and then the orchestrator has been rung enough.
    [[maybe_unused]] const ssize_t written = write(bell_, &one, sizeof(one));
}

}  // namespace castaway::harness
