// What a look at a region shows, and which damage it finds.
#include "castaway/inspect.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "primitives/objects/state.h"
#include "primitives/region/region_file.h"
#include "primitives/testing/actor.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class InspectTest : public ::testing::Test {
  protected:
    TestRegion region_;
    AttachFailure failure_;
    std::optional<RegionFile> file_ = RegionFile::open_existing(region_.spec(), failure_);
    [[nodiscard]] const RegionView& view() const { return file_->view(); }
    [[nodiscard]] std::string describe(const void* field) const {
        return describe_region_offset(region_.spec(), view().offset_of(field));
    }
};

/// Makes one object of each type and waits for two of them.
void fill(const Actor& self) {
    const std::array<HANDLE, 2> waited{CreateEventA(nullptr, TRUE, FALSE, "e"),
                                       CreateSemaphoreA(nullptr, 0, 7, "Global\\s")};
    HANDLE mutex = CreateMutexA(nullptr, TRUE, "m");
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    SetHandleInformation(CreateWaitableTimerA(nullptr, FALSE, nullptr),
                         HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE,
                         HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE);
    self.say_when_asleep();
    WaitForMultipleObjects(2, waited.data(), FALSE, INFINITE);
    self.hear('e');
}

TEST_F(InspectTest, ShowsObjectsAndProcesses) {
    Actor actor(fill);
    actor.expect('s');
    const RegionPicture picture = region_.look();
    EXPECT_THAT(picture.damage, IsEmpty());
    EXPECT_EQ(picture.names, 3U);
    ASSERT_EQ(picture.processes.size(), 1U);
    EXPECT_EQ(picture.processes[0].handles, 4U);
    EXPECT_EQ(picture.processes[0].threads, 2U);
    ASSERT_EQ(picture.objects.size(), 4U);
    const InspectedObject event = object_named(picture, "Local\\e");
    EXPECT_EQ(event.type, InspectedType::event);
    EXPECT_TRUE(event.manual_reset);
    EXPECT_FALSE(event.signaled);
    EXPECT_EQ(event.waiters, 1U);
    EXPECT_EQ(event.handles, 1U);
    ASSERT_EQ(event.waiting_threads.size(), 1U);
    ASSERT_EQ(picture.threads.size(), 2U);
    const InspectedThread waiter = *std::find_if(
        picture.threads.begin(), picture.threads.end(),
        [&](const InspectedThread& thread) { return thread.slot == event.waiting_threads[0]; });
    EXPECT_EQ(waiter.pid, picture.processes[0].pid);
    EXPECT_EQ(waiter.state, InspectedState::live);
    EXPECT_FALSE(waiter.wait_all);
    EXPECT_THAT(waiter.waits_for, ElementsAre(event.slot, object_named(picture, "Global\\s").slot));
    EXPECT_EQ(picture.processes[0].state, InspectedState::live);
    EXPECT_GT(picture.processes[0].start_time, 0U);
    ASSERT_EQ(picture.processes[0].open.size(), 4U);
    EXPECT_EQ(picture.processes[0].open[0].value, 4U);
    EXPECT_EQ(picture.processes[0].open[0].object, event.slot);
    EXPECT_EQ(picture.processes[0].open[0].access, EVENT_ALL_ACCESS);
    EXPECT_FALSE(picture.processes[0].open[0].inherit);
    EXPECT_TRUE(picture.processes[0].open[3].inherit);
    EXPECT_TRUE(picture.processes[0].open[3].protect);
    const InspectedObject semaphore = object_named(picture, "Global\\s");
    EXPECT_EQ(semaphore.type, InspectedType::semaphore);
    EXPECT_EQ(semaphore.count, 0U);
    EXPECT_EQ(semaphore.maximum, 7U);
    const InspectedObject mutex = object_named(picture, "Local\\m");
    EXPECT_EQ(mutex.type, InspectedType::mutex);
    EXPECT_EQ(mutex.depth, 2U);
    EXPECT_EQ(mutex.owner_pid, picture.processes[0].pid);
    EXPECT_EQ(object_named(picture, "").type, InspectedType::timer);
    actor.end_by_kill();
    region_.expect_clean(0);
}

