#include "harness/engine/sim/strategies/exhaustive.h"

#include <algorithm>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {
namespace {

bool conflict(Touch a, Touch b) {
    return a == Touch::write || b == Touch::write;
}

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

Exhaustive::Exhaustive(ExhaustiveOptions options) : options_(std::move(options)) {}

Choice Exhaustive::choice_of(Actor actor) {
    return actor < kThreads ? Choice::run(actor)
                            : Choice::kill(static_cast<ProcessId>(actor - kThreads));
}

bool Exhaustive::is_part_of(Actor thread, Actor death) const {
    return thread < kThreads && death >= kThreads && process_of_[thread] == death - kThreads;
}

std::vector<Exhaustive::Touched>& Exhaustive::place(Location where) {
    const auto [at, is_new] =
        place_numbers_.emplace(where, static_cast<std::uint32_t>(places_.size()));
    if (is_new) {
        places_.emplace_back();
    }
    return places_[at->second];
}

bool Exhaustive::begin() {
    if (begun_) {
        // The deepest node that wants somebody else to go first; what was below is forgotten.
        for (;; --node_count_) {
            if (node_count_ == 0) {
                exhausted_ = true;
                return false;
            }
            Node& node = nodes_[node_count_ - 1];
            const auto next =
                std::find_if(node.wanted.begin(), node.wanted.end(), [&](Actor actor) {
                    const auto is_it = [actor](const Footprint& each) {
                        return each.actor == actor;
                    };
                    return std::none_of(node.done.begin(), node.done.end(), is_it) &&
                           std::none_of(node.sleep.begin(), node.sleep.end(), is_it);
                });
            // An event that was chosen here and taken becomes what is done.
            if (next != node.wanted.end()) {
                node.chosen = *next;
                break;
            }
            drop_events_from(node_count_ - 1);
            footprints_.resize(node.footprints_end);
            if (node_count_ > 1) {
                fall_asleep(node_count_ - 2);
            }
        }
    }
    begun_ = true;
    depth_ = 0;
    repeats_ = false;
    time_jumps_ = 0;
    return true;
}

/// The choice taken at a node is explored: it sleeps while its siblings are.
void Exhaustive::fall_asleep(std::uint32_t depth) {
    Node& node = nodes_[depth];
    if (depth >= event_count_ || events_[depth].actor != node.chosen) {
        return;
    }
    const Event& event = events_[depth];
    const auto begin = static_cast<std::uint32_t>(footprints_.size());
    footprints_.insert(footprints_.end(), accesses_.begin() + event.begin,
                       accesses_.begin() + event.end);
    node.done.push_back({node.chosen, begin, static_cast<std::uint32_t>(footprints_.size())});
    drop_events_from(depth);
}

void Exhaustive::drop_events_from(std::uint32_t depth) {
    while (event_count_ > depth) {
        const Event& event = events_[--event_count_];
        for (std::uint32_t i = event.end; i-- > event.begin;) {
            place(accesses_[i].where).pop_back();
        }
        accesses_.resize(event.begin);
        while (!barriers_.empty() && barriers_.back() >= event_count_) {
            barriers_.pop_back();
        }
    }
}

Choice Exhaustive::choose(const ChoicePoint& point) {
    world_ = &point.world;
    thread_count_ = point.world.threads().size();
    if (thread_count_ > kThreads || point.world.processes().size() > kProcesses) {
        refusal_ = "the world has too many threads or processes to be explored exhaustively";
        return Choice::abandon();
    }
    for (std::size_t i = 0; i < thread_count_; ++i) {
        process_of_[i] = point.world.threads()[i].process;
    }
    const std::uint32_t depth = depth_++;
    if (depth > 0) {
        take_up(depth - 1, point.touched);
    } else {
        time_jumps_ = point.world.time_jumps();
    }
    if (point.world.time_jumps() != time_jumps_) {
        time_jumps_ = point.world.time_jumps();
        if (depth > 0 && (barriers_.empty() || barriers_.back() < depth - 1)) {
            barriers_.push_back(depth - 1);
        }
    }
    if (depth < node_count_) {
        return choice_of(nodes_[depth].chosen);
    }
    if (depth >= options_.choices_max) {
        cut_ = true;
        return Choice::abandon();
    }
    return open_node(depth, point);
}

/// Learns what the step at a node did, unless it is known from an earlier execution.
void Exhaustive::take_up(std::uint32_t depth, std::span<const Access> touched) {
    if (depth >= event_count_) {
        add_event(depth, touched);
        order(depth);
    }
}

void Exhaustive::add_event(std::uint32_t depth, std::span<const Access> touched) {
    if (events_.size() == depth) {
        events_.emplace_back();
    }
    Event& event = events_[depth];
    event_count_ = depth + 1;
    event.actor = nodes_[depth].chosen;
    event.begin = static_cast<std::uint32_t>(accesses_.size());
    for (const Access& access : touched) {
        const auto known =
            std::find_if(accesses_.begin() + event.begin, accesses_.end(),
                         [&](const Access& other) { return other.where == access.where; });
        if (known == accesses_.end()) {
            accesses_.push_back(access);
        } else if (access.touch == Touch::write) {
            known->touch = Touch::write;
        }
    }
    event.end = static_cast<std::uint32_t>(accesses_.size());
}

/// Finds what comes before an event, and the races in which it could have come first.
void Exhaustive::order(std::uint32_t at) {
    Event& event = events_[at];
    event.before = {};
    event.ordinal = 1;
    for (std::uint32_t i = at; i-- > 0;) {
        if (events_[i].actor == event.actor) {
            event.before = events_[i].before;
            event.ordinal = events_[i].ordinal + 1;
            break;
        }
    }
    const auto come_after = [&](std::uint32_t earlier) {
        for (std::size_t i = 0; i < kActors; ++i) {
            event.before[i] = std::max(event.before[i], events_[earlier].before[i]);
        }
    };
    if (!barriers_.empty()) {
        for (std::uint32_t i = 0; i <= barriers_.back(); ++i) {
            event.before[events_[i].actor] =
                std::max(event.before[events_[i].actor], events_[i].ordinal);
        }
    }

    // Events that touch what this one touches, newest first; and whether this one could have come
    // before them.
    std::vector<std::pair<std::uint32_t, bool>> rivals;
    for (std::uint32_t a = event.begin; a < event.end; ++a) {
        const Access& access = accesses_[a];
        std::vector<Touched>& earlier = place(access.where);
        // Whoever writes whether a thread runs has enabled that thread's step.
        const bool reversible = space_of(access.where) != Space::thread || event.actor >= kThreads;
        for (auto i = earlier.rbegin(); i != earlier.rend(); ++i) {
            if (conflict(access.touch, i->touch)) {
                rivals.emplace_back(i->event, reversible);
            }
            if (i->touch == Touch::write) {
                break;
            }
        }
        earlier.push_back({at, access.touch});
    }
    if (event.actor >= kThreads) {
        for (std::uint32_t i = at; i-- > 0;) {
            if (is_part_of(events_[i].actor, event.actor)) {
                rivals.emplace_back(i, true);
            }
        }
    }
    std::sort(rivals.begin(), rivals.end(), std::greater<>());

    event.before[event.actor] = event.ordinal - 1;
    std::vector<std::uint32_t> races;
    for (std::size_t i = 0; i < rivals.size();) {
        // One that enabled this step cannot come after it, whatever else both touch.
        const std::uint32_t rival = rivals[i].first;
        bool reversible = true;
        for (; i < rivals.size() && rivals[i].first == rival; ++i) {
            reversible = reversible && rivals[i].second;
        }
        if (ordered(rival, event.before)) {
            continue;
        }
        if (reversible && events_[rival].actor != event.actor) {
            races.push_back(rival);
        }
        come_after(rival);
    }
    event.before[event.actor] = event.ordinal;
    if (options_.reduction == Reduction::source) {
        for (const std::uint32_t race : races) {
            reverse_race(race, at);
        }
    }
}

/// Makes sure that, from the node before `first`, somebody goes first who leads to `second` coming
/// before it.
void Exhaustive::reverse_race(std::uint32_t first, std::uint32_t second) {
    Node& node = nodes_[first];
    // The steps between the two that do not come after `first`, and then `second`, could all be
    // taken at that node. Those of them that come after no other of them could be the very first.
    std::array<std::uint32_t, kActors> earliest{};  // ordinal of the actor's first such step
    std::vector<Actor> initials;
    for (std::uint32_t i = first + 1; i <= second; ++i) {
        const Event& event = events_[i];
        if (i != second && ordered(first, event.before)) {
            continue;
        }
        if (earliest[event.actor] != 0) {
            continue;
        }
        bool is_initial = true;
        for (std::size_t other = 0; other < kActors && is_initial; ++other) {
            is_initial = earliest[other] == 0 || event.before[other] < earliest[other];
        }
        earliest[event.actor] = event.ordinal;
        if (is_initial) {
            initials.push_back(event.actor);
        }
    }
    for (const Actor initial : initials) {
        const bool sleeps =
            std::any_of(node.sleep.begin(), node.sleep.end(),
                        [initial](const Footprint& each) { return each.actor == initial; });
        if (sleeps || contains(node.wanted, initial)) {
            return;
        }
    }
    const Actor second_actor = events_[second].actor;
    want(node, contains(initials, second_actor) ? second_actor : initials.front());
}

void Exhaustive::want(Node& node, Actor actor) {
    if (!contains(node.wanted, actor)) {
        node.wanted.push_back(actor);
    }
}

bool Exhaustive::independent(const Footprint& footprint, const Event& event) const {
    if (footprint.actor == event.actor || is_part_of(footprint.actor, event.actor) ||
        is_part_of(event.actor, footprint.actor)) {
        return false;
    }
    for (std::uint32_t i = footprint.begin; i < footprint.end; ++i) {
        for (std::uint32_t k = event.begin; k < event.end; ++k) {
            if (footprints_[i].where == accesses_[k].where &&
                conflict(footprints_[i].touch, accesses_[k].touch)) {
                return false;
            }
        }
    }
    return true;
}

Choice Exhaustive::open_node(std::uint32_t depth, const ChoicePoint& point) {
    if (nodes_.size() == depth) {
        nodes_.emplace_back();
    }
    node_count_ = depth + 1;
    Node& node = nodes_[depth];
    node.wanted.clear();
    node.sleep.clear();
    node.done.clear();
    node.deaths = 0;
    node.footprints_end = static_cast<std::uint32_t>(footprints_.size());
    if (depth > 0) {
        const Node& above = nodes_[depth - 1];
        node.deaths = above.deaths + (above.chosen >= kThreads ? 1 : 0);
        for (const auto* asleep : {&above.sleep, &above.done}) {
            std::copy_if(asleep->begin(), asleep->end(), std::back_inserter(node.sleep),
                         [&](const Footprint& each) {
                             return options_.reduction == Reduction::source &&
                                    independent(each, events_[depth - 1]);
                         });
        }
    }
    // The thread that goes on makes the execution with the fewest switches.
    Actor chosen = kNobody;
    for (const ThreadId thread : point.runnable) {
        const bool sleeps =
            std::any_of(node.sleep.begin(), node.sleep.end(),
                        [thread](const Footprint& each) { return each.actor == thread; });
        if (!sleeps && (chosen == kNobody || thread == point.last)) {
            chosen = thread;
        }
    }
    if (options_.reduction == Reduction::none) {
        for (const ThreadId thread : point.runnable) {
            want(node, thread);
        }
    } else if (chosen != kNobody) {
        want(node, chosen);
    }
    want_deaths(depth, point, chosen);
    if (chosen == kNobody && !node.wanted.empty()) {
        chosen = node.wanted.front();
    }
    if (chosen == kNobody) {
        --node_count_;
        repeats_ = true;
        return Choice::abandon();
    }
    node.chosen = chosen;
    return choice_of(chosen);
}

/// The deaths that are to be tried at a node; see the head of the header. Without reduction, all.
void Exhaustive::want_deaths(std::uint32_t depth, const ChoicePoint& point, Actor chosen) {
    Node& node = nodes_[depth];
    if (node.deaths >= options_.deaths_max) {
        return;
    }
    std::array<bool, kProcesses> can_move{};
    std::array<bool, kProcesses> moves{};
    for (const ThreadId thread : point.runnable) {
        can_move[process_of_[thread]] = true;
        moves[process_of_[thread]] =
            moves[process_of_[thread]] || chosen == kNobody || chosen == thread;
    }
    for (std::size_t i = 0; i < point.world.processes().size(); ++i) {
        const auto process = static_cast<ProcessId>(i);
        const SimProcess& state = point.world.processes()[i];
        const auto death = static_cast<Actor>(kThreads + i);
        const bool mortal = options_.mortal.empty() || contains(options_.mortal, process);
        const bool sleeps =
            std::any_of(node.sleep.begin(), node.sleep.end(),
                        [death](const Footprint& each) { return each.actor == death; });
        if (!mortal || sleeps || state.killed || state.living == 0) {
            continue;
        }
        if (options_.reduction == Reduction::none || moves[i] ||
            (!can_move[i] && depth > 0 && concerns_sleepers_of(process, events_[depth - 1]))) {
            want(node, death);
        }
    }
}

/// Whether the event is one of that process, or touches what a sleeping thread of it sleeps on.
bool Exhaustive::concerns_sleepers_of(ProcessId process, const Event& event) const {
    if (event.actor < kThreads && process_of_[event.actor] == process) {
        return true;
    }
    for (const ThreadId id : world_->sleepers()) {
        const SimThread& thread = world_->threads()[id];
        for (std::size_t i = 0; thread.process == process && i < thread.target_count; ++i) {
            const auto is_it = [&](const Access& access) {
                return access.where == thread.targets[i];
            };
            if (std::any_of(accesses_.begin() + event.begin, accesses_.begin() + event.end,
                            is_it)) {
                return true;
            }
        }
    }
    return false;
}

std::uint64_t Exhaustive::end(const Execution& /*execution*/) {
    if (!refusal_.empty()) {
        throw HarnessError(refusal_);
    }
    if (world_ != nullptr && depth_ > 0 && depth_ <= node_count_) {
        take_up(depth_ - 1, world_->touched());
    }
    repetitions_ += repeats_ ? 1 : 0;
    if (node_count_ > 0) {
        fall_asleep(node_count_ - 1);
    }
    return 0;
}

}  // namespace castaway::harness::sim
