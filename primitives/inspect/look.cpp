#include "primitives/inspect/look.h"

#include <utility>

#include "primitives/inspect/audit.h"
#include "primitives/inspect/describe.h"
#include "primitives/inspect/words.h"
#include "primitives/platform/lacks.h"
#include "primitives/region/handle_word.h"

namespace castaway {

namespace {

InspectedType type_of(ObjectKind kind) {
    if (is_event(kind)) {
        return InspectedType::event;
    }
    if (is_timer(kind)) {
        return InspectedType::timer;
    }
    if (kind == ObjectKind::process) {
        return InspectedType::process;
    }
    if (kind == ObjectKind::thread) {
        return InspectedType::thread;
    }
    if (kind == ObjectKind::private_namespace) {
        return InspectedType::private_namespace;
    }
    return kind == ObjectKind::mutex ? InspectedType::mutex : InspectedType::semaphore;
}

InspectedState state_of(SlotState state) {
    switch (state) {
        case SlotState::live:
            return InspectedState::live;
        case SlotState::ending:
            return InspectedState::ending;
        case SlotState::free:
        case SlotState::claimed:
            break;
    }
    return InspectedState::joining;
}

/// Makes the picture of a region that others are changing.
class Painter : public Onlooker {
  public:
    using Onlooker::Onlooker;

    RegionPicture paint() {
        paint_threads();
        paint_processes();
        paint_objects();
        return std::move(picture_);
    }

  private:
    void paint_threads() {
        threads_of_.assign(processes(), 0);
        live_of_.assign(processes(), 0);
        const std::uint32_t count = threads();
        for (std::uint32_t slot = 0; slot < count; ++slot) {
            const ThreadEntry entry = thread_entry(slot);
            if (entry.state == SlotState::free) {
                continue;
            }
            InspectedThread thread;
            thread.slot = slot;
            thread.process = entry.process;
            thread.pid = pid_of_thread(region(), slot).value_or(0);
            thread.state = state_of(entry.state);
            if (entry.state == SlotState::live && is_marked_dead(slot)) {
                thread.state = InspectedState::dead;
            }
            if (entry.process < threads_of_.size()) {
                ++threads_of_[entry.process];
                live_of_[entry.process] += thread.state == InspectedState::dead ? 0U : 1U;
            }
            if (thread.state == InspectedState::live) {
                paint_wait(thread);
            }
            if (entry.is_known()) {
                count_calls(region().thread(slot));
            }
            picture_.threads.push_back(std::move(thread));
        }
    }

    void count_calls(ThreadSlot& thread) {
        const auto counts = [this](bool one) { picture_.apcs += one ? 1U : 0U; };
        walk_calls(thread.apc_timers, &ApcSlot::next_timer,
                   [&](std::uint32_t, const ApcState& state) { counts(state.armed); });
        // One that is in both lists is one call.
        walk_calls(thread.apc_head, &ApcSlot::next, [&](std::uint32_t, const ApcState& state) {
            counts(state.queued && !state.armed);
        });
    }

    void paint_wait(InspectedThread& thread) {
        ThreadSlot& slot = region().thread(thread.slot);
        const std::uint64_t before = load(slot.wait_word);
        const WaitWord wait = WaitWord::unpack(before);
        if (wait.state != WaitState::waiting) {
            return;
        }
        std::vector<std::uint32_t> objects;
        for (WaitEntry& entry : slot.waits) {
            const std::uint64_t object = load(entry.object);
            if (object != 0 && object <= this->objects()) {
                objects.push_back(static_cast<std::uint32_t>(object - 1));
            }
        }
        const WaitWord after = WaitWord::unpack(load(slot.wait_word));
        if (after.epoch == wait.epoch && after.state == WaitState::waiting) {
            thread.waits_for = std::move(objects);
            thread.wait_all = wait.all;
            thread.wait = wait.epoch;
        }
    }

