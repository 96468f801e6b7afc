// What simulated threads do besides reading and writing cells.
#include <fmt/format.h>
#include <linux/futex.h>

#include <algorithm>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {
namespace {

/// The realtime clock is ahead by this: 2024, roughly.
constexpr std::int64_t kRealtimeAheadNs = 1'700'000'000'000'000'000;

}  // namespace

void World::stray(const void* address) {
    if (current_ == kNoThread) {
        throw HarnessError("a shared cell was used outside of the simulated threads");
    }
    // Nothing on this thread's stack is destroyed any more: no string may be left on it.
    end_from_inside(Outcome::stray_access, describe_stray(address));
}

std::string World::describe_stray(const void* address) const {
    const SimProcess& mine = processes_[threads_[current_].process];
    std::string whose = "of no process";
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        const auto at = static_cast<std::uint64_t>(static_cast<const unsigned char*>(address) -
                                                   processes_[i].base);
        if (&processes_[i] != &mine && at < memory_.bytes()) {
            whose = fmt::format("that is {} in process {}", describe(at), process_names_[i]);
        }
    }
    return fmt::format("{} uses an address {}", names_[current_], whose);
}

std::uint32_t World::exchange(Cell32& cell, std::uint32_t value) {
    const Location at = locate(&cell);
    point(StepKind::exchange, at);
    const std::uint32_t found = memory_.read32(at);
    note_touch(at, Touch::write);
    took(StepKind::exchange, at, found, value);
    memory_.write32(at, value);
    return found;
}

std::uint32_t World::fetch_add(Cell32& cell, std::uint32_t value) {
    const Location at = locate(&cell);
    point(StepKind::fetch_add, at);
    const std::uint32_t found = memory_.read32(at);
    note_touch(at, Touch::write);
    took(StepKind::fetch_add, at, found, found + value);
    memory_.write32(at, found + value);
    return found;
}

FutexResult World::futex_wait(std::span<const FutexTarget> targets, Deadline deadline) {
    std::array<Location, kTargetsMax> at{};
    if (targets.empty() || targets.size() > kTargetsMax) {
        end_from_inside(Outcome::crash, "a futex wait on no word, or on too many");
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
        at[i] = locate(targets[i].word);
    }
    point(StepKind::futex_wait, at[0]);
    SimThread& me = threads_[current_];
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const std::uint32_t found = memory_.read32(at[i]);
        note_touch(at[i], Touch::read);
        took(StepKind::futex_wait, at[i], found, targets[i].expected);
        if (found != targets[i].expected) {
            me.steps_left = 0;
            return FutexResult::changed;
        }
    }
    std::int64_t until_ns = deadline.ns;
    if (!deadline.never() && deadline.clock == Clock::realtime) {
        until_ns -= kRealtimeAheadNs;
    }
    if (until_ns <= clock_ns_) {
        me.steps_left = 0;
        return FutexResult::timed_out;
    }
    me.target_count = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        sleep_on_target(location(Space::queue, at[i]), targets[i].expected);
    }
    return fall_asleep(until_ns);
}

void World::futex_wake(Cell32& word, std::uint32_t count) {
    const Location at = locate(&word);
    point(StepKind::futex_wake, at);
    const std::size_t asleep = sleepers_.size();
    wake(location(Space::queue, at), count);
    took(StepKind::futex_wake, at, asleep, sleepers_.size());
    // Whoever is to be killed does not come back from the kernel.
    threads_[current_].steps_left = 0;
}

std::int64_t World::now(Clock clock) {
    point(StepKind::clock, location(Space::clock));
    note_touch(location(Space::clock), Touch::read);
    const std::int64_t ns = clock_ns_ + (clock == Clock::realtime ? kRealtimeAheadNs : 0);
    took(StepKind::clock, location(Space::clock), static_cast<std::uint64_t>(ns), 0);
    return ns;
}

void World::pause() {
    point(StepKind::pause, location(Space::thread, current_));
    took(StepKind::pause, location(Space::thread, current_), 0, 0);
}

