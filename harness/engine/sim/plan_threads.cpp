// What the threads of a simulated plan do.
#include <algorithm>
#include <array>

#include "harness/base/error.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/sim_calls.h"

namespace castaway::harness::sim {

void PlanWorld::live(Place me) {
    Member& member = members_[me.process];
    std::uint32_t error = ERROR_SUCCESS;
    if (me.thread == 0) {
        error = attach(me);
        world_.wake_on(kClosedWords + me.process);
    }
    // The others wait until their process takes part.
    while (me.thread != 0 && !member.attached()) {
        world_.sleep_on(kClosedWords + me.process);
    }
    if (error == ERROR_SUCCESS) {
        if (const auto made = member.make_thread(error)) {
            state(me).part.emplace(*made);
        }
    }
    if (error != ERROR_SUCCESS) {
        throw HarnessError(planned(me).name + " cannot take part in the simulated region (error " +
                           std::to_string(error) + ")");
    }
    if (me.thread == 0) {
        open_objects(me);
    }
    while (!phase_->running) {
        world_.sleep_on(kStartWord);
    }

    const Fate fate = do_program(me);
    state(me).program_over = true;
    world_.set_through(true);
    if (fate == Fate::ended) {
        // Before what it owns is given up: whoever is told of that comes later.
        state(me).ended_ns = world_.moment_ns();
        begin_step();
        member.end_thread(part(me));
        world_.leave_operation();
        state(me).ended = true;
        --processes_[me.process].threads_left;
    }
    if (--processes_[me.process].programs_left == 0 && plan_.processes[me.process].leaks) {
        for (std::uint32_t i = 0; i < plan_.faults.size(); ++i) {
            if (plan_.faults[i].process == me.process && plan_.faults[i].kind == FaultKind::leak) {
                fire(i);
            }
        }
        end_process(me, EndCause::exited);
    }
    if (fate == Fate::lives) {
        while (!phase_->closing) {
            world_.sleep_on(kCloseWord);
        }
        leave(me);
    }
}

/// The first living thread closes what the process holds; the last one's end is the process's.
void PlanWorld::leave(Place me) {
    PlanProcessState& process = processes_[me.process];
    const auto& all = threads_[me.process];
    const auto first = std::find_if(all.begin(), all.end(),
                                    [](const PlanThreadState& each) { return !each.ended; });
    if (&*first == &state(me)) {
        while (process.handle_count != 0) {
            const HeldHandle held = handles_[me.process][0];
            recorded(me, CallRecord::Origin::closing, held.name, [&] {
                std::copy(handles_[me.process].begin() + 1,
                          handles_[me.process].begin() + process.handle_count,
                          handles_[me.process].begin());
                --process.handle_count;
                return sim::close(part(me), held.handle);
            });
        }
        process.closed = true;
        world_.wake_on(kClosedWords + me.process);
    }
    while (!process.closed) {
        world_.sleep_on(kClosedWords + me.process);
    }
    begin_step();
    members_[me.process].end_thread(part(me));
    world_.leave_operation();
    if (--process.threads_left == 0) {
        end_process(me, EndCause::finished);
    }
}

void PlanWorld::end_process(Place me, EndCause cause) {
    processes_[me.process].cause = cause;
    world_.kill_current();
}

/// Until leave_operation(), what the thread does is one step where operations are.
void PlanWorld::begin_step() {
    if (options_.granularity == Granularity::operation) {
        world_.enter_operation();
    } else {
        world_.begin_operation();
    }
}

/// Two states are one only if their histories have the same order of calls, at the same times, and
/// the handles had the same names.
void PlanWorld::note_moment(Place me) {
    if (world_.tells_state()) {
        world_.observe(returned_hash());
        world_.observe(static_cast<std::uint64_t>(world_.clock_ns()));
        world_.observe(handles_hash(me.process));
    }
}

template <class Call>
Response PlanWorld::recorded(Place me, CallRecord::Origin origin, std::uint32_t index, Call make) {
    PlanThreadState& mine = state(me);
    begin_step();
    mine.record = static_cast<std::uint32_t>(records_.size());
    mine.told_sleep = false;
    mine.in_call = true;
    CallRecord& begun = records_.emplace_back();
    begun.process = me.process;
    begun.thread = me.thread;
    begun.origin = origin;
    begun.index = index;
    begun.invoked_ns = world_.moment_ns();
    world_.touch_besides(kHandleWords + me.process, Touch::read);
    note_moment(me);
    const Response response = make();
    CallRecord& record = records_[mine.record];
    record.response = response;
    record.returned_ns = world_.moment_ns();
    record.returned = true;
    note_moment(me);
    mine.in_call = false;
    world_.trip_after(0);
    world_.leave_operation();
    return response;
}

void PlanWorld::open_objects(Place me) {
    await_gifts(me);
    for (const std::uint32_t object : plan_.processes[me.process].opens) {
        recorded(me, CallRecord::Origin::opening, object, [&] {
            Handle handle = given_[me.process][object];
            const Response response =
                receives(me, object)
                    ? Response{ResponseStatus::ok, 0, ERROR_ALREADY_EXISTS, 0}
                    : create(part(me), plan_.objects[object], names_[object], handle);
            if (response.status == ResponseStatus::ok) {
                // The first handles of the plan are the objects', in the same order.
                add_handle(me, object, handle);
            }
            return response;
        });
    }
    give_all(me);
}

PlanWorld::Fate PlanWorld::do_program(Place me) {
    const std::vector<PlanStep>& steps = planned(me).steps;
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
        const PlanStep& step = steps[i];
        bool satisfied = true;
        switch (step.kind) {
            case harness::StepKind::call:
                if (do_call(me, i, satisfied) == Fate::ended) {
                    return Fate::ended;
                }
                if (!satisfied) {
                    i += step.skip_unless_satisfied;
                }
                break;
            case harness::StepKind::work:
                world_.begin_operation();
                if (step.duration_us > 0) {
                    world_.sleep_on(kWorkWords + thread_ids_[me.process][me.thread],
                                    world_.clock_ns() + step.duration_us * 1000);
                }
                break;
            case harness::StepKind::reach:
                world_.touch(kPointWords + step.point, Touch::write);
                ++points_[step.point];
                world_.wake_on(kPointWords + step.point);
                break;
            case harness::StepKind::await_point:
            case harness::StepKind::await_blocked:
            case harness::StepKind::await_death:
                await(step);
                break;
        }
    }
    return Fate::lives;
}

