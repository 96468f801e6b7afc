// The audit of a region: each rule is broken in a region in use, once in each way, and told; and
// what is only in motion, or left by the dead, is not taken for damage. Rule CONC-03.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "castaway/inspect.h"
#include "primitives/objects/queue.h"
#include "primitives/objects/state.h"
#include "primitives/region/handle_word.h"
#include "primitives/region/lock.h"
#include "primitives/region/region_file.h"
#include "primitives/testing/actor.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

auto finding(std::string_view rule, const std::string& line) {
    return AllOf(Field("rule", &AuditFinding::rule, rule),
                 Field("what", &AuditFinding::what, HasSubstr(line)));
}

/// Makes one object of each type, closes two handles, and waits for two objects.
void fill(const Actor& self) {
    const std::array<HANDLE, 2> waited{CreateEventA(nullptr, TRUE, FALSE, "e"),
                                       CreateSemaphoreA(nullptr, 0, 7, "Global\\s")};
    CreateMutexA(nullptr, TRUE, "m");
    CreateWaitableTimerA(nullptr, FALSE, nullptr);
    HANDLE gone = CreateEventA(nullptr, TRUE, FALSE, "gone");
    HANDLE gone_too = CreateEventA(nullptr, TRUE, FALSE, "gone too");
    CloseHandle(gone);
    CloseHandle(gone_too);
    self.say_when_asleep();
    WaitForMultipleObjects(2, waited.data(), FALSE, INFINITE);
    self.hear('e');
}

class AuditTest : public ::testing::Test {
  protected:
    AuditTest() : actor_(fill) {
        actor_.expect('s');
        picture_ = region_.look();
        while (WaitWord::unpack(view().thread(waiter_).wait_word.bits).state !=
               WaitState::waiting) {
            ++waiter_;
        }
    }
    ~AuditTest() override {
        EXPECT_THAT(audit().wrong, IsEmpty());
        actor_.end_by_kill();
        region_.expect_clean(0);
    }

    [[nodiscard]] const RegionView& view() const { return file_->view(); }
    [[nodiscard]] RegionAudit audit() const {
        std::string problem;
        const auto audit = audit_region(region_.spec(), problem);
        EXPECT_TRUE(audit) << problem;
        return audit.value_or(RegionAudit{});
    }
    [[nodiscard]] Object& object(const std::string& name) const {
        return view().object(object_named(picture_, name).slot);
    }
    [[nodiscard]] ThreadSlot& waiter() const { return view().thread(waiter_); }

    /// Damages one word for the time of an audit, which must tell it.
    template <class Cell, class Value>
    void damage(Cell& cell, Value value, std::string_view rule, const std::string& line) const {
        const auto before = cell.bits;
        cell.bits = static_cast<decltype(cell.bits)>(value);
        EXPECT_THAT(audit().wrong, Contains(finding(rule, line)));
        cell.bits = before;
    }

    TestRegion region_;
    AttachFailure failure_;
    std::optional<RegionFile> file_ = RegionFile::open_existing(region_.spec(), failure_);
    Actor actor_;
    RegionPicture picture_;
    std::uint32_t waiter_ = 0;
};

TEST_F(AuditTest, TellsWhatItChecked) {
    const RegionAudit sound = audit();
    EXPECT_THAT(sound.wrong, IsEmpty());
    EXPECT_THAT(sound.left_by_dead, IsEmpty());
    EXPECT_EQ(sound.processes, 1U);
    EXPECT_EQ(sound.rules.size(), 14U);
    // Each rule had something to judge.
    EXPECT_THAT(sound.rules, Each(Field("checked", &AuditedRule::checked, ::testing::Gt(0U))));
}

TEST_F(AuditTest, DirectoriesAndThreads) {
    Header& header = view().header();
    damage(header.processes_seen, 5000, "directories", "claims 5000 slots");
    damage(header.processes_seen, 0, "handle-counts", "and 0 table entries name it");
    damage(header.threads_seen, 1U << 20, "directories", "claims 1048576 slots");
    damage(view().process_entry(0), ProcessEntry{SlotState::live, {0, 1}}.pack(), "directories",
           "taken by no process");
    damage(view().process_entry(7), view().process_entry(0).bits, "directories",
           "slot 0 are both process");
    damage(view().thread_entry(40), ThreadEntry{SlotState::live, 0, 1, 1}.pack(), "directories",
           "is taken and lies beyond those ever used");
    damage(view().thread_entry(0), ThreadEntry{SlotState::live, 9, 1}.pack(), "threads",
           "belongs to no process");
    ThreadEntry stranger = ThreadEntry::unpack(view().thread_entry(0).bits);
    stranger.tag = static_cast<std::uint16_t>(stranger.tag + 1);
    damage(view().thread_entry(0), stranger.pack(), "threads", "belongs to another process");
    damage(view().thread(0).wait_word, view().thread(0).wait_word.bits | 7, "threads",
           "wait word of no meaning");
    damage(view().thread(0).locks[70], 3, "threads", "noted a lock at a place that is none");
}

