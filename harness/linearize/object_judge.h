// A judge of one object's operations, told event by event; which search it is stays behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "harness/linearize/judgement.h"
#include "harness/model/acts.h"
#include "harness/model/event.h"
#include "harness/model/key_value.h"
#include "harness/model/mutex.h"
#include "harness/model/register.h"
#include "harness/model/semaphore.h"

namespace castaway::harness {

/// Takes the events of a history in order. An operation that begins is told of again, once, by one
/// of answer(), close(), leave_open() and withdraw(); the judge cannot go past a beginning whose
/// end it was not told.
template <typename Operation>
class ObjectJudge {
  public:
    using Number = std::uint64_t;  ///< of an operation, from 0 in order of begin()

    ObjectJudge() = default;
    ObjectJudge(const ObjectJudge&) = delete;
    ObjectJudge& operator=(const ObjectJudge&) = delete;
    virtual ~ObjectJudge() = default;

    virtual Number begin(OperationId id) = 0;
    /// It returned at this place of the history; `until_ns` is the time, for models that depend on
    /// the clock.
    virtual void answer(Number number, const Operation& operation, std::int64_t until_ns) = 0;
    /// It has no answer and took effect, if at all, before this place of the history.
    virtual void close(Number number, const Operation& operation, std::int64_t until_ns) = 0;
    /// It has no answer and may take effect at any time.
    virtual void leave_open(Number number, const Operation& operation) = 0;
    /// It never takes effect.
    virtual void withdraw(Number number) = 0;
    /// When `ender` has taken effect, `ended` no longer can. To be told before either is answered.
    virtual void link(Number ender, Number ended) = 0;
    /// Judges as far as what was told allows, and forgets what is settled.
    virtual void advance() = 0;
    /// Nothing that is told further changes the judgement.
    [[nodiscard]] virtual bool over() const = 0;
    /// Operations that are remembered at the moment.
    [[nodiscard]] virtual std::uint64_t remembered() const = 0;
    /// Requires that every operation was told of to its end.
    virtual Judgement conclude() = 0;
};

/// What is known of an object's operations before the first is told.
struct Extent {
    std::uint64_t operations = 0;
    /// At once; what is more than the judge can follow makes it inconclusive.
    std::size_t most_open = 0;
    /// Of a semaphore: a release tells the count before it, or is refused.
    bool counts_told = false;
};

/// The judge that is the fastest for the model; of no more operations than
/// SearchLimits::linearization_max, one that tells in which order they took effect. Tables that a
/// model refers to must outlive the judge.
std::unique_ptr<ObjectJudge<ObjectOperation>> judge_of(const MutexModel& model,
                                                       const SearchLimits& limits, Extent extent);
std::unique_ptr<ObjectJudge<ObjectOperation>> judge_of(const SemaphoreModel& model,
                                                       const SearchLimits& limits, Extent extent);
std::unique_ptr<ObjectJudge<ObjectOperation>> judge_of(const EventModel& model,
                                                       const SearchLimits& limits, Extent extent);
std::unique_ptr<ObjectJudge<RegisterOperation>> judge_of(const RegisterModel& model,
                                                         const SearchLimits& limits, Extent extent);
std::unique_ptr<ObjectJudge<KeyValueOperation>> judge_of(const KeyValueModel& model,
                                                         const SearchLimits& limits, Extent extent);

}  // namespace castaway::harness
