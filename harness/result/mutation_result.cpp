#include "harness/result/mutation_result.h"

#include <algorithm>

#include "harness/checkers/checkers.h"

namespace castaway::harness {
namespace {

std::vector<std::string> all_check_names() {
    std::vector<std::string> names;
    for (const Check& check : all_checks()) {
        names.emplace_back(check.name);
    }
    return names;
}

}  // namespace

std::vector<std::string> kill_columns() {
    std::vector<std::string> columns = all_check_names();
    columns.emplace_back(kEngineAlone);
    return columns;
}

std::string short_name(const SubjectReport& report) {
    return report.subject.substr(report.subject.find(':') + 1);
}

std::uint64_t SubjectReport::hunts() const {
    std::uint64_t hunts = 0;
    for (const Detection& each : detections) {
        hunts += each.hunts;
    }
    return hunts;
}

std::vector<std::string> MutationReport::survivors() const {
    std::vector<std::string> names;
    for (const SubjectReport& mutant : mutants) {
        if (mutant.found == 0) {
            names.push_back(mutant.subject);
        }
    }
    return names;
}

std::vector<std::string> MutationReport::idle_checks() const {
    std::vector<std::string> names = all_check_names();
    std::erase_if(names, [this](const std::string& name) {
        return std::any_of(mutants.begin(), mutants.end(), [&](const SubjectReport& mutant) {
            return mutant.checks.contains(name);
        });
    });
    return names;
}

ExitCode MutationReport::exit_code() const {
    const bool all_replayed =
        std::all_of(mutants.begin(), mutants.end(),
                    [](const SubjectReport& mutant) { return mutant.not_replayed == 0; });
    return sound.found == 0 && survivors().empty() && all_replayed ? ExitCode::pass
                                                                   : ExitCode::check_failed;
}

}  // namespace castaway::harness
