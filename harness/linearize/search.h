// The search for an order in which the operations of a history can have taken effect.
//
// Wing and Gong's search with Lowe's memory of configurations (Testing for Linearizability,
// Concurrency and Computation 29(4), 2017) and his rule of just-in-time linearization: the events
// of the history are taken in order, and an operation is made to take effect only when one returns
// that has not, so that a configuration is a state and the set of those *open* operations that took
// effect. What settles is forgotten. Besides, four facts, each proved where it is used, keep the
// orders few:
//
// * readers: what never changes a state takes effect as soon as the state allows it;
// * free operations: one that has had a moment at which taking effect would have changed nothing,
//   or would have been overwritten at once, need not be given another; an operation without an
//   answer is free from the start. It is still there to be chosen;
// * alike operations: of those with the same conditions and effects, the one that returns first
//   goes first;
// * the model tells which operations can matter to the one that is about to return.
//
// Where the model's states grow (ForeseeingModel), a fifth looks ahead: a state is given up as soon
// as a read that is open or begins soon can never be answered any more as it was.
//
// A configuration from which no way led on is remembered, and with it all that are no better
// (memo.h), and those that it can become by letting open operations take effect. The stack of
// choices holds what remains to be tried; every so often all of it is tried up to the current
// event, and if that takes few steps, what came before is settled: the set of possible
// configurations is known, and the events are dropped.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/linearize/judgement.h"
#include "harness/linearize/memo.h"
#include "harness/linearize/path.h"
#include "harness/linearize/ring.h"
#include "harness/linearize/slots.h"
#include "harness/linearize/stretch.h"
#include "harness/model/model.h"

namespace castaway::harness {

/// \tparam SlotSet  Slots<n>: how many operations can be open at once
template <Model M, typename SlotSet>
class Search {
  public:
    using State = typename M::State;
    using Operation = typename M::Operation;
    using Number = std::uint64_t;  ///< of an operation, from 0 in order of `begin`
    static constexpr Number kNobody = std::numeric_limits<Number>::max();

    /// \param model  outlives the search
    Search(const M& model, const SearchLimits& limits);

    // The history, event by event. An operation that begins is told of again, once, by one of the
    // four below it.
    Number begin(OperationId id);
    /// It returned at this place of the history; `until_ns` is the time.
    void answer(Number number, const Operation& operation, std::int64_t until_ns = 0);
    /// It has no answer and takes effect, if at all, before this place of the history.
    void close(Number number, const Operation& operation, std::int64_t until_ns = 0);
    /// It has no answer and may take effect at any time.
    void leave_open(Number number, const Operation& operation);
    void withdraw(Number number);
    /// When `ender` has taken effect, `ended` no longer can. To be told before either is answered.
    void link(Number ender, Number ended) {
        if (remembers(ended)) {
            record(ender).ends = ended;
            record(ended).ended = true;
        }
    }

    /// Begins with these states instead of the model's, at the event `at`; all before it are
    /// beginnings. Requires that nothing was advanced.
    void start_from(const std::vector<typename Stretch<M>::Root>& roots, std::uint64_t at);

    /// Goes on as far as the operations told so far allow.
    void advance() { run(events_.end()); }

    /// Gives nothing up before the event that fails itself. To be told before anything is advanced.
    void look_not_ahead() { looks_ahead_ = false; }

    [[nodiscard]] bool failed() const { return failed_; }
    /// Found that the history is not linearizable, or reached a limit.
    [[nodiscard]] bool over() const { return failed_ || spent_; }
    /// Operations that are remembered at the moment.
    [[nodiscard]] std::uint64_t remembered() const { return records_.end() - records_.begin(); }

    /// What was found; requires that every operation was told of to its end. The witness is left
    /// to find_witness().
    Judgement judgement();

