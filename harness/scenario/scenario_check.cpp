#include "harness/scenario/scenario_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/bounds.h"
#include "harness/scenario/fault_check.h"
#include "harness/scenario/name_table.h"
#include "harness/scenario/nearest.h"
#include "harness/scenario/step_check.h"

namespace castaway::harness {
namespace {

void check_objects(const Scenario& scenario, Problems& problems) {
    for (const ObjectSpec& object : scenario.objects) {
        const std::string pointer = member_pointer("/objects", object.name);
        if (object.type == ObjectType::semaphore && object.initial_count > object.maximum_count) {
            problems.add(pointer + "/initial",
                         fmt::format("{} is above the maximum, {}", object.initial_count,
                                     object.maximum_count),
                         "write a number from 0 to the maximum");
        }
        if (!object.whole_run && object.sharing != Sharing::name) {
            problems.add(pointer + "/sharing", "programs open an object by its name only",
                         "write \"name\", or leave \"opened\" out");
        }
    }
}

void check_the_checks(const Scenario& scenario, const Vocabulary& vocabulary, Problems& problems) {
    for (std::size_t i = 0; i < scenario.checks.size(); ++i) {
        const std::string& check = scenario.checks[i];
        if (std::find(vocabulary.checks.begin(), vocabulary.checks.end(), check) ==
            vocabulary.checks.end()) {
            problems.add(item_pointer("/checks", i), fmt::format("unknown check \"{}\"", check),
                         mend_word(check, vocabulary.checks));
        }
    }
}

void check_numbers(const Scenario& scenario, Problems& problems) {
    for (const SeenSpec& seen : scenario.seen) {
        if (seen.minimum > seen.maximum) {
            problems.add(member_pointer("/seen", seen.what),
                         fmt::format("\"min\" {} is above \"max\" {}", seen.minimum, seen.maximum),
                         "write the lower number as \"min\"");
        }
    }
    if (scenario.quiet_ms > scenario.run_limit_ms) {
        problems.add("/limits/quiet_ms",
                     fmt::format("{} is above the run's limit, {}", scenario.quiet_ms,
                                 scenario.run_limit_ms),
                     "write less than \"run_ms\"");
    }
}

}  // namespace

void check_scenario(Scenario& scenario, const Json& document, const Vocabulary& vocabulary,
                    Problems& problems) {
    check_objects(scenario, problems);
    const NameTable names(scenario);
    StepCheck steps(scenario, names, problems);
    for (ProcessSpec& process : scenario.processes) {
        const Json& written = document.at("processes").at(process.name);
        steps.check(process, member_pointer("/processes", process.name),
                    written.contains("program"));
    }
    check_faults(scenario, names, vocabulary, problems);
    check_the_checks(scenario, vocabulary, problems);
    check_numbers(scenario, problems);
}

}  // namespace castaway::harness
