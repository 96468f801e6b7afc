// The undo journal: changes of several words that happen wholly or not at all, whoever dies.
//
// Under the locks that guard them, a thread changes words through a Transaction. Before each write
// the word's place and old value go into the journal in the thread's own slot. One store of 0 to
// the count of entries commits. If the thread dies before that, whoever recovers it finds the
// entries and puts the old values back, newest first; the thread's locks are released only then, so
// nobody has seen what is undone. Rolling back twice does no harm: a recoverer may die, too.
//
// A hand-off commits elsewhere: at the compare-and-swap that satisfies a waiter's wait word,
// because from then on the waiter acts on it. The journal names that word and its new value
// beforehand. A recoverer who finds entries and a hand-off asks whether it happened: the word has
// the value that was announced, or its epoch is past it. (The epoch can pass only if the hand-off
// happened: a waiter that ends its wait in another way first takes this object's lock, which the
// dead thread holds.) If it did, the entries are dropped, else rolled back.
//
// The waiter is woken after the object's lock was released, or it would run into that lock; at the
// latest before the next transaction. The hand-off's record stays until then, so that a death
// before the wake-up can be made good. There are no entries meanwhile, so whatever the waiter's
// word has become, the recoverer has nothing to put back, and a wake-up too many does no harm.
//
// Words that others change without the lock (an object's state word while it has no waiters) must
// not be written through a transaction: a rollback would undo the others' changes as well.
#pragma once

#include "primitives/objects/wait_word.h"
#include "primitives/region/thread.h"

namespace castaway {

namespace detail {

/// Puts back what the journal of `slot` says. Idempotent.
template <class P>
void roll_back(P& platform, const RegionView& region, ThreadSlot& slot) {
    const std::uint64_t entries = platform.load(slot.journal_entries);
    if (entries > kJournalMax) {
        region_damaged("journal length", entries);
    }
    for (std::uint64_t i = entries; i-- > 0;) {
        auto& cell = region.at_offset<Cell64>(platform.load(slot.journal[i].offset));
        platform.store(cell, platform.load(slot.journal[i].old_value));
    }
    platform.store(slot.journal_entries, 0);
}

}  // namespace detail

/// Requires the locks that guard the cells, until after commit() or the end of the object's life.
template <class P>
class Transaction {
  public:
    explicit Transaction(Thread<P>& thread) : thread_(thread) { give_owed_wake(thread); }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    /// What was not committed did not happen.
    ~Transaction() { roll_back(); }

    [[nodiscard]] std::uint64_t read(Cell64& cell) const { return thread_.platform.load(cell); }
    [[nodiscard]] bool mutated(Mutant mutant) const { return thread_.platform.mutated(mutant); }

    void write(Cell64& cell, std::uint64_t value) {
        ThreadSlot& slot = thread_.self();
        if (entries_ == kJournalMax) {
            region_damaged("journal length", entries_);
        }
        P& platform = thread_.platform;
        platform.store(slot.journal[entries_].offset, thread_.region.offset_of(&cell));
        platform.store(slot.journal[entries_].old_value, platform.load(cell));
        if (mutated(Mutant::journaled_after_write)) {
            platform.store(cell, value);
            platform.store(slot.journal_entries, ++entries_);
            return;
        }
        platform.store(slot.journal_entries, ++entries_);
        platform.store(cell, value);
    }

    void commit() {
        if (entries_ != 0) {
            entries_ = 0;
            thread_.platform.store(thread_.self().journal_entries, 0);
        }
    }

    void roll_back() {
        if (entries_ != 0) {
            entries_ = 0;
            detail::roll_back(thread_.platform, thread_.region, thread_.self());
        }
    }

    /// Commits by moving the waiter's wait word from `from` to `to`, or rolls back when it is no
    /// longer `from`. The waiter is woken when the thread releases its next lock.
    bool commit_by_handoff(std::uint32_t waiter, std::uint64_t from, std::uint64_t to) {
        P& platform = thread_.platform;
        ThreadSlot& slot = thread_.self();
        Cell64& word = thread_.region.thread(waiter).wait_word;
        platform.store(slot.handoff_word, to);
        platform.store(slot.handoff_thread, waiter + 1);
        platform.crash_point(CrashPoint::handoff_before_commit);
        const bool won = platform.cas(word, from, to);
        if (won) {
            commit();
            platform.crash_point(CrashPoint::handoff_committed);
            // A waiter that serves itself is awake.
            if (waiter != thread_.slot && !platform.mutated(Mutant::lost_wakeup)) {
                thread_.owed_wake = &word;
                return true;
            }
        } else {
            roll_back();
        }
        platform.store(slot.handoff_thread, 0);
        return won;
    }

  private:
    Thread<P>& thread_;
    std::uint64_t entries_ = 0;
};

/// Ends a dead thread's transaction: it has then happened wholly or not at all, and nobody sleeps
/// through a wake-up that it owed. Requires that the thread is dead, and the recovery lock.
template <class P>
void finish_transaction_of_dead(Thread<P>& thread, std::uint32_t dead) {
    P& platform = thread.platform;
    ThreadSlot& slot = thread.region.thread(dead);
    const std::uint64_t handoff_thread = platform.load(slot.handoff_thread);
    if (platform.mutated(Mutant::rollback_left_out)) {
        platform.store(slot.journal_entries, 0);
    }
    if (handoff_thread == 0) {
        detail::roll_back(platform, thread.region, slot);
        return;
    }
    Cell64& word = thread.region.thread(handoff_thread - 1).wait_word;
    const bool happened =
        (handoff_happened(platform.load(word), platform.load(slot.handoff_word)) &&
         !platform.mutated(Mutant::done_taken_for_announced)) ||
        platform.mutated(Mutant::announced_taken_for_done);
    if (happened) {
        platform.store(slot.journal_entries, 0);
    } else {
        detail::roll_back(platform, thread.region, slot);
    }
    if (!platform.mutated(Mutant::owed_wake_not_given)) {
        platform.futex_wake(futex_half(word), 1);
    }
    platform.store(slot.handoff_thread, 0);
}

}  // namespace castaway
