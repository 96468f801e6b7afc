#include "harness/result/run_result.h"

#include <algorithm>
#include <array>

namespace castaway::harness {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass:
            return "pass";
        case Outcome::fail:
            return "fail";
        case Outcome::inconclusive:
            return "inconclusive";
        case Outcome::skipped:
            return "skipped";
        case Outcome::harness_error:
            return "harness_error";
    }
    return "unknown";
}

Outcome overall(const SuiteResult& suite) {
    constexpr std::array kWorstFirst{Outcome::harness_error, Outcome::fail, Outcome::inconclusive,
                                     Outcome::pass};
    for (const Outcome outcome : kWorstFirst) {
        if (std::any_of(suite.runs.begin(), suite.runs.end(),
                        [outcome](const RunResult& run) { return run.outcome == outcome; })) {
            return outcome;
        }
    }
    return Outcome::inconclusive;
}

}  // namespace castaway::harness
