// Store buffers: the part of a simulated world that makes stores be seen late. See store_buffer.h.
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

bool World::drains_first(StepKind kind, Location where) {
    switch (kind) {
        case StepKind::cas:
        case StepKind::exchange:
        case StepKind::fetch_add:
        case StepKind::futex_wait:
        case StepKind::futex_wake:
        case StepKind::process_gone:
        case StepKind::spawn:
            return true;
        case StepKind::load:
        case StepKind::store:
            return space_of(where) == Space::harness;
        default:
            return false;
    }
}

/// Returns when the calling thread's buffer is empty and it has been chosen. Until then it cannot
/// be: so no step of one thread is another's as well, and searches see every order.
void World::await_drained() {
    const ThreadId me = current_;
    threads_[me].awaits_drain = true;
    remove_runnable(me);
    leave();
    note_touch(location(Space::thread, me), Touch::read);
}

void World::put(Location at, std::uint64_t value, std::uint32_t bytes) {
    const ThreadId me = current_;
    const auto actor = static_cast<ThreadId>(me + 1);
    if (stores_[me].full()) {
        drain_oldest(me);
    }
    if (stores_[me].empty()) {
        threads_[actor].state = ThreadState::runnable;
        threads_[actor].next = {StepKind::drain, at};
        add_runnable(actor);
    }
    stores_[me].push({at, value, bytes});
    note_touch(location(Space::thread, actor), Touch::write);
    took(StepKind::buffer, at, value, value);
}

bool World::find_own(Location at, std::uint32_t bytes, std::uint64_t& value) {
    switch (stores_[current_].find(at, bytes, value)) {
        case StoreBuffer::Lookup::found:
            return true;
        case StoreBuffer::Lookup::partial:
            drain_all(current_);
            return false;
        case StoreBuffer::Lookup::none:
            break;
    }
    return false;
}

void World::drain_oldest(ThreadId thread) {
    const auto actor = static_cast<ThreadId>(thread + 1);
    StoreBuffer& buffer = stores_[thread];
    const StoreBuffer::Entry store = buffer.oldest();
    buffer.pop();
    note_touch(location(Space::thread, actor), Touch::read);
    note_touch(store.at, Touch::write);
    if (store.bytes == sizeof(std::uint64_t)) {
        took(actor, StepKind::drain, store.at, memory_.read64(store.at), store.value);
        memory_.write64(store.at, store.value);
    } else {
        took(actor, StepKind::drain, store.at, memory_.read32(store.at), store.value);
        memory_.write32(store.at, static_cast<std::uint32_t>(store.value));
    }
    if (!buffer.empty()) {
        threads_[actor].next = {StepKind::drain, buffer.oldest().at};
        return;
    }
    threads_[actor].state = ThreadState::finished;
    remove_runnable(actor);
    if (threads_[thread].awaits_drain) {
        threads_[thread].awaits_drain = false;
        note_touch(location(Space::thread, thread), Touch::write);
        add_runnable(thread);
    }
}

void World::drain_all(ThreadId thread) {
    while (buffers() && !stores_[thread].empty()) {
        drain_oldest(thread);
    }
}

}  // namespace castaway::harness::sim
