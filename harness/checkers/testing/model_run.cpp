#include "harness/checkers/testing/model_run.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "harness/base/error.h"

namespace castaway::harness::testing {
namespace {

constexpr std::int64_t kUnitNs = 50'000;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::uint32_t kExisted = 183;
constexpr std::uint32_t kNotFound = 2;
constexpr std::uint32_t kNotOwner = 288;
constexpr std::uint32_t kTooManyPosts = 298;

// The objects, by their indices.
constexpr std::array<ObjectIndex, 2> kMutexes{0, 1};
constexpr ObjectIndex kSemaphore = 2;
constexpr ObjectIndex kAuto = 3;
constexpr ObjectIndex kManual = 4;
constexpr std::array<ObjectIndex, 2> kTimers{5, 6};
constexpr ObjectIndex kWholeRunObjects = 7;
constexpr ObjectIndex kShortLived = 7;

constexpr std::array<std::uint32_t, 3> kThreadsOfProcesses{2, 1, 2};

enum class Stage : std::uint8_t { idle, blocked, returning, over };

struct Actor {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    Stage stage = Stage::idle;
    Operation call;           ///< in progress, unless idle or over
    std::uint32_t calls = 0;  ///< begun
    std::int64_t last_return = 0;
    std::int64_t acted_ns = 0;  ///< when the call in progress took effect

    [[nodiscard]] ThreadId id() const { return process * 10 + thread + 1; }
};

class Model {
  public:
    Model(std::span<const std::uint32_t> choices, ModelOptions options)
        : choices_(choices), options_(options) {
        events_[1].manual_reset = true;
        timers_[1].manual_reset = true;
        add_objects();
        for (std::uint32_t i = 0; i < kThreadsOfProcesses.size(); ++i) {
            HistoryProcess& process = run_.history.processes.emplace_back();
            process.name = "p" + std::to_string(i);
            for (std::uint32_t t = 0; t < kThreadsOfProcesses.at(i); ++t) {
                process.threads.push_back({process.name + "." + std::to_string(t), std::nullopt});
                actors_.push_back({i, t, Stage::idle, {}, 0, 0, 0});
            }
        }
    }

    ModelRun run() {
        open_objects();
        while (next_ < choices_.size()) {
            pass_time();
            if (choose(24) == 0) {
                strike();
            } else {
                act(actors_[choose(static_cast<std::uint32_t>(actors_.size()))]);
            }
        }
        settle();
        look_around();
        close_objects();
        if (const std::string breach = normalise(run_.history); !breach.empty()) {
            throw HarnessError(breach);
        }
        return std::move(run_);
    }

  private:
    [[nodiscard]] bool is(Defect defect) const { return options_.defect == defect; }

    std::uint32_t choose(std::uint32_t below) {
        return next_ < choices_.size() ? choices_[next_++] % below : 0;
    }

    void pass_time() { now_ += options_.apart ? 2 * kUnitNs : choose(4) * kUnitNs; }

    void add_objects() {
        const auto add = [this](const char* name, ObjectType type, bool manual_reset) {
            HistoryObject object;
            object.name = name;
            object.type = type;
            object.manual_reset = manual_reset;
            run_.history.objects.push_back(object);
        };
        add("m0", ObjectType::mutex, false);
        add("m1", ObjectType::mutex, false);
        add("s", ObjectType::semaphore, false);
        add("a", ObjectType::event, false);
        add("n", ObjectType::event, true);
        add("t", ObjectType::timer, false);
        add("u", ObjectType::timer, true);
        add("x", ObjectType::mutex, false);
        run_.history.objects[kSemaphore].initial_count = semaphore_.count;
        run_.history.objects[kSemaphore].maximum_count = semaphore_.maximum;
        run_.history.objects[kShortLived].whole_run = false;
    }

    void open_objects() {
        for (std::uint32_t i = 0; i < kThreadsOfProcesses.size(); ++i) {
            Actor& actor = first_actor(i);
            for (ObjectIndex object = 0; object < kWholeRunObjects; ++object) {
                begin(actor, OperationKind::create, object);
                actor.call.error = i == 0 ? 0 : kExisted;
                act_now(actor);
                finish(actor);
                pass_time();
            }
        }
        now_ += 2 * kUnitNs;
    }

