#include "harness/linearize/testing/kernel_run.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/prng.h"
#include "harness/model/acts.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kTickNs = 1000;
constexpr ObjectIndex kMutex = 0;
constexpr ObjectIndex kSemaphore = 1;
constexpr std::array<ObjectIndex, 2> kEvents{2, 3};

struct Object {
    HistoryObject told;
    std::int64_t value = 0;  ///< mutex: depth; semaphore: count; event: 1 when set
    int owner = -1;
    bool abandoned = false;
};

enum class Stage : std::uint8_t { idle, called, waiting, pulsing, returning, over };

struct Actor {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    int number = 0;
    Stage stage = Stage::idle;
    Operation call;
    std::uint32_t calls = 0;
    bool pulse_used = false;
    std::vector<ObjectIndex> taken;  ///< by a torn wait, so far
};

class Kernel {
  public:
    Kernel(const KernelRunOptions& options, std::uint64_t seed) : options_(options), random_(seed) {
        for (std::uint32_t i = 0; i < options.processes; ++i) {
            HistoryProcess& process = history_.processes.emplace_back();
            process.name = "p" + std::to_string(i);
            for (std::uint32_t t = 0; t < (i == 1 ? 2U : 1U); ++t) {
                process.threads.push_back({process.name + "." + std::to_string(t), std::nullopt});
                Actor actor;
                actor.process = i;
                actor.thread = t;
                actor.number = static_cast<int>(actors_.size());
                actors_.push_back(actor);
            }
        }
        add("m", ObjectType::mutex);
        add("s", ObjectType::semaphore).told.maximum_count = 2;
        add("a", ObjectType::event);
        add("n", ObjectType::event).told.manual_reset = true;
        objects_[kSemaphore].value = objects_[kSemaphore].told.initial_count =
            static_cast<std::int32_t>(random_.below(2));
        for (const ObjectIndex event : kEvents) {
            objects_[event].told.initially_signaled = random_.below(3) == 0;
            objects_[event].value = objects_[event].told.initially_signaled ? 1 : 0;
        }
    }

    History run() {
        choose_objects();
        constexpr int kIdleRoundsMax = 200;
        for (int idle_rounds = 0; idle_rounds < kIdleRoundsMax;) {
            now_ += kTickNs;
            if (random_.below(1000) < options_.deaths) {
                strike();
            }
            const bool moved = move(actors_[random_.below(actors_.size())]);
            idle_rounds = moved ? 0 : idle_rounds + 1;
        }
        for (Actor& actor : actors_) {
            if (actor.stage == Stage::waiting) {
                leave_pending(actor);
                HistoryProcess& process = history_.processes[actor.process];
                process.end = process.end == ProcessEnd::finished ? ProcessEnd::stuck : process.end;
            }
        }
        for (const Object& object : objects_) {
            history_.objects.push_back(object.told);
        }
        if (const std::string breach = normalise(history_); !breach.empty()) {
            throw HarnessError(breach);
        }
        return std::move(history_);
    }

  private:
    Object& add(const char* name, ObjectType type) {
        Object& object = objects_.emplace_back();
        object.told.name = name;
        object.told.type = type;
        return object;
    }

    [[nodiscard]] bool is(KernelDefect defect) const { return options_.defect == defect; }

    /// False when nothing could be done.
    bool move(Actor& actor) {
        switch (actor.stage) {
            case Stage::idle:
                if (begun_ == options_.operations) {
                    return false;
                }
                begin(actor);
                return true;
            case Stage::called:
                act(actor);
                return true;
            case Stage::waiting:
                return wait(actor);
            case Stage::pulsing:
                if (random_.below(4) == 0) {
                    actor.stage = Stage::returning;
                }
                return true;
            case Stage::returning:
                actor.call.returned_ns = now_;
                history_.operations.push_back(actor.call);
                actor.stage = Stage::idle;
                return true;
            case Stage::over:
                break;
        }
        return false;
    }

    ObjectIndex draw_object() { return used_[random_.below(used_.size())]; }

    /// Of a run only some objects are used, so that its calls meet.
    void choose_objects() {
        for (ObjectIndex object = 0; object < objects_.size(); ++object) {
            const bool shows_defect =
                is(KernelDefect::all_hides_abandonment)
                    ? object == kMutex
                    : is(KernelDefect::pulse_satisfies_two) && object == kEvents.front();
            if (shows_defect || random_.below(2) == 0) {
                used_.push_back(object);
            }
        }
        if (used_.empty()) {
            used_ = {kEvents.at(random_.below(2))};
        }
    }

    ObjectIndex draw_event() {
        std::vector<ObjectIndex> events;
        std::copy_if(used_.begin(), used_.end(), std::back_inserter(events),
                     [](ObjectIndex object) { return object >= kEvents.front(); });
        return events.empty() ? kEvents.at(random_.below(2)) : events[random_.below(events.size())];
    }

