#include "primitives/benchmark/row.h"

namespace castaway::benchmark {

std::optional<bool> Row::met() const {
    if (!target || ours.empty() || (target->of == Target::Of::ratio && peer.empty())) {
        return std::nullopt;
    }
    const double value = target->of == Target::Of::ratio ? ratio().median : spread_of(ours).median;
    return target->bound == Target::Bound::at_most ? value <= target->limit
                                                   : value >= target->limit;
}

}  // namespace castaway::benchmark