TEST_F(AuditTest, JournalsAndLocks) {
    Header& header = view().header();
    damage(view().thread(0).journal_entries, 65, "journals", "a journal of 65 entries");
    damage(view().thread(0).handoff_thread, 5000, "journals", "hands over to a thread slot");
    damage(header.recovery_lock, 9, "locks", "recovery lock is held by thread slot 8");
    damage(header.allocation_lock, 0xffff, "locks", "allocation lock is held by thread slot 65534");
    damage(header.name_locks[63], 9, "locks", "name lock 63 is held by");
    damage(object("Local\\e").lock, 9, "locks", "\"Local\\e\" is held by thread slot 8");
    // The right slot, but an earlier thread's generation.
    damage(view().process(0).handles_lock, 1U | 0x7000U << 16, "locks", "which cannot hold it");
    view().thread(0).journal[0].offset.bits = 7;
    damage(view().thread(0).journal_entries, 1, "journals", "a place that is none");
}

TEST_F(AuditTest, Calls) {
    Header& header = view().header();
    ThreadSlot& thread = waiter();
    damage(header.apc_lock, 9, "locks", "lock of procedure calls is held by thread slot 8");
    damage(header.free_apcs.fresh, 5, "free-lists", "of 5 procedure calls 0 are used and 0 free");
    damage(thread.apc_head, 9, "calls", "that do not end");
}

TEST_F(AuditTest, Handles) {
    Cell64& word = view().handle(0, 0).word;
    HandleWord broken = HandleWord::unpack(word.bits);
    broken.object = 0x800000;
    damage(word, broken.pack(), "handles", "was never used");
    broken.object = object_named(picture_, "").slot + 2;  // the first of those that were closed
    damage(word, broken.pack(), "handles", "which is free");
    damage(word, 0, "handle-counts", "counts 1 handles and 0 table entries name it");
    damage(view().handle(0, 5).word, HandleWord{0, SYNCHRONIZE, false, false, 1}.pack(), "handles",
           "closed and keeps its rights");
    damage(view().process(0).handles, 17, "handles", "counts 17 handles and has 4");
    damage(object("Local\\e").handles, 2, "handle-counts",
           "counts 2 handles and 1 table entries name it");
    ProcessEntry free;
    damage(view().process_entry(0), free.pack(), "handles", "is free and has 4 open handles");
}

TEST_F(AuditTest, ValuesAndOwners) {
    Object& event = object("Local\\e");
    Object& mutex = object("Local\\m");
    Object& semaphore = object("Global\\s");
    damage(event.type, 99, "values", "is of type 99, which is none");
    damage(event.state, with_value(event.state.bits, 2), "values", "has the value 2, not 0 or 1");
    damage(event.state, event.state.bits | kAbandoned, "values", "is abandoned and cannot be");
    damage(mutex.state, mutex.state.bits | kAbandoned, "values", "is abandoned and cannot be");
    damage(semaphore.state, with_value(semaphore.state.bits, 9), "values", "above its maximum 7");
    damage(mutex.state, with_value(mutex.state.bits, mutex_owner(77, 1)), "owners",
           "owned by nobody");
    // An earlier thread of a slot that is in use.
    damage(mutex.state, with_value(mutex.state.bits, value_of(mutex.state.bits) + (1U << 16)),
           "owners", "owned by nobody");
    damage(mutex.handles, 0, "lifetimes", "has no handle and no waiter");
}