    Actor& first_actor(std::uint32_t process) {
        return *std::find_if(actors_.begin(), actors_.end(),
                             [&](const Actor& actor) { return actor.process == process; });
    }

    // One thread's acts.

    void begin(Actor& actor, OperationKind kind, ObjectIndex object) {
        actor.call = Operation{};
        actor.call.process = actor.process;
        actor.call.thread = actor.thread;
        actor.call.sequence = actor.calls++;
        actor.call.kind = kind;
        actor.call.objects = {object};
        actor.call.status = ResponseStatus::ok;
        const std::int64_t idle = now_ - actor.last_return;
        actor.call.invoked_ns = options_.apart ? now_ : now_ - idle * choose(3) / 2;
    }

    /// The call takes effect at this moment; it returns at this one or later.
    void act_now(Actor& actor) {
        actor.stage = Stage::returning;
        actor.acted_ns = now_;
    }

    void finish(Actor& actor) {
        actor.call.returned_ns = choose(2) == 0 ? now_ : actor.acted_ns;
        actor.last_return = actor.call.returned_ns;
        actor.stage = Stage::idle;
        run_.history.operations.push_back(actor.call);
    }

    /// Its thread ends inside the call.
    void leave_pending(Actor& actor) {
        actor.call.status = ResponseStatus::pending;
        actor.call.error = 0;
        actor.call.satisfied_by = 0;
        actor.call.previous_count = 0;
        run_.history.operations.push_back(actor.call);
    }

    void act(Actor& actor) {
        switch (actor.stage) {
            case Stage::idle:
                begin_something(actor);
                break;
            case Stage::blocked:
                try_take(actor);
                break;
            case Stage::returning:
                finish(actor);
                break;
            case Stage::over:
                break;
        }
        if (options_.apart && actor.stage == Stage::returning) {
            finish(actor);
        }
    }

    void begin_something(Actor& actor) {
        const std::uint32_t what = choose(20);
        if (what < 9) {
            begin_wait(actor);
        } else if (what < 11) {
            release_mutex(actor, kMutexes.at(choose(2)));
        } else if (what < 13) {
            release_semaphore(actor);
        } else if (what < 15) {
            change_event(actor, true);
        } else if (what < 16) {
            change_event(actor, false);
        } else if (what < 18) {
            change_timer(actor);
        } else {
            use_name(actor);
        }
    }

    void begin_wait(Actor& actor) {
        begin(actor, OperationKind::wait, choose(kWholeRunObjects));
        if (choose(3) == 0) {
            actor.call.kind = OperationKind::wait_any;
            actor.call.objects.push_back(
                (actor.call.objects.front() + 1 + choose(kWholeRunObjects - 1)) % kWholeRunObjects);
        }
        if (options_.apart || choose(3) == 0) {
            actor.call.timeout_ms = 0;
        } else if (choose(3) == 0) {
            actor.call.timeout_ms = 1;
        }
        actor.stage = Stage::blocked;
        try_take(actor);
    }

    void try_take(Actor& actor) {
        std::vector<std::uint32_t> possible;
        for (std::uint32_t i = 0; i < actor.call.objects.size(); ++i) {
            if (signaled_for(actor, actor.call.objects[i])) {
                possible.push_back(i);
            }
        }
        if (is(Defect::timeout_though_signaled) && actor.call.timeout_ms == 0U &&
            actor.call.kind == OperationKind::wait && !possible.empty() && choose(4) == 0) {
            const ObjectIndex object = actor.call.objects.front();
            run_.defect_showed |= object >= kSemaphore && object <= kManual;
            possible.clear();
        }
        if (!possible.empty()) {
            const std::uint32_t index =
                is(Defect::highest_taken) ? possible.back() : possible.front();
            const ObjectIndex lower = actor.call.objects[possible.front()];
            run_.defect_showed |=
                index != possible.front() && lower >= kSemaphore && lower <= kManual;
            actor.call.satisfied_by = index;
            take(actor, actor.call.objects[index]);
            act_now(actor);
        } else if (actor.call.timeout_ms && now_ - actor.call.invoked_ns >=
                                                std::int64_t{*actor.call.timeout_ms} * kNsPerMs) {
            actor.call.status = ResponseStatus::timeout;
            act_now(actor);
        }
    }

