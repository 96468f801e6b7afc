#include "harness/engine/real/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <system_error>
#include <thread>

#include "harness/base/error.h"
#include "harness/engine/real/fault_trips.h"
#include "harness/engine/real/fork_server.h"
#include "harness/engine/real/history_file.h"
#include "harness/engine/real/quiet_watch.h"
#include "harness/engine/real/stuck_explainer.h"
#include "harness/plan/plan_json.h"

namespace castaway::harness {
namespace {

/// For forking the workers and opening their objects.
constexpr std::int64_t kLaunchLimitNs = 30'000 * kNsPerMs;
/// For closing the handles that are left.
constexpr std::int64_t kCloseLimitNs = 10'000 * kNsPerMs;
/// For the end of a process after its SIGKILL.
constexpr std::int64_t kVanishLimitNs = 10'000 * kNsPerMs;
/// For the subject to give back what dead processes held.
constexpr std::int64_t kSettleLimitNs = 2'000 * kNsPerMs;
/// A worker ends itself so long after everything should have been over.
constexpr std::int64_t kGiveUpAfterNs = 120'000 * kNsPerMs;

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) {
        const int reason = errno;
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
        throw_system_error(path.string() + ": cannot write the plan", reason);
    }
}

}  // namespace

Run::Run(const Plan& plan, SubjectAdapter& subject, const EngineOptions& options,
         std::filesystem::path worker)
    : plan_(plan),
      subject_(subject),
      folder_(std::filesystem::absolute(options.run_folder)),
      worker_(std::move(worker)),
      limit_ns_(std::int64_t{plan.run_limit_ms} * kNsPerMs),
      cut_off_(plan.processes.size()) {
    if (options.run_limit) {
        limit_ns_ = std::chrono::nanoseconds(*options.run_limit).count();
    }
}

History Run::execute() {
    prepare();
    launch();
    supervise();
    quiesce();
    close();
    collect();
    return std::move(history_);
}

void Run::prepare() {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) {
        throw HarnessError(folder_.string() + ": cannot make the run's folder: " + error.message());
    }
    make_history_files(plan_, folder_);
    try {
        write_file(folder_ / kPlanFile, plan_to_json_text(plan_, subject_.name()));
    } catch (const HarnessError&) {
        remove_history_files(plan_, folder_);
        throw;
    }
    space_ = subject_.make_space();
    control_memory_ = make_shared_memory("castaway-control", ControlBlock::size_for(plan_));
    bell_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell_.valid()) {
        throw_system_error("cannot make an eventfd", errno);
    }
    control_.emplace(plan_, control_memory_, bell_);
    control_->header().start_ns = monotonic_ns();
    control_->header().give_up_ns =
        monotonic_ns() + kLaunchLimitNs + limit_ns_ + kCloseLimitNs + kGiveUpAfterNs;
    history_ = begin_history(plan_);
}

void Run::launch() {
    WorkerLaunch launch;
    launch.executable = worker_;
    launch.folder = folder_;
    launch.process_count = plan_.processes.size();
    launch.control = &control_memory_;
    launch.bell = &bell_;
    launch.subject_descriptors = space_->descriptors();
    launch.environment = space_->environment();
    const std::int64_t deadline = monotonic_ns() + kLaunchLimitNs;
    workers_.emplace(launch);
    director_.emplace(plan_, *control_, *workers_);

    const auto ready = [this] {
        const auto starting = [this](std::uint32_t process) {
            const ProcessState state = control_->state_of(process);
            return state == ProcessState::starting || state == ProcessState::attached;
        };
        return fulfilled_if(workers_->all_forked() && living_that(starting).empty());
    };
    if (!pump_until(ready, deadline)) {
        fail_with_log("the workers were not ready in time");
    }
    for (std::uint32_t process = 0; process < plan_.processes.size(); ++process) {
        history_.processes[process].os_pid = workers_->pid(process);
        if (control_->state_of(process) == ProcessState::failed) {
            fail_with_log(plan_.processes[process].name + " could not start");
        }
    }
}

void Run::supervise() {
    QuietWatch quiet(plan_, *control_, *workers_);
    const std::int64_t deadline = monotonic_ns() + limit_ns_;
    const auto all_over = [this] {
        control_->header().orchestrator_watches.store(director_->needs_watch() ? 1 : 0);
        const Awaited faults = director_->act();
        const bool over =
            living_that([this](std::uint32_t process) { return !is_over(process); }).empty();
        return over ? Awaited::fulfilled : faults;
    };
    all_over();
    control_->enter(RunPhase::running);
    for (;;) {
        if (pump_until(all_over, std::min(deadline, quiet.next_look_ns()))) {
            return;
        }
        if (quiet.look()) {
            history_.went_quiet = true;
            at_rest_ = true;
            return;
        }
        if (monotonic_ns() >= deadline) {
            history_.hit_limit = true;
            at_rest_ = quiet.at_rest();
            return;
        }
    }
}

void Run::quiesce() {
    const std::vector<std::uint32_t> not_over =
        living_that([this](std::uint32_t process) { return !is_over(process); });
    if (living_that([](std::uint32_t) { return true; }).empty()) {
        // Nobody is left to notice the deaths before the picture is taken.
        space_->settle_after_all_died();
    }
    if (not_over.empty() || at_rest_) {
        take_snapshot(SnapshotMoment::quiescence);
    }
    end_stuck(not_over);
}

