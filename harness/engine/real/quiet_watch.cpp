#include "harness/engine/real/quiet_watch.h"

#include <algorithm>

#include "harness/engine/real/proc_files.h"

namespace castaway::harness {
namespace {

/// After so long without a motion, every timer that was set has fired, and a periodic one again.
std::int64_t quiet_time_ns(const Plan& plan) {
    std::int64_t timers_ns = 0;
    for (const PlanProcess& process : plan.processes) {
        for (const PlanThread& thread : process.threads) {
            for (const PlanStep& step : thread.steps) {
                if (step.kind == StepKind::call && step.operation == OperationKind::set_timer) {
                    timers_ns = std::max(
                        {timers_ns, step.due_us * 1000, std::int64_t{step.period_ms} * kNsPerMs});
                }
            }
        }
    }
    return timers_ns + std::int64_t{plan.quiet_ms} * kNsPerMs;
}

bool through(ThreadState state) {
    return state == ThreadState::program_over || state == ThreadState::ended;
}

}  // namespace

QuietWatch::QuietWatch(const Plan& plan, ControlBlock& control, const WorkerGroup& workers)
    : control_(control),
      workers_(workers),
      quiet_ns_(quiet_time_ns(plan)),
      still_since_ns_(monotonic_ns()) {}

std::int64_t QuietWatch::next_look_ns() const {
    constexpr std::int64_t kPauseMinNs = 5 * kNsPerMs;
    return monotonic_ns() + std::max(kPauseMinNs, quiet_ns_ / 8);
}

std::vector<std::uint32_t> QuietWatch::motion() const {
    std::vector<std::uint32_t> motion;
    for (std::uint32_t process = 0; process < control_.processes().size(); ++process) {
        motion.push_back(workers_.alive(process) ? 1 : 0);
        for (const ThreadCell& thread : control_.threads_of(process)) {
            motion.push_back(thread.changes.load());
        }
    }
    return motion;
}

template <typename Predicate>
bool QuietWatch::all_living(Predicate predicate) const {
    for (std::uint32_t process = 0; process < control_.processes().size(); ++process) {
        if (!workers_.alive(process)) {
            continue;
        }
        const std::span<ThreadCell> threads = control_.threads_of(process);
        const bool all = std::all_of(threads.begin(), threads.end(), [&](const ThreadCell& thread) {
            const auto state = static_cast<ThreadState>(thread.state.load());
            return through(state) || predicate(state);
        });
        if (!all || !all_threads_sleep(workers_.pid(process))) {
            return false;
        }
    }
    return true;
}

bool QuietWatch::nobody_can_move() const {
    return all_living([](ThreadState state) {
        return state == ThreadState::asleep_forever || state == ThreadState::awaiting;
    });
}

bool QuietWatch::at_rest() const {
    return all_living([](ThreadState state) {
        return state == ThreadState::asleep_forever || state == ThreadState::asleep ||
               state == ThreadState::awaiting;
    });
}

bool QuietWatch::look() {
    const std::int64_t now = monotonic_ns();
    std::vector<std::uint32_t> motion_now = motion();
    if (motion_now != last_motion_ || !nobody_can_move()) {
        last_motion_ = std::move(motion_now);
        still_since_ns_ = now;
        return false;
    }
    return now - still_since_ns_ >= quiet_ns_;
}

}  // namespace castaway::harness