    void begin(Actor& actor) {
        ++begun_;
        actor.call = Operation{};
        actor.call.process = actor.process;
        actor.call.thread = actor.thread;
        actor.call.sequence = actor.calls++;
        actor.call.invoked_ns = now_;
        actor.call.status = ResponseStatus::ok;
        actor.stage = Stage::called;
        draw_call(actor.call);
        if (actor.call.is_wait()) {
            actor.call.alertable = random_.below(4) == 0;
            if (random_.below(1000) >= options_.endless) {
                actor.call.timeout_ms = 0;
            }
        }
    }

    void draw_call(Operation& call) {
        constexpr std::uint64_t kOutOf = 16;
        const std::uint64_t draw = random_.below(kOutOf);
        if (draw < 4) {
            call.kind = OperationKind::wait_all;
            call.objects = {draw_object(), draw_object()};
        } else if (draw < 6) {
            call.kind = OperationKind::pulse_event;
            call.objects = {draw_event()};
        } else if (draw < 9) {
            call.kind = OperationKind::signal_and_wait;
            call.objects = {draw_object(), draw_object()};
        } else if (draw < 11) {
            call.kind = OperationKind::wait;
            call.objects = {draw_object()};
        } else if (draw < 12) {
            call.kind = OperationKind::wait_any;
            call.objects = {draw_object(), draw_object()};
        } else if (draw < 15) {
            draw_signal(call);
        } else {
            call.kind = OperationKind::sleep;
            call.timeout_ms = 0;
        }
    }

    void draw_signal(Operation& call) {
        call.objects = {draw_object()};
        switch (objects_[call.objects.front()].told.type) {
            case ObjectType::mutex:
                call.kind = OperationKind::release_mutex;
                break;
            case ObjectType::semaphore:
                call.kind = OperationKind::release_semaphore;
                call.count = static_cast<std::int32_t>(random_.between(1, 2));
                break;
            default:
                call.kind =
                    random_.below(3) == 0 ? OperationKind::reset_event : OperationKind::set_event;
                break;
        }
    }

    void act(Actor& actor) {
        Operation& call = actor.call;
        actor.stage = Stage::returning;
        switch (call.kind) {
            case OperationKind::sleep:
                call.status = ResponseStatus::timeout;
                return;
            case OperationKind::reset_event:
                objects_[call.objects.front()].value = 0;
                return;
            case OperationKind::pulse_event:
                objects_[call.objects.front()].value = is(KernelDefect::pulse_stays) ? 1 : 0;
                actor.pulse_used = false;
                actor.stage = Stage::pulsing;
                return;
            case OperationKind::signal_and_wait:
                actor.stage = Stage::waiting;
                if (!is(KernelDefect::signal_is_lost) && !is(KernelDefect::wait_comes_first)) {
                    signal(actor, 1);
                }
                return;
            case OperationKind::wait_all:
                actor.taken.clear();
                if (call.objects.front() == call.objects.back()) {
                    fail(actor, kErrorInvalidParameter);
                    return;
                }
                break;
            default:
                break;
        }
        if (call.is_wait()) {
            actor.stage = Stage::waiting;
        } else {
            signal(actor, call.count);
        }
    }

    static void fail(Actor& actor, std::uint32_t error) {
        actor.call.status = ResponseStatus::failed;
        actor.call.error = error;
        actor.stage = Stage::returning;
    }

    void signal(Actor& actor, std::int32_t count) {
        Object& object = objects_[actor.call.objects.front()];
        switch (object.told.type) {
            case ObjectType::mutex:
                if (object.owner != actor.number) {
                    fail(actor, kErrorNotOwner);
                } else if (--object.value == 0) {
                    object.owner = -1;
                }
                return;
            case ObjectType::semaphore:
                if (object.value + count > object.told.maximum_count) {
                    fail(actor, kErrorTooManyPosts);
                } else {
                    actor.call.previous_count = static_cast<std::int32_t>(object.value);
                    object.value += count;
                }
                return;
            default:
                object.value = 1;
                return;
        }
    }

    /// A pulse that lasts and can satisfy a wait for the event.
    Actor* pulse_of(ObjectIndex event) {
        const bool any = objects_[event].told.manual_reset || is(KernelDefect::pulse_satisfies_two);
        for (Actor& actor : actors_) {
            if (actor.stage == Stage::pulsing && actor.call.objects.front() == event &&
                (any || !actor.pulse_used)) {
                return &actor;
            }
        }
        return nullptr;
    }

    bool signaled(const Actor& actor, ObjectIndex index) {
        const Object& object = objects_[index];
        switch (object.told.type) {
            case ObjectType::mutex:
                return object.owner < 0 || object.owner == actor.number;
            case ObjectType::semaphore:
                return object.value > 0;
            default:
                return object.value != 0 || pulse_of(index) != nullptr;
        }
    }

