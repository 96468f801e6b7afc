// The faults that the threads of a worker trip themselves: at an operation of theirs, at an access
// inside it, or at a crash point of the subject. The fault is noted in the control block first and
// strikes next, so whoever finds the process dead finds the reason, too.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string_view>
#include <vector>

#include "harness/engine/real/control_block.h"
#include "harness/engine/real/system.h"
#include "harness/plan/plan.h"

namespace castaway::harness {

/// A worker that waited past the time to give up ends with this code, to tell that it was neither
/// the subject nor a fault.
inline constexpr int kGaveUpCode = 121;
/// A worker that could not do its work for the harness.
inline constexpr int kWorkerFailedCode = 122;

class FaultTrips {
  public:
    FaultTrips(const Plan& plan, std::uint32_t process, ControlBlock& control);

    enum class Next : std::uint8_t { go_on, end_thread };

    /// Of the thread's n-th operation, from 1.
    Next before_operation(std::uint32_t thread, std::uint32_t operation);
    Next after_operation(std::uint32_t thread, std::uint32_t operation);
    /// The k-th access to shared state, from 1, within that operation.
    void at_access(std::uint32_t thread, std::uint32_t operation, std::uint32_t access);
    /// A plan's thread is at the place while its program runs.
    void at_crash_point(std::uint32_t thread, std::string_view name);
    /// A thread that the subject made for itself is at the place: it counts for every fault of this
    /// process, for no thread of the plan will ever come there in its stead.
    void at_crash_point_of_subject(std::string_view name);

    /// The process ends at once, by the fault that the orchestrator ordered.
    [[noreturn]] void exit_by_order(std::uint32_t fault);
    /// The process ends without closing its handles, by its leak fault if it has one.
    [[noreturn]] void leak();

  private:
    struct AtOperation {
        std::uint32_t fault = 0;
        std::uint32_t thread = 0;
        PlanTrigger::AtOperation when;
    };
    struct AtCrashPoint {
        std::uint32_t fault = 0;
        std::uint32_t thread = 0;
        PlanTrigger::AtCrashPoint when;
        std::atomic<std::uint32_t> visits = 0;
    };

    Next strike(std::uint32_t fault);
    void visit(AtCrashPoint& trip);
    void stop_and_wait(std::uint32_t fault);

    const Plan& plan_;
    std::uint32_t process_;
    ControlBlock& control_;
    Descriptor self_;
    std::vector<AtOperation> at_operation_;
    std::list<AtCrashPoint> at_crash_point_;
};

}  // namespace castaway::harness
