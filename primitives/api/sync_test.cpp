// The C++ face of the primitives: standard guards, time, errors, and abandonment by a real death.
#include "castaway/sync.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <type_traits>

#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

static_assert(!std::is_copy_constructible_v<castaway::mutex>);
static_assert(std::is_nothrow_move_constructible_v<castaway::mutex>);
static_assert(std::is_nothrow_move_assignable_v<castaway::waitable_timer>);

/// Each test in a process of its own, which leaves a clean region.
template <class Body>
void alone(Body body) {
    in_fresh_process([&](TestRegion& region) {
        body();
        region.expect_clean(1);
    });
}

TEST(Sync, StandardGuardsTakeMutexes) {  // MTX-02, MTX-03
    alone([] {
        castaway::mutex a;
        castaway::mutex b("b");
        {
            const std::scoped_lock both(a, b);
            castaway::mutex same(open_only, "b");
            const std::lock_guard again(same);
            EXPECT_TRUE(b.try_lock());
            b.unlock();
        }
        std::unique_lock timed(a, milliseconds(1));
        EXPECT_TRUE(timed.owns_lock());
        timed.unlock();
        std::error_code error;
        a.unlock(error);
        EXPECT_EQ(error, make_win32_error(ERROR_NOT_OWNER));
        EXPECT_EQ(error, std::errc::operation_not_permitted);
        EXPECT_THROW(a.unlock(), std::system_error);
    });
}

TEST(Sync, ErrorsAreCodesWithConditions) {  // NAME-05, NAME-06, SEM-04
    alone([] {
        std::error_code error;
        EXPECT_FALSE(castaway::mutex::open("nobody's", error));
        EXPECT_EQ(error, std::errc::no_such_file_or_directory);
        EXPECT_EQ(error.message(), "there is no object of that name");
        EXPECT_THROW(castaway::event(open_only, "nobody's"), std::system_error);
        castaway::semaphore semaphore(0, 2, "s");
        EXPECT_FALSE(castaway::mutex::create("s", error));
        EXPECT_EQ(error.value(), 6);
        EXPECT_EQ(semaphore.release(2), 0);
        semaphore.release(1, error);
        EXPECT_EQ(error, std::errc::value_too_large);
        EXPECT_EQ(semaphore.wait(), wait_status::signaled);
    });
}

TEST(Sync, WaitsLastAsLongAsTheySay) {  // WAIT-02, TMR-02
    alone([] {
        castaway::event event(reset_mode::automatic);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(event.wait_for(microseconds(1500)), wait_status::timed_out);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, microseconds(1500));
        EXPECT_EQ(event.wait_for(milliseconds(-5)), wait_status::timed_out);
        event.set();
        EXPECT_EQ(event.wait_for(hours(24 * 365 * 100)), wait_status::signaled);
        event.set();
        EXPECT_EQ(event.wait_for(hours::max()), wait_status::signaled);
        castaway::waitable_timer timer(reset_mode::manual);
        const auto due = std::chrono::steady_clock::now() + milliseconds(2);
        timer.expires_at(due);
        EXPECT_EQ(timer.wait(), wait_status::signaled);
        EXPECT_GE(std::chrono::steady_clock::now(), due);
        timer.expires_after(hours::max());
        EXPECT_EQ(timer.wait_for(milliseconds(0)), wait_status::timed_out);
        timer.cancel();
    });
}

TEST(Sync, WaitsForSeveral) {  // WAIT-05, WAIT-06
    alone([] {
        castaway::event event(reset_mode::automatic);
        castaway::semaphore semaphore(1, 1);
        const wait_result any = wait_any(event, semaphore);
        EXPECT_TRUE(any.satisfied());
        EXPECT_EQ(any.index, 1U);
        event.set();
        const std::array handles{event.native_handle(), semaphore.native_handle()};
        EXPECT_EQ(wait_all_for(milliseconds(1), handles).status, wait_status::timed_out);
        semaphore.release();
        EXPECT_EQ(wait_all(event, semaphore).status, wait_status::signaled);
    });
}

TEST(Sync, AbandonmentIsTold) {  // MTX-08, MTX-09
    const TestRegion region;
    const auto owns = [](const Actor& self) {
        castaway::mutex mutex("m");
        mutex.lock();
        self.say('o');
        self.stay();
    };
    const auto learns = [](const Actor& self) {
        castaway::mutex mutex("m");
        self.say('r');
        self.hear('1');
        EXPECT_EQ(mutex.acquire(), ownership::abandoned);
        mutex.unlock();
        EXPECT_EQ(mutex.acquire(), ownership::owned);
        mutex.unlock();
        self.say('k');
        self.hear('2');
        EXPECT_THROW(std::scoped_lock{mutex}, abandoned_mutex);
        std::error_code error;
        mutex.unlock(error);
        EXPECT_EQ(error, make_win32_error(ERROR_NOT_OWNER));
    };
    Actor first(owns);
    first.expect('o');
    Actor survivor(learns);
    survivor.expect('r');
    first.end_by_kill();
    survivor.tell('1');
    survivor.expect('k');
    Actor second(owns);
    second.expect('o');
    second.end_by_kill();
    survivor.tell('2');
    survivor.end();
    region.expect_clean(0);
}

}  // namespace
}  // namespace castaway::testing
