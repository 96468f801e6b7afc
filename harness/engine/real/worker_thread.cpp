#include "harness/engine/real/worker_thread.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

namespace castaway::harness {
namespace {

thread_local WorkerThread* current = nullptr;

[[noreturn]] void give_up(const char* what) {
    fmt::print(stderr, "a worker gave up waiting for {}\n", what);
    std::fflush(stderr);
    _exit(kGaveUpCode);
}

/// Uses the processor for so long, as a critical section would.
void work_for(std::int64_t duration_us) {
    const std::int64_t end_ns = monotonic_ns() + duration_us * 1000;
    while (monotonic_ns() < end_ns) {
    }
}

}  // namespace

WorkerThread* current_worker_thread() {
    return current;
}

WorkerThread::WorkerThread(WorkerShared& shared, std::uint32_t thread)
    : shared_(shared),
      thread_(thread),
      cell_(shared.control.threads_of(shared.process)[thread]),
      history_(shared.process, thread) {}

void WorkerThread::run() {
    current = this;
    cell_.os_thread.store(static_cast<std::int32_t>(syscall(SYS_gettid)));
    introduce();
    if (thread_ == 0) {
        open_objects();
        await_introductions();
        shared_.control.set_state(shared_.process, ProcessState::ready);
    }
    wait_for(RunPhase::running);
    const Fate fate = run_program();
    operation_ = 0;
    if (fate == Fate::ended) {
        cell_.ended_ns.store(shared_.control.now_ns());
        shared_.control.set_state(cell_, ThreadState::ending);
    } else {
        shared_.control.set_state(cell_, ThreadState::program_over);
    }
    if (shared_.programs_left.fetch_sub(1) == 1) {
        shared_.control.call(shared_.process);
    }
    if (fate == Fate::lives) {
        // A thread that ended here would abandon what it owns, and nothing in the plan says so.
        wait_for(RunPhase::closing);
        leave();
    }
    current = nullptr;
}

/// Nobody can be called before the subject knows him. Others are left alone: what they do first,
/// they do within their programs.
void WorkerThread::introduce() {
    if (shared_.called[thread_]) {
        cell_.introduced.store(shared_.subject.introduce_thread());
        shared_.control.announce();
    }
}

void WorkerThread::await_introductions() {
    const std::span<ThreadCell> cells = shared_.control.threads_of(shared_.process);
    const bool all_there = shared_.control.await([&] {
        for (std::uint32_t i = 0; i < cells.size(); ++i) {
            if (shared_.called[i] && cells[i].introduced.load() == 0) {
                return Awaited::not_yet;
            }
        }
        return Awaited::fulfilled;
    });
    if (!all_there) {
        give_up("the threads that others call");
    }
}

void WorkerThread::leave() {
    ControlBlock& control = shared_.control;
    const std::span<ThreadCell> threads = control.threads_of(shared_.process);
    const auto first_living = std::find_if(threads.begin(), threads.end(), [](ThreadCell& cell) {
        return !was_ended(static_cast<ThreadState>(cell.state.load()));
    });
    if (&*first_living == &cell_) {
        close_handles();
        control.set_state(shared_.process, ProcessState::leaving);
        control.call(shared_.process);
    }
    const bool closed = control.await_call(shared_.process, [&] {
        return control.state_of(shared_.process) == ProcessState::leaving;
    });
    if (!closed) {
        give_up("the handles to be closed");
    }
}

void WorkerThread::wait_for(RunPhase phase) {
    if (!shared_.control.await_phase(phase)) {
        give_up("the run to go on");
    }
}

template <typename Call>
Response WorkerThread::recorded(RecordOrigin origin, std::uint32_t index, Call make) {
    ControlBlock& control = shared_.control;
    cell_.operations.fetch_add(1, std::memory_order_relaxed);
    history_.invoke(origin, index, control.now_ns());
    in_call_ = true;
    control.set_state(cell_, ThreadState::in_call);
    const Response response = make();
    in_call_ = false;
    asleep_ = false;
    history_.respond(response, control.now_ns());
    control.set_state(cell_, ThreadState::idle);
    return response;
}

void WorkerThread::open_objects() {
    for (const std::uint32_t object : planned().opens) {
        recorded(RecordOrigin::opening, object, [&] {
            Subject::Handle handle = 0;
            const Response response =
                shared_.gifts.receives(object)
                    ? shared_.gifts.receive(object, handle)
                    : shared_.subject.create(shared_.plan.objects[object], handle);
            if (response.status == ResponseStatus::ok) {
                // The first handles of the plan are the objects', in the same order.
                shared_.handles.add(thread_, object, handle);
            }
            return response;
        });
    }
    shared_.gifts.give_all(shared_.subject, [this](std::uint32_t object) {
        return shared_.handles.find(thread_, object);
    });
}

void WorkerThread::close_handles() {
    for (const auto& [name, handle] : shared_.handles.take_all()) {
        recorded(RecordOrigin::closing, name,
                 [this, handle = handle] { return shared_.subject.close(handle); });
    }
}

WorkerThread::Fate WorkerThread::run_program() {
    const std::vector<PlanStep>& steps = planned().threads[thread_].steps;
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
        const PlanStep& step = steps[i];
        bool satisfied = true;
        cell_.step.store(i, std::memory_order_relaxed);
        switch (step.kind) {
            case StepKind::call:
                if (call(i, satisfied) == Fate::ended) {
                    return Fate::ended;
                }
                if (!satisfied) {
                    i += step.skip_unless_satisfied;
                }
                break;
            case StepKind::work:
                work_for(step.duration_us);
                break;
            case StepKind::reach:
                shared_.control.points()[step.point].reached.fetch_add(1);
                shared_.control.announce();
                if (shared_.control.header().orchestrator_watches.load() != 0) {
                    shared_.control.ring();
                }
                break;
            case StepKind::await_point:
            case StepKind::await_blocked:
            case StepKind::await_death:
                await(step);
                break;
        }
    }
    return Fate::lives;
}

