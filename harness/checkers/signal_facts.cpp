#include "harness/checkers/signal_facts.h"

#include <algorithm>

#include "harness/checkers/by_object.h"

namespace castaway::harness {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

/// When a holding was surely over.
std::int64_t surely_over(const History& history, const Lives& lives, Moment moment,
                         const Holding& holding) {
    if (holding.end == HoldingEnd::released) {
        return holding.last_release->returned_ns;
    }
    const std::uint32_t process = holding.taken->process;
    if (moment == Moment::running || !lives.died(process, holding.taken->thread)) {
        return kForever;
    }
    const std::optional<std::int64_t> ended =
        history.processes[process].threads[holding.taken->thread].ended_ns;
    return ended ? *ended : lives.dead_by(process);
}

}  // namespace

std::vector<const Operation*> waits_of_the_living(const History& history) {
    std::vector<const Operation*> waits;
    for (const Operation& operation : history.operations) {
        if (operation.is_wait() && operation.pending() &&
            history.processes[operation.process].end == ProcessEnd::stuck) {
            waits.push_back(&operation);
        }
    }
    return waits;
}

SignalFacts::SignalFacts(const History& history, const Lives& lives, Moment moment)
    : moment_(moment) {
    if (moment == Moment::quiet) {
        unsatisfied_ = waits_of_the_living(history);
    }
    const auto by_object = operations_by_object(history);
    for (ObjectIndex object = 0; object < history.objects.size(); ++object) {
        facts_.push_back(facts_of(history, lives, object, by_object[object]));
    }
}

SignalFacts::Facts SignalFacts::facts_of(const History& history, const Lives& lives,
                                         ObjectIndex object,
                                         const std::vector<const Operation*>& of_object) const {
    if (!history.objects[object].whole_run) {
        return std::monostate{};
    }
    switch (history.objects[object].type) {
        case ObjectType::event:
            return EventFacts(history, lives, object, of_object, unsatisfied_);
        case ObjectType::semaphore:
            return CountBounds(history, lives, object, of_object, unsatisfied_);
        case ObjectType::timer:
            return TimerFacts(history, lives, object, of_object, unsatisfied_);
        case ObjectType::mutex:
            return mutex_facts_of(history, lives, object, of_object);
    }
    return std::monostate{};
}

SignalFacts::MutexFacts SignalFacts::mutex_facts_of(
    const History& history, const Lives& lives, ObjectIndex object,
    const std::vector<const Operation*>& of_object) const {
    MutexLedger ledger = make_mutex_ledger(history, lives, object, of_object);
    MutexFacts facts;
    facts.waits_of_owner = std::move(ledger.waits_of_owner);
    for (const Holding& holding : ledger.holdings) {
        facts.held.add(holding.taken->invoked_ns, surely_over(history, lives, moment_, holding),
                       holding.taken);
    }
    for (const Operation* claim : ledger.claims) {
        if (std::find(unsatisfied_.begin(), unsatisfied_.end(), claim) == unsatisfied_.end()) {
            facts.held.add(claim->invoked_ns,
                           moment_ == Moment::quiet ? lives.dead_by(claim->process) : kForever,
                           claim);
        }
    }
    facts.held.finish();
    return facts;
}

bool SignalFacts::surely_signaled(ObjectIndex object, const Operation& wait, std::int64_t from,
                                  std::int64_t until) const {
    return std::visit(
        Overloaded{
            [](const std::monostate&) { return false; },
            [&](const EventFacts& facts) { return facts.surely_signaled(from, until, &wait); },
            [&](const CountBounds& facts) { return facts.at_least(from, until, &wait) > 0; },
            [&](const TimerFacts& facts) {
                return facts.surely_signaled(
                    from, until, &wait,
                    moment_ == Moment::quiet ? DueTime::any : DueTime::zero_only);
            },
            [&](const MutexFacts& facts) {
                return facts.waits_of_owner.contains(&wait) ||
                       facts.held.up_to(until, &wait) < from;
            }},
        facts_.at(object));
}

}  // namespace castaway::harness