PlanWorld::Fate PlanWorld::do_call(Place me, std::uint32_t step_index, bool& satisfied) {
    const PlanStep& step = planned(me).steps[step_index];
    const std::uint32_t operation = ++state(me).operation;
    if (trip_operation(me, operation, false) == Fate::ended) {
        return Fate::ended;
    }
    const Response response = recorded(me, CallRecord::Origin::program, step_index, [&] {
        state(me).in_program = true;
        if (noting_) {
            state(me).activity = activity_of(plan_, step);
            note_calls_at_once(me);
        }
        arm_accesses(me, operation);
        const Response answer = perform(me, step_index);
        state(me).in_program = false;
        return answer;
    });
    satisfied =
        response.status == ResponseStatus::ok || response.status == ResponseStatus::abandoned;
    return trip_operation(me, operation, true);
}

/// A wait for one or several, alertable or not.
Response PlanWorld::perform_wait(Place me, const PlanStep& step) {
    std::array<Handle, kWaitObjectsMax> buffer{};
    const std::size_t count = std::min(step.handles.size(), buffer.size());
    std::transform(step.handles.begin(), step.handles.begin() + static_cast<std::ptrdiff_t>(count),
                   buffer.begin(), [&](std::uint32_t name) { return find_handle(me, name); });
    const std::span<const Handle> handles = std::span<const Handle>(buffer).first(count);
    const auto on_call = [this, me](const DueApc& call) { note_call(me, call); };
    if (step.operation == OperationKind::signal_and_wait) {
        return step.alertable ? response_to(signal_and_wait_alertably(
                                    part(me), handles[0], handles[1], on_call, step.timeout_ms))
                              : signal_and_wait(part(me), handles[0], handles[1], step.timeout_ms);
    }
    const bool for_all = step.operation == OperationKind::wait_all;
    return step.alertable
               ? response_to(wait_alertably(part(me), handles, on_call, for_all, step.timeout_ms))
               : wait(part(me), handles, step.timeout_ms, for_all);
}

Response PlanWorld::perform_sleep(Place me, const PlanStep& step) {
    const std::uint32_t milliseconds = step.timeout_ms.value_or(0);
    Response response;
    response.status = ResponseStatus::ok;
    if (!step.alertable) {
        world_.sleep_on(kWorkWords + thread_ids_[me.process][me.thread],
                        world_.clock_ns() + std::int64_t{milliseconds} * 1'000'000);
        return response;
    }
    const WaitOutcome outcome = sleep_alertably(
        part(me), milliseconds, [this, me](const DueApc& call) { note_call(me, call); });
    if (outcome.kind != WaitOutcome::Kind::timed_out) {
        return response_to(outcome);
    }
    return response;
}

