// Every execution that differs: depth-first search with partial-order reduction.
//
// Two steps of different threads are independent when no location that one writes is touched by the
// other; then their order makes no difference, and executions that differ only in such orders are
// one Mazurkiewicz trace. At least one execution of each trace is completed, most traces have only
// one. This is Source-DPOR (Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order
// Reduction, POPL 2014): races among the steps that were taken tell where another thread must go
// first (the source sets), and sleep sets keep what was explored from being explored again. What is
// pruned: orders of independent steps, nothing else. An execution that turns out to be a mere
// reordering of an earlier one is abandoned, and counted as such.
//
// Why this is sound here:
//   * What a step touches is recorded as it is taken: cells, the queue of sleepers on a cell (to
//     fall asleep or to wake is to write it), and whether a thread is to run (to wake it is to
//     write it, to come back from sleep is to read it). A wake-up only enables; it is no race.
//   * No thread disables another but by death. Time passes only when nobody can move, so that comes
//     after everything before it and before everything after it: it is ordered with all steps.
//   * A death is a step of its own, which depends on every step of the process that it ends, on
//     wake-ups of its threads and on what the kernel does for each of them afterwards. Since after
//     a death its process's steps are never seen, no race could tell that they might have come
//     first; so a death is never what is tried first: it is added wherever a step of its process is
//     taken, after each step that concerns the sleep of a process that cannot move, and wherever
//     all that is left are steps whose turn would only repeat. The bound on deaths does not spoil
//     the reduction, for reordering does not change their number. No death is tried when nobody at
//     all can move.
//   * A history of calls has more order than the steps: of two calls that share no location it
//     tells which came first. Where that order is judged, invocations and responses must touch a
//     location of their own.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

enum class Reduction : std::uint8_t {
    none,    ///< every order of all steps; to check the other by
    source,  ///< as above
};

struct ExhaustiveOptions {
    Reduction reduction = Reduction::source;
    /// Processes that are killed in one execution, at most.
    std::uint32_t deaths_max = 0;
    /// Which may be killed; empty: all.
    std::vector<ProcessId> mortal{};
    /// An execution of more choices is cut off, and the search is then not exhaustive.
    std::uint64_t choices_max = 10'000;
};

/// Requires a world whose killed processes die at once (WorldOptions::steps_while_dying is 0), of
/// few threads and processes; see the limits below.
class Exhaustive final : public Strategy {
  public:
    static constexpr std::size_t kThreads = 48;
    static constexpr std::size_t kProcesses = 16;

    explicit Exhaustive(ExhaustiveOptions options);

    bool begin() override;
    Choice choose(const ChoicePoint& point) override;
    std::uint64_t end(const Execution& execution) override;
    [[nodiscard]] bool wants_touched() const override { return true; }

    /// Nothing was left out but what the reduction prunes.
    [[nodiscard]] bool exhausted() const override { return exhausted_ && !cut_; }
    /// Executions that were given up as reorderings of others.
    [[nodiscard]] std::uint64_t repetitions() const { return repetitions_; }

  private:
    // An actor is a thread, or the death of a process.
    using Actor = std::uint16_t;
    static constexpr std::size_t kActors = kThreads + kProcesses;
    static constexpr Actor kNobody = kActors;
    using Vector = std::array<std::uint32_t, kActors>;  ///< events of each actor that come before

    /// What an actor did, or would do, at a node: a part of footprints_.
    struct Footprint {
        Actor actor = kNobody;
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };
    struct Node {
        Actor chosen = kNobody;
        std::vector<Actor> wanted;     ///< to be explored, or explored
        std::vector<Footprint> sleep;  ///< would only repeat what was explored elsewhere
        std::vector<Footprint> done;
        std::uint32_t deaths = 0;          ///< before this node
        std::uint32_t footprints_end = 0;  ///< of footprints_, without those of `done`
    };
    struct Event {
        Actor actor = kNobody;
        std::uint32_t ordinal = 0;  ///< among its actor's, from 1
        std::uint32_t begin = 0;    ///< of its accesses in accesses_
        std::uint32_t end = 0;
        Vector before{};  ///< including itself
    };
    struct Touched {
        std::uint32_t event = 0;
        Touch touch = Touch::read;
    };

    void take_up(std::uint32_t depth, std::span<const Access> touched);
    void add_event(std::uint32_t depth, std::span<const Access> touched);
    void order(std::uint32_t at);
    void reverse_race(std::uint32_t first, std::uint32_t second);
    [[nodiscard]] bool ordered(std::uint32_t first, const Vector& before) const {
        return before[events_[first].actor] >= events_[first].ordinal;
    }
    void drop_events_from(std::uint32_t depth);
    void fall_asleep(std::uint32_t depth);
    Choice open_node(std::uint32_t depth, const ChoicePoint& point);
    void want(Node& node, Actor actor);
    void want_deaths(std::uint32_t depth, const ChoicePoint& point, Actor chosen);
    [[nodiscard]] bool concerns_sleepers_of(ProcessId process, const Event& event) const;
    [[nodiscard]] bool independent(const Footprint& footprint, const Event& event) const;
    [[nodiscard]] bool is_part_of(Actor thread, Actor death) const;
    [[nodiscard]] static Choice choice_of(Actor actor);
    std::vector<Touched>& place(Location where);

    ExhaustiveOptions options_;
    std::vector<Node> nodes_;  ///< those below node_count_ are spare
    std::uint32_t node_count_ = 0;
    std::vector<Event> events_;
    std::uint32_t event_count_ = 0;
    std::vector<Access> accesses_;
    std::vector<Access> footprints_;
    std::unordered_map<Location, std::uint32_t> place_numbers_;
    std::vector<std::vector<Touched>> places_;  ///< along the path, oldest first
    std::array<ProcessId, kThreads> process_of_{};
    std::size_t thread_count_ = 0;

    std::uint32_t depth_ = 0;  ///< of the next choice
    std::uint64_t time_jumps_ = 0;
    std::vector<std::uint32_t> barriers_;  ///< events after which time passed
    const World* world_ = nullptr;
    std::string refusal_;
    std::uint64_t repetitions_ = 0;
    bool begun_ = false;
    bool repeats_ = false;
    bool exhausted_ = false;
    bool cut_ = false;
};

}  // namespace castaway::harness::sim
