#include "harness/engine/real/fault_trips.h"

#include <unistd.h>

#include <csignal>
#include <variant>

#include "harness/engine/real/pidfd.h"

namespace castaway::harness {

FaultTrips::FaultTrips(const Plan& plan, std::uint32_t process, ControlBlock& control)
    : plan_(plan), process_(process), control_(control), self_(open_pidfd(getpid())) {
    for (std::uint32_t i = 0; i < plan.faults.size(); ++i) {
        const PlanFault& fault = plan.faults[i];
        if (fault.process != process) {
            continue;
        }
        if (const auto* when = std::get_if<PlanTrigger::AtOperation>(&fault.trigger.when)) {
            at_operation_.push_back({i, fault.thread, *when});
        } else if (const auto* place =
                       std::get_if<PlanTrigger::AtCrashPoint>(&fault.trigger.when)) {
            AtCrashPoint& trip = at_crash_point_.emplace_back();
            trip.fault = i;
            trip.thread = fault.thread;
            trip.when = *place;
        }
    }
}

FaultTrips::Next FaultTrips::before_operation(std::uint32_t thread, std::uint32_t operation) {
    for (const AtOperation& trip : at_operation_) {
        if (trip.thread == thread && trip.when.operation == operation && !trip.when.after &&
            !trip.when.access && strike(trip.fault) == Next::end_thread) {
            return Next::end_thread;
        }
    }
    return Next::go_on;
}

FaultTrips::Next FaultTrips::after_operation(std::uint32_t thread, std::uint32_t operation) {
    for (const AtOperation& trip : at_operation_) {
        if (trip.thread == thread && trip.when.operation == operation && trip.when.after &&
            !trip.when.access && strike(trip.fault) == Next::end_thread) {
            return Next::end_thread;
        }
    }
    return Next::go_on;
}

void FaultTrips::at_access(std::uint32_t thread, std::uint32_t operation, std::uint32_t access) {
    for (const AtOperation& trip : at_operation_) {
        if (trip.thread == thread && trip.when.operation == operation &&
            trip.when.access == access) {
            strike(trip.fault);
        }
    }
}

void FaultTrips::at_crash_point(std::uint32_t thread, std::string_view name) {
    for (AtCrashPoint& trip : at_crash_point_) {
        if (trip.thread == thread && trip.when.name == name) {
            visit(trip);
        }
    }
}

void FaultTrips::at_crash_point_of_subject(std::string_view name) {
    for (AtCrashPoint& trip : at_crash_point_) {
        if (trip.when.name == name && control_.phase() == RunPhase::running) {
            visit(trip);
        }
    }
}

void FaultTrips::visit(AtCrashPoint& trip) {
    if (trip.visits.fetch_add(1) + 1 == trip.when.ordinal) {
        strike(trip.fault);
    }
}

FaultTrips::Next FaultTrips::strike(std::uint32_t fault) {
    switch (plan_.faults[fault].kind) {
        case FaultKind::kill:
            control_.fire(fault);
            send_signal(self_, SIGKILL);
            for (;;) {
                pause();
            }
        case FaultKind::exit:
            exit_by_order(fault);
        case FaultKind::stop:
            stop_and_wait(fault);
            return Next::go_on;
        case FaultKind::end_thread:
            control_.fire(fault);
            return Next::end_thread;
        case FaultKind::leak:
            break;  // strikes at the process's end, see leak()
    }
    return Next::go_on;
}

void FaultTrips::stop_and_wait(std::uint32_t fault) {
    // The orchestrator sends both SIGSTOP and SIGCONT. If we stopped ourselves, its SIGCONT could
    // come first, and the process would stand still for ever. The thread does not move meanwhile,
    // whenever the signals take effect.
    FaultCell& cell = control_.faults()[fault];
    cell.state.store(static_cast<std::uint32_t>(FaultState::requested));
    control_.ring();
    while (cell.resumed.load() == 0) {
        if (monotonic_ns() >= control_.header().give_up_ns) {
            _exit(kGaveUpCode);
        }
        futex_wait_until(cell.resumed, 0, control_.header().give_up_ns);
    }
}

void FaultTrips::exit_by_order(std::uint32_t fault) {
    control_.fire(fault);
    _exit(0);
}

void FaultTrips::leak() {
    for (std::uint32_t i = 0; i < plan_.faults.size(); ++i) {
        if (plan_.faults[i].process == process_ && plan_.faults[i].kind == FaultKind::leak) {
            control_.fire(i);
        }
    }
    // Not said to be leaving: the run must not go on to its closing phase while threads are here
    // that would close the handles then. The death itself tells.
    _exit(0);
}

}  // namespace castaway::harness