    bool signaled_for(const Actor& actor, ObjectIndex object) {
        switch (object) {
            case kSemaphore:
                return semaphore_.count > 0;
            case kAuto:
            case kManual:
                return events_.at(object - kAuto).signaled;
            case 5:
            case 6:
                timers_.at(object - 5).look(now_);
                return timers_.at(object - 5).signaled;
            default: {
                const ModelMutex& mutex = mutexes_.at(object);
                return mutex.owner == 0 || mutex.owner == actor.id() || is(Defect::two_owners);
            }
        }
    }

    void take(Actor& actor, ObjectIndex object) {
        switch (object) {
            case kSemaphore:
                miscounted_ |= is(Defect::count_not_taken);
                semaphore_.count -= is(Defect::count_not_taken) ? 0 : 1;
                break;
            case kAuto:
            case kManual: {
                ModelEvent& event = events_.at(object - kAuto);
                run_.defect_showed |= !event.truly_signaled;
                if (!event.manual_reset) {
                    event.truly_signaled = false;
                    event.signaled = is(Defect::signal_not_taken);
                }
                break;
            }
            case 5:
            case 6: {
                ModelTimer& timer = timers_.at(object - 5);
                run_.defect_showed |= now_ + kUnitNs / 2 < timer.true_due_ns;
                timer.signaled = timer.manual_reset;
                break;
            }
            default:
                take_mutex(actor, mutexes_.at(object));
                break;
        }
    }

    void take_mutex(Actor& actor, ModelMutex& mutex) {
        if (mutex.owner == actor.id()) {
            ++mutex.depth;
            return;
        }
        run_.defect_showed |= mutex.owner != 0 || mutex.abandoned != mutex.must_tell;
        actor.call.status = mutex.abandoned ? ResponseStatus::abandoned : ResponseStatus::ok;
        mutex.abandoned = mutex.abandoned && is(Defect::death_told_twice);
        mutex.must_tell = false;
        mutex.owner = actor.id();
        mutex.depth = 1;
    }

    void release_mutex(Actor& actor, ObjectIndex object) {
        ModelMutex& mutex = mutexes_.at(object);
        begin(actor, OperationKind::release_mutex, object);
        if (mutex.owner == actor.id() || (is(Defect::anyone_releases) && mutex.owner != 0)) {
            run_.defect_showed |= mutex.owner != actor.id();
            mutex.owner = --mutex.depth == 0 ? 0 : mutex.owner;
        } else {
            actor.call.status = ResponseStatus::failed;
            actor.call.error = kNotOwner;
        }
        act_now(actor);
    }

    void release_semaphore(Actor& actor) {
        begin(actor, OperationKind::release_semaphore, kSemaphore);
        actor.call.count = static_cast<std::int32_t>(1 + choose(2));
        if (semaphore_.count + actor.call.count <= semaphore_.maximum) {
            actor.call.previous_count = semaphore_.count;
            semaphore_.count += actor.call.count;
        } else {
            actor.call.status = ResponseStatus::failed;
            actor.call.error = kTooManyPosts;
        }
        act_now(actor);
    }

    void change_event(Actor& actor, bool signaled) {
        const ObjectIndex object = kAuto + choose(2);
        begin(actor, signaled ? OperationKind::set_event : OperationKind::reset_event, object);
        ModelEvent& event = events_.at(object - kAuto);
        event.truly_signaled = signaled;
        event.signaled = signaled || (event.signaled && is(Defect::reset_ignored));
        act_now(actor);
    }