    /// What fails, from a place where all configurations are known. Requires failed(). It goes on
    /// behind the event that fails as far as was looked ahead.
    [[nodiscard]] Stretch<M> failing_stretch() const;
    /// The events from place `cut` on, with all configurations there, if they are found within the
    /// steps; requires that the search has come no further.
    bool settle_at(std::uint64_t cut, std::uint64_t steps, Stretch<M>& rest);
    /// The states of all configurations just before the event that fails.
    [[nodiscard]] const std::vector<State>& last_states() const { return last_states_; }

  private:
    enum class Choice : std::uint8_t {
        go_on,   ///< with the configuration as it is
        choose,  ///< another of `left` to take effect first
        insist,  ///< on the free operation that is about to return
    };

    struct Configuration {
        State state;
        SlotSet done;  ///< open operations that took effect
        SlotSet free;  ///< open operations that need not
        std::uint32_t path = 0;
    };

    struct Frame {
        std::uint64_t at;
        Configuration configuration;
        SlotSet left;
        Choice choice;
    };

    struct Record {
        Operation operation{};
        OperationFacts facts;
        std::uint64_t ends_at = std::numeric_limits<std::uint64_t>::max();  ///< its last event
        std::int64_t until_ns = std::numeric_limits<std::int64_t>::max();
        Number ends = kNobody;
        OperationId id = 0;
        std::uint32_t slot = SlotSet::kNone;
        Ending ending = Ending::unknown;
        bool ended = false;  ///< by another
    };

    struct Event {
        Number number;
        bool begins;
        std::uint32_t covers_of = 0;  ///< clearing_ that `covers` belongs to
        std::uint32_t covers = 0;     ///< the last of covers_ that passed it, + 1
    };

    /// A configuration that passed an event.
    struct Cover {
        State state;
        SlotSet done;
        SlotSet free;
        std::uint32_t next;  ///< another that passed it before, + 1
    };

    /// A place where all configurations were known.
    struct Checkpoint {
        std::uint64_t at = 0;
        Number next = 0;  ///< the first operation that begins at or after it
        std::vector<Configuration> roots;
        std::vector<Number> open;
        std::array<OperationId, 4> returned{};
        std::uint64_t returned_count = 0;
    };

    Record& record(Number number) {
        return number >= records_.begin() ? records_[number] : kept_.at(number);
    }
    const Record& record(Number number) const {
        return number >= records_.begin() ? records_[number] : kept_.at(number);
    }
    [[nodiscard]] bool remembers(Number number) const {
        return number >= records_.begin() || kept_.contains(number);
    }
    /// None for one that was forgotten, for it had none.
    [[nodiscard]] std::uint32_t slot_of(Number number) const {
        return remembers(number) ? record(number).slot : SlotSet::kNone;
    }
    Record& at_slot(std::uint32_t slot) { return record(owners_[slot]); }
    const Record& at_slot(std::uint32_t slot) const { return record(owners_[slot]); }

    /// The open operations that have not taken effect, for the model.
    class OpenView {
      public:
        explicit OpenView(const Search& search)
            : search_(search), undone_(search.open_ - search.now_.done) {}
        template <typename Predicate>
        [[nodiscard]] bool any(Predicate&& predicate) const {
            return undone_.find(
                [&](std::uint32_t slot) { return predicate(search_.at_slot(slot).operation); });
        }

      private:
        const Search& search_;
        SlotSet undone_;
    };

    // Events.
    void end(Number number, const Operation& operation, Ending ending, std::int64_t until_ns);
    void run(std::uint64_t limit);
    bool take_event();
    void enter(Number number);
    bool leave(Number number);
    bool pass(std::uint32_t slot);
    void arrive_first(Record& record, bool begins);
    void occupy(std::uint32_t slot, Number number);
    void seek(std::uint64_t at);

