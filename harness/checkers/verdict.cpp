#include "harness/checkers/verdict.h"

namespace castaway::harness {

std::string_view to_string(VerdictKind kind) {
    switch (kind) {
        case VerdictKind::pass:
            return "pass";
        case VerdictKind::fail:
            return "fail";
        case VerdictKind::inconclusive:
            return "inconclusive";
        case VerdictKind::not_applicable:
            return "not_applicable";
    }
    return "";
}

}  // namespace castaway::harness
