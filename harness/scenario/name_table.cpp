#include "harness/scenario/name_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/scenario/bounds.h"
#include "harness/scenario/nearest.h"
#include "harness/scenario/walk.h"

namespace castaway::harness {

NameTable::NameTable(const Scenario& scenario)
    : scenario_(scenario), handles_(handle_names(scenario)) {
    for (const ProcessSpec& process : scenario.processes) {
        for (const ThreadSpec& thread : process.threads) {
            for_each_step(thread.program, "", [&](const Step& step, const auto&, StepRole) {
                if (step.kind == StepKind::reach &&
                    std::find(points_.begin(), points_.end(), step.point) == points_.end()) {
                    points_.push_back(step.point);
                }
            });
        }
    }
}

const HandleName* NameTable::require_handle(std::string_view name, const std::string& pointer,
                                            Problems& problems) const {
    const HandleName* handle = find_handle(handles_, name);
    if (handle == nullptr) {
        std::vector<std::string_view> known;
        for (const HandleName& each : handles_) {
            known.push_back(each.name);
        }
        problems.add(pointer, fmt::format("unknown object \"{}\"", name), mend_word(name, known));
    }
    return handle;
}

std::optional<ProcessReference> NameTable::require_process(std::string_view text,
                                                           const std::string& pointer,
                                                           Problems& problems) const {
    const std::optional<ProcessReference> found = find_process(scenario_, text);
    if (!found) {
        std::vector<std::string_view> known;
        for (const ProcessSpec& each : scenario_.processes) {
            known.push_back(each.name);
        }
        const std::string_view group = text.substr(0, text.find('/'));
        problems.add(pointer, fmt::format("unknown process \"{}\"", text), mend_word(group, known));
        return std::nullopt;
    }
    const std::int64_t count = scenario_.processes[found->group].count.low;
    if (found->instance && *found->instance >= count) {
        problems.add(pointer,
                     fmt::format("there may be no \"{}\": the group has {} at least", text, count),
                     fmt::format("write a number below {} after the slash", count));
        return std::nullopt;
    }
    return found;
}

void NameTable::require_reaches(std::string_view point, std::int64_t count,
                                const std::string& pointer, Problems& problems) const {
    if (std::find(points_.begin(), points_.end(), point) == points_.end()) {
        const std::vector<std::string_view> known(points_.begin(), points_.end());
        problems.add(pointer, fmt::format("no step reaches \"{}\"", point),
                     mend_word(point, known));
        return;
    }
    require_at_most(count, least_reaches(scenario_, point), fmt::format("\"{}\" is reached", point),
                    pointer, problems);
}

void require_thread(const ProcessSpec& process, std::string_view thread, const std::string& pointer,
                    Problems& problems) {
    if (thread.empty()) {
        return;
    }
    std::vector<std::string_view> known;
    for (const ThreadSpec& each : process.threads) {
        known.push_back(each.name);
    }
    if (std::find(known.begin(), known.end(), thread) == known.end()) {
        problems.add(pointer, fmt::format("\"{}\" has no thread \"{}\"", process.name, thread),
                     mend_word(thread, known));
    }
}

void require_at_most(std::int64_t count, std::int64_t most, std::string_view of_what,
                     const std::string& pointer, Problems& problems) {
    if (count <= most) {
        return;
    }
    problems.add(
        pointer,
        fmt::format("this asks for {}, but a seed may have only {} ({})", count, most, of_what),
        most == 0 ? "leave it out" : fmt::format("write at most {}", most));
}

}  // namespace castaway::harness
