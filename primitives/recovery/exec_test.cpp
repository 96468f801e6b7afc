// Processes that execute programs: the library that users link, in programs that share nothing with
// the test but the region.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "primitives/testing/actor.h"
#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

/// castaway_actor, executed; what it says comes through `said`.
Child execute(const char* what, const char* name, const Channel& said) {
    return Child([&] {
        if (dup2(said.sender(), STDOUT_FILENO) < 0) {
            return 1;
        }
        execl(CASTAWAY_ACTOR, "castaway_actor", what, name, nullptr);
        return 1;
    });
}

void await_waiters(const TestRegion& region, const std::string& name, std::uint32_t waiters) {
    for (int look = 0; look < 1'000'000; ++look) {
        for (const InspectedObject& object : region.look().objects) {
            if (object.name == name && object.waiters == waiters) {
                return;
            }
        }
        std::this_thread::yield();
    }
    give_up("nobody waits");
}

TEST(ExecutedProgram, ThatIsKilledAbandonsItsMutex) {  // MTX-08, MTX-10
    const TestRegion region;
    const Channel owner_says;
    const Channel waiter_says;
    const Channel late_says;
    Child owner = execute("own", "m", owner_says);
    EXPECT_EQ(owner_says.receive(), 'o');
    Child waiter = execute("wait", "m", waiter_says);
    await_waiters(region, "Local\\m", 1);
    owner.end();
    EXPECT_EQ(waiter_says.receive(), 'a');
    EXPECT_EQ(waiter.wait(), kDone);
    // The waiter ended without releasing; all the handles went with it.
    Child late = execute("wait", "m", late_says);
    EXPECT_EQ(late_says.receive(), 'n');
    EXPECT_EQ(late.wait(), kDone);
    region.expect_clean(0);
}

TEST(ExecutedProgram, OfAForkedChildHasNothingOfItsParents) {  // INH-02, INH-07
    const TestRegion region;
    Actor parent([](const Actor& self) {
        const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
        self.say('o');
        self.hear('r');
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        self.hear('e');
    });
    parent.expect('o');
    const Channel said;
    Child waiter = execute("wait", "m", said);
    await_waiters(region, "Local\\m", 1);
    parent.tell('r');
    EXPECT_EQ(said.receive(), 'n');
    EXPECT_EQ(waiter.wait(), kDone);
    parent.tell('e');
    parent.end();
    region.expect_clean(0);
}

/// Halts one thread for ever before one of its changes of the region.
class HaltBeforeChange : public FaultHook {
  public:
    HaltBeforeChange(int change, const Channel& said) : change_(change), said_(said) {}
    /// The calling thread is the one.
    void watch_this_thread() { watched_thread_ = std::this_thread::get_id(); }
    void at_crash_point(CrashPoint /*point*/) override {}
    void at_access() override {}
    void about_to_sleep() override {}
    void at_change() override {
        if (std::this_thread::get_id() == watched_thread_.load() && changes_++ == change_) {
            said_.send('h');
            for (;;) {
                pause();
            }
        }
    }

  private:
    int change_;
    const Channel& said_;
    std::atomic<std::thread::id> watched_thread_;
    int changes_ = 0;
};

/// The process goes on, as another program, and what says of its threads that they are dead may
/// not have been there yet, or no longer.
TEST(ExecutedProgram, ReplacesOneOfWhichAThreadJustComesOrGoes) {  // MTX-08, HND-07
    const TestRegion region;
    Actor keeper([](const Actor& self) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        self.say('k');
        self.hear('e');
    });
    keeper.expect('k');
    bool halted = true;
    int change = 0;
    for (; halted; ++change) {
        SCOPED_TRACE("halted before change " + std::to_string(change));
        const Channel progress;
        const Channel said;
        Child child([&] {
            // Neither the hook nor the thread ends: the program is replaced.
            static HaltBeforeChange hook(change, progress);
            prepare_attachment(&hook, Mutant::none);
            WaitForSingleObject(CreateMutexA(nullptr, FALSE, "m"), INFINITE);
            std::thread([&] {
                hook.watch_this_thread();
                thread_local const struct AtEnd {
                    const Channel& progress;
                    ~AtEnd() { progress.send('e'); }
                } at_end{progress};
                SetEvent(nullptr);
            }).detach();
            const auto how = progress.receive();
            said.send(how.value_or('?'));
            if (dup2(said.sender(), STDOUT_FILENO) < 0) {
                return 1;
            }
            execl(CASTAWAY_ACTOR, "castaway_actor", "wait", "m", nullptr);
            return 1;
        });
        halted = said.receive() == 'h';
        EXPECT_EQ(said.receive(), 'a');
        EXPECT_EQ(child.wait(), kDone);
    }
    EXPECT_GT(change, 5);
    keeper.tell('e');
    keeper.end();
    region.expect_clean(0);
}

TEST(SignalHandler, ThatExitsInTheMiddleOfAWaitLeavesNothingBroken) {
    in_fresh_process([](TestRegion& region) {
        static TestHook hook;
        prepare_attachment(&hook, Mutant::none);
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        BlockedThread first(waits_for(event));
        Actor exiting([](const Actor& self) {
            // exit() destroys the actor's own hook while the helper still tells it of accesses;
            // this one is never destroyed.
            alignas(TestHook) static std::array<std::byte, sizeof(TestHook)> memory;
            prepare_attachment(std::construct_at(reinterpret_cast<TestHook*>(memory.data())),
                               Mutant::none);
            CreateMutexA(nullptr, TRUE, "m");
            // Not what a handler may do, and done all the same.
            std::signal(SIGTERM, [](int) { std::exit(3); });  // NOLINT(bugprone-signal-handler)
            self.say_when_asleep();
            WaitForSingleObject(OpenEventA(SYNCHRONIZE, FALSE, "e"), INFINITE);
        });
        exiting.expect('s');
        BlockedThread last(waits_for(event));
        exiting.signal(SIGTERM);
        exiting.end_with(3);
        region.sweep();
        EXPECT_TRUE(region.look().damage.empty());
        EXPECT_EQ(object_named(region.look(), "Local\\e").waiters, 2U);
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(first.join(), WAIT_OBJECT_0);
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(last.join(), WAIT_OBJECT_0);
    });
}

}  // namespace
}  // namespace castaway::testing
