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

constexpr std::array<std::uint32_t, 3> kThreadsOfProcesses{2, 1, 2};
constexpr ThreadId kStranger = 1000;

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
        : choices_(choices), options_(options), world_(options.defect) {
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
        run_.defect_showed = world_.defect_showed();
        return std::move(run_);
    }

  private:
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
        run_.history.objects[kModelSemaphore].initial_count = kModelInitialCount;
        run_.history.objects[kModelSemaphore].maximum_count = kModelMaximumCount;
        run_.history.objects[kModelShortLived].whole_run = false;
    }

    void open_objects() {
        for (std::uint32_t i = 0; i < kThreadsOfProcesses.size(); ++i) {
            Actor& actor = first_actor(i);
            for (ObjectIndex object = 0; object < kModelWholeRunObjects; ++object) {
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
            release_mutex(actor, kModelMutexes.at(choose(2)));
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
        begin(actor, OperationKind::wait, choose(kModelWholeRunObjects));
        if (choose(3) == 0) {
            actor.call.kind = OperationKind::wait_any;
            actor.call.objects.push_back(
                (actor.call.objects.front() + 1 + choose(kModelWholeRunObjects - 1)) %
                kModelWholeRunObjects);
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
            if (world_.signaled_for(actor.id(), actor.call.objects[i], now_)) {
                possible.push_back(i);
            }
        }
        if (world_.is(Defect::timeout_though_signaled) && actor.call.timeout_ms == 0U &&
            actor.call.objects.size() == 1 && !possible.empty() && choose(4) == 0) {
            show_if_surely_signaled(actor.call.objects.front());
            possible.clear();
        }
        if (!possible.empty()) {
            const std::uint32_t index =
                world_.is(Defect::highest_taken) ? possible.back() : possible.front();
            if (index != possible.front()) {
                show_if_surely_signaled(actor.call.objects[possible.front()]);
            }
            actor.call.satisfied_by = index;
            actor.call.status = world_.take(actor.id(), actor.call.objects[index], now_);
            act_now(actor);
        } else if (actor.call.timeout_ms && now_ - actor.call.invoked_ns >=
                                                std::int64_t{*actor.call.timeout_ms} * kNsPerMs) {
            actor.call.status = ResponseStatus::timeout;
            act_now(actor);
        }
    }

    /// That a timer or a mutex was signaled does not always follow from the calls.
    void show_if_surely_signaled(ObjectIndex object) {
        if (object >= kModelSemaphore && object < kModelTimers.front()) {
            world_.show_defect();
        }
    }

    static void fail_call(Actor& actor, std::uint32_t error) {
        actor.call.status = ResponseStatus::failed;
        actor.call.error = error;
    }

    void release_mutex(Actor& actor, ObjectIndex mutex) {
        begin(actor, OperationKind::release_mutex, mutex);
        if (!world_.release_mutex(actor.id(), mutex)) {
            fail_call(actor, kNotOwner);
        }
        act_now(actor);
    }

    void release_semaphore(Actor& actor) {
        begin(actor, OperationKind::release_semaphore, kModelSemaphore);
        actor.call.count = static_cast<std::int32_t>(1 + choose(2));
        if (const auto previous = world_.release_semaphore(actor.call.count)) {
            actor.call.previous_count = *previous;
        } else {
            fail_call(actor, kTooManyPosts);
        }
        act_now(actor);
    }

    void change_event(Actor& actor, bool signaled) {
        const ObjectIndex event = kModelEvents.at(choose(2));
        begin(actor, signaled ? OperationKind::set_event : OperationKind::reset_event, event);
        world_.set_event(event, signaled);
        act_now(actor);
    }

    void change_timer(Actor& actor) {
        const ObjectIndex timer = kModelTimers.at(choose(2));
        if (choose(4) == 0) {
            begin(actor, OperationKind::cancel_timer, timer);
            world_.cancel_timer(timer, now_);
        } else {
            begin(actor, OperationKind::set_timer, timer);
            actor.call.due_ns = std::int64_t{choose(3)} * 10 * kUnitNs;
            actor.call.period_ms = choose(3) == 0 ? 1 : 0;
            world_.set_timer(timer, now_, actor.call.due_ns, actor.call.period_ms * kNsPerMs);
        }
        act_now(actor);
    }

    void use_name(Actor& actor) {
        const std::uint32_t what = choose(3);
        if (what == 0 && world_.has_handle(actor.process)) {
            begin(actor, OperationKind::close, kModelShortLived);
            world_.close(actor.process);
        } else if (what == 1) {
            begin(actor, OperationKind::open, kModelShortLived);
            if (!world_.open(actor.process)) {
                fail_call(actor, kNotFound);
            }
        } else {
            begin(actor, OperationKind::create, kModelShortLived);
            actor.call.error = world_.create(actor.process) ? 0 : kExisted;
        }
        act_now(actor);
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
        world_.thread_died(actor.id());
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
            world_.thread_died(actor.id());
        }
        world_.process_died(process);
        HistoryProcess& told = run_.history.processes[process];
        told.end = ProcessEnd::killed;
        told.known_dead_ns = now_ + choose(3) * kUnitNs;
        run_.history.faults.push_back({0, process, now_, "kill"});
    }

    // The end.

    /// Lets everybody go on who can.
    void settle() {
        for (int round = 0; round < 20; ++round) {
            now_ += kNsPerMs;
            for (Actor& actor : actors_) {
                if (actor.stage == Stage::blocked && !world_.is(Defect::waiter_not_woken)) {
                    try_take(actor);
                }
                if (actor.stage == Stage::returning) {
                    finish(actor);
                }
            }
        }
        for (Actor& actor : actors_) {
            if (actor.stage == Stage::blocked) {
                if (std::any_of(actor.call.objects.begin(), actor.call.objects.end(),
                                [&](ObjectIndex object) {
                                    return world_.signaled_for(actor.id(), object, now_);
                                })) {
                    world_.show_defect();
                }
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
        for (ObjectIndex object = 0; object < kModelWholeRunObjects && anybody; ++object) {
            ObjectState& state = snapshot.objects.emplace_back();
            state.name = run_.history.objects[object].name;
            state.type = run_.history.objects[object].type;
            state.signaled = world_.signaled_for(kStranger, object, now_);
            const ModelWorld::Final seen = world_.look_at(object, all_deaths_are_kills());
            state.value = seen.value;
            state.abandoned = seen.abandoned;
        }
        run_.history.snapshots.push_back(snapshot);
        snapshot.moment = SnapshotMoment::end;
        snapshot.at_ns = now_ + 1000 * kNsPerMs;
        snapshot.objects.clear();
        run_.history.snapshots.push_back(snapshot);
    }

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
            for (ObjectIndex object = 0; object < kModelWholeRunObjects; ++object) {
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
    ModelWorld world_;
    ModelRun run_;
    std::vector<Actor> actors_;
    std::int64_t now_ = 0;
};

}  // namespace

ModelRun run_model(std::span<const std::uint32_t> choices, ModelOptions options) {
    return Model(choices, options).run();
}

}  // namespace castaway::harness::testing
