#include "harness/scenario/bounds.h"

#include <algorithm>
#include <set>
#include <variant>

#include "harness/scenario/fault_words.h"

namespace castaway::harness {
namespace {

/// More than any condition can ask for; sums and products are cut here so that they cannot
/// overflow.
constexpr std::int64_t kEnough = std::int64_t{1} << 31;

std::int64_t cut(std::int64_t number) {
    return std::min(number, kEnough);
}

/// How much the steps of the block that surely take place count for.
/// \param count  std::int64_t(const Step&); the release that ends a hold counts as its wait does
template <typename Count>
std::int64_t least_in(const Block& block, const Count& count);

template <typename Count>
std::int64_t least_of(const Step& step, const Count& count) {
    return count(step);
}

template <typename Count>
std::int64_t least_of(const Hold& hold, const Count& count) {
    // A wait that may run out of time does not surely come to its body.
    return hold.wait.timeout_ms ? count(hold.wait)
                                : 2 * count(hold.wait) + least_in(hold.body, count);
}

template <typename Count>
std::int64_t least_of(const Repeat& repeat, const Count& count) {
    return repeat.times.low * least_in(repeat.body, count);
}

template <typename Count>
std::int64_t least_of(const Choose& choose, const Count& count) {
    std::int64_t least = kEnough;
    for (const Choose::Alternative& alternative : choose.alternatives) {
        least = std::min(least, least_in(alternative.body, count));
    }
    return choose.times.low * least;
}

template <typename Count>
std::int64_t least_in(const Block& block, const Count& count) {
    std::int64_t sum = 0;
    for (const Item& item : block.items) {
        sum = cut(sum +
                  cut(std::visit([&](const auto& each) { return least_of(each, count); }, item)));
    }
    return sum;
}

std::int64_t least_instances(const ProcessSpec& group, const ProcessReference& reference) {
    return reference.instance ? 1 : group.count.low;
}

}  // namespace

std::int64_t least_reaches(const Scenario& scenario, std::string_view point) {
    std::int64_t sum = 0;
    for (const ProcessSpec& process : scenario.processes) {
        for (const ThreadSpec& thread : process.threads) {
            const std::int64_t reaches = least_in(thread.program, [point](const Step& step) {
                return std::int64_t{step.kind == StepKind::reach && step.point == point};
            });
            sum = cut(sum + cut(process.count.low * reaches));
        }
    }
    return sum;
}

std::int64_t least_calls(const ThreadSpec& thread) {
    return least_in(thread.program,
                    [](const Step& step) { return std::int64_t{step.kind == StepKind::call}; });
}

std::int64_t least_threads(const Scenario& scenario, const ProcessReference& reference) {
    const ProcessSpec& group = scenario.processes[reference.group];
    return least_instances(group, reference) * static_cast<std::int64_t>(group.threads.size());
}

std::int64_t least_deaths(const Scenario& scenario, const ProcessReference& reference) {
    const ProcessSpec& group = scenario.processes[reference.group];
    std::set<std::uint32_t> named;
    std::int64_t drawn = 0;
    for (const FaultSpec& fault : scenario.faults) {
        const auto struck = find_process(scenario, fault.process);
        if (!is_deadly(fault.kind) || !struck || struck->group != reference.group) {
            continue;
        }
        if (struck->instance) {
            named.insert(*struck->instance);
        } else if (group.count == Range{1, 1}) {
            named.insert(0);
        } else {
            ++drawn;
        }
    }
    if (reference.instance) {
        return named.contains(*reference.instance) ? 1 : 0;
    }
    // Drawn faults strike processes that no other fault strikes, as long as there are any.
    return std::min(static_cast<std::int64_t>(named.size()) + drawn, group.count.low);
}

}  // namespace castaway::harness