    // Configurations.
    template <typename Each>
    void step(const Record& operation, std::int64_t before_ns, Each&& each);
    bool first_outcome(const Record& operation, std::int64_t before_ns, State& next);
    bool may_change(const Record& operation, std::int64_t before_ns);
    bool may_leave_as_is(const Record& operation, std::int64_t before_ns);
    void take_effect(std::uint32_t slot, const State& next);
    bool take_effect_each_way(std::uint32_t slot, const State& first);
    bool is_hopeless();
    bool cannot_be_read(const Record& reader, std::uint64_t known_to);
    [[nodiscard]] SlotSet overwritten_by(std::uint32_t slot) const;
    void settle_readers();
    bool was_here();
    bool within_limit();
    bool is_covered();
    bool leads_to_now(State from, SlotSet steps);
    void clear_memory();
    bool reach(std::uint32_t target);
    bool insist(std::uint32_t target, const SlotSet& left);
    bool choose(std::uint32_t target, SlotSet left);
    std::uint32_t pick(std::uint32_t target, const SlotSet& left);
    SlotSet useful(std::uint32_t target);
    SlotSet best_of_alike(std::uint32_t target, SlotSet candidates) const;
    void free_one_before(std::uint32_t slot);
    bool worse_than_alike(std::uint32_t slot, std::uint32_t other) const;
    [[nodiscard]] std::uint64_t reachable_scopes(std::uint32_t target) const;
    void push(Choice choice, const SlotSet& left) { frames_.push_back({at_, now_, left, choice}); }
    bool backtrack();

    // Settling.
    void maintain();
    bool explore_all(std::uint64_t cut, std::uint64_t steps, std::vector<Configuration>& found);
    void add_undominated(std::vector<Configuration>& found) const;
    void keep_checkpoint(std::vector<Configuration> roots);
    void forget();
    [[nodiscard]] std::optional<std::vector<OperationId>> complete_order() const;
    bool place(const Record& told, Number number, std::uint64_t from,
               std::vector<PathStep<State>>& order) const;
    [[nodiscard]] Stretch<M> stretch_from(const Checkpoint& from, std::uint64_t end) const;

    const M& model_;
    SearchLimits limits_;

    // The history.
    Ring<Record> records_;
    std::unordered_map<Number, Record> kept_;  ///< still open, before those in the ring
    Ring<Event> events_;

    // Where the search is.
    std::uint64_t at_ = 0;       ///< the next event
    std::uint64_t arrived_ = 0;  ///< events that were come to at least once
    Configuration now_;
    SlotSet open_;
    SlotSet readers_;  ///< of the open ones, and so on
    SlotSet idlers_;
    SlotSet blind_;
    std::vector<Number> owners_;
    std::vector<std::uint64_t> alike_;    ///< OperationFacts::alike of the owners
    std::vector<std::uint64_t> ends_at_;  ///< Record::ends_at of the owners
    std::int64_t last_passed_ns_ = 0;
    SlotSet taken_;  ///< slots of operations that are open at `arrived_`
    Number entered_ = 0;

    // What remains to be tried, and what was.
    std::vector<Frame> frames_;
    Memo<State, SlotSet> memo_;
    std::vector<Cover> covers_;
    std::uint32_t clearing_ = 1;
    bool chose_ = false;  ///< to let another take effect before the one that is about to return
    std::vector<State> other_outcomes_;
    std::uint64_t steps_ = 0;
    std::uint64_t settled_at_steps_ = 0;
    std::uint64_t window_begin_ = 0;
    std::uint64_t settle_interval_;
    std::uint64_t settle_at_;
    std::uint64_t maintain_interval_;
    std::uint64_t maintain_at_;
    Checkpoint older_;
    Checkpoint newer_;
    std::array<OperationId, 4> returned_{};
    std::uint64_t returned_count_ = 0;
    PathStore<State> path_;

    // What was found.
    bool failed_ = false;
    bool spent_ = false;
    std::string reason_;
    std::uint64_t deepest_ = 0;
    bool looks_ahead_ = true;
    std::uint64_t looked_to_ = 0;  ///< the last event that gave a reason to give up, + 1
    std::vector<State> last_states_;
    std::uint64_t left_aside_ = 0;

    static constexpr std::uint64_t kSettleStepsPerEvent = 256;
};

}  // namespace castaway::harness

#include "harness/linearize/search_configurations.h"
#include "harness/linearize/search_events.h"
#include "harness/linearize/search_settling.h"
