// Making a plan's world, and its end.
#include "harness/engine/sim/plan_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/sim/strategies/run_to_block.h"
#include "harness/plan/plan_steps.h"
#include "primitives/inspect/describe.h"

namespace castaway::harness::sim {
namespace {

bool makes_handle(const PlanStep& step) {
    return step.kind == harness::StepKind::call &&
           (step.operation == OperationKind::create || step.operation == OperationKind::open ||
            step.operation == OperationKind::duplicate);
}

/// Handles that the process can come to hold.
std::size_t handles_of(const PlanProcess& process) {
    std::size_t count = process.opens.size();
    for (const PlanThread& thread : process.threads) {
        count += static_cast<std::size_t>(
            std::count_if(thread.steps.begin(), thread.steps.end(), makes_handle));
    }
    return count;
}

/// Procedure calls that can be queued at once.
std::uint32_t calls_of(const Plan& plan) {
    std::uint32_t count = 0;
    for_each_step(plan, [&count](const PlanStep& step) {
        count += step.target || step.with_routine ? 1U : 0U;
    });
    return count;
}

/// Tables just large enough: what is small is quick to look at.
Geometry geometry_for(const Plan& plan) {
    constexpr std::uint32_t kSpare = 4;
    Geometry geometry;
    geometry.processes = static_cast<std::uint32_t>(plan.processes.size()) + kSpare;
    geometry.threads = geometry.processes + kSpare;
    std::size_t handles = 1;
    std::size_t all_handles = 1;
    for (const PlanProcess& process : plan.processes) {
        geometry.threads += static_cast<std::uint32_t>(process.threads.size());
        handles = std::max(handles, handles_of(process));
        all_handles += handles_of(process);
    }
    geometry.handles_per_process = static_cast<std::uint32_t>(handles) + kSpare;
    geometry.objects = static_cast<std::uint32_t>(all_handles + plan.objects.size()) + kSpare;
    geometry.name_cells =
        geometry.objects * static_cast<std::uint32_t>(name_cells_for(kNarrowNameBytesMax));
    geometry.buckets = 8;
    const std::uint32_t calls = calls_of(plan);
    geometry.apcs = std::max(calls, 1U);
    if (calls > 0) {
        // Whoever queues a call has a handle to the thread meanwhile, and that is an object then.
        geometry.handles_per_process += geometry.threads;
        geometry.objects += geometry.threads;
        geometry.name_cells =
            geometry.objects * static_cast<std::uint32_t>(name_cells_for(kNarrowNameBytesMax));
    }
    return geometry;
}

WorldOptions world_options(const Plan& plan, const PlanWorldOptions& options,
                           const Geometry& geometry) {
    WorldOptions world;
    world.shared_bytes = offsets_of(geometry).end;
    for (const PlanProcess& process : plan.processes) {
        world.own_bytes += plan.objects.size() * sizeof(Subject::Handle) +
                           handles_of(process) * sizeof(HeldHandle) +
                           process.threads.size() * sizeof(PlanThreadState);
    }
    world.own_bytes += plan.processes.size() * (sizeof(PlanProcessState) + sizeof(MemberState)) +
                       plan.faults.size() * sizeof(PlanFaultState) +
                       plan.points.size() * sizeof(std::uint32_t);
    world.steps_max = options.steps_max;
    world.steps_while_dying = options.steps_while_dying;
    // Where operations are the steps, one that waits for a thread's last mark would spin for ever.
    world.dies_at_once = options.granularity == Granularity::operation;
    world.reuses_pids = options.reuses_pids;
    world.memory = options.memory;
    return world;
}

bool asks_for_sleepers(const PlanTrigger& trigger) {
    return std::holds_alternative<PlanTrigger::WhenBlocked>(trigger.when);
}

bool asks_for_sleepers(const Plan& plan) {
    for (const PlanFault& fault : plan.faults) {
        if (asks_for_sleepers(fault.trigger) || asks_for_sleepers(fault.resume)) {
            return true;
        }
    }
    for (const PlanProcess& process : plan.processes) {
        for (const PlanThread& thread : process.threads) {
            if (std::any_of(thread.steps.begin(), thread.steps.end(), [](const PlanStep& step) {
                    return step.kind == harness::StepKind::await_blocked;
                })) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

std::string_view to_string(Granularity granularity) {
    return granularity == Granularity::access ? "access" : "operation";
}

std::optional<Granularity> granularity_from(std::string_view name) {
    for (const Granularity each : {Granularity::access, Granularity::operation}) {
        if (name == to_string(each)) {
            return each;
        }
    }
    return std::nullopt;
}

PlanWorld::PlanWorld(const Plan& plan, const PlanWorldOptions& options)
    : plan_(plan),
      options_(options),
      geometry_(geometry_for(plan)),
      world_(world_options(plan, options, geometry_)),
      platform_(world_, options.mutant),
      uses_blocked_(asks_for_sleepers(plan)) {
    AttachFailure failure;
    if (!RegionFile::initialise(world_.memory().descriptor(), geometry_, failure)) {
        throw HarnessError("cannot make the simulated region: " + failure.message);
    }
    for (const ObjectSpec& object : plan.objects) {
        std::uint32_t error = ERROR_SUCCESS;
        const auto name = canonical_name(object.name.c_str(), error);
        if (!name) {
            throw HarnessError(
                fmt::format("the object's name \"{}\" is none (error {})", object.name, error));
        }
        names_.push_back(*name);
    }
    add_processes();
    add_directors();
    world_.set_observer(this);
    world_.set_describer([this](Location where) {
        if (space_of(where) != Space::region && space_of(where) != Space::queue) {
            return std::string();
        }
        return describe_offset(members_.front().file().view(),
                               castaway::harness::sim::index_of(where));
    });
    set_up();
}

PlanWorld::~PlanWorld() = default;

RegionFile PlanWorld::map_region() const {
    AttachFailure failure;
    auto file =
        RegionFile::open_existing("fd:" + std::to_string(world_.memory().descriptor()), failure);
    if (!file) {
        throw HarnessError("cannot map the simulated region: " + failure.message);
    }
    return std::move(*file);
}

void PlanWorld::add_processes() {
    PrivateMemory& memory = world_.own_memory();
    processes_ = memory.make_array<PlanProcessState>(plan_.processes.size());
    faults_ = memory.make_array<PlanFaultState>(plan_.faults.size());
    points_ = memory.make_array<std::uint32_t>(plan_.points.size());
    phase_ = &memory.make<Phase>();
    for (std::size_t p = 0; p <= plan_.processes.size(); ++p) {
        const bool sweeps = p == plan_.processes.size();
        const std::string name = sweeps ? "sweeper" : plan_.processes[p].name;
        Member& member =
            members_.emplace_back(world_, platform_, map_region(), name, kMemberWords + 2 * p);
        member.set_atomic_helper(options_.granularity == Granularity::operation);
        if (sweeps) {
            continue;
        }
        const ProcessId process = world_.add_process(name, member.file().view().base());
        const PlanProcess& planned = plan_.processes[p];
        threads_.push_back(memory.make_array<PlanThreadState>(planned.threads.size()));
        handles_.push_back(memory.make_array<HeldHandle>(handles_of(planned)));
        given_.push_back(memory.make_array<Subject::Handle>(plan_.objects.size()));
        processes_[p].programs_left = static_cast<std::uint32_t>(planned.threads.size());
        processes_[p].threads_left = processes_[p].programs_left;
        std::vector<ThreadId>& ids = thread_ids_.emplace_back();
        for (std::size_t t = 0; t < planned.threads.size(); ++t) {
            const Place me{static_cast<std::uint16_t>(p), static_cast<std::uint16_t>(t)};
            ids.push_back(world_.add_thread(process, name + "." + planned.threads[t].name,
                                            ThreadRole::program, [this, me] { live(me); }));
            places_.resize(world_.threads().size(), me);
        }
    }
}

/// For each fault that strikes, or is taken back, from outside: somebody who does that.
void PlanWorld::add_directors() {
    std::optional<ProcessId> harness;
    for (std::uint32_t fault = 0; fault < plan_.faults.size(); ++fault) {
        const PlanFault& planned = plan_.faults[fault];
        if (!is_from_outside(planned.trigger) && !is_from_outside(planned.resume)) {
            continue;
        }
        if (!harness) {
            harness = world_.add_process("the harness", nullptr);
        }
        world_.add_thread(*harness, fmt::format("director of fault {}", fault), ThreadRole::helper,
                          [this, fault] { direct(fault); });
    }
}

void PlanWorld::set_up() {
    RunToBlock calm;
    const Execution execution = world_.run(calm);
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const SimThread& thread = world_.threads()[i];
        if (thread.role == ThreadRole::stores) {
            continue;
        }
        if (thread.state != ThreadState::asleep ||
            thread.targets[0] != location(Space::harness, kStartWord)) {
            throw HarnessError(fmt::format("{} did not come to the start: {} {}",
                                           world_.thread_name(static_cast<ThreadId>(i)),
                                           to_string(execution.outcome), execution.detail));
        }
    }
    phase_->running = true;
    world_.wake_on(kStartWord);
    records_kept_ = records_.size();
    set_up_ = true;
    // What faults depend on, and leave behind, is more than PlanWorld::state_hash() tells.
    world_.set_state_known(plan_.faults.empty());
    world_.keep();
    world_.revert();
}

std::vector<ProcessId> PlanWorld::mortal() const {
    std::vector<ProcessId> all(plan_.processes.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = static_cast<ProcessId>(i);
    }
    return all;
}

void PlanWorld::reverted() {
    records_.resize(records_kept_);
    ran_.clear();
    stuck_.clear();
    snapshots_.clear();
    hit_limit_ = false;
    noting_ = coverage_ != nullptr;
    world_.set_probe(noting_ ? &*probe_ : nullptr);
    if (noting_) {
        probe_->begin();
    }
}

void PlanWorld::set_coverage(Coverage* coverage) {
    coverage_ = coverage;
    if (coverage != nullptr && !probe_) {
        probe_.emplace(cell_kinds_of(geometry_));
    }
    if (probe_) {
        probe_->set_coverage(coverage);
    }
    noting_ = false;
    world_.set_probe(nullptr);
}

bool PlanWorld::has_stuck() const {
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        if (!processes_[p].known_dead_ns && processes_[p].programs_left != 0) {
            return true;
        }
    }
    return false;
}

bool PlanWorld::somebody_lives() const {
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        const SimProcess& process = world_.processes()[p];
        if (!processes_[p].known_dead_ns && !process.killed && !process.stopped) {
            return true;
        }
    }
    return false;
}

/// A process comes, recovers whoever is dead, and goes.
void PlanWorld::sweep() {
    Member& sweeper = members_.back();
    const ProcessId process = world_.add_process("sweeper", sweeper.file().view().base());
    world_.add_thread(process, "sweeper", ThreadRole::program, [&sweeper] {
        if (sweeper.attach() == ERROR_SUCCESS) {
            sweeper.detach();
        }
    });
    RunToBlock calm;
    hit_limit_ = world_.run(calm).outcome != Outcome::finished || hit_limit_;
}

void PlanWorld::close() {
    noting_ = false;
    world_.set_probe(nullptr);
    if (!somebody_lives()) {
        sweep();  // Nobody is left to notice the deaths before the picture is taken.
    }
    snapshots_.push_back(snapshot(SnapshotMoment::quiescence));
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        PlanProcessState& process = processes_[p];
        const auto id = static_cast<ProcessId>(p);
        if (process.known_dead_ns || world_.processes()[p].killed) {
            continue;
        }
        if (process.programs_left != 0) {
            for (std::size_t t = 0; t < threads_[p].size(); ++t) {
                const SimThread& thread = world_.threads()[thread_ids_[p][t]];
                if (threads_[p][t].in_call) {
                    StuckThread& stuck = stuck_.emplace_back();
                    stuck.process = static_cast<std::uint32_t>(p);
                    stuck.thread = static_cast<std::uint32_t>(t);
                    stuck.sequence = threads_[p][t].record;  // Becomes the sequence in history().
                    stuck.waits_on = thread.target_count == 0 ? std::string()
                                                              : world_.describe(thread.targets[0]);
                }
            }
            process.cause = EndCause::stuck;
            world_.kill(id);
        } else if (process.threads_left == 0) {
            // Every thread of the plan was ended by a fault: the process's end closes its handles.
            process.cause = EndCause::finished;
            world_.kill(id);
        }
    }
    phase_->running = false;
    phase_->closing = true;
    world_.wake_on(kCloseWord);
    RunToBlock calm;
    hit_limit_ = world_.run(calm).outcome != Outcome::finished || hit_limit_;

    sweep();
    snapshots_.push_back(snapshot(SnapshotMoment::end));
}

}  // namespace castaway::harness::sim
