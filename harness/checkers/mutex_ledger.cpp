#include "harness/checkers/mutex_ledger.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "harness/checkers/by_object.h"
#include "harness/checkers/greatest_up_to.h"

namespace castaway::harness {
namespace {

constexpr std::uint32_t kNotOwner = 288;

class LedgerWriter {
  public:
    LedgerWriter(const Lives& lives, ObjectIndex mutex) : lives_(lives), mutex_(mutex) {}

    void add(const Operation& operation) {
        Owner& owner = owners_[{operation.process, operation.thread}];
        if (operation.is_wait()) {
            add_wait(operation, owner);
        } else if (operation.kind == OperationKind::release_mutex) {
            ++ledger_.releases;
            add_release(operation, owner);
        }
    }

    MutexLedger finish() {
        for (auto& [thread, owner] : owners_) {
            if (owner.depth > 0) {
                owner.holding.end = HoldingEnd::died;
                owner.holding.sure_until = lives_.thread_lived_at(thread.first, thread.second);
                ledger_.holdings.push_back(owner.holding);
            }
        }
        std::sort(ledger_.holdings.begin(), ledger_.holdings.end(),
                  [](const Holding& a, const Holding& b) {
                      return std::tuple(a.sure_from, a.sure_until, a.taken->process,
                                        a.taken->thread, a.taken->sequence) <
                             std::tuple(b.sure_from, b.sure_until, b.taken->process,
                                        b.taken->thread, b.taken->sequence);
                  });
        return std::move(ledger_);
    }

  private:
    struct Owner {
        std::uint64_t depth = 0;
        Holding holding;
    };

    void add_wait(const Operation& operation, Owner& owner) {
        if (owner.depth > 0) {
            ledger_.waits_of_owner.insert(&operation);
        }
        if (may_have_taken(operation, mutex_)) {
            if (owner.depth == 0) {
                ledger_.claims.push_back(&operation);
            }
            return;
        }
        if (operation.status == ResponseStatus::timeout && owner.depth > 0) {
            ledger_.timed_out_owning.push_back(&operation);
        }
        if (!took(operation, mutex_)) {
            return;
        }
        if (owner.depth == 0) {
            owner.holding = Holding{};
            owner.holding.taken = &operation;
            owner.holding.sure_from = operation.returned_ns;
        } else if (operation.status == ResponseStatus::abandoned) {
            ledger_.told_own_abandonment.push_back(&operation);
        }
        ++owner.depth;
    }

    void add_release(const Operation& operation, Owner& owner) {
        if (operation.status == ResponseStatus::failed) {
            if (owner.depth > 0) {
                ledger_.release_refused.push_back(&operation);
            } else if (operation.error != kNotOwner) {
                ledger_.refused_oddly.push_back(&operation);
            }
            return;
        }
        if (owner.depth == 0) {
            if (!operation.pending()) {
                ledger_.released_without_owning.push_back(&operation);
            }
            return;
        }
        if (operation.pending() && owner.depth > 1) {
            return;  // Released or not, the thread owned the mutex to its end.
        }
        if (--owner.depth == 0) {
            owner.holding.last_release = &operation;
            owner.holding.end =
                operation.pending() ? HoldingEnd::maybe_released : HoldingEnd::released;
            owner.holding.sure_until = operation.invoked_ns;
            ledger_.holdings.push_back(owner.holding);
        }
    }

    const Lives& lives_;
    ObjectIndex mutex_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Owner> owners_;
    MutexLedger ledger_;
};

/// Whether a process may have closed a handle while one of its threads held the mutex.
bool closed_while_held(const MutexLedger& ledger, const std::vector<const Operation*>& of_object) {
    std::map<std::uint32_t, GreatestUpTo> closes;  // by invocation: return
    for (const Operation* operation : of_object) {
        if (operation->kind == OperationKind::close) {
            closes[operation->process].add(operation->invoked_ns,
                                           operation->pending() ? kForever : operation->returned_ns,
                                           operation);
        }
    }
    for (auto& [process, of_process] : closes) {
        of_process.finish();
    }
    return std::any_of(
        ledger.holdings.begin(), ledger.holdings.end(), [&closes](const Holding& holding) {
            const auto of_process = closes.find(holding.taken->process);
            const std::int64_t until =
                holding.end == HoldingEnd::released ? holding.last_release->returned_ns : kForever;
            return of_process != closes.end() &&
                   of_process->second.up_to(until) >= holding.taken->invoked_ns;
        });
}

}  // namespace

std::optional<std::pair<Holding, Holding>> find_overlap(const std::vector<Holding>& holdings) {
    const Holding* last_to_end = nullptr;
    for (const Holding& holding : holdings) {
        if (holding.sure_from > holding.sure_until) {
            continue;
        }
        if (last_to_end != nullptr && last_to_end->sure_until > holding.sure_from &&
            holding.sure_until > last_to_end->sure_from) {
            return std::pair(*last_to_end, holding);
        }
        if (last_to_end == nullptr || holding.sure_until >= last_to_end->sure_until) {
            last_to_end = &holding;
        }
    }
    return std::nullopt;
}

MutexLedger make_mutex_ledger(const History& history, const Lives& lives, ObjectIndex mutex,
                              const std::vector<const Operation*>& of_object) {
    LedgerWriter writer(lives, mutex);
    for (const Operation* operation : of_object) {
        writer.add(*operation);
    }
    MutexLedger ledger = writer.finish();
    ledger.can_have_vanished_while_held =
        !history.objects.at(mutex).whole_run && closed_while_held(ledger, of_object);
    return ledger;
}

}  // namespace castaway::harness
