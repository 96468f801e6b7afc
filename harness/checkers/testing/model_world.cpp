#include "harness/checkers/testing/model_world.h"

namespace castaway::harness::testing {
namespace {

/// Times closer than this are not told apart, as the history's are not.
constexpr std::int64_t kSlackNs = 25'000;

constexpr std::size_t kManualReset = 1;

std::size_t position(const std::array<ObjectIndex, 2>& of, ObjectIndex object) {
    return object - of.front();
}

}  // namespace

void ModelWorld::Timer::catch_up(std::int64_t now_ns) {
    if (!armed || now_ns < due_ns) {
        return;
    }
    signaled = true;
    armed = period_ns != 0;
    if (armed) {
        due_ns += ((now_ns - due_ns) / period_ns + 1) * period_ns;
    }
}

bool ModelWorld::signaled_for(ThreadId thread, ObjectIndex object, std::int64_t now_ns) {
    if (object < kModelSemaphore) {
        const Mutex& mutex = mutexes_.at(object);
        return mutex.owner == 0 || mutex.owner == thread || is(Defect::two_owners);
    }
    if (object == kModelSemaphore) {
        return count_ > 0;
    }
    if (object < kModelTimers.front()) {
        return events_.at(position(kModelEvents, object)).signaled;
    }
    Timer& timer = timers_.at(position(kModelTimers, object));
    timer.catch_up(now_ns);
    return timer.signaled;
}

ResponseStatus ModelWorld::take(ThreadId thread, ObjectIndex object, std::int64_t now_ns) {
    if (object < kModelSemaphore) {
        return take_mutex(thread, mutexes_.at(object));
    }
    if (object == kModelSemaphore) {
        miscounted_ |= is(Defect::count_not_taken);
        count_ -= is(Defect::count_not_taken) ? 0 : 1;
    } else if (object < kModelTimers.front()) {
        const std::size_t which = position(kModelEvents, object);
        Event& event = events_.at(which);
        defect_showed_ |= !event.truly_signaled;
        if (which != kManualReset) {
            event.truly_signaled = false;
            event.signaled = is(Defect::signal_not_taken);
        }
    } else {
        const std::size_t which = position(kModelTimers, object);
        Timer& timer = timers_.at(which);
        defect_showed_ |= now_ns + kSlackNs < timer.true_due_ns;
        timer.signaled = which == kManualReset;
    }
    return ResponseStatus::ok;
}

ResponseStatus ModelWorld::take_mutex(ThreadId thread, Mutex& mutex) {
    if (mutex.owner == thread) {
        ++mutex.depth;
        return ResponseStatus::ok;
    }
    defect_showed_ |= mutex.owner != 0 || mutex.abandoned != mutex.must_tell;
    const bool told = mutex.abandoned;
    mutex = {thread, 1, told && is(Defect::death_told_twice), false};
    return told ? ResponseStatus::abandoned : ResponseStatus::ok;
}

bool ModelWorld::release_mutex(ThreadId thread, ObjectIndex object) {
    Mutex& mutex = mutexes_.at(object);
    if (mutex.owner != thread && (mutex.owner == 0 || !is(Defect::anyone_releases))) {
        return false;
    }
    defect_showed_ |= mutex.owner != thread;
    if (--mutex.depth == 0) {
        mutex.owner = 0;
    }
    return true;
}

std::optional<std::int32_t> ModelWorld::release_semaphore(std::int32_t count) {
    if (count_ + count > kModelMaximumCount) {
        return std::nullopt;
    }
    const std::int32_t previous = count_;
    count_ += count;
    return previous;
}

void ModelWorld::set_event(ObjectIndex object, bool signaled) {
    Event& event = events_.at(position(kModelEvents, object));
    event.truly_signaled = signaled;
    event.signaled = signaled || (event.signaled && is(Defect::reset_ignored));
}

void ModelWorld::set_timer(ObjectIndex object, std::int64_t now_ns, std::int64_t due_ns,
                           std::int64_t period_ns) {
    Timer& timer = timers_.at(position(kModelTimers, object));
    timer.signaled = false;
    timer.armed = true;
    timer.true_due_ns = now_ns + due_ns;
    timer.due_ns = timer.true_due_ns - (is(Defect::timer_early) ? due_ns / 5 : 0);
    timer.period_ns = period_ns;
}

void ModelWorld::cancel_timer(ObjectIndex object, std::int64_t now_ns) {
    Timer& timer = timers_.at(position(kModelTimers, object));
    timer.catch_up(now_ns);
    timer.armed = false;
}

std::int64_t ModelWorld::handles() const {
    std::int64_t all = 0;
    for (const auto& [process, count] : handles_) {
        all += count;
    }
    return all;
}

bool ModelWorld::has_handle(std::uint32_t process) const {
    const auto own = handles_.find(process);
    return own != handles_.end() && own->second > 0;
}

void ModelWorld::found(bool there) {
    // After a death the name may stay for a while.
    defect_showed_ |= there && handles() == 0 && !somebody_died_;
}

bool ModelWorld::open(std::uint32_t process) {
    found(exists_);
    handles_[process] += exists_ ? 1 : 0;
    return exists_;
}

bool ModelWorld::create(std::uint32_t process) {
    const bool joins = exists_ && !is(Defect::made_twice);
    found(joins);
    defect_showed_ |= !joins && handles() > 0;
    exists_ = true;
    ++handles_[process];
    return !joins;
}

void ModelWorld::close(std::uint32_t process) {
    --handles_[process];
    exists_ = handles() > 0 || is(Defect::name_outlives_object);
}

void ModelWorld::thread_died(ThreadId thread) {
    for (Mutex& mutex : mutexes_) {
        if (mutex.owner == thread) {
            mutex = {0, 0, !is(Defect::death_not_told), true};
        }
    }
}

void ModelWorld::process_died(std::uint32_t process) {
    somebody_died_ = true;
    handles_[process] = 0;
    exists_ = handles() > 0 || is(Defect::name_outlives_object);
}

ModelWorld::Final ModelWorld::look_at(ObjectIndex object, bool all_deaths_are_kills) {
    if (object == kModelSemaphore) {
        defect_showed_ |= miscounted_;
        return {count_, false};
    }
    if (object < kModelSemaphore) {
        const Mutex& mutex = mutexes_.at(object);
        // Of a thread's end that its process outlived the snapshot alone proves nothing.
        defect_showed_ |=
            mutex.owner == 0 && mutex.must_tell && !mutex.abandoned && all_deaths_are_kills;
        return {mutex.depth, mutex.abandoned};
    }
    return {};
}

}  // namespace castaway::harness::testing
