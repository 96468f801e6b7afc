#include "primitives/testing/test_hook.h"

#include <utility>

#include "primitives/testing/child_process.h"

namespace castaway::testing {

namespace {

std::uint64_t this_thread_number() {
    static std::atomic<std::uint64_t> next{1};
    thread_local const std::uint64_t number = next++;
    return number;
}

thread_local std::function<void()> on_sleep;
thread_local bool exempted = false;

}  // namespace

void TestHook::die_at_change(std::uint64_t k, Scope scope) {
    victim_ = this_thread_number();
    every_thread_ = scope == Scope::every_thread;
    changes_ = 0;
    fatal_change_ = k;
}

void TestHook::die_at_point(CrashPoint point, std::uint64_t n, Scope scope) {
    victim_ = this_thread_number();
    every_thread_ = scope == Scope::every_thread;
    point_ = point;
    passings_ = 0;
    fatal_passing_ = n;
}

void TestHook::disarm() {
    fatal_change_ = 0;
    fatal_passing_ = 0;
}

void TestHook::set_on_sleep(std::function<void()> action) {
    on_sleep = std::move(action);
}

void TestHook::hold_others() {
    gate_.lock();
    holding_ = true;
}

void TestHook::release_others() {
    holding_ = false;
    gate_.unlock();
}

void TestHook::exempt() {
    exempted = true;
}

bool TestHook::in_scope() const {
    return every_thread_ || this_thread_number() == victim_;
}

void TestHook::at_crash_point(CrashPoint point) {
    if (fatal_passing_ != 0 && point == point_ && in_scope() && ++passings_ == fatal_passing_) {
        die();
    }
}

void TestHook::at_access() {
    if (holding_ && !exempted) {
        const std::lock_guard wait(gate_);
    }
}

void TestHook::at_change() {
    if (fatal_change_ != 0 && in_scope() && ++changes_ == fatal_change_) {
        die();
    }
}

void TestHook::about_to_sleep() {
    if (on_sleep) {
        on_sleep();
    }
}

}  // namespace castaway::testing
