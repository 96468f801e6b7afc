// A recoverer that is stopped for ever, in the middle: it holds up what the dead held, and nothing
// else.
#include <gtest/gtest.h>

#include <csignal>

#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

/// Stops its process at the first passing of a crash point, after saying 'p'.
class StopAt : public FaultHook {
  public:
    StopAt(CrashPoint point, const Actor& self) : point_(point), self_(self) {}
    void at_crash_point(CrashPoint point) override {
        if (point == point_) {
            self_.say('p');
            std::raise(SIGSTOP);
        }
    }
    void at_access() override {}
    void about_to_sleep() override {}

  private:
    CrashPoint point_;
    const Actor& self_;
};

TEST_F(ProcessTest, StoppedRecovererHoldsUpOnlyWhatTheDeadHeld) {  // CONC-03
    for (const CrashPoint point :
         {CrashPoint::recover_before_rollback, CrashPoint::recover_rolled_back,
          CrashPoint::recover_before_abandon, CrashPoint::recover_before_close_handle,
          CrashPoint::recover_done}) {
        SCOPED_TRACE(name_of(point));
        {
            Actor dead(owns_mutex());
            dead.expect('o');
            dead.end_by_kill();
        }
        Actor stopped([point](const Actor& self) {
            StopAt hook(point, self);
            prepare_attachment(&hook, Mutant::none);
            open_event("none");
            self.stay();
        });
        stopped.expect('p');
        stopped.stop();
        const auto works = [](const Actor& self) {
            const Handle mutex(CreateMutexA(nullptr, FALSE, "other"));
            const Handle event(CreateEventA(nullptr, FALSE, FALSE, "event"));
            EXPECT_NE(Handle(open_event("event")).get(), nullptr);
            EXPECT_EQ(SetEvent(event), TRUE);
            EXPECT_EQ(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
            EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
            EXPECT_EQ(ReleaseMutex(mutex), TRUE);
            EXPECT_EQ(WaitForSingleObject(event, 1), WAIT_TIMEOUT);
            self.say('w');
            self.stay();
        };
        Actor first(works);
        first.expect('w');
        Actor second(works);
        second.expect('w');
        first.end_by_kill();
        Actor third(works);
        third.expect('w');
        // The stopped one's death lets the others recover everything.
        stopped.end_by_kill();
        Actor heir([](const Actor&) {
            const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
            EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
            EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
            EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        });
        heir.end();
    }
}

}  // namespace
}  // namespace castaway::testing
