#include "harness/plan/fault_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "harness/plan/draws.h"
#include "harness/scenario/fault_words.h"

namespace castaway::harness {
namespace {

PlanTrigger plan_trigger(const Trigger& trigger, const PlanNames& names, Prng& prng) {
    return std::visit(
        [&](const auto& when) -> PlanTrigger {
            using When = std::remove_cvref_t<decltype(when)>;
            if constexpr (std::is_same_v<When, Trigger::AtOperation>) {
                PlanTrigger::AtOperation made;
                made.operation = draw_u32(prng, when.operation);
                made.after = when.after;
                if (when.access) {
                    made.access = draw_u32(prng, *when.access);
                }
                return {made};
            } else if constexpr (std::is_same_v<When, Trigger::AtCrashPoint>) {
                return {PlanTrigger::AtCrashPoint{when.name, draw_u32(prng, when.ordinal)}};
            } else if constexpr (std::is_same_v<When, Trigger::WhenBlocked>) {
                return {PlanTrigger::WhenBlocked{names.processes(when.process),
                                                 draw_u32(prng, when.count)}};
            } else if constexpr (std::is_same_v<When, Trigger::WhenReached>) {
                return {
                    PlanTrigger::WhenReached{names.point(when.point), draw_u32(prng, when.count)}};
            } else if constexpr (std::is_same_v<When, Trigger::WhenDead>) {
                return {PlanTrigger::WhenDead{names.processes(when.process),
                                              draw_u32(prng, when.count)}};
            } else {
                return {};
            }
        },
        trigger.when);
}

/// The index of the thread that a fault names; the first where it names none.
std::uint32_t thread_of(const FaultSpec& fault, const PlanProcess& process) {
    const auto found =
        std::find_if(process.threads.begin(), process.threads.end(),
                     [&fault](const PlanThread& thread) { return thread.name == fault.thread; });
    return found == process.threads.end()
               ? 0
               : static_cast<std::uint32_t>(found - process.threads.begin());
}

/// Who is struck. `struck` holds those that a deadly fault has already.
std::uint32_t draw_victim(std::vector<std::uint32_t> candidates, bool deadly,
                          const std::vector<bool>& struck, Prng& prng) {
    if (deadly) {
        std::vector<std::uint32_t> spared;
        std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(spared),
                     [&struck](std::uint32_t process) { return !struck[process]; });
        if (!spared.empty()) {
            candidates = std::move(spared);
        }
    }
    return candidates[prng.below(candidates.size())];
}

std::string times(std::uint32_t ordinal) {
    return ordinal == 1 ? "" : fmt::format(", time {}", ordinal);
}

/// The trigger as the scenario writes its process or point, with the numbers of the plan.
std::string words_of(const Trigger& written, const PlanTrigger& trigger) {
    if (const auto* at = std::get_if<PlanTrigger::AtOperation>(&trigger.when)) {
        if (at->access) {
            return fmt::format("at access {} of operation {}", *at->access, at->operation);
        }
        return fmt::format("{} operation {}", at->after ? "after" : "before", at->operation);
    }
    if (const auto* place = std::get_if<PlanTrigger::AtCrashPoint>(&trigger.when)) {
        return fmt::format("at {}{}", place->name, times(place->ordinal));
    }
    if (const auto* blocked = std::get_if<Trigger::WhenBlocked>(&written.when)) {
        const std::uint32_t count = std::get<PlanTrigger::WhenBlocked>(trigger.when).count;
        return fmt::format("when {} {} of {} {} blocked", count, count == 1 ? "thread" : "threads",
                           blocked->process, count == 1 ? "is" : "are");
    }
    if (const auto* reached = std::get_if<Trigger::WhenReached>(&written.when)) {
        return fmt::format("when {} is reached{}", reached->point,
                           times(std::get<PlanTrigger::WhenReached>(trigger.when).count));
    }
    if (const auto* dead = std::get_if<Trigger::WhenDead>(&written.when)) {
        const std::uint32_t count = std::get<PlanTrigger::WhenDead>(trigger.when).count;
        return count == 1 ? fmt::format("when {} is dead", dead->process)
                          : fmt::format("when {} of {} are dead", count, dead->process);
    }
    return "at its end";
}

/// "kill owner/0 before operation 3", "end thread pair/1.second after operation 1", ...
std::string words_of(const FaultSpec& written, const PlanFault& fault, const Plan& plan) {
    const PlanProcess& process = plan.processes[fault.process];
    const bool of_thread = fault.kind == FaultKind::end_thread || !written.thread.empty();
    const std::string_view verb =
        fault.kind == FaultKind::end_thread ? "end thread" : fault_word(fault.kind);
    std::string words =
        fmt::format("{} {}{} {}", verb, process.name,
                    of_thread ? "." + process.threads[fault.thread].name : std::string(),
                    words_of(written.trigger, fault.trigger));
    if (!std::holds_alternative<std::monostate>(written.resume.when)) {
        words += ", resume it " + words_of(written.resume, fault.resume);
    }
    return words;
}

}  // namespace

void plan_faults(const Scenario& scenario, const PlanNames& names, const Prng& root, Plan& plan) {
    plan.faults.resize(scenario.faults.size());
    std::vector<bool> struck(plan.processes.size());
    // Those that name one process come first, so that the drawn ones can spare it.
    for (const bool named : {true, false}) {
        for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
            const FaultSpec& written = scenario.faults[i];
            const std::vector<std::uint32_t> candidates = names.processes(written.process);
            if ((candidates.size() == 1) != named) {
                continue;
            }
            Prng prng = part_of(root, fmt::format("fault {}", i));
            const bool deadly = is_deadly(written.kind);
            PlanFault& fault = plan.faults[i];
            fault.kind = written.kind;
            fault.process = draw_victim(candidates, deadly, struck, prng);
            fault.thread = thread_of(written, plan.processes[fault.process]);
            fault.trigger = plan_trigger(written.trigger, names, prng);
            fault.resume = plan_trigger(written.resume, names, prng);
            fault.what = words_of(written, fault, plan);
            if (deadly) {
                struck[fault.process] = true;
            }
            if (fault.kind == FaultKind::leak) {
                plan.processes[fault.process].leaks = true;
            }
        }
    }
}

}  // namespace castaway::harness
