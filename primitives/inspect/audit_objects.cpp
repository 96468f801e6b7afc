// The audit's part on objects: their states, owners, queues and lifetimes.
#include <set>

#include "primitives/inspect/audit.h"
#include "primitives/inspect/describe.h"

namespace castaway {

namespace {

class ObjectAudit {
  public:
    explicit ObjectAudit(Audit& audit) : audit_(audit), region_(audit.region()) {}

    void run() {
        for (std::uint32_t slot = 0; slot < audit_.objects(); ++slot) {
            Object& object = region_.object(slot);
            const std::uint64_t type = Onlooker::load(object.type);
            if (type == 0) {
                continue;
            }
            audit_.count(Invariant::values);
            if (Onlooker::kind_of(object) == ObjectKind::none) {
                report(Invariant::values, slot,
                       "is of type " + std::to_string(type) + ", which is none");
                continue;
            }
            look_at(slot, object, Onlooker::kind_of(object));
        }
        look_for_strays();
        look_at_waits_for_all();
    }

  private:
    void report(Invariant invariant, std::uint32_t slot, const std::string& what) {
        audit_.report(invariant, "object " + std::to_string(slot),
                      label_of(region_, slot) + " " + what,
                      {&region_.object(slot).lock, &region_.header().allocation_lock});
    }

    void look_at(std::uint32_t slot, Object& object, ObjectKind kind) {
        const std::uint64_t state = Onlooker::load(object.state);
        look_at_value(slot, object, kind, state);
        if (kind == ObjectKind::mutex && value_of(state) != 0) {
            look_at_owner(slot, value_of(state));
        }
        std::uint64_t for_any = 0;
        const std::uint64_t waiters = walk_queue(slot, object, for_any);
        if (waiters != 0 && !has_waiters(state)) {
            report(Invariant::queues, slot, "has waiters and does not say so");
        }
        audit_.count(Invariant::wake_ups, for_any);
        // Before a timer's expiry is looked at, only its due time says that it is signaled.
        if (is_signaled(kind, state) && for_any != 0) {
            report(Invariant::wake_ups, slot, "is signaled, and threads wait for it");
        }
        audit_.count(Invariant::lifetimes);
        if (waiters == 0 && Onlooker::load(object.handles) == 0) {
            report(Invariant::lifetimes, slot, "has no handle and no waiter, but is there");
        }
    }

    void look_at_value(std::uint32_t slot, Object& object, ObjectKind kind, std::uint64_t state) {
        const std::uint32_t value = value_of(state);
        if (kind == ObjectKind::semaphore) {
            const std::uint64_t maximum = Onlooker::load(object.detail);
            if (value > maximum) {
                report(Invariant::values, slot,
                       "has count " + std::to_string(value) + " above its maximum " +
                           std::to_string(maximum));
            }
        } else if (kind != ObjectKind::mutex && value > 1) {
            report(Invariant::values, slot,
                   "has the value " + std::to_string(value) + ", not 0 or 1");
        }
        const bool abandoned = (state & kAbandoned) != 0;
        if (abandoned && (kind != ObjectKind::mutex || value != 0)) {
            report(Invariant::values, slot, "is abandoned and cannot be");
        }
    }

    void look_at_owner(std::uint32_t slot, std::uint32_t value) {
        audit_.count(Invariant::owners);
        const std::uint32_t owner = owner_slot(value);
        const bool there = owner < audit_.threads() && pid_of_thread(region_, owner) &&
                           audit_.thread_entry(owner).generation == value >> 16;
        if (!there) {
            report(Invariant::owners, slot, "is owned by nobody who is there");
        } else if (!audit_.is_alive(owner)) {
            audit_.report_excused(Invariant::owners, "object " + std::to_string(slot),
                                  label_of(region_, slot) + " is owned by thread slot " +
                                      std::to_string(owner) + ", which is dead",
                                  Excuse::by_dead);
        }
    }

    /// How many are in the queue. \param for_any grows by those whose wait the object alone would
    /// satisfy
    std::uint64_t walk_queue(std::uint32_t slot, Object& object, std::uint64_t& for_any) {
        const std::string queue = "the queue of object slot " + std::to_string(slot);
        const auto broken = [&](const std::string& what, Excuse excuse) {
            audit_.report_excused(Invariant::queues, "queue " + std::to_string(slot), queue + what,
                                  excuse);
        };
        const auto excuse = [&] { return audit_.excuse_by({&object.lock}); };
        std::uint64_t waiters = 0;
        std::uint64_t previous = 0;
        for (std::uint64_t next = Onlooker::load(object.queue_head); next != 0;) {
            const WaiterRef ref = WaiterRef::unpack(next);
            if (ref.thread >= region_.geometry().threads || waiters > region_.geometry().threads) {
                broken(" does not end", excuse());
                return waiters;
            }
            const std::string thread = " of thread slot " + std::to_string(ref.thread);
            if (!audit_.is_waiter(next)) {
                broken(" holds a broken entry" + thread + ", which was never used", excuse());
                return waiters;
            }
            queued_.insert(next);
            look_at_waiter(slot, ref, previous, broken, excuse);
            ++waiters;
            const WaitWord wait =
                WaitWord::unpack(Onlooker::load(region_.thread(ref.thread).wait_word));
            for_any += wait.state == WaitState::waiting && !wait.all ? 1U : 0U;
            previous = next;
            next = Onlooker::load(entry_of(region_, ref).next);
        }
        if (Onlooker::load(object.queue_tail) != previous) {
            broken(" ends elsewhere than its tail", excuse());
        }
        return waiters;
    }