    void paint_processes() {
        for (std::uint32_t slot = 0; slot < threads_of_.size(); ++slot) {
            const ProcessEntry entry = process_entry(slot);
            if (entry.state == SlotState::free) {
                continue;
            }
            InspectedProcess process;
            process.slot = slot;
            process.pid = entry.identity.pid;
            process.start_time = entry.identity.start_time;
            process.pid_namespace = pid_namespace(entry.identity.pid_namespace);
            process.threads = threads_of_[slot];
            process.handles = load(region().process(slot).handles);
            process.state = state_of(entry.state);
            if (entry.state == SlotState::live && live_of_[slot] == 0) {
                process.state = InspectedState::dead;
            }
            if (process.state == InspectedState::live) {
                process.lacks = lacks_of(region().process(slot));
            }
            const std::uint32_t used = handles(slot);
            for (std::uint32_t i = 0; i < used; ++i) {
                const HandleWord word = HandleWord::unpack(load(region().handle(slot, i).word));
                if (word.open()) {
                    process.open.push_back({handle_value(i), word.object - 1, word.access,
                                            word.inherit, word.protect});
                }
            }
            picture_.processes.push_back(std::move(process));
        }
    }

    std::vector<Lack> lacks_of(ProcessSlot& slot) {
        const Lacks recorded = Lacks::unpack(load(slot.lacks));
        std::vector<Lack> lacks;
        if (recorded.futex_waitv) {
            lacks.push_back(Lack::futex_waitv);
        }
        if (recorded.pidfd) {
            lacks.push_back(Lack::pidfd);
        }
        return lacks;
    }

    void paint_objects() {
        const std::uint32_t count = objects();
        for (std::uint32_t i = 0; i < count; ++i) {
            Object& object = region().object(i);
            const ObjectKind kind = kind_of(object);
            if (kind == ObjectKind::none) {
                continue;
            }
            InspectedObject seen;
            seen.slot = i;
            seen.type = type_of(kind);
            seen.manual_reset =
                kind == ObjectKind::manual_event || kind == ObjectKind::manual_timer;
            seen.name = shown_name_of(region(), object);
            seen.handles = load(object.handles);
            paint_queue(object, seen);
            paint_value(object, kind, seen);
            picture_.names += load(object.name_bytes) != 0 ? 1U : 0U;
            picture_.objects.push_back(std::move(seen));
        }
    }

    void paint_queue(Object& object, InspectedObject& seen) {
        const std::uint64_t longest = threads();
        for (std::uint64_t next = load(object.queue_head);
             next != 0 && is_waiter(next) && seen.waiting_threads.size() < longest;) {
            const WaiterRef ref = WaiterRef::unpack(next);
            seen.waiting_threads.push_back(ref.thread);
            next = load(entry_of(region(), ref).next);
        }
        seen.waiters = static_cast<std::uint32_t>(seen.waiting_threads.size());
    }

    void paint_value(Object& object, ObjectKind kind, InspectedObject& seen) {
        const std::uint64_t state = load(object.state);
        const std::uint32_t value = value_of(state);
        seen.signaled = kind == ObjectKind::mutex ? value == 0 : value != 0;
        if (is_timer(kind)) {
            seen.signaled = seen.signaled || is_due(object);
            seen.armed = load(object.detail) != 0;
        }
        if (kind == ObjectKind::mutex) {
            seen.abandoned = (state & kAbandoned) != 0;
            if (value != 0) {
                seen.depth = load(object.detail) + 1;
                seen.owner_thread = owner_slot(value);
                seen.owner_pid = pid_of_thread(region(), owner_slot(value));
            }
        }
        if (kind == ObjectKind::semaphore) {
            seen.count = value;
            seen.maximum = load(object.detail);
        }
    }

    RegionPicture picture_;
    std::vector<std::uint32_t> threads_of_;  ///< by process slot
    std::vector<std::uint32_t> live_of_;     ///< those that are not dead
};

}  // namespace

std::string_view name_of(Lack lack) {
    return lack == Lack::futex_waitv ? "futex_waitv" : "pidfd_open";
}

std::string_view consequence_of(Lack lack) {
    switch (lack) {
        case Lack::futex_waitv:
            return "its helper wakes up every 10 ms, and notices a death as late if the process "
                   "between is stopped or dead, too";
        case Lack::pidfd:
            break;
    }
    return "it reads in /proc whether a process is gone, and cannot start or end processes";
}

RegionPicture picture_of(const RegionView& region, bool left) {
    RegionPicture picture = Painter(region, left).paint();
    picture.left_by_earlier_start = left;
    for (Finding& finding : look_for_damage(region, left).findings) {
        picture.damage.push_back(std::move(finding.what));
    }
    return picture;
}

}  // namespace castaway
