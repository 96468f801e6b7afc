#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "harness/base/error.h"
#include "harness/scenario/nearest.h"
#include "harness/subject/castaway/castaway_adapter.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

std::vector<std::unique_ptr<SubjectAdapter>> all_subjects() {
    return castaway_adapters();
}

std::unique_ptr<SubjectAdapter> find_subject(std::string_view name) {
    std::vector<std::unique_ptr<SubjectAdapter>> subjects = all_subjects();
    const auto found = std::find_if(subjects.begin(), subjects.end(),
                                    [name](const auto& each) { return each->name() == name; });
    if (found != subjects.end()) {
        return std::move(*found);
    }
    std::vector<std::string> names;
    std::transform(subjects.begin(), subjects.end(), std::back_inserter(names),
                   [](const auto& each) { return each->name(); });
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw InputError("subject", fmt::format("there is no subject \"{}\"", name),
                     mend_word(name, known));
}

std::span<const CrashPointInfo> crash_points() {
    return castaway_crash_points();
}

}  // namespace castaway::harness