TEST_F(AuditTest, QueuesAndWakeUps) {
    Object& event = object("Local\\e");
    damage(event.state, event.state.bits & ~kHasWaiters, "queues",
           "has waiters and does not say so");
    damage(event.state, with_value(event.state.bits, 1), "wake-ups",
           "is signaled, and threads wait for it");
    damage(event.queue_head, 0xffffff, "queues", "does not end");
    damage(event.queue_head, WaiterRef{view().geometry().threads - 1, 0}.pack(), "queues",
           "which was never used");
    damage(event.queue_head, WaiterRef{waiter_, 1}.pack(), "queues", "a broken entry");
    damage(event.queue_head, 0, "queues", "no queue holds it");
    damage(event.queue_tail, 0, "queues", "ends elsewhere than its tail");
    damage(waiter().waits[0].next, WaiterRef{waiter_, 0}.pack(), "queues", "a broken entry");
    damage(waiter().waits[0].previous, WaiterRef{waiter_, 1}.pack(), "queues", "a broken entry");
    damage(waiter().waits[0].linked, 0, "queues", "a broken entry");
    damage(waiter().waits[0].object, 1U << 19, "queues", "a broken entry");
    damage(waiter().waits[9].linked, 1, "queues", "entry 9 of thread slot");
    WaitWord idle = WaitWord::unpack(waiter().wait_word.bits);
    idle.state = WaitState::idle;
    damage(waiter().wait_word, idle.pack(), "queues", "which is in no wait");
    damage(view().thread_entry(waiter_), ThreadEntry{}.pack(), "queues", "which is free");
}

TEST_F(AuditTest, AWaitForAllThatIsOwed) {
    WaitWord all = WaitWord::unpack(waiter().wait_word.bits);
    all.all = true;
    all.index = 1;
    Object& event = object("Local\\e");
    Object& semaphore = object("Global\\s");
    const std::uint64_t states[] = {event.state.bits, semaphore.state.bits};
    event.state.bits = with_value(event.state.bits, 1);
    semaphore.state.bits = with_value(semaphore.state.bits, 1);
    damage(waiter().wait_word, all.pack(), "wake-ups", "objects that are all signaled");
    event.state.bits = states[0];
    semaphore.state.bits = states[1];
}

TEST_F(AuditTest, Names) {
    Object& event = object("Local\\e");
    Object& mutex = object("Local\\m");
    const auto bucket_of = [&](Object& named) -> Cell64& {
        return view().first_bucket(named.hash.bits % first_buckets(view().geometry()));
    };
    damage(event.chain, 0xffff, "names", "does not end");
    damage(event.name_bytes, 0, "names", "which has no name");
    damage(bucket_of(event), 0, "names", "has a name and is in no bucket");
    damage(view().first_bucket((event.hash.bits + 1) % first_buckets(view().geometry())),
           bucket_of(event).bits, "names", "does not end");
    damage(event.hash, event.hash.bits + first_buckets(view().geometry()), "names",
           "that its hash is not of");
    damage(event.name_cell, 0, "names", "in cells of another, or in none");
    damage(event.name_cell, mutex.name_cell.bits, "names", "in cells of another");
    // The mutex by the event's name, in the event's bucket.
    NameCell& cell = view().name_cell(mutex.name_cell.bits - 1);
    const std::uint64_t text = cell.text[0].bits;
    cell.text[0].bits = view().name_cell(event.name_cell.bits - 1).text[0].bits;
    damage(mutex.hash, event.hash.bits, "names", "has the name of object slot");
    damage(mutex.hash, mutex.hash.bits + 1, "names", "which belongs into another");
    cell.text[0].bits = text;
}

TEST_F(AuditTest, FreeLists) {
    Header& header = view().header();
    damage(header.free_objects.fresh, header.free_objects.fresh.bits + 1, "free-lists",
           "objects 4 are used and 2 free");
    damage(header.free_objects.fresh, 1U << 30, "free-lists", "1073741824 were ever used");
    damage(header.free_objects.head, 0, "free-lists", "of 6 objects 4 are used and 0 free");
    damage(header.free_objects.head, 1, "free-lists", "holds slot 0, which is in use");
    damage(header.free_objects.head, 999, "free-lists", "does not end");
    const std::uint64_t head = header.free_objects.head.bits;
    damage(view().object(head - 1).chain, head, "free-lists", "again and does not end");
    damage(header.free_name_cells.head, 1, "free-lists", "name cells holds slot 0");
    damage(header.free_name_cells.head, 0, "free-lists", "name cells 3 are used and 0 free");
    damage(view().process(0).free_handles.head, 1, "free-lists", "handles of process slot 0");
    damage(view().process(0).free_handles.head, 0, "free-lists",
           "of 6 handles of process slot 0 4 are used and 0 free");
}

