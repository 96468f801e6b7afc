#include "harness/scenario/names.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <set>

#include "harness/scenario/walk.h"

namespace castaway::harness {
namespace {

struct Alias {
    std::string name;
    std::string source;
};

/// In the order of the document.
std::vector<Alias> aliases_of(const Scenario& scenario) {
    std::vector<Alias> aliases;
    for (const ProcessSpec& process : scenario.processes) {
        for (const ThreadSpec& thread : process.threads) {
            for_each_step(thread.program, "", [&](const Step& step, const auto&, StepRole) {
                if (!step.alias.empty()) {
                    aliases.push_back({step.alias, step.handles.front()});
                }
            });
        }
    }
    return aliases;
}

}  // namespace

std::vector<HandleName> handle_names(const Scenario& scenario) {
    std::vector<HandleName> handles;
    std::map<std::string, std::size_t> object_of;
    std::deque<std::string> to_follow;
    for (std::size_t i = 0; i < scenario.objects.size(); ++i) {
        handles.push_back({scenario.objects[i].name, i});
        object_of.emplace(scenario.objects[i].name, i);
        to_follow.push_back(scenario.objects[i].name);
    }
    // An alias may be made from another one that stands further down, so they are followed from
    // their sources.
    const std::vector<Alias> aliases = aliases_of(scenario);
    std::multimap<std::string, std::string> made_from;
    for (const Alias& alias : aliases) {
        made_from.emplace(alias.source, alias.name);
    }
    for (; !to_follow.empty(); to_follow.pop_front()) {
        const auto [first, last] = made_from.equal_range(to_follow.front());
        for (auto each = first; each != last; ++each) {
            if (object_of.emplace(each->second, object_of.at(each->first)).second) {
                to_follow.push_back(each->second);
            }
        }
    }
    std::set<std::string> listed;
    for (const Alias& alias : aliases) {
        const auto object = object_of.find(alias.name);
        const bool is_object = object != object_of.end() && object->second < handles.size() &&
                               handles[object->second].name == alias.name;
        if (object != object_of.end() && !is_object && listed.insert(alias.name).second) {
            handles.push_back({alias.name, object->second});
        }
    }
    return handles;
}

const HandleName* find_handle(const std::vector<HandleName>& handles, std::string_view name) {
    const auto found = std::find_if(handles.begin(), handles.end(),
                                    [name](const HandleName& each) { return each.name == name; });
    return found == handles.end() ? nullptr : &*found;
}

std::optional<ProcessReference> find_process(const Scenario& scenario, std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view group = text.substr(0, slash);
    const auto found =
        std::find_if(scenario.processes.begin(), scenario.processes.end(),
                     [group](const ProcessSpec& each) { return each.name == group; });
    if (found == scenario.processes.end()) {
        return std::nullopt;
    }
    ProcessReference reference;
    reference.group = static_cast<std::size_t>(found - scenario.processes.begin());
    if (slash != std::string_view::npos) {
        std::uint32_t instance = 0;
        const std::string_view digits = text.substr(slash + 1);
        std::from_chars(digits.data(), digits.data() + digits.size(), instance);
        reference.instance = instance;
    }
    return reference;
}

}  // namespace castaway::harness