    void change_timer(Actor& actor) {
        const std::uint32_t which = choose(2);
        ModelTimer& timer = timers_.at(which);
        timer.look(now_);
        if (choose(4) == 0) {
            begin(actor, OperationKind::cancel_timer, kTimers.at(which));
            timer.armed = false;
        } else {
            begin(actor, OperationKind::set_timer, kTimers.at(which));
            actor.call.due_ns = std::int64_t{choose(3)} * 10 * kUnitNs;
            actor.call.period_ms = choose(3) == 0 ? 1 : 0;
            timer.signaled = false;
            timer.armed = true;
            timer.true_due_ns = now_ + actor.call.due_ns;
            timer.due_ns =
                timer.true_due_ns - (is(Defect::timer_early) ? actor.call.due_ns / 5 : 0);
            timer.period_ns = actor.call.period_ms * kNsPerMs;
        }
        act_now(actor);
    }

    void use_name(Actor& actor) {
        std::int64_t& own = name_.handles[actor.process];
        const std::uint32_t what = choose(3);
        if (what == 0 && own > 0) {
            begin(actor, OperationKind::close, kShortLived);
            --own;
            name_.exists = name_.handles_in_all() > 0 || is(Defect::name_outlives_object);
        } else if (what == 1) {
            begin(actor, OperationKind::open, kShortLived);
            if (!name_.exists) {
                actor.call.status = ResponseStatus::failed;
                actor.call.error = kNotFound;
            }
            find_name(name_.exists);
            own += name_.exists ? 1 : 0;
        } else {
            begin(actor, OperationKind::create, kShortLived);
            const bool joins = name_.exists && !is(Defect::made_twice);
            actor.call.error = joins ? kExisted : 0;
            find_name(joins);
            run_.defect_showed |= !joins && name_.handles_in_all() > 0;
            name_.exists = true;
            ++own;
        }
        act_now(actor);
    }

    void find_name(bool found) {
        run_.defect_showed |= found && name_.handles_in_all() == 0 && !somebody_died_;
    }

    // Faults.

    void strike() {
        const std::uint32_t process = choose(kThreadsOfProcesses.size());
        Actor& actor = first_actor(process);
        if (actor.stage == Stage::over || choose(2) == 0) {
            return;
        }
        if (kThreadsOfProcesses.at(process) > 1 && choose(2) == 0) {
            end_thread(actor);
        } else {
            kill(process);
        }
    }

    void end_thread(Actor& actor) {
        if (actor.stage == Stage::blocked) {
            return;
        }
        if (actor.stage == Stage::returning) {
            finish(actor);
        }
        actor.stage = Stage::over;
        run_.history.processes[actor.process].threads[actor.thread].ended_ns = now_;
        abandon(actor, false);
    }

    void kill(std::uint32_t process) {
        for (Actor& actor : actors_) {
            if (actor.process != process || actor.stage == Stage::over) {
                continue;
            }
            if (actor.stage == Stage::idle && !options_.apart && choose(2) == 0) {
                begin_something(actor);
            }
            if (actor.stage == Stage::returning && choose(2) == 0) {
                finish(actor);
            }
            if (actor.stage != Stage::idle) {
                leave_pending(actor);
            }
            actor.stage = Stage::over;
            abandon(actor, true);
        }
        somebody_died_ = true;
        name_.handles[process] = 0;
        name_.exists = name_.handles_in_all() > 0 || is(Defect::name_outlives_object);
        HistoryProcess& told = run_.history.processes[process];
        told.end = ProcessEnd::killed;
        told.known_dead_ns = now_ + choose(3) * kUnitNs;
        run_.history.faults.push_back({0, process, now_, "kill"});
    }

    void abandon(const Actor& actor, bool process_dies) {
        for (ModelMutex& mutex : mutexes_) {
            if (mutex.owner == actor.id()) {
                mutex = {0, 0, !is(Defect::death_not_told), true};
                forgotten_ |= is(Defect::death_not_told) && process_dies;
            }
        }
    }

    // The end.