void Run::close() {
    control_->enter(RunPhase::closing);
    const auto nobody_lives = [this] {
        return fulfilled_if(living_that([](std::uint32_t) { return true; }).empty());
    };
    if (!pump_until(nobody_lives, monotonic_ns() + kCloseLimitNs)) {
        history_.hit_limit = true;
        end_stuck(living_that([](std::uint32_t) { return true; }));
    }
}

void Run::collect() {
    if (!pump_until([this] { return fulfilled_if(workers_->all_told()); },
                    monotonic_ns() + kVanishLimitNs)) {
        fail_with_log("the workers' exit codes did not come");
    }
    for (std::uint32_t process = 0; process < plan_.processes.size(); ++process) {
        const ExitStatus& status = *workers_->exit_status(process);
        if (!status.by_signal &&
            (status.value == kGaveUpCode || status.value == kWorkerFailedCode)) {
            fail_with_log(plan_.processes[process].name + " could not do its work");
        }
    }
    space_->settle_after_all_died();
    take_snapshot(SnapshotMoment::end);
    finish_history(plan_, *control_, *workers_, cut_off_, folder_,
                   subject_.capabilities().reports_sleep, history_);
}

bool Run::pump_until(const std::function<Awaited()>& condition, std::int64_t deadline_ns) {
    const WorkerGroup::Events events{[] {}, [this](std::uint32_t process) { on_death(process); }};
    for (;;) {
        const Awaited found = condition();
        const std::int64_t now_ns = monotonic_ns();
        if (found == Awaited::fulfilled) {
            return true;
        }
        if (now_ns >= deadline_ns) {
            return false;
        }
        if (workers_->server_gone() && !workers_->all_told()) {
            fail_with_log("the fork server ended early");
        }
        workers_->poll(
            found == Awaited::soon ? std::min(deadline_ns, now_ns + kSoonNs) : deadline_ns, events);
    }
}

void Run::on_death(std::uint32_t process) {
    history_.processes[process].known_dead_ns = control_->now_ns();
    control_->processes()[process].known_dead.store(1);
    control_->announce();
}

void Run::take_snapshot(SnapshotMoment moment) {
    std::optional<Snapshot> snapshot = observe_settled();
    if (snapshot) {
        snapshot->moment = moment;
        snapshot->at_ns = control_->now_ns();
        history_.snapshots.push_back(std::move(*snapshot));
    }
}

std::optional<Snapshot> Run::observe_settled() {
    std::vector<std::int64_t> pids;
    for (const HistoryProcess& process : history_.processes) {
        pids.push_back(process.os_pid);
    }
    const std::int64_t deadline = monotonic_ns() + kSettleLimitNs;
    std::chrono::milliseconds pause(1);
    for (;;) {
        std::optional<Snapshot> snapshot = space_->observe(pids);
        if (!snapshot || is_settled(*snapshot) || monotonic_ns() >= deadline) {
            return snapshot;
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(100));
    }
}

bool Run::is_settled(const Snapshot& snapshot) const {
    const auto dead = [this](std::uint32_t process) {
        return process < plan_.processes.size() && control_->known_dead(process);
    };
    // A picture that is taken while the subject cleans up can also show a change half-done.
    return snapshot.damage.empty() &&
           snapshot.processes_attached <= living_that([](std::uint32_t) { return true; }).size() &&
           std::none_of(snapshot.handles.begin(), snapshot.handles.end(),
                        [&](const Snapshot::ProcessHandles& each) {
                            return each.handles > 0 && dead(each.process);
                        }) &&
           std::none_of(snapshot.objects.begin(), snapshot.objects.end(),
                        [&](const ObjectState& each) { return each.owner && dead(*each.owner); });
}

void Run::end_stuck(const std::vector<std::uint32_t>& processes) {
    if (processes.empty()) {
        return;
    }
    for (const std::uint32_t process : processes) {
        cut_off_[process] = control_->now_ns();
    }
    std::vector<StuckThread> explained =
        explain_stuck(processes, plan_, *control_, *workers_, *space_);
    std::move(explained.begin(), explained.end(), std::back_inserter(history_.stuck));
    for (const std::uint32_t process : processes) {
        workers_->signal(process, SIGKILL);
    }
    const auto gone = [&] {
        return fulfilled_if(
            std::none_of(processes.begin(), processes.end(),
                         [this](std::uint32_t process) { return workers_->alive(process); }));
    };
    if (!pump_until(gone, monotonic_ns() + kVanishLimitNs)) {
        fail_with_log("killed workers did not vanish");
    }
}

std::vector<std::uint32_t> Run::living_that(
    const std::function<bool(std::uint32_t)>& predicate) const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t process = 0; process < plan_.processes.size(); ++process) {
        if (workers_->alive(process) && predicate(process)) {
            found.push_back(process);
        }
    }
    return found;
}

bool Run::is_over(std::uint32_t process) const {
    const ProcessState state = control_->state_of(process);
    return state == ProcessState::programs_over || state == ProcessState::leaving;
}

void Run::fail_with_log(const std::string& what) const {
    const std::string log = folder_ / kWorkerLog;
    throw HarnessError(fmt::format("{}; {} ends: {}", what, log, last_words(log)));
}

}  // namespace castaway::harness
