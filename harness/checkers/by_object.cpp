#include "harness/checkers/by_object.h"

#include <algorithm>

namespace castaway::harness {

std::vector<std::vector<const Operation*>> operations_by_object(const History& history) {
    std::vector<std::vector<const Operation*>> sorted(history.objects.size());
    for (const Operation& operation : history.operations) {
        for (const ObjectIndex object : operation.objects) {
            std::vector<const Operation*>& of_object = sorted.at(object);
            if (of_object.empty() || of_object.back() != &operation) {
                of_object.push_back(&operation);
            }
        }
    }
    return sorted;
}

bool took(const Operation& operation, ObjectIndex object) {
    return operation.satisfied() && operation.object() == object;
}

bool may_have_taken(const Operation& operation, ObjectIndex object) {
    return operation.is_wait() && operation.pending() &&
           std::find(operation.objects.begin(), operation.objects.end(), object) !=
               operation.objects.end();
}

}  // namespace castaway::harness