Response PlanWorld::perform_queue_call(Place me, const PlanStep& step, std::uint64_t origin) {
    const ThreadPlace target = step.target.value();
    Handle thread = 0;
    // As SimPlatform tells a thread its id.
    const Response opened =
        open_thread(part(me), thread_ids_[target.process][target.thread] + 1, thread);
    if (opened.status != ResponseStatus::ok) {
        return opened;
    }
    const Response queued = queue_call(part(me), thread, origin);
    sim::close(part(me), thread);
    return queued;
}

void PlanWorld::note_call(Place me, const DueApc& call) {
    ran_.push_back({state(me).record, call.routine.argument});
    if (world_.tells_state()) {
        world_.observe(call.routine.argument);
    }
}

Response PlanWorld::perform(Place me, std::uint32_t step_index) {
    const PlanStep& step = planned(me).steps[step_index];
    const std::uint64_t origin = CallOrigin{me.process, me.thread, step_index}.pack();
    const auto handle = [&] { return find_handle(me, step.handles.at(0)); };
    switch (step.operation) {
        case OperationKind::create:
        case OperationKind::open:
        case OperationKind::duplicate:
            return make_handle(me, step);
        case OperationKind::close:
            return sim::close(part(me), take_handle(me, step.handles.at(0)));
        case OperationKind::wait:
        case OperationKind::wait_any:
        case OperationKind::wait_all:
        case OperationKind::signal_and_wait:
            return perform_wait(me, step);
        case OperationKind::release_mutex:
            return release_mutex(part(me), handle());
        case OperationKind::release_semaphore:
            return release_semaphore(part(me), handle(), step.count);
        case OperationKind::set_event:
            return set_event(part(me), handle());
        case OperationKind::reset_event:
            return reset_event(part(me), handle());
        case OperationKind::set_timer:
            return set_timer(part(me), handle(), step.due_us * 1000, step.period_ms,
                             step.with_routine ? std::optional(origin) : std::nullopt);
        case OperationKind::cancel_timer:
            return cancel_timer(part(me), handle());
        case OperationKind::pulse_event:
            return pulse_event(part(me), handle());
        case OperationKind::queue_call:
            return perform_queue_call(me, step, origin);
        case OperationKind::sleep:
            return perform_sleep(me, step);
    }
    return {};
}

Response PlanWorld::make_handle(Place me, const PlanStep& step) {
    const std::uint32_t name = step.handles.at(0);
    const std::uint32_t object = plan_.handles.at(name).object;
    Handle made = 0;
    Response response;
    std::uint32_t made_name = name;
    if (step.operation == OperationKind::duplicate) {
        response = duplicate(part(me), find_handle(me, name), made);
        made_name = step.new_handle;
    } else {
        const auto make = step.operation == OperationKind::create ? &sim::create : &sim::open;
        response = make(part(me), plan_.objects[object], names_[object], made);
    }
    if (response.status == ResponseStatus::ok) {
        add_handle(me, made_name, made);
    }
    return response;
}

void PlanWorld::add_handle(Place me, std::uint32_t name, Subject::Handle handle) {
    world_.touch_besides(kHandleWords + me.process, Touch::write);
    std::uint32_t& count = processes_[me.process].handle_count;
    handles_[me.process][count++] = {name, me.thread, handle};
}

/// The thread's own latest of that name, or else the process's latest.
std::optional<std::uint32_t> PlanWorld::handle_index_of(Place me, std::uint32_t name) const {
    std::optional<std::uint32_t> found;
    for (std::uint32_t i = processes_[me.process].handle_count; i-- > 0;) {
        const HeldHandle& held = handles_[me.process][i];
        if (held.name == name && held.thread == me.thread) {
            return i;
        }
        if (held.name == name && !found) {
            found = i;
        }
    }
    return found;
}

Subject::Handle PlanWorld::find_handle(Place me, std::uint32_t name) const {
    const auto index = handle_index_of(me, name);
    return index ? handles_[me.process][*index].handle : 0;
}

Subject::Handle PlanWorld::take_handle(Place me, std::uint32_t name) {
    const auto index = handle_index_of(me, name);
    if (!index) {
        return 0;
    }
    world_.touch_besides(kHandleWords + me.process, Touch::write);
    const auto& all = handles_[me.process];
    const Subject::Handle handle = all[*index].handle;
    std::uint32_t& count = processes_[me.process].handle_count;
    std::copy(all.begin() + *index + 1, all.begin() + count, all.begin() + *index);
    --count;
    return handle;
}

}  // namespace castaway::harness::sim
