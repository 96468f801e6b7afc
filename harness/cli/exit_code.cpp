#include "harness/cli/commands.h"

namespace castaway::harness {

ExitCode exit_code_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass:
            return ExitCode::pass;
        case Outcome::fail:
            return ExitCode::check_failed;
        case Outcome::harness_error:
            return ExitCode::harness_failed;
        case Outcome::inconclusive:
        case Outcome::skipped:
            return ExitCode::inconclusive;
    }
    return ExitCode::harness_failed;
}

}  // namespace castaway::harness