WorkerThread::Fate WorkerThread::call(std::uint32_t step_index, bool& satisfied) {
    const PlanStep& step = planned().threads[thread_].steps[step_index];
    ++operation_;
    accesses_ = 0;
    if (shared_.trips.before_operation(thread_, operation_) == FaultTrips::Next::end_thread) {
        return Fate::ended;
    }
    waits_forever_ = !step.timeout_ms.has_value();
    const Response response =
        recorded(RecordOrigin::program, step_index, [&] { return perform(step, step_index); });
    satisfied =
        response.status == ResponseStatus::ok || response.status == ResponseStatus::abandoned;
    if (shared_.trips.after_operation(thread_, operation_) == FaultTrips::Next::end_thread) {
        return Fate::ended;
    }
    return Fate::lives;
}

std::vector<Subject::Handle> WorkerThread::handles_of(const PlanStep& step) const {
    std::vector<Subject::Handle> handles;
    for (const std::uint32_t name : step.handles) {
        handles.push_back(shared_.handles.find(thread_, name));
    }
    return handles;
}

Response WorkerThread::perform(const PlanStep& step, std::uint32_t step_index) {
    Subject& subject = shared_.subject;
    const WaitTerms terms{step.timeout_ms, step.alertable};
    const std::uint64_t origin = CallOrigin{shared_.process, thread_, step_index}.pack();
    const auto handle = [&] { return shared_.handles.find(thread_, step.handles.at(0)); };
    switch (step.operation) {
        case OperationKind::create:
        case OperationKind::open:
        case OperationKind::duplicate:
            return make_handle(step);
        case OperationKind::close:
            return subject.close(shared_.handles.take(thread_, step.handles.at(0)));
        case OperationKind::wait:
            return subject.wait(handle(), terms);
        case OperationKind::wait_any:
            return subject.wait_any(handles_of(step), terms);
        case OperationKind::wait_all:
            return subject.wait_all(handles_of(step), terms);
        case OperationKind::signal_and_wait:
            return subject.signal_and_wait(
                handle(), shared_.handles.find(thread_, step.handles.at(1)), terms);
        case OperationKind::release_mutex:
            return subject.release_mutex(handle());
        case OperationKind::release_semaphore:
            return subject.release_semaphore(handle(), step.count);
        case OperationKind::set_event:
            return subject.set_event(handle());
        case OperationKind::reset_event:
            return subject.reset_event(handle());
        case OperationKind::set_timer:
            return subject.set_timer(handle(),
                                     {step.due_us * 1000, step.period_ms,
                                      step.with_routine ? std::optional(origin) : std::nullopt});
        case OperationKind::cancel_timer:
            return subject.cancel_timer(handle());
        case OperationKind::pulse_event:
            return subject.pulse_event(handle());
        case OperationKind::queue_call:
            return subject.queue_call(
                shared_.control.threads_of(step.target->process)[step.target->thread]
                    .introduced.load(),
                origin);
        case OperationKind::sleep:
            return subject.sleep(terms);
    }
    return {};
}

Response WorkerThread::make_handle(const PlanStep& step) {
    const std::uint32_t name = step.handles.at(0);
    Subject::Handle made = 0;
    Response response;
    std::uint32_t made_name = name;
    if (step.operation == OperationKind::duplicate) {
        response = shared_.subject.duplicate(shared_.handles.find(thread_, name), made);
        made_name = step.new_handle;
    } else {
        const ObjectSpec& object = shared_.plan.objects.at(shared_.plan.handles.at(name).object);
        response = step.operation == OperationKind::create ? shared_.subject.create(object, made)
                                                           : shared_.subject.open(object, made);
    }
    if (response.status == ResponseStatus::ok) {
        shared_.handles.add(thread_, made_name, made);
    }
    return response;
}

void WorkerThread::await(const PlanStep& step) {
    ControlBlock& control = shared_.control;
    const auto count = static_cast<std::uint32_t>(std::max(step.count, 0));
    control.set_state(cell_, ThreadState::awaiting);
    const bool held = control.await([&] {
        switch (step.kind) {
            case StepKind::await_point:
                return fulfilled_if(control.points()[step.point].reached.load() >= count);
            case StepKind::await_blocked:
                return control.look_for_sleepers(step.processes, count);
            default:
                return fulfilled_if(control.dead_among(step.processes) >= count);
        }
    });
    if (!held) {
        give_up("what its program awaits");
    }
    control.set_state(cell_, ThreadState::idle);
}

void WorkerThread::about_to_sleep() {
    if (!in_call_) {
        return;
    }
    asleep_ = true;
    history_.note_sleep();
    shared_.control.set_state(cell_,
                              waits_forever_ ? ThreadState::asleep_forever : ThreadState::asleep);
}

void WorkerThread::note_awake() {
    if (asleep_) {
        asleep_ = false;
        shared_.control.set_state(cell_, ThreadState::in_call);
    }
}

void WorkerThread::runs_call(std::uint64_t argument) {
    note_awake();
    if (in_call_) {
        history_.note_call(argument);
    }
}

void WorkerThread::at_access() {
    note_awake();
    if (operation_ != 0 && in_call_) {
        shared_.trips.at_access(thread_, operation_, ++accesses_);
    }
}

void WorkerThread::at_crash_point(std::string_view name) {
    note_awake();
    if (operation_ != 0 && in_call_) {
        shared_.trips.at_crash_point(thread_, name);
    }
}

}  // namespace castaway::harness
