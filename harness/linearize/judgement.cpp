#include "harness/linearize/judgement.h"

namespace castaway::harness {

std::string_view to_string(Finding finding) {
    switch (finding) {
        case Finding::linearizable:
            return "linearizable";
        case Finding::not_linearizable:
            return "not linearizable";
        case Finding::inconclusive:
            break;
    }
    return "inconclusive";
}

void conclude(Judgement& judgement, const JudgeEnd& end) {
    if (end.failed && judgement.left_aside == 0) {
        judgement.finding = Finding::not_linearizable;
    } else if (end.failed) {
        judgement.reason =
            "no order was found, but operations without an answer had to be left aside, for too "
            "many of them are open at once";
    } else if (end.spent) {
        judgement.reason = end.reason;
    } else if (end.came_to_end) {
        judgement.finding = Finding::linearizable;
    } else {
        judgement.reason = "the end of an operation was not told";
    }
}

}  // namespace castaway::harness
