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

}  // namespace castaway::harness
