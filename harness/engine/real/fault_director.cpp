#include "harness/engine/real/fault_director.h"

#include <csignal>
#include <variant>

namespace castaway::harness {
namespace {

bool from_outside(const PlanTrigger& trigger) {
    return std::holds_alternative<PlanTrigger::WhenBlocked>(trigger.when) ||
           std::holds_alternative<PlanTrigger::WhenReached>(trigger.when) ||
           std::holds_alternative<PlanTrigger::WhenDead>(trigger.when);
}

}  // namespace

bool FaultDirector::needs_watch() const {
    for (std::uint32_t fault = 0; fault < plan_.faults.size(); ++fault) {
        const PlanFault& planned = plan_.faults[fault];
        const FaultCell& cell = control_.faults()[fault];
        const bool armed = cell.state.load() == static_cast<std::uint32_t>(FaultState::armed);
        const bool may_strike = armed && from_outside(planned.trigger);
        const bool may_resume = cell.resumed.load() == 0 && from_outside(planned.resume);
        if (workers_.alive(planned.process) && (may_strike || may_resume)) {
            return true;
        }
    }
    return false;
}

Awaited FaultDirector::look_for(const PlanTrigger& trigger) const {
    if (const auto* blocked = std::get_if<PlanTrigger::WhenBlocked>(&trigger.when)) {
        return control_.look_for_sleepers(blocked->processes, blocked->count);
    }
    if (const auto* reached = std::get_if<PlanTrigger::WhenReached>(&trigger.when)) {
        return fulfilled_if(control_.points()[reached->point].reached.load() >= reached->count);
    }
    if (const auto* dead = std::get_if<PlanTrigger::WhenDead>(&trigger.when)) {
        return fulfilled_if(control_.dead_among(dead->processes) >= dead->count);
    }
    return Awaited::not_yet;
}

Awaited FaultDirector::act() {
    Awaited all = Awaited::not_yet;
    for (std::uint32_t fault = 0; fault < plan_.faults.size(); ++fault) {
        if (workers_.alive(plan_.faults[fault].process) && act_on(fault) == Awaited::soon) {
            all = Awaited::soon;
        }
    }
    return all;
}

Awaited FaultDirector::act_on(std::uint32_t fault) {
    const PlanFault& planned = plan_.faults[fault];
    FaultCell& cell = control_.faults()[fault];
    const auto state = [&cell] { return static_cast<FaultState>(cell.state.load()); };
    if (state() == FaultState::armed) {
        const Awaited found = look_for(planned.trigger);
        if (found != Awaited::fulfilled) {
            return found;
        }
        strike(fault);
    } else if (state() == FaultState::requested) {
        strike(fault);
    }
    if (planned.kind != FaultKind::stop || state() != FaultState::fired ||
        cell.resumed.load() != 0) {
        return Awaited::not_yet;
    }
    const Awaited found = look_for(planned.resume);
    if (found == Awaited::fulfilled) {
        // First the word, then the signal: a thread that waits for the word runs on with the rest
        // of its process.
        cell.resumed.store(1);
        futex_wake_all(cell.resumed);
        workers_.signal(planned.process, SIGCONT);
    }
    return found;
}

void FaultDirector::strike(std::uint32_t fault) {
    const PlanFault& planned = plan_.faults[fault];
    switch (planned.kind) {
        case FaultKind::kill:
        case FaultKind::stop:
            // Noted first: its effects must not be seen before it.
            control_.fire(fault);
            if (!workers_.signal(planned.process,
                                 planned.kind == FaultKind::kill ? SIGKILL : SIGSTOP)) {
                control_.faults()[fault].state.store(static_cast<std::uint32_t>(FaultState::armed));
            }
            break;
        case FaultKind::exit:
            control_.faults()[fault].state.store(static_cast<std::uint32_t>(FaultState::ordered));
            control_.processes()[planned.process].ordered_fault.store(fault + 1);
            control_.call(planned.process);
            break;
        case FaultKind::end_thread:
        case FaultKind::leak:
            break;  // never from outside
    }
}

}  // namespace castaway::harness
