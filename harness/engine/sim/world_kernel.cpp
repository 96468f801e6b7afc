// The kernel's part of a simulated world: sleep and wake, time, death.
#include <linux/futex.h>

#include <algorithm>
#include <exception>

#include "harness/base/error.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

// Sleeping.

void World::sleep_on_target(Location queue, std::uint32_t expected) {
    SimThread& me = threads_[current_];
    if (me.target_count == kTargetsMax) {
        breach_ = "a thread sleeps on more words than the simulator knows of";
        switch_to(kNoThread);
    }
    me.targets[me.target_count] = queue;
    me.expected[me.target_count] = expected;
    ++me.target_count;
    // Who sleeps first is woken first, so the order of two sleepers matters.
    note_touch(queue, Touch::write);
}

FutexResult World::fall_asleep(std::int64_t until_ns) {
    const ThreadId id = current_;
    SimThread& me = threads_[id];
    remove_runnable(id);
    me.state = ThreadState::asleep;
    me.until_ns = until_ns;
    sleepers_.push_back(id);
    if (me.doomed) {
        // A signal that kills ends every sleep.
        begin_dying(id);
    }
    if (observer_ != nullptr) {
        observer_->sleep_changed(id);
    }
    leave();
    note_touch(location(Space::thread, id), Touch::read);
    took(StepKind::futex_return, location(Space::thread, id), 0,
         static_cast<std::uint64_t>(threads_[id].woken_by));
    if (observer_ != nullptr) {
        observer_->sleep_changed(id);
    }
    return threads_[id].woken_by;
}

void World::rouse(ThreadId id, FutexResult result) {
    SimThread& thread = threads_[id];
    sleepers_.erase(std::find(sleepers_.begin(), sleepers_.end(), id));
    for (std::size_t i = 0; i < thread.target_count; ++i) {
        note_touch(thread.targets[i], Touch::write);
    }
    thread.state = ThreadState::runnable;
    thread.woken_by = result;
    thread.target_count = 0;
    thread.until_ns = Deadline::kNever;
    thread.next = {StepKind::futex_return, location(Space::thread, id)};
    note_touch(location(Space::thread, id), Touch::write);
    add_runnable(id);
}

void World::wake(Location queue, std::uint32_t count) {
    note_touch(queue, Touch::write);
    for (std::size_t i = 0; i < sleepers_.size() && count > 0;) {
        const SimThread& thread = threads_[sleepers_[i]];
        const auto* const end = thread.targets.data() + thread.target_count;
        if (std::find(thread.targets.data(), end, queue) == end) {
            ++i;
            continue;
        }
        rouse(sleepers_[i], FutexResult::woken);
        --count;
    }
}

// Time.

bool World::let_time_pass() {
    std::int64_t earliest = Deadline::kNever;
    for (const ThreadId id : sleepers_) {
        earliest = std::min(earliest, threads_[id].until_ns);
    }
    if (earliest == Deadline::kNever) {
        return false;
    }
    // Nobody's step: it depends on all of them, because nobody can move.
    const std::size_t touched = touched_.size();
    pass_time_until(earliest);
    touched_.resize(touched);
    return true;
}

void World::pass_time_until(std::int64_t moment_ns) {
    clock_ns_ = std::max(clock_ns_, moment_ns);
    ++time_jumps_;
    note_touch(location(Space::clock), Touch::write);
    for (std::size_t i = 0; i < sleepers_.size();) {
        if (threads_[sleepers_[i]].until_ns <= clock_ns_) {
            rouse(sleepers_[i], FutexResult::timed_out);
        } else {
            ++i;
        }
    }
}

// Death. A SIGKILL reaches the threads of a process one by one: each runs on until it is told, then
// walks its robust list, newest first, and last the word that it was about to take or give back.

void World::kill(ProcessId process) {
    processes_[process].killed = true;
    processes_[process].stopped = false;
    ++deaths_;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        SimThread& thread = threads_[i];
        if (thread.process != process || thread.dying || thread.role == ThreadRole::stores) {
            continue;
        }
        const auto id = static_cast<ThreadId>(i);
        if (thread.awaits_drain) {
            drain_all(id);
        }
        if (thread.state == ThreadState::runnable) {
            remove_runnable(id);  // Where the process was stopped, it was not among them.
            add_runnable(id);
            thread.doomed = true;
            thread.steps_left = options_.steps_while_dying;
            note_touch(location(Space::thread, id), Touch::write);
            if (thread.steps_left == 0) {
                begin_dying(id);
            }
        } else if (thread.state == ThreadState::asleep) {
            begin_dying(id);
        }
    }
}

