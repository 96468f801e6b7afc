#include "harness/engine/real/stuck_explainer.h"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "harness/base/error.h"
#include "harness/engine/real/child_process.h"
#include "harness/engine/real/pidfd.h"
#include "harness/engine/real/proc_files.h"

namespace castaway::harness {
namespace {

/// For the stacks of all processes together.
constexpr std::int64_t kUnwindLimitNs = 5'000 * kNsPerMs;
constexpr std::array<const char*, 2> kUnwinders{"/usr/bin/eu-stack", "/usr/local/bin/eu-stack"};

/// Where in the subject's shared memory an address of the process lies.
std::optional<std::uint64_t> subject_offset(std::uint64_t address,
                                            const std::vector<MappedRange>& maps,
                                            const SubjectSpace& space) {
    const auto range = std::find_if(maps.begin(), maps.end(), [&](const MappedRange& each) {
        return each.begin <= address && address < each.end;
    });
    if (range == maps.end()) {
        return std::nullopt;
    }
    for (const int descriptor : space.descriptors()) {
        struct stat file {};
        if (fstat(descriptor, &file) == 0 && file.st_ino == range->inode &&
            file.st_dev == range->device) {
            return address - range->begin + range->file_offset;
        }
    }
    return std::nullopt;
}

void explain_call(const BlockedCall& call, const std::vector<MappedRange>& maps,
                  SubjectSpace& space, StuckThread& stuck) {
    std::optional<std::uint64_t> offset;
    if (call.arguments.size() >= 3) {
        offset = subject_offset(call.arguments[0], maps, space);
    }
    // A timed wait that a signal or a debugger interrupted goes on as restart_syscall, with the
    // registers of the first call.
    const bool is_futex =
        call.number == SYS_futex || (call.number == SYS_restart_syscall && offset.has_value());
    if (!is_futex || call.arguments.size() < 3) {
        stuck.system_call = fmt::format("system call {}", call.number);
        return;
    }
    const auto operation = static_cast<int>(call.arguments[1]) & FUTEX_CMD_MASK;
    const char* name = operation == FUTEX_WAIT          ? "FUTEX_WAIT"
                       : operation == FUTEX_WAIT_BITSET ? "FUTEX_WAIT_BITSET"
                       : operation == FUTEX_LOCK_PI     ? "FUTEX_LOCK_PI"
                                                        : "another operation";
    // Addresses differ from run to run, offsets do not.
    stuck.system_call = fmt::format("futex({}, {}, {:#x})",
                                    offset ? fmt::format("shared memory + {:#x}", *offset)
                                           : "a word outside the subject's memory",
                                    name, static_cast<std::uint32_t>(call.arguments[2]));
    if (offset) {
        stuck.waits_on = space.describe_address(*offset);
    }
}

std::string names_of(const std::vector<std::uint32_t>& processes, const Plan& plan) {
    std::string names;
    for (const std::uint32_t process : processes) {
        names += (names.empty() ? "" : ", ") + plan.processes.at(process).name;
    }
    return names;
}

/// What a thread awaits that is not in a call of the subject.
std::string describe_step(const PlanStep& step, const Plan& plan, const ControlBlock& control) {
    switch (step.kind) {
        case StepKind::call:
            return {};
        case StepKind::work:
        case StepKind::reach:
            return "nothing: it computes";
        case StepKind::await_point:
            return fmt::format("point \"{}\" (reached {} of {} times)", plan.points.at(step.point),
                               control.points()[step.point].reached.load(), step.count);
        case StepKind::await_blocked:
            return fmt::format("{} blocked threads of {} (there are {})", step.count,
                               names_of(step.processes, plan),
                               control.sleepers_in(step.processes).asleep);
        case StepKind::await_death:
            return fmt::format("the death of {} of {}", step.count, names_of(step.processes, plan));
    }
    return {};
}

std::vector<ThreadStack> take_stacks(std::int64_t pid, std::int64_t deadline_ns) {
    const auto* unwinder = std::find_if(kUnwinders.begin(), kUnwinders.end(),
                                        [](const char* path) { return access(path, X_OK) == 0; });
    if (unwinder == kUnwinders.end()) {
        return {};
    }
    try {
        const Descriptor output(memfd_create("stacks", MFD_CLOEXEC));
        Launch launch;
        launch.executable = *unwinder;
        launch.arguments = {"-p", std::to_string(pid)};
        launch.output = output.get();
        {
            const ChildProcess child(launch);
            await_end(child.pidfd(), deadline_ns);
        }
        return parse_stacks(read_proc_file(fmt::format("/proc/self/fd/{}", output.get())));
    } catch (const HarnessError&) {
        return {};  // A stack is good to have, not a reason to lose the run.
    }
}

/// A thread that is explained, and by which number the unwinder will name it.
struct Explained {
    StuckThread stuck;
    std::int64_t os_thread = 0;
};

Explained explain_thread(std::int64_t pid, const std::vector<MappedRange>& maps,
                         const ThreadCell& cell, const PlanThread& planned, const Plan& plan,
                         const ControlBlock& control, SubjectSpace& space) {
    Explained explained;
    explained.os_thread = cell.os_thread.load();
    StuckThread& stuck = explained.stuck;
    const std::uint32_t begun = cell.operations.load();
    stuck.sequence = begun == 0 ? 0 : begun - 1;
    const std::string path = fmt::format("/proc/{}/task/{}/syscall", pid, explained.os_thread);
    if (const std::optional<BlockedCall> call = parse_syscall(read_proc_file(path))) {
        explain_call(*call, maps, space, stuck);
    }
    const std::uint32_t step = cell.step.load();
    const auto state = static_cast<ThreadState>(cell.state.load());
    const bool in_call = state != ThreadState::awaiting && state != ThreadState::idle;
    if (!in_call && step < planned.steps.size()) {
        stuck.waits_on = describe_step(planned.steps[step], plan, control);
    }
    return explained;
}

std::vector<Explained> explain_process(std::uint32_t process, std::int64_t pid, const Plan& plan,
                                       const ControlBlock& control, SubjectSpace& space) {
    const std::vector<MappedRange> maps =
        parse_maps(read_proc_file(fmt::format("/proc/{}/maps", pid)));
    std::vector<Explained> all;
    const std::span<ThreadCell> cells = control.threads_of(process);
    for (std::uint32_t thread = 0; thread < cells.size(); ++thread) {
        const auto state = static_cast<ThreadState>(cells[thread].state.load());
        if (state == ThreadState::program_over || state == ThreadState::ended) {
            continue;
        }
        Explained explained =
            explain_thread(pid, maps, cells[thread], plan.processes[process].threads[thread], plan,
                           control, space);
        explained.stuck.process = process;
        explained.stuck.thread = thread;
        all.push_back(std::move(explained));
    }
    return all;
}

void add_stacks(const std::vector<ThreadStack>& stacks, std::vector<Explained>& threads) {
    for (Explained& thread : threads) {
        const auto found = std::find_if(
            stacks.begin(), stacks.end(),
            [&thread](const ThreadStack& stack) { return stack.os_thread == thread.os_thread; });
        if (found != stacks.end()) {
            thread.stuck.stack = found->frames;
        }
    }
}

}  // namespace

std::vector<StuckThread> explain_stuck(std::span<const std::uint32_t> processes, const Plan& plan,
                                       const ControlBlock& control, const WorkerGroup& workers,
                                       SubjectSpace& space) {
    std::vector<StuckThread> all;
    const std::int64_t unwind_deadline_ns = monotonic_ns() + kUnwindLimitNs;
    for (const std::uint32_t process : processes) {
        const std::int64_t pid = workers.pid(process);
        // The unwinder disturbs the system calls of the threads: it comes second.
        std::vector<Explained> threads = explain_process(process, pid, plan, control, space);
        if (monotonic_ns() < unwind_deadline_ns) {
            add_stacks(take_stacks(pid, unwind_deadline_ns), threads);
        }
        for (Explained& thread : threads) {
            all.push_back(std::move(thread.stuck));
        }
    }
    return all;
}

}  // namespace castaway::harness
