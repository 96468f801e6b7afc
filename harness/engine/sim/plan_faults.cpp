// The faults of a simulated plan, and what its threads await of each other.
#include <algorithm>
#include <variant>

#include "harness/engine/sim/plan_world.h"
#include "primitives/platform/crash_points.h"

namespace castaway::harness::sim {

bool is_from_outside(const PlanTrigger& trigger) {
    return std::holds_alternative<PlanTrigger::WhenBlocked>(trigger.when) ||
           std::holds_alternative<PlanTrigger::WhenReached>(trigger.when) ||
           std::holds_alternative<PlanTrigger::WhenDead>(trigger.when);
}

template <class Condition>
void PlanWorld::await_on(std::uint64_t word, Condition condition) {
    world_.touch(word, Touch::read);
    while (!condition()) {
        world_.sleep_on(word);
    }
}

void PlanWorld::await(const PlanStep& step) {
    const auto count = static_cast<std::uint32_t>(std::max(step.count, 0));
    switch (step.kind) {
        case harness::StepKind::await_point:
            await_on(kPointWords + step.point, [&] { return points_[step.point] >= count; });
            break;
        case harness::StepKind::await_blocked:
            await_on(kSleepNewsWord, [&] { return asleep_in(step.processes) >= count; });
            break;
        default:
            await_on(kDeathNewsWord, [&] { return dead_among(step.processes) >= count; });
            break;
    }
}

std::uint32_t PlanWorld::asleep_in(std::span<const std::uint32_t> processes) const {
    std::uint32_t count = 0;
    for (const std::uint32_t process : processes) {
        for (std::size_t t = 0; t < threads_[process].size(); ++t) {
            const SimThread& thread = world_.threads()[thread_ids_[process][t]];
            if (thread.state == ThreadState::asleep && threads_[process][t].told_sleep) {
                ++count;
            }
        }
    }
    return count;
}

std::uint32_t PlanWorld::dead_among(std::span<const std::uint32_t> processes) const {
    return static_cast<std::uint32_t>(std::count_if(
        processes.begin(), processes.end(),
        [this](std::uint32_t process) { return processes_[process].known_dead_ns.has_value(); }));
}

bool PlanWorld::trips_at(Place me, std::uint32_t fault, std::uint32_t operation, bool after) const {
    const PlanFault& planned = plan_.faults[fault];
    const auto* when = std::get_if<PlanTrigger::AtOperation>(&planned.trigger.when);
    return when != nullptr && planned.process == me.process && planned.thread == me.thread &&
           when->operation == operation && when->after == after && !when->access;
}

PlanWorld::Fate PlanWorld::trip_operation(Place me, std::uint32_t operation, bool after) {
    for (std::uint32_t i = 0; i < plan_.faults.size(); ++i) {
        if (trips_at(me, i, operation, after) && strike(me, i) == Fate::ended) {
            return Fate::ended;
        }
    }
    return Fate::lives;
}

/// Has the world tell before the access at which a fault of this operation is due.
void PlanWorld::arm_accesses(Place me, std::uint32_t operation) {
    std::uint32_t soonest = 0;
    for (std::uint32_t i = 0; i < plan_.faults.size(); ++i) {
        const PlanFault& planned = plan_.faults[i];
        const auto* when = std::get_if<PlanTrigger::AtOperation>(&planned.trigger.when);
        if (when != nullptr && when->access && planned.process == me.process &&
            planned.thread == me.thread && when->operation == operation && !faults_[i].fired &&
            (soonest == 0 || *when->access < soonest)) {
            soonest = *when->access;
        }
    }
    world_.trip_after(soonest);
}

void PlanWorld::tripped(ThreadId thread) {
    if (!is_plan_thread(thread)) {
        return;
    }
    const Place me = places_[thread];
    for (std::uint32_t i = 0; i < plan_.faults.size(); ++i) {
        const PlanFault& planned = plan_.faults[i];
        const auto* when = std::get_if<PlanTrigger::AtOperation>(&planned.trigger.when);
        if (when != nullptr && when->access && planned.process == me.process &&
            planned.thread == me.thread && when->operation == state(me).operation &&
            !faults_[i].fired) {
            strike(me, i);
            return;
        }
    }
}

void PlanWorld::at_crash_point(ThreadId thread, CrashPoint point) {
    if (!phase_->running) {
        return;
    }
    if (noting_) {
        note_point(thread, point);
    }
    const bool mine = is_plan_thread(thread);
    if (mine && !state(places_[thread]).in_program) {
        return;
    }
    const ProcessId process = world_.threads()[thread].process;
    for (std::uint32_t i = 0; i < plan_.faults.size(); ++i) {
        const PlanFault& planned = plan_.faults[i];
        const auto* place = std::get_if<PlanTrigger::AtCrashPoint>(&planned.trigger.when);
        // A thread that the primitives made for themselves counts for every fault of its process.
        if (place == nullptr || planned.process != process || name_of(point) != place->name ||
            (mine && planned.thread != places_[thread].thread)) {
            continue;
        }
        if (++faults_[i].visits == place->ordinal) {
            strike({process, mine ? places_[thread].thread : std::uint16_t{0}}, i);
        }
    }
}

void PlanWorld::note_point(ThreadId thread, CrashPoint point) {
    Activity activity = kHelperActivity;
    if (is_plan_thread(thread)) {
        const PlanThreadState& mine = state(places_[thread]);
        activity = mine.in_program ? mine.activity : kOtherActivity;
    }
    coverage_->note_point(point, activity);
}

/// The caller's call has just begun: with whose is it under way together?
void PlanWorld::note_calls_at_once(Place me) {
    for (std::size_t p = 0; p < threads_.size(); ++p) {
        if (world_.processes()[p].killed) {
            continue;
        }
        for (std::size_t t = 0; t < threads_[p].size(); ++t) {
            const PlanThreadState& other = threads_[p][t];
            if (other.in_program && &other != &state(me)) {
                coverage_->note_pair(other.activity, state(me).activity);
            }
        }
    }
}

void PlanWorld::fire(std::uint32_t fault) {
    faults_[fault].fired = true;
    faults_[fault].at_ns = world_.moment_ns();
    world_.wake_on(kFaultWords + fault);
}

PlanWorld::Fate PlanWorld::strike(Place me, std::uint32_t fault) {
    fire(fault);
    switch (plan_.faults[fault].kind) {
        case FaultKind::kill:
            end_process(me, EndCause::killed);
            break;
        case FaultKind::exit:
            end_process(me, EndCause::exited);
            break;
        case FaultKind::stop:
            world_.stop(me.process);
            break;
        case FaultKind::end_thread:
            return Fate::ended;
        case FaultKind::leak:
            break;  // strikes at the process's end
    }
    return Fate::lives;
}

bool PlanWorld::holds(const PlanTrigger& trigger) const {
    if (const auto* blocked = std::get_if<PlanTrigger::WhenBlocked>(&trigger.when)) {
        return asleep_in(blocked->processes) >= blocked->count;
    }
    if (const auto* reached = std::get_if<PlanTrigger::WhenReached>(&trigger.when)) {
        return points_[reached->point] >= reached->count;
    }
    if (const auto* dead = std::get_if<PlanTrigger::WhenDead>(&trigger.when)) {
        return dead_among(dead->processes) >= dead->count;
    }
    return true;
}

void PlanWorld::await_trigger(const PlanTrigger& trigger) {
    std::uint64_t word = kSleepNewsWord;
    if (const auto* reached = std::get_if<PlanTrigger::WhenReached>(&trigger.when)) {
        word = kPointWords + reached->point;
    } else if (std::holds_alternative<PlanTrigger::WhenDead>(trigger.when)) {
        word = kDeathNewsWord;
    }
    await_on(word, [&] { return holds(trigger); });
}

/// A fault's part from outside: strikes it, or takes it back, as soon as its condition holds.
void PlanWorld::direct(std::uint32_t fault) {
    const PlanFault& planned = plan_.faults[fault];
    const auto process = static_cast<ProcessId>(planned.process);
    const auto is_alive = [&] { return !world_.processes()[process].killed; };
    if (is_from_outside(planned.trigger)) {
        await_trigger(planned.trigger);
        if (!is_alive()) {
            return;
        }
        fire(fault);
        if (planned.kind == FaultKind::stop) {
            world_.stop(process);
        } else {
            processes_[process].cause =
                planned.kind == FaultKind::exit ? EndCause::exited : EndCause::killed;
            world_.kill(process);
        }
    } else {
        await_on(kFaultWords + fault, [&] { return faults_[fault].fired; });
    }
    if (planned.kind == FaultKind::stop) {
        await_trigger(planned.resume);
        faults_[fault].resumed = true;
        if (is_alive()) {
            world_.resume(process);
        }
    }
}

void PlanWorld::about_to_sleep(ThreadId thread) {
    if (is_plan_thread(thread) && state(places_[thread]).in_call) {
        PlanThreadState& mine = state(places_[thread]);
        mine.told_sleep = true;
        records_[mine.record].slept = true;
    }
}

void PlanWorld::sleep_changed(ThreadId thread) {
    if (!is_plan_thread(thread) || !state(places_[thread]).told_sleep) {
        return;
    }
    if (world_.threads()[thread].state != ThreadState::asleep) {
        state(places_[thread]).told_sleep = false;
    }
    if (uses_blocked_) {
        world_.wake_on(kSleepNewsWord);
    }
}

void PlanWorld::process_gone(ProcessId process) {
    if (process >= processes_.size()) {
        return;
    }
    PlanProcessState& gone = processes_[process];
    gone.known_dead_ns = world_.moment_ns();
    if (gone.cause == EndCause::none) {
        gone.cause = EndCause::killed;  // by the strategy
    }
    world_.wake_on(kDeathNewsWord);
}

}  // namespace castaway::harness::sim
