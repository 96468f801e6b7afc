#include "harness/engine/sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/sim/signal_catcher.h"

namespace castaway::harness::sim {
namespace {

/// Moments before it would be past; programs with long time limits must not overflow.
constexpr std::int64_t kClockBeginsNs = 1'000'000'000'000;
constexpr std::uint64_t kHashBegins = 0x243f6a8885a308d3;

constexpr std::uint32_t kFirstPid = 1000;

}  // namespace

struct World::Kept {
    std::vector<SimThread> threads;
    std::vector<SimProcess> processes;
    std::vector<ThreadId> runnable;
    std::vector<ThreadId> sleepers;
    std::vector<std::uint8_t> through;
    std::int64_t clock_ns = 0;
    std::int64_t moments = 0;
    std::uint64_t time_jumps = 0;
    std::uint64_t hash = 0;
    std::uint64_t steps = 0;
    std::uint32_t deaths = 0;
    ThreadId last = kNoThread;
};

World::World(const WorldOptions& options)
    : options_(options),
      memory_(options.shared_bytes),
      own_memory_(options.own_bytes),
      clock_ns_(kClockBeginsNs),
      hash_(kHashBegins),
      visits_(kCrashPoints.size(), 0) {
    // Threads are referred to while others are added.
    threads_.reserve(kThreadsMax);
    processes_.reserve(kThreadsMax);
}

World::~World() = default;

ProcessId World::add_process(std::string name, unsigned char* base) {
    if (processes_.size() == kThreadsMax) {
        throw HarnessError("the simulator has no room for one more process");
    }
    const auto number = static_cast<ProcessId>(processes_.size());
    SimProcess& process = processes_.emplace_back();
    process.identity = {kFirstPid + number, std::uint32_t{1} + number};
    if (options_.reuses_pids) {
        const auto gone =
            std::find_if(processes_.begin(), processes_.end() - 1,
                         [](const SimProcess& other) { return other.killed && other.living == 0; });
        process.identity.pid = gone->identity.pid != 0 ? gone->identity.pid : process.identity.pid;
    }
    process.base = base;
    process_names_.resize(number);
    process_names_.push_back(std::move(name));
    return number;
}

ProcessId World::add_process(std::string name) {
    const Mapping& mapping = mappings_.emplace_back(memory_.map());
    return add_process(std::move(name), reinterpret_cast<unsigned char*>(mapping.data()));
}

ThreadId World::add_thread(ProcessId process, std::string name, ThreadRole role,
                           std::function<void()> body) {
    if (threads_.size() + (buffers() ? 2 : 1) > kThreadsMax) {
        throw HarnessError("the simulator has no room for one more thread");
    }
    const auto number = static_cast<ThreadId>(threads_.size());
    SimThread& thread = threads_.emplace_back();
    thread.process = process;
    thread.role = role;
    thread.next = {StepKind::start, location(Space::thread, number)};
    ++processes_[process].living;
    through_.push_back(0);
    names_.resize(number);
    names_.push_back(std::move(name));
    bodies_.resize(number);
    bodies_.push_back(std::move(body));
    if (fibers_.size() == number) {
        fibers_.push_back(std::make_unique<Fiber>());
    }
    add_runnable(number);
    if (buffers()) {
        add_stores_of(number);
    }
    return number;
}

/// The actor that drains the thread's stores. It is always there, so that ids do not depend on what
/// was stored.
void World::add_stores_of(ThreadId owner) {
    SimThread& actor = threads_.emplace_back();
    actor.process = threads_[owner].process;
    actor.role = ThreadRole::stores;
    actor.state = ThreadState::finished;
    through_.push_back(1);
    names_.push_back(names_[owner] + "'s stores");
    bodies_.emplace_back();
    if (fibers_.size() + 1 == threads_.size()) {
        fibers_.emplace_back();
    }
    stores_.resize(threads_.size());
}

void World::set_describer(std::function<std::string(Location)> describe) {
    describe_ = std::move(describe);
}

void World::keep() {
    if (!kept_) {
        kept_ = std::make_unique<Kept>();
    }
    for (std::size_t i = 0; i < stores_.size(); ++i) {
        drain_all(static_cast<ThreadId>(i));
    }
    touched_.clear();
    memory_.keep();
    own_memory_.keep();
    steps_ = 0;  // The bound on steps is for what comes.
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        threads_[i].moved = false;
        if (threads_[i].started) {
            fibers_[i]->keep();
        }
    }
    *kept_ = {threads_, processes_,  runnable_, sleepers_, through_, clock_ns_,
              moments_, time_jumps_, hash_,     steps_,    deaths_,  last_};
}

