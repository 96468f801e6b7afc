#include "harness/engine/real/worker.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "harness/engine/real/fault_trips.h"
#include "harness/engine/real/worker_thread.h"
#include "harness/plan/plan_steps.h"

namespace castaway::harness {
namespace {

class WorkerObserver final : public SubjectObserver {
  public:
    explicit WorkerObserver(FaultTrips& trips) : trips_(trips) {}

    void about_to_sleep() override {
        if (WorkerThread* thread = current_worker_thread()) {
            thread->about_to_sleep();
        }
    }
    void at_crash_point(std::string_view name) override {
        if (WorkerThread* thread = current_worker_thread()) {
            thread->at_crash_point(name);
        } else {
            trips_.at_crash_point_of_subject(name);
        }
    }
    void at_access() override {
        if (WorkerThread* thread = current_worker_thread()) {
            thread->at_access();
        }
    }
    void runs_call(std::uint64_t argument) override {
        if (WorkerThread* thread = current_worker_thread()) {
            thread->runs_call(argument);
        }
    }

  private:
    FaultTrips& trips_;
};

bool all_ended(std::span<ThreadCell> threads) {
    return std::all_of(threads.begin(), threads.end(), [](const ThreadCell& thread) {
        return was_ended(static_cast<ThreadState>(thread.state.load()));
    });
}

/// Returns when the condition holds; does not return when the orchestrator orders an exit before
/// that, or the time to give up has come.
template <typename Condition>
void obey_until(WorkerShared& shared, Condition condition) {
    const std::atomic<std::uint32_t>& ordered =
        shared.control.processes()[shared.process].ordered_fault;
    const bool came = shared.control.await_call(shared.process,
                                                [&] { return ordered.load() != 0 || condition(); });
    if (ordered.load() != 0) {
        shared.trips.exit_by_order(ordered.load() - 1);
    }
    if (!came) {
        _exit(kGaveUpCode);
    }
}

/// Until a thread that a fault has ended is gone, the subject may still be cleaning up after it:
/// that is part of the run.
void join_ended(WorkerShared& shared, std::vector<std::jthread>& running) {
    const std::span<ThreadCell> cells = shared.control.threads_of(shared.process);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (static_cast<ThreadState>(cells[i].state.load()) == ThreadState::ending) {
            running[i].join();
            shared.control.set_state(cells[i], ThreadState::ended);
        }
    }
}

/// What the process's own thread does: it has no part in the program, waits for the others to be
/// through, and carries out an exit that the orchestrator orders.
void oversee(WorkerShared& shared, std::vector<std::jthread>& running) {
    ControlBlock& control = shared.control;
    obey_until(shared, [&] { return shared.programs_left.load() == 0; });
    join_ended(shared, running);
    if (shared.plan.processes[shared.process].leaks) {
        shared.trips.leak();
    }
    control.set_state(shared.process, ProcessState::programs_over);
    if (all_ended(control.threads_of(shared.process))) {
        // No thread of the plan is there to close the handles: the process's end does it.
        obey_until(shared, [&] { return control.phase() == RunPhase::closing; });
        control.set_state(shared.process, ProcessState::leaving);
    } else {
        obey_until(shared,
                   [&] { return control.state_of(shared.process) == ProcessState::leaving; });
    }
}

void run_thread(WorkerThread& thread) {
    try {
        thread.run();
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        std::fflush(stderr);
        _exit(kWorkerFailedCode);
    }
}

void start(WorkerThread& thread, std::vector<std::jthread>& running, WorkerShared& shared) {
    try {
        running.emplace_back([&thread] { run_thread(thread); });
    } catch (const std::system_error& error) {
        // Those that run already wait at the barrier, so there is no orderly way back.
        fmt::print(stderr, "{}: cannot start a thread: {}\n",
                   shared.plan.processes[shared.process].name, error.what());
        std::fflush(stderr);
        shared.control.set_state(shared.process, ProcessState::failed);
        _exit(kWorkerFailedCode);
    }
}

void work(const Plan& plan, std::uint32_t process, SubjectAdapter& adapter, ControlBlock& control) {
    FaultTrips trips(plan, process, control);
    WorkerObserver observer(trips);
    Gifts gifts(plan, process, control);
    const std::unique_ptr<Subject> subject = gifts.attach(adapter, observer);
    const std::size_t thread_count = plan.processes.at(process).threads.size();
    std::vector<bool> called(thread_count);
    for_each_step(plan, [&](const PlanStep& step) {
        if (step.target && step.target->process == process) {
            called[step.target->thread] = true;
        }
    });
    WorkerShared shared{
        plan,   process,     control, trips, *subject, gifts, HandleTable(plan.handles.size()),
        called, thread_count};
    std::deque<WorkerThread> threads;
    for (std::uint32_t i = 0; i < thread_count; ++i) {
        threads.emplace_back(shared, i);
    }
    std::vector<std::jthread> running;
    running.reserve(thread_count);
    for (WorkerThread& thread : threads) {
        start(thread, running, shared);
    }
    oversee(shared, running);
}

}  // namespace

int run_worker(const Plan& plan, std::uint32_t process, SubjectAdapter& adapter,
               ControlBlock& control) {
    // The explainer's unwinder is no ancestor of ours; Yama lets it look only when told so.
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    try {
        work(plan, process, adapter, control);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: {}\n", plan.processes.at(process).name, error.what());
        control.set_state(process, ProcessState::failed);
        control.announce();
        return kWorkerFailedCode;
    }
}

}  // namespace castaway::harness