    /// Lets everybody go on who can.
    void settle() {
        for (int round = 0; round < 20; ++round) {
            now_ += kNsPerMs;
            for (Actor& actor : actors_) {
                if (actor.stage == Stage::blocked && !is(Defect::waiter_not_woken)) {
                    try_take(actor);
                }
                if (actor.stage == Stage::returning) {
                    finish(actor);
                }
            }
        }
        for (Actor& actor : actors_) {
            if (actor.stage == Stage::blocked) {
                run_.defect_showed |=
                    std::any_of(actor.call.objects.begin(), actor.call.objects.end(),
                                [&](ObjectIndex object) { return signaled_for(actor, object); });
                leave_pending(actor);
                run_.history.went_quiet = true;
                run_.history.processes[actor.process].end = ProcessEnd::stuck;
                run_.history.stuck.push_back(
                    {actor.process, actor.thread, actor.call.sequence, "", "", {}});
            }
        }
    }

    [[nodiscard]] bool living(std::uint32_t process) const {
        return run_.history.processes[process].end != ProcessEnd::killed;
    }

    void look_around() {
        now_ += 2000 * kNsPerMs;
        Snapshot snapshot;
        snapshot.moment = SnapshotMoment::quiescence;
        snapshot.at_ns = now_;
        const bool anybody = living(0) || living(1) || living(2);
        for (ObjectIndex object = 0; object < kWholeRunObjects && anybody; ++object) {
            ObjectState& state = snapshot.objects.emplace_back();
            state.name = run_.history.objects[object].name;
            state.type = run_.history.objects[object].type;
            state.signaled = signaled_for(Actor{9, 9, Stage::idle, {}, 0, 0, 0}, object);
            if (object == kSemaphore) {
                state.value = semaphore_.count;
                run_.defect_showed |= miscounted_;
            } else if (object < kSemaphore) {
                const ModelMutex& mutex = mutexes_.at(object);
                state.value = mutex.depth;
                state.abandoned = mutex.abandoned;
                run_.defect_showed |= mutex.must_tell && !mutex.abandoned && mutex.owner == 0 &&
                                      forgotten_ && all_deaths_are_kills();
            }
        }
        run_.history.snapshots.push_back(snapshot);
        snapshot.moment = SnapshotMoment::end;
        snapshot.at_ns = now_ + 1000 * kNsPerMs;
        snapshot.objects.clear();
        run_.history.snapshots.push_back(snapshot);
    }

    /// A snapshot tells nothing of a thread's end that the process outlived.
    [[nodiscard]] bool all_deaths_are_kills() const {
        for (const HistoryProcess& process : run_.history.processes) {
            for (const HistoryThread& thread : process.threads) {
                if (thread.ended_ns) {
                    return false;
                }
            }
        }
        return true;
    }

    void close_objects() {
        for (Actor& actor : actors_) {
            if (actor.stage != Stage::idle ||
                actor.thread + 1 != kThreadsOfProcesses.at(actor.process) ||
                run_.history.processes[actor.process].end != ProcessEnd::finished) {
                continue;
            }
            for (ObjectIndex object = 0; object < kWholeRunObjects; ++object) {
                now_ += kUnitNs;
                begin(actor, OperationKind::close, object);
                actor.call.invoked_ns = now_;
                act_now(actor);
                finish(actor);
            }
        }
    }

    std::span<const std::uint32_t> choices_;
    std::size_t next_ = 0;
    ModelOptions options_;
    ModelRun run_;
    std::vector<Actor> actors_;
    std::array<ModelMutex, 2> mutexes_;
    ModelSemaphore semaphore_;
    std::array<ModelEvent, 2> events_;
    std::array<ModelTimer, 2> timers_;
    ModelName name_;
    std::int64_t now_ = 0;
    bool somebody_died_ = false;
    bool forgotten_ = false;   ///< a death that a later owner, or the end, should have told of
    bool miscounted_ = false;  ///< the final count must be wrong
};

}  // namespace

ModelRun run_model(std::span<const std::uint32_t> choices, ModelOptions options) {
    return Model(choices, options).run();
}

}  // namespace castaway::harness::testing