// As glibc takes and gives back a robust mutex: the list names the word before it is tried.
void World::hold(Cell32& word) {
    const auto offset = static_cast<std::uint32_t>(locate(&word));
    SimThread& me = threads_[current_];
    if (me.held_count == kHeldMax) {
        end_from_inside(Outcome::crash, "a thread holds more words than the simulator knows of");
    }
    me.held_pending = offset + 1;
    std::uint32_t expected = 0;
    if (!cas(word, expected, std::uint32_t{current_} + 1)) {
        end_from_inside(Outcome::crash, "a liveness word is held already");
    }
    me.held[me.held_count++] = offset;
    me.held_pending = 0;
}

void World::drop(Cell32& word) {
    const auto offset = static_cast<std::uint32_t>(locate(&word));
    SimThread& me = threads_[current_];
    auto* const end = me.held.data() + me.held_count;
    auto* const at = std::find(me.held.data(), end, offset);
    if (at == end) {
        end_from_inside(Outcome::crash,
                        "a thread gives back a liveness word that it does not hold");
    }
    me.held_pending = offset + 1;
    std::move(at + 1, end, at);
    --me.held_count;
    if ((exchange(word, 0) & FUTEX_WAITERS) != 0) {
        futex_wake(word, 1);
    }
    me.held_pending = 0;
}

bool World::process_gone(const ProcessIdentity& process, std::int64_t wait_ns) {
    std::size_t number = 0;
    while (number < processes_.size() && !(processes_[number].identity == process)) {
        ++number;
    }
    const Location end = location(Space::process, number);
    point(StepKind::process_gone, end);
    note_touch(end, Touch::read);
    const auto gone = [&] { return number == processes_.size() || processes_[number].living == 0; };
    took(StepKind::process_gone, end, gone() ? 1 : 0, 0);
    threads_[current_].steps_left = 0;
    if (gone() || wait_ns <= 0) {
        return gone();
    }
    threads_[current_].target_count = 0;
    sleep_on_target(end, 0);
    fall_asleep(clock_ns_ + wait_ns);
    return gone();
}

ProcessIdentity World::self() const {
    return processes_[threads_[current_].process].identity;
}

void World::wait_for_own_end() {
    const SimThread& me = threads_[current_];
    point(StepKind::pause, location(Space::thread, current_));
    if (!me.doomed) {
        end_from_inside(Outcome::crash,
                        fmt::format("{} takes its process for dead, which nobody has killed",
                                    names_[current_]));
    }
    kill_current();
}

void World::crash_point(CrashPoint point) {
    ++visits_[static_cast<std::size_t>(point)];
    if (observer_ != nullptr) {
        observer_->at_crash_point(current_, point);
    }
}

void World::about_to_sleep() {
    if (observer_ != nullptr) {
        observer_->about_to_sleep(current_);
    }
}

ThreadId World::spawn(const std::string& name, ThreadRole role, const std::function<void()>& body) {
    point(StepKind::spawn, location(Space::thread, current_));
    if (threads_[current_].doomed) {
        kill_current();
    }
    const auto number = static_cast<ThreadId>(threads_.size());
    note_touch(location(Space::thread, number), Touch::write);
    took(StepKind::spawn, location(Space::thread, number), 0, 0);
    return add_thread(threads_[current_].process, name, role, body);
}

void World::touch(std::uint64_t word, Touch touch) {
    point(touch == Touch::read ? StepKind::load : StepKind::store, location(Space::harness, word));
    note_touch(location(Space::harness, word), touch);
    took(touch == Touch::read ? StepKind::load : StepKind::store, location(Space::harness, word), 0,
         0);
}

FutexResult World::sleep_on(std::uint64_t word, std::int64_t until_ns) {
    threads_[current_].target_count = 0;
    sleep_on_target(location(Space::harness, word), 0);
    return fall_asleep(until_ns);
}

void World::wake_on(std::uint64_t word) {
    wake(location(Space::harness, word), static_cast<std::uint32_t>(kThreadsMax));
}

void World::begin_operation() {
    point(StepKind::operation, location(Space::thread, current_));
    took(StepKind::operation, location(Space::thread, current_), 0, 0);
}

void World::enter_operation() {
    begin_operation();
    threads_[current_].in_operation = true;
}

void World::leave_operation() {
    threads_[current_].in_operation = false;
}

}  // namespace castaway::harness::sim