TEST_F(AuditTest, WhatALiveThreadHoldsIsItsBusiness) {
    const auto held_by = [&](std::uint32_t thread) {
        const ThreadEntry entry = ThreadEntry::unpack(view().thread_entry(thread).bits);
        return (thread + 1) | (std::uint32_t{entry.generation} & 0x7fff) << 16;
    };
    Object& event = object("Local\\e");
    event.lock.bits = held_by(waiter_);
    event.handles.bits = 2;
    const RegionAudit moving = audit();
    EXPECT_THAT(moving.wrong, IsEmpty());
    EXPECT_THAT(moving.in_change, Contains(finding("locks", "\"Local\\e\" is held by")));
    EXPECT_THAT(moving.in_change, Contains(finding("handle-counts", "counts 2 handles")));
    // Another lock excuses nothing here.
    event.lock.bits = 0;
    view().header().allocation_lock.bits = 0;
    object("Local\\m").lock.bits = held_by(waiter_);
    EXPECT_THAT(audit().wrong, Contains(finding("handle-counts", "counts 2 handles")));
    object("Local\\m").lock.bits = 0;
    event.handles.bits = 1;
    waiter().journal_entries.bits = 1;
    waiter().journal[0].offset.bits = view().offset_of(&event.handles);
    EXPECT_THAT(audit().in_change, Contains(finding("journals", "has an open journal")));
    waiter().journal_entries.bits = 0;
}

TEST(AuditOfTheDead, IsOwedWhereNobodyLives) {
    const TestRegion region;
    {
        Actor actor(fill);
        actor.expect('s');
        actor.end_by_kill();
    }
    std::string problem;
    const auto audit = audit_region(region.spec(), problem);
    ASSERT_TRUE(audit) << problem;
    EXPECT_EQ(audit->processes, 0U);
    EXPECT_THAT(audit->wrong, IsEmpty());
    EXPECT_THAT(audit->left_by_dead, Contains(finding("owners", "which is dead")));
    EXPECT_THAT(audit->left_by_dead, Contains(finding("queues", "which is dead")));
    // A lock that a dead thread holds without having noted it is released by nobody.
    AttachFailure failure;
    auto file = RegionFile::open_existing(region.spec(), failure);
    const RegionView& view = file->view();
    view.header().allocation_lock.bits =
        1 | (ThreadEntry::unpack(view.thread_entry(0).bits).generation & 0x7fffU) << 16;
    EXPECT_THAT(audit_region(region.spec(), problem)->wrong,
                Contains(finding("locks", "which cannot hold it")));
    view.thread(0).locks[0].bits = view.offset_of(&view.header().allocation_lock);
    EXPECT_THAT(audit_region(region.spec(), problem)->wrong, IsEmpty());
    region.expect_clean(0);
}

TEST(AuditOfTheDead, IsWrongWhereLiveOnesShouldHaveGivenItBack) {
    const TestRegion region;
    Actor actor(fill);
    actor.expect('s');
    AttachFailure failure;
    auto file = RegionFile::open_existing(region.spec(), failure);
    Actor witness([](const Actor& self) {
        CloseHandle(CreateEventA(nullptr, TRUE, FALSE, nullptr));
        self.say('a');
        self.stay();
    });
    witness.expect('a');
    witness.stop();  // so that nobody does
    actor.end_by_kill();
    std::string problem;
    EXPECT_THAT(audit_region(region.spec(), problem)->wrong,
                Contains(finding("owners", "which is dead")));
    witness.end_by_kill();
    region.expect_clean(0);
}

TEST(AuditInMotion, FindsNothingWrongInARegionInUse) {
    const TestRegion region;
    const auto busy = [](const Actor& self) {
        self.say('b');
        for (int i = 0; i < 3000; ++i) {
            HANDLE mutex = CreateMutexA(nullptr, FALSE, "busy");
            WaitForSingleObject(mutex, INFINITE);
            ReleaseMutex(mutex);
            CloseHandle(CreateSemaphoreA(nullptr, 0, 2, i % 2 == 0 ? "x" : "y"));
            CloseHandle(mutex);
        }
    };
    Actor first(busy);
    Actor second(busy);
    first.expect('b');
    second.expect('b');
    for (int i = 0; i < 10; ++i) {
        std::string problem;
        const auto audit = audit_region(region.spec(), problem);
        ASSERT_TRUE(audit) << problem;
        EXPECT_THAT(audit->wrong, IsEmpty());
    }
    first.end();
    second.end();
    region.expect_clean(0);
}

}  // namespace
}  // namespace castaway::testing

namespace castaway {
/// So that a failure shows the findings.
void PrintTo(const AuditFinding& finding, std::ostream* out) {
    *out << finding.rule << ": " << finding.what;
}
}  // namespace castaway