TEST_F(InspectTest, TellsWhatLiesAtAnOffset) {
    Actor actor(fill);
    actor.expect('s');
    const RegionPicture picture = region_.look();
    const std::string pid = std::to_string(picture.processes.at(0).pid);
    std::uint32_t waiter = 0;
    while (WaitWord::unpack(view().thread(waiter).wait_word.bits).state != WaitState::waiting) {
        ++waiter;
    }
    EXPECT_EQ(describe(&view().thread(waiter).wait_word),
              "the wait word of thread slot " + std::to_string(waiter) + " of process " + pid +
                  ", which waits for event \"Local\\e\" and semaphore \"Global\\s\"");
    EXPECT_EQ(describe(&view().object(object_named(picture, "Local\\m").slot).lock),
              "the lock of mutex \"Local\\m\"");
    EXPECT_THAT(describe(&view().object(object_named(picture, "").slot).state),
                MatchesRegex("the state word of timer in slot [0-9]+"));
    EXPECT_EQ(describe(&view().header().recovery_lock), "the recovery lock");
    EXPECT_EQ(describe(&view().header().allocation_lock), "the allocation lock");
    EXPECT_EQ(describe(&view().header().name_locks[3]), "name lock 3");
    EXPECT_EQ(describe(&view().process(0).bell),
              "the bell of process slot 0 (process " + pid + ")");
    EXPECT_THAT(describe(&view().process(0).liveness[2]), HasSubstr("liveness word 2 of"));
    EXPECT_THAT(describe(&view().process(0).handles_lock), HasSubstr("the handle table's lock"));
    EXPECT_THAT(describe(&view().thread_liveness(waiter)), HasSubstr("the liveness word of"));
    EXPECT_EQ(describe_region_offset(region_.spec(), view().offsets().end + 10), "");
    EXPECT_EQ(describe_region_offset("fd:9999", 0), "");
    actor.end_by_kill();
    region_.expect_clean(0);
}

TEST_F(InspectTest, SaysWhyThereIsNothingToSee) {
    std::string problem;
    EXPECT_FALSE(inspect_region("no such region", problem));
    EXPECT_THAT(problem, HasSubstr("names no region"));
    EXPECT_FALSE(inspect_region("absent-" + std::to_string(getpid()), problem));
    EXPECT_THAT(problem, HasSubstr("No such file"));
    const int fd = memfd_create("garbage", MFD_CLOEXEC);
    EXPECT_FALSE(inspect_region("fd:" + std::to_string(fd), problem));
    EXPECT_THAT(problem, HasSubstr("no castaway region"));
    EXPECT_FALSE(sweep_region("fd:" + std::to_string(fd), problem));
    EXPECT_TRUE(initialise_region(fd, problem)) << problem;
    EXPECT_TRUE(inspect_region("fd:" + std::to_string(fd), problem)) << problem;
    EXPECT_TRUE(sweep_region("fd:" + std::to_string(fd), problem)) << problem;
    close(fd);
    EXPECT_FALSE(initialise_region(fd, problem));
    EXPECT_FALSE(problem.empty());
}

TEST_F(InspectTest, FindsDamage) {
    Actor actor(fill);
    actor.expect('s');
    ASSERT_THAT(region_.look().damage, IsEmpty());
    const auto with = [&](Cell64& cell, std::uint64_t value, const std::string& line) {
        const std::uint64_t before = cell.bits;
        cell.bits = value;
        EXPECT_THAT(region_.look().damage, Contains(HasSubstr(line)));
        cell.bits = before;
    };
    const RegionPicture picture = region_.look();
    Header& header = view().header();
    Object& event = view().object(object_named(picture, "Local\\e").slot);
    Object& mutex = view().object(object_named(picture, "Local\\m").slot);
    Object& semaphore = view().object(object_named(picture, "Global\\s").slot);
    with(event.handles, 2, "counts 2 handles and 1 table entries name it");
    with(event.state, event.state.bits & ~kHasWaiters, "has waiters and does not say so");
    with(event.state, with_value(event.state.bits, 1), "is signaled, and threads wait for it");
    with(event.queue_head, 0xffffff, "does not end");
    with(event.queue_head, WaiterRef{9, 0}.pack(),
         "broken entry of thread slot 9, which was never");
    with(event.chain, 0xffff, "does not end");
    with(event.name_bytes, 0, "which has no name");
    with(mutex.state, with_value(mutex.state.bits, mutex_owner(77, 1)), "owned by nobody");
    with(semaphore.state, with_value(semaphore.state.bits, 9), "above its maximum 7");
    with(view().process(0).handles, 17, "counts 17 handles and has 4");
    with(header.free_objects.fresh, header.free_objects.fresh.bits + 1, "objects 4 are used");
    with(header.free_name_cells.head, 1, "name cells");
    with(view().process(0).free_handles.head, 1, "handles of process slot 0");
    with(view().thread(0).journal_entries, 1, "open journal");
    with(view().thread_entry(0), ThreadEntry{SlotState::live, 9, 1}.pack(),
         "belongs to no process");
    const auto locked = [&](Cell32& lock, const std::string& line) {
        lock.bits = 3;
        EXPECT_THAT(region_.look().damage, Contains(HasSubstr(line + " is held by thread slot 2")));
        lock.bits = 0;
    };
    locked(header.recovery_lock, "the recovery lock");
    locked(header.allocation_lock, "the allocation lock");
    locked(header.name_locks[63], "name lock 63");
    locked(event.lock, "\"Local\\e\"");
    locked(view().process(0).handles_lock, "the handle table's lock of process slot 0");
    EXPECT_THAT(region_.look().damage, IsEmpty());
    actor.end_by_kill();
    region_.expect_clean(0);
}

