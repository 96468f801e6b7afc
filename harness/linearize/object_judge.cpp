#include "harness/linearize/object_judge.h"

#include "harness/linearize/event_checker.h"
#include "harness/linearize/search_judge.h"
#include "harness/linearize/semaphore_checker.h"

namespace castaway::harness {
namespace {

template <Model M>
std::unique_ptr<ObjectJudge<typename M::Operation>> sized_judge(const M& model,
                                                                const SearchLimits& limits,
                                                                Extent extent) {
    if (extent.most_open <= Slots<1>::kCapacity - Slots<1>::kReserved) {
        return std::make_unique<SearchJudge<M, Slots<1>>>(model, limits);
    }
    return std::make_unique<SearchJudge<M, Slots<8>>>(model, limits);
}

template <template <typename> typename Checker, Model M>
std::unique_ptr<ObjectJudge<ObjectOperation>> sized_checker(const M& model,
                                                            const SearchLimits& limits,
                                                            Extent extent) {
    if (extent.most_open <= Slots<1>::kCapacity - Slots<1>::kReserved) {
        return std::make_unique<Checker<Slots<1>>>(model, limits);
    }
    return std::make_unique<Checker<Slots<8>>>(model, limits);
}

}  // namespace

std::unique_ptr<ObjectJudge<ObjectOperation>> judge_of(const MutexModel& model,
                                                       const SearchLimits& limits, Extent extent) {
    return sized_judge(model, limits, extent);
}
std::unique_ptr<ObjectJudge<ObjectOperation>> judge_of(const SemaphoreModel& model,
                                                       const SearchLimits& limits, Extent extent) {
    if (extent.operations <= limits.linearization_max || extent.counts_told) {
        return sized_judge(model, limits, extent);
    }
    return sized_checker<SemaphoreChecker>(model, limits, extent);
}
std::unique_ptr<ObjectJudge<ObjectOperation>> judge_of(const EventModel& model,
                                                       const SearchLimits& limits, Extent extent) {
    if (extent.operations <= limits.linearization_max) {
        return sized_judge(model, limits, extent);
    }
    return sized_checker<EventChecker>(model, limits, extent);
}
std::unique_ptr<ObjectJudge<RegisterOperation>> judge_of(const RegisterModel& model,
                                                         const SearchLimits& limits,
                                                         Extent extent) {
    return sized_judge(model, limits, extent);
}
std::unique_ptr<ObjectJudge<KeyValueOperation>> judge_of(const KeyValueModel& model,
                                                         const SearchLimits& limits,
                                                         Extent extent) {
    return sized_judge(model, limits, extent);
}

}  // namespace castaway::harness
