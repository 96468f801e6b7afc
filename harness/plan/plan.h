// The scenario made concrete by a seed: every process, thread, operation and fault, no randomness
// left. A plan is a value: printable, savable, comparable. The same scenario and seed give the same
// plan on every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/history/operation.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

/// One step of one thread. Names have become indices.
struct PlanStep {
    StepKind kind = StepKind::call;
    OperationKind operation = OperationKind::wait;
    /// call: indices in Plan::handles.
    std::vector<std::uint32_t> handles;
    /// duplicate: the handle that is made.
    std::uint32_t new_handle = 0;
    std::optional<std::uint32_t> timeout_ms;
    bool alertable = false;
    bool with_routine = false;
    std::optional<ThreadPlace> target;  ///< queue_call
    std::int32_t count = 1;
    std::int64_t due_us = 0;
    std::int32_t period_ms = 0;
    std::int64_t duration_us = 0;
    std::uint32_t point = 0;               ///< index in Plan::points
    std::vector<std::uint32_t> processes;  ///< await_*: indices in Plan::processes
    /// A wait that is not satisfied: go on after so many further steps (the body of its hold).
    std::uint32_t skip_unless_satisfied = 0;
    bool operator==(const PlanStep&) const = default;
};

/// Names a step that has a procedure call queued, in the one word that such calls carry.
struct CallOrigin {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    std::uint32_t step = 0;

    /// Requires that process and thread are below 2^16.
    [[nodiscard]] std::uint64_t pack() const {
        return std::uint64_t{process} << 48U | std::uint64_t{thread} << 32U | step;
    }
    static CallOrigin unpack(std::uint64_t word) {
        return {static_cast<std::uint32_t>(word >> 48U),
                static_cast<std::uint32_t>(word >> 32U & 0xffffU),
                static_cast<std::uint32_t>(word)};
    }
    bool operator==(const CallOrigin&) const = default;
};

struct PlanThread {
    std::string name;  ///< "main"
    std::vector<PlanStep> steps;
    bool operator==(const PlanThread&) const = default;
};

struct PlanProcess {
    std::string name;  ///< "owner/0"
    /// Objects (indices in Plan::objects) whose handles it opens before the start.
    std::vector<std::uint32_t> opens;
    std::vector<PlanThread> threads;
    bool leaks = false;  ///< ends without closing its handles
    bool operator==(const PlanProcess&) const = default;
};

/// Triggers with every number drawn. See Trigger.
struct PlanTrigger {
    struct AtOperation {
        std::uint32_t operation = 1;
        bool after = false;
        std::optional<std::uint32_t> access;
        bool operator==(const AtOperation&) const = default;
    };
    struct AtCrashPoint {
        std::string name;
        std::uint32_t ordinal = 1;
        bool operator==(const AtCrashPoint&) const = default;
    };
    struct WhenBlocked {
        std::vector<std::uint32_t> processes;
        std::uint32_t count = 1;
        bool operator==(const WhenBlocked&) const = default;
    };
    struct WhenReached {
        std::uint32_t point = 0;
        std::uint32_t count = 1;
        bool operator==(const WhenReached&) const = default;
    };
    struct WhenDead {
        std::vector<std::uint32_t> processes;
        std::uint32_t count = 1;
        bool operator==(const WhenDead&) const = default;
    };
    std::variant<std::monostate, AtOperation, AtCrashPoint, WhenBlocked, WhenReached, WhenDead>
        when;
    bool operator==(const PlanTrigger&) const = default;
};

struct PlanFault {
    FaultKind kind = FaultKind::kill;
    std::uint32_t process = 0;
    std::uint32_t thread = 0;  ///< the one that trips it, where it trips itself
    PlanTrigger trigger;
    PlanTrigger resume;
    std::string what;  ///< in words, for reports
    bool operator==(const PlanFault&) const = default;
};

/// A handle that programs speak of: that of an object, or a duplicate's alias.
struct PlanHandle {
    std::string name;
    std::uint32_t object = 0;  ///< index in Plan::objects
    bool operator==(const PlanHandle&) const = default;
};

struct Plan {
    std::string scenario;
    std::string description;
    std::string file;
    std::vector<std::string> rules;
    std::uint64_t seed = 0;
    std::vector<ObjectSpec> objects;
    std::vector<PlanHandle> handles;  ///< the first are the objects', in the same order
    std::vector<std::string> points;
    std::vector<PlanProcess> processes;
    std::vector<PlanFault> faults;
    std::vector<std::string> checks;
    std::vector<SeenSpec> seen;
    std::uint32_t run_limit_ms = 10000;
    std::uint32_t quiet_ms = 1000;
    bool operator==(const Plan&) const = default;
};

/// Pure: no clock, no files, no address; every draw comes from the seed. Requires a scenario that
/// parse_scenario would accept. Throws InputError when a thread, or the plan, has too many steps.
Plan make_plan(const Scenario& scenario, std::uint64_t seed);

/// The most steps one thread may have; a scenario that asks for more is bad input.
inline constexpr std::size_t kStepsPerThreadMax = 1'000'000;
/// The most steps of a whole plan, which is held in memory by every process of a run.
inline constexpr std::size_t kStepsMax = 2'000'000;

}  // namespace castaway::harness
