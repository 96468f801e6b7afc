// A process that takes part in the test's region on its own, and speaks with the test.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>

#include "primitives/api/attachment.h"
#include "primitives/testing/child_process.h"
#include "primitives/testing/test_hook.h"

namespace castaway::testing {

class Actor {
  public:
    /// \param script what it does, with its expectations; end() checks them
    explicit Actor(const std::function<void(const Actor&)>& script)
        : child_([this, &script] {
              // Never destroyed: the process's helper is still there when std::exit() destroys.
              static TestHook& hook = *std::make_unique<TestHook>().release();
              prepare_attachment(&hook, Mutant::none);
              script(*this);
              return ::testing::Test::HasFailure() ? 1 : 0;
          }) {
        said_.close_sender();
    }

    // The actor's side.

    void say(char letter) const { said_.send(letter); }
    void hear(char letter) const { EXPECT_EQ(heard_.receive(), letter); }
    /// Says 's' when the calling thread is about to sleep in a wait for the next time.
    void say_when_asleep() const {
        TestHook::set_on_sleep([this, said = false]() mutable {
            if (!said) {
                said = true;
                say('s');
            }
        });
    }
    /// Until it is killed.
    [[noreturn]] void stay() const {
        static_cast<void>(heard_.receive());
        give_up("an actor that should be killed is spoken to");
    }

    // The test's side.

    void expect(char letter) const { EXPECT_EQ(said_.receive(), letter); }
    /// The next letter; none when it has ended.
    [[nodiscard]] std::optional<char> listen() const { return said_.receive(); }
    void tell(char letter) const { heard_.send(letter); }
    void end_by_kill() { child_.end(); }
    void stop() const { child_.stop(); }
    void signal(int number) const { child_.signal(number); }
    /// Waits for the end of its script, which must have found all as expected.
    void end() { end_with(0); }
    void end_with(int code) { EXPECT_EQ(child_.wait(), (Ending{false, code})); }

  private:
    // Before the child, which uses them.
    Channel said_;
    Channel heard_;
    Child child_;
};

}  // namespace castaway::testing
