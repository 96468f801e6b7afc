#include "harness/conformance/program_runner.h"

#include <array>

namespace castaway::harness {

const char* name_of(CallOutcome outcome) {
    constexpr std::array<const char*, 6> kNames{"answered", "not_made", "ended",
                                                "hung",     "died",     "end_not_told"};
    return kNames.at(static_cast<std::size_t>(outcome));
}

}  // namespace castaway::harness