void World::revert() {
    if (!kept_) {
        throw HarnessError("a world can go back only to what it has kept");
    }
    memory_.revert();
    own_memory_.revert();
    for (std::size_t i = 0; i < kept_->threads.size(); ++i) {
        if (threads_[i].moved && kept_->threads[i].started) {
            fibers_[i]->revert();
        }
    }
    stores_.resize(buffers() ? kept_->threads.size() : 0);
    for (StoreBuffer& buffer : stores_) {
        buffer.clear();
    }
    threads_ = kept_->threads;
    processes_ = kept_->processes;
    runnable_ = kept_->runnable;
    sleepers_ = kept_->sleepers;
    through_ = kept_->through;
    clock_ns_ = kept_->clock_ns;
    moments_ = kept_->moments;
    time_jumps_ = kept_->time_jumps;
    hash_ = kept_->hash;
    steps_ = kept_->steps;
    deaths_ = kept_->deaths;
    last_ = kept_->last;
    schedule_.clear();
    records_.clear();
    touched_.clear();
    trails_.clear();
    std::fill(visits_.begin(), visits_.end(), 0);
    if (observer_ != nullptr) {
        observer_->reverted();
    }
}

Execution World::run(Strategy& strategy) {
    strategy_ = &strategy;
    tells_touched_ = strategy.wants_touched();
    tells_state_ = strategy.wants_state();
    watched_ = recording_ || tells_state_ || probe_ != nullptr;
    breach_.clear();
    execution_ = {};
    const std::uint64_t steps_before = steps_;
    {
        const SignalCatcher::Watch watch(*this);
        if (const ThreadId first = pick(); first != kNoThread) {
            switch_to(first);
        }
    }
    strategy_ = nullptr;
    if (!breach_.empty()) {
        throw HarnessError(breach_);
    }
    execution_.steps = steps_ - steps_before;
    execution_.choices = schedule_.size();
    execution_.trace_hash = hash_;
    execution_.deaths = deaths_;
    execution_.generator_end = strategy.end(execution_);
    return execution_;
}

void World::start(ThreadId thread) {
    threads_[thread].started = true;
    fibers_[thread]->begin(&World::enter, this);
}

void World::enter(void* world) {
    World& self = *static_cast<World*>(world);
    const ThreadId me = self.current_;
    self.note_touch(location(Space::thread, me), Touch::read);
    self.took(StepKind::start, location(Space::thread, me), 0, 0);
    try {
        self.bodies_[me]();
    } catch (const HarnessError& error) {
        self.breach_ = error.what();
        self.switch_to(kNoThread);
    } catch (const std::exception& error) {
        self.end_from_inside(Outcome::crash, fmt::format("{} threw an exception: {}",
                                                         self.names_[me], error.what()));
    }
    self.finish_current();
}

void World::finish_current() {
    remove_runnable(current_);
    threads_[current_].state = ThreadState::finished;
    lose_thread(current_);
    leave();
}

void World::end_from_inside(Outcome outcome, std::string detail) {
    end(outcome, std::move(detail));
    switch_to(kNoThread);
    std::terminate();  // Nobody switches to a thread of an execution that has ended.
}

