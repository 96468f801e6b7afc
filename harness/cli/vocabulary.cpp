#include <vector>

#include "harness/checkers/checkers.h"
#include "harness/cli/commands.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

Vocabulary scenario_vocabulary() {
    static const std::vector<std::string_view> kChecks = [] {
        std::vector<std::string_view> names;
        for (const Check& check : all_checks()) {
            names.push_back(check.name);
        }
        return names;
    }();
    static const std::vector<std::string_view> kCrashPoints = [] {
        std::vector<std::string_view> names;
        for (const CrashPointInfo& point : crash_points()) {
            names.push_back(point.name);
        }
        return names;
    }();
    return {kChecks, kCrashPoints};
}

}  // namespace castaway::harness