    /// Returns whether it was abandoned.
    bool take(const Actor& actor, ObjectIndex index) {
        Object& object = objects_[index];
        switch (object.told.type) {
            case ObjectType::mutex:
                object.owner = actor.number;
                ++object.value;
                return std::exchange(object.abandoned, false);
            case ObjectType::semaphore:
                --object.value;
                return false;
            default:
                break;
        }
        if (!object.told.manual_reset) {
            Actor* pulse = pulse_of(index);
            if (pulse != nullptr && (object.value == 0 || random_.below(2) == 0)) {
                pulse->pulse_used = true;
            } else {
                object.value = 0;
            }
        }
        return false;
    }

    bool wait(Actor& actor) {
        Operation& call = actor.call;
        if (call.alertable && random_.below(3) == 0) {
            // (What a torn wait has taken is not given back.)
            call.status = ResponseStatus::alerted;
            actor.stage = Stage::returning;
            return true;
        }
        if (call.kind == OperationKind::wait_all ? take_all(actor) : take_one(actor)) {
            actor.stage = Stage::returning;
            if (call.kind == OperationKind::signal_and_wait && is(KernelDefect::wait_comes_first)) {
                const ResponseStatus waited = call.status;
                signal(actor, 1);
                call.status = call.status == ResponseStatus::failed ? call.status : waited;
            }
            return true;
        }
        if (call.timeout_ms && random_.below(4) == 0) {
            call.status = ResponseStatus::timeout;
            actor.stage = Stage::returning;
            return true;
        }
        return call.timeout_ms.has_value();
    }

    bool take_one(Actor& actor) {
        Operation& call = actor.call;
        const bool signals = call.kind == OperationKind::signal_and_wait;
        for (std::uint32_t i = signals ? 1 : 0; i < call.objects.size(); ++i) {
            if (signaled(actor, call.objects[i])) {
                call.satisfied_by = call.kind == OperationKind::wait_any ? i : 0;
                call.status =
                    take(actor, call.objects[i]) ? ResponseStatus::abandoned : ResponseStatus::ok;
                return true;
            }
        }
        return false;
    }

    bool take_all(Actor& actor) {
        Operation& call = actor.call;
        std::vector<ObjectIndex> now;
        for (const ObjectIndex object : call.objects) {
            const bool has =
                std::find(actor.taken.begin(), actor.taken.end(), object) != actor.taken.end();
            if (!has && signaled(actor, object)) {
                now.push_back(object);
            }
        }
        const bool all = now.size() + actor.taken.size() == call.objects.size();
        if (all && is(KernelDefect::all_times_out) && call.timeout_ms) {
            return false;
        }
        const bool part = is(KernelDefect::all_takes_a_part) && !now.empty();
        if (!all && !part && !is(KernelDefect::all_is_torn)) {
            return false;
        }
        for (const ObjectIndex object : now) {
            if (take(actor, object) && !is(KernelDefect::all_hides_abandonment)) {
                call.status = ResponseStatus::abandoned;
                call.satisfied_by = static_cast<std::uint32_t>(
                    std::find(call.objects.begin(), call.objects.end(), object) -
                    call.objects.begin());
            }
            actor.taken.push_back(object);
        }
        return all || part;
    }

    // Deaths.

    void leave_pending(Actor& actor) {
        actor.call.status = ResponseStatus::pending;
        actor.call.error = 0;
        actor.call.satisfied_by = 0;
        actor.call.previous_count = 0;
        history_.operations.push_back(actor.call);
        actor.stage = Stage::over;
    }

    void give_up(const Actor& actor) {
        for (Object& object : objects_) {
            if (object.told.type == ObjectType::mutex && object.owner == actor.number) {
                object.owner = -1;
                object.value = 0;
                object.abandoned = true;
            }
        }
    }

    void strike() {
        Actor& victim = actors_[random_.below(actors_.size())];
        if (victim.stage == Stage::over) {
            return;
        }
        if (history_.processes[victim.process].threads.size() > 1 && random_.below(2) == 0) {
            if (victim.stage == Stage::idle) {
                victim.stage = Stage::over;
                history_.processes[victim.process].threads[victim.thread].ended_ns = now_;
                give_up(victim);
                now_ += kTickNs;
            }
            return;
        }
        history_.faults.push_back({0, victim.process, now_, "kill"});
        for (Actor& actor : actors_) {
            if (actor.process != victim.process || actor.stage == Stage::over) {
                continue;
            }
            if (actor.stage == Stage::idle) {
                actor.stage = Stage::over;
            } else {
                leave_pending(actor);
            }
            give_up(actor);
        }
        now_ += kTickNs;
        HistoryProcess& process = history_.processes[victim.process];
        process.end = ProcessEnd::killed;
        process.known_dead_ns = now_;
        now_ += kTickNs;
    }

    KernelRunOptions options_;
    Prng random_;
    History history_;
    std::vector<Object> objects_;
    std::vector<ObjectIndex> used_;
    std::vector<Actor> actors_;
    std::uint32_t begun_ = 0;
    std::int64_t now_ = 0;
};

}  // namespace

History run_kernel(const KernelRunOptions& options, std::uint64_t seed) {
    return Kernel(options, seed).run();
}

}  // namespace castaway::harness