    template <class Broken, class ExcuseNow>
    void look_at_waiter(std::uint32_t slot, WaiterRef ref, std::uint64_t previous, Broken broken,
                        ExcuseNow excuse) {
        audit_.count(Invariant::queues);
        WaitEntry& entry = entry_of(region_, ref);
        const std::string thread = std::to_string(ref.thread);
        if (Onlooker::load(entry.linked) != 1 ||
            Onlooker::load(entry.object) != std::uint64_t{slot} + 1 ||
            Onlooker::load(entry.previous) != previous) {
            broken(" holds a broken entry of thread slot " + thread, excuse());
        }
        if (audit_.thread_entry(ref.thread).state == SlotState::free) {
            broken(" holds thread slot " + thread + ", which is free", excuse());
        } else if (audit_.is_marked_dead(ref.thread)) {
            broken(" holds thread slot " + thread + ", which is dead", Excuse::by_dead);
        } else if (WaitWord::unpack(Onlooker::load(region_.thread(ref.thread).wait_word)).state ==
                   WaitState::idle) {
            broken(" holds thread slot " + thread + ", which is in no wait", excuse());
        }
    }

    /// Entries that say that they are linked, and are in no queue.
    void look_for_strays() {
        for (std::uint32_t thread = 0; thread < audit_.threads(); ++thread) {
            if (audit_.thread_entry(thread).state == SlotState::claimed) {
                continue;
            }
            for (std::uint32_t i = 0; i < kWaitObjectsMax; ++i) {
                const WaiterRef ref{thread, i};
                WaitEntry& entry = entry_of(region_, ref);
                if (Onlooker::load(entry.linked) == 0 || queued_.contains(ref.pack())) {
                    continue;
                }
                const std::uint64_t object = Onlooker::load(entry.object);
                const bool named = object != 0 && object <= audit_.objects();
                const std::string who =
                    "entry " + std::to_string(i) + " of thread slot " + std::to_string(thread);
                const std::string what = who + " says that it is linked, and no queue holds it";
                if (named) {
                    audit_.report(Invariant::queues, who, what, {&region_.object(object - 1).lock});
                } else {
                    audit_.report(Invariant::queues, who, what);
                }
            }
        }
    }

    void look_at_waits_for_all() {
        for (std::uint32_t thread = 0; thread < audit_.threads(); ++thread) {
            const ThreadEntry entry = audit_.thread_entry(thread);
            if (entry.state != SlotState::live) {
                continue;
            }
            const WaitWord wait =
                WaitWord::unpack(Onlooker::load(region_.thread(thread).wait_word));
            if (wait.state == WaitState::waiting && wait.all) {
                audit_.count(Invariant::wake_ups);
                look_at_wait_for_all(thread, entry.generation, wait.index);
            }
        }
    }

    /// A thread that waits for all of several objects, and nothing is in its way.
    void look_at_wait_for_all(std::uint32_t thread, std::uint16_t generation, std::uint32_t last) {
        Excuse excuse = Excuse::none;
        for (std::uint32_t i = 0; i <= last; ++i) {
            const std::uint64_t object = Onlooker::load(region_.thread(thread).waits[i].object);
            if (object == 0 || object > audit_.objects()) {
                return;
            }
            Object& waited_for = region_.object(object - 1);
            const std::uint32_t owner = mutex_owner(thread, generation);
            if (!take(Onlooker::kind_of(waited_for), Onlooker::load(waited_for.state), owner)
                     .possible) {
                return;
            }
            excuse = excuse == Excuse::none ? audit_.excuse_by({&waited_for.lock}) : excuse;
        }
        const std::string who = "thread slot " + std::to_string(thread);
        audit_.report_excused(Invariant::wake_ups, who,
                              who + " waits for objects that are all signaled", excuse);
    }

    Audit& audit_;
    const RegionView& region_;
    std::set<std::uint64_t> queued_;  ///< references found in queues
};

}  // namespace

void audit_objects(Audit& audit) {
    ObjectAudit(audit).run();
}

}  // namespace castaway