void World::kill_current() {
    const ThreadId me = current_;
    const ProcessId process = threads_[me].process;
    if (!processes_[process].killed) {
        kill(process);
    }
    if (!threads_[me].dying) {
        begin_dying(me);
    }
    leave();
    std::terminate();  // A dying thread's steps are the kernel's.
}

void World::begin_dying(ThreadId id) {
    SimThread& thread = threads_[id];
    if (thread.state == ThreadState::asleep) {
        rouse(id, FutexResult::woken);
    }
    if (thread.awaits_drain) {
        drain_all(id);
    }
    note_touch(location(Space::thread, id), Touch::write);
    thread.doomed = false;
    thread.dying = true;
    thread.next = {StepKind::mark_dead, location(Space::thread, id)};
}

/// Whether the step of a doomed or dying thread was the kernel's, and is done.
bool World::takes_kernel_step(ThreadId id) {
    SimThread& thread = threads_[id];
    if (thread.doomed) {
        if (thread.steps_left != 0) {
            --thread.steps_left;
            return false;
        }
        begin_dying(id);
    }
    do {
        kernel_step(id);
    } while (options_.dies_at_once && thread.state == ThreadState::runnable);
    return true;
}

void World::kernel_step(ThreadId id) {
    SimThread& thread = threads_[id];
    note_touch(location(Space::thread, id), Touch::read);
    drain_all(id);
    if (thread.held_count != 0) {
        mark_dead(id, thread.held[--thread.held_count], false);
        return;
    }
    if (thread.held_pending != 0) {
        const std::uint32_t offset = thread.held_pending - 1;
        thread.held_pending = 0;
        mark_dead(id, offset, true);
        return;
    }
    took(id, StepKind::exit, location(Space::thread, id), 0, 0);
    remove_runnable(id);
    thread.state = ThreadState::dead;
    lose_thread(id);
}

void World::mark_dead(ThreadId id, std::uint32_t offset, bool pending) {
    const std::uint32_t word = memory_.read32(offset);
    const Location queue = location(Space::queue, offset);
    const bool mine = (word & FUTEX_TID_MASK) == std::uint32_t{id} + 1;
    const std::uint32_t marked = mine ? (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED : word;
    note_touch(offset, mine ? Touch::write : Touch::read);
    took(id, StepKind::mark_dead, offset, word, marked);
    if (mine) {
        memory_.write32(offset, marked);
        if ((word & FUTEX_WAITERS) != 0) {
            wake(queue, 1);
        }
    } else if (pending && word == 0) {
        // It had given the word back and not yet woken the next: the kernel does that for it.
        wake(queue, 1);
    }
}

void World::lose_thread(ThreadId id) {
    SimProcess& process = processes_[threads_[id].process];
    if (--process.living != 0) {
        return;
    }
    const ProcessId number = threads_[id].process;
    wake(location(Space::process, number), static_cast<std::uint32_t>(kThreadsMax));
    if (process.killed && observer_ != nullptr) {
        observer_->process_gone(number);
    }
}

void World::stop(ProcessId process) {
    for (std::size_t i = 0; i < stores_.size(); ++i) {
        if (threads_[i].process == process) {
            drain_all(static_cast<ThreadId>(i));
        }
    }
    processes_[process].stopped = true;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        if (threads_[i].process == process) {
            remove_runnable(static_cast<ThreadId>(i));
        }
    }
    if (current_ != kNoThread && threads_[current_].process == process) {
        threads_[current_].next = {StepKind::pause, location(Space::thread, current_)};
        leave();
    }
}

void World::resume(ProcessId process) {
    if (!processes_[process].stopped) {
        return;
    }
    processes_[process].stopped = false;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        if (threads_[i].process == process && threads_[i].state == ThreadState::runnable) {
            add_runnable(static_cast<ThreadId>(i));
        }
    }
}

}  // namespace castaway::harness::sim