/// Owns that mutex, and waits for the other without limit.
auto owns_and_waits(const char* owned, const char* wanted) {
    return [owned, wanted](const Actor& self) {
        HANDLE own = CreateMutexA(nullptr, FALSE, owned);
        EXPECT_EQ(WaitForSingleObject(own, INFINITE), WAIT_OBJECT_0);
        self.say('o');
        self.hear('w');
        HANDLE other = CreateMutexA(nullptr, FALSE, wanted);
        self.say_when_asleep();
        WaitForSingleObject(other, INFINITE);
        self.stay();
    };
}

TEST_F(InspectTest, ShowsWhoWaitsForWhomAndDeadlocks) {
    Actor first(owns_and_waits("a", "b"));
    first.expect('o');
    Actor second(owns_and_waits("b", "a"));
    second.expect('o');
    first.tell('w');
    first.expect('s');
    const auto name_of = [](const RegionPicture& picture, std::uint32_t slot) {
        return std::find_if(picture.objects.begin(), picture.objects.end(),
                            [slot](const InspectedObject& each) { return each.slot == slot; })
            ->name;
    };
    RegionPicture picture = region_.look();
    EXPECT_THAT(picture.deadlocks, IsEmpty());
    ASSERT_EQ(wait_graph(picture).size(), 1U);
    EXPECT_EQ(name_of(picture, wait_graph(picture)[0].mutex), "Local\\b");
    Actor third([](const Actor& self) {
        const std::array<HANDLE, 2> both{CreateMutexA(nullptr, FALSE, "a"),
                                         CreateEventA(nullptr, FALSE, FALSE, "e")};
        self.say_when_asleep();
        WaitForMultipleObjects(2, both.data(), TRUE, INFINITE);
        self.stay();
    });
    third.expect('s');
    Actor fourth([](const Actor& self) {
        const std::array<HANDLE, 2> either{CreateMutexA(nullptr, FALSE, "a"),
                                           CreateEventA(nullptr, FALSE, FALSE, "e")};
        self.say_when_asleep();
        WaitForMultipleObjects(2, either.data(), FALSE, INFINITE);
        self.stay();
    });
    fourth.expect('s');
    second.tell('w');
    second.expect('s');
    picture = region_.look();
    EXPECT_EQ(wait_graph(picture).size(), 4U);
    ASSERT_EQ(picture.deadlocks.size(), 1U);
    const Deadlock& deadlock = picture.deadlocks[0];
    ASSERT_EQ(deadlock.cycle.size(), 2U);
    EXPECT_EQ(deadlock.cycle[0].owner, deadlock.cycle[1].thread);
    EXPECT_EQ(deadlock.cycle[1].owner, deadlock.cycle[0].thread);
    // Who needs all is stuck behind it; who may get the event instead is not.
    EXPECT_EQ(deadlock.blocked.size(), 1U);
    second.end_by_kill();
    first.end_by_kill();
    third.end_by_kill();
    fourth.end_by_kill();
    region_.expect_clean(0);
}

TEST_F(InspectTest, OnlyReads) {
    Actor actor(fill);
    actor.expect('s');
    // A file that may not be written is enough, by its path.
    const std::string link = "/proc/self/fd/" + region_.spec().substr(3);
    std::string problem;
    const int fd = open(link.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    const std::string spec = "fd:" + std::to_string(fd);
    EXPECT_EQ(inspect_region(spec, problem)->processes.size(), 1U) << problem;
    EXPECT_EQ(audit_region(spec, problem)->processes, 1U) << problem;
    EXPECT_FALSE(sweep_region(spec, problem));
    close(fd);
    EXPECT_FALSE(inspect_region("/dev/null", problem));
    EXPECT_THAT(problem, HasSubstr("/dev/null: the region is not a regular file"));
    EXPECT_FALSE(audit_region("/nowhere/at/all", problem));
    EXPECT_THAT(problem, HasSubstr("/nowhere/at/all"));
    actor.end_by_kill();
    region_.expect_clean(0);
}

}  // namespace
}  // namespace castaway::testing