void World::end(Outcome outcome, std::string detail) {
    execution_.outcome = outcome;
    execution_.detail = std::move(detail);
}

void World::refuse(Choice choice) {
    breach_ = fmt::format("the strategy chose {} as choice {}, which is not possible",
                          to_string(Schedule{choice}), schedule_.size() - 1);
}

bool World::act(Choice choice) {
    const bool is_thread = choice.index < threads_.size();
    switch (choice.kind) {
        case Choice::Kind::run:
            break;
        case Choice::Kind::kill:
            if (choice.index < processes_.size() && !processes_[choice.index].killed) {
                kill(choice.index);
                return true;
            }
            break;
        case Choice::Kind::die:
            if (is_thread && threads_[choice.index].doomed) {
                begin_dying(choice.index);
                return true;
            }
            break;
        case Choice::Kind::expire:
            if (is_thread && threads_[choice.index].state == ThreadState::asleep &&
                threads_[choice.index].until_ns != Deadline::kNever) {
                pass_time_until(threads_[choice.index].until_ns);
                return true;
            }
            break;
        case Choice::Kind::disturb:
            if (is_thread && threads_[choice.index].state == ThreadState::asleep &&
                space_of(threads_[choice.index].targets[0]) == Space::queue) {
                rouse(choice.index, FutexResult::woken);
                return true;
            }
            break;
        case Choice::Kind::abandon:
            end(Outcome::abandoned, {});
            return false;
    }
    refuse(choice);
    return false;
}

void World::conclude() {
    bool all_through = true;
    bool missed = false;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        const SimThread& thread = threads_[i];
        if (thread.state != ThreadState::asleep && thread.state != ThreadState::runnable) {
            continue;
        }
        all_through = all_through && (thread.role == ThreadRole::helper || through_[i] != 0);
        for (std::size_t t = 0; thread.state == ThreadState::asleep && t < thread.target_count;
             ++t) {
            missed = missed || (space_of(thread.targets[t]) == Space::queue &&
                                memory_.read32(index_of(thread.targets[t])) != thread.expected[t]);
        }
    }
    if (missed) {
        end(Outcome::lost_wakeup, describe_sleepers());
    } else if (!all_through) {
        end(Outcome::deadlock, describe_sleepers());
    } else {
        end(Outcome::finished, {});
    }
}

std::string World::describe_sleepers() const {
    std::string text;
    for (const ThreadId id : sleepers_) {
        const SimThread& thread = threads_[id];
        if (thread.role == ThreadRole::helper || through_[id] != 0) {
            continue;
        }
        text += text.empty() ? "" : "; ";
        text += names_[id] + " sleeps";
        for (std::size_t t = 0; t < thread.target_count; ++t) {
            text += (t == 0 ? " on " : " and ") + describe(thread.targets[t]);
        }
    }
    return text;
}

std::string World::describe(Location where) const {
    if (describe_) {
        if (std::string text = describe_(where); !text.empty()) {
            return text;
        }
    }
    switch (space_of(where)) {
        case Space::region:
        case Space::queue:
            return fmt::format("cell {}", index_of(where));
        case Space::thread:
            return index_of(where) < names_.size() ? "thread " + names_[index_of(where)] : "";
        case Space::process:
            return index_of(where) < process_names_.size()
                       ? "the end of process " + process_names_[index_of(where)]
                       : "";
        case Space::clock:
            return "the clock";
        case Space::harness:
            return fmt::format("word {} of the harness", index_of(where));
    }
    return {};
}

void World::add_runnable(ThreadId thread) {
    if (!processes_[threads_[thread].process].stopped) {
        runnable_.insert(std::lower_bound(runnable_.begin(), runnable_.end(), thread), thread);
    }
}

void World::remove_runnable(ThreadId thread) {
    const auto at = std::lower_bound(runnable_.begin(), runnable_.end(), thread);
    if (at != runnable_.end() && *at == thread) {
        runnable_.erase(at);
    }
}

}  // namespace castaway::harness::sim
