#include "harness/checkers/testing/exhaustive_search.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace castaway::harness::testing {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// The object, as one observer of all moments sees it.
struct State {
    std::int64_t value = 0;  ///< event: 1 when signaled; semaphore: count; mutex: depth
    int owner = -1;
    bool abandoned = false;
};

/// An operation, or a thread's death, to be put somewhere in [from, until].
struct Item {
    const Operation* operation = nullptr;  ///< null: a death
    int thread = 0;
    std::int64_t from = 0;
    std::int64_t until = 0;
    bool optional = false;
    std::uint32_t after = 0;  ///< mask of items of the same thread that come before
};

class Search {
  public:
    explicit Search(const History& history) : history_(history), object_(history.objects.front()) {
        for (const Operation& operation : history.operations) {
            add(operation);
        }
        for (std::uint32_t process = 0; process < history.processes.size(); ++process) {
            add_deaths(process);
        }
    }

    bool run() {
        State state;
        state.value = object_.type == ObjectType::semaphore ? object_.initial_count
                                                            : (object_.initially_signaled ? 1 : 0);
        return place(0, std::numeric_limits<std::int64_t>::min(), state);
    }

  private:
    [[nodiscard]] int thread_number(std::uint32_t process, std::uint32_t thread) const {
        return static_cast<int>(process * 100 + thread);
    }

    void add(const Operation& operation) {
        Item item;
        item.operation = &operation;
        item.thread = thread_number(operation.process, operation.thread);
        item.from = operation.invoked_ns;
        item.until = operation.returned_ns;
        const HistoryProcess& process = history_.processes[operation.process];
        if (operation.pending()) {
            if (process.end == ProcessEnd::stuck) {
                if (operation.is_wait()) {
                    sleepers_.push_back(item.thread);
                    return;
                }
                item.until = kNever;
            } else {
                // Other calls may be finished by those who notice the death.
                item.until = operation.is_wait() ? process.known_dead_ns.value_or(kNever) : kNever;
            }
            item.optional = true;
        }
        push(item);
    }

    void add_deaths(std::uint32_t process) {
        const HistoryProcess& told = history_.processes[process];
        for (std::uint32_t thread = 0; thread < told.threads.size(); ++thread) {
            if (told.end != ProcessEnd::killed && !told.threads[thread].ended_ns) {
                continue;
            }
            Item item;
            item.thread = thread_number(process, thread);
            item.from =
                told.threads[thread].ended_ns.value_or(std::numeric_limits<std::int64_t>::min());
            item.until = kNever;
            for (const Operation& operation : history_.operations) {
                if (operation.process == process && operation.thread == thread) {
                    item.from = std::max(item.from, operation.pending() ? operation.invoked_ns
                                                                        : operation.returned_ns);
                }
            }
            push(item);
        }
    }

    void push(Item item) {
        for (std::size_t i = 0; i < items_.size(); ++i) {
            item.after |= items_[i].thread == item.thread ? 1U << i : 0U;
        }
        items_.push_back(item);
    }

    [[nodiscard]] bool signaled_for(const State& state, int thread) const {
        return object_.type == ObjectType::mutex ? state.owner == -1 || state.owner == thread
                                                 : state.value > 0;
    }

    /// What the item makes of the state; nothing when it cannot happen then.
    [[nodiscard]] std::optional<State> apply(const Item& item, State state) const {
        if (item.operation == nullptr) {
            if (object_.type == ObjectType::mutex && state.owner == item.thread) {
                state = {0, -1, true};
            }
            return state;
        }
        const Operation& operation = *item.operation;
        switch (operation.kind) {
            case OperationKind::set_event:
                state.value = 1;
                return state;
            case OperationKind::reset_event:
                state.value = 0;
                return state;
            case OperationKind::wait:
                return apply_wait(item, state);
            case OperationKind::release_mutex:
                return apply_release(item, state);
            case OperationKind::release_semaphore:
                return apply_post(operation, state);
            default:
                return state;
        }
    }

    [[nodiscard]] std::optional<State> apply_wait(const Item& item, State state) const {
        const Operation& wait = *item.operation;
        if (wait.status == ResponseStatus::timeout) {
            return signaled_for(state, item.thread) ? std::nullopt : std::optional(state);
        }
        if (!signaled_for(state, item.thread)) {
            return std::nullopt;
        }
        if (object_.type == ObjectType::mutex) {
            const bool told = state.abandoned;
            if (!wait.pending() && told != (wait.status == ResponseStatus::abandoned)) {
                return std::nullopt;
            }
            return State{state.value + 1, item.thread, false};
        }
        if (wait.status == ResponseStatus::abandoned) {
            return std::nullopt;
        }
        if (object_.type == ObjectType::semaphore || !object_.manual_reset) {
            --state.value;
        }
        return state;
    }

    [[nodiscard]] static std::optional<State> apply_release(const Item& item, State state) {
        const bool owns = state.owner == item.thread;
        if (item.operation->status == ResponseStatus::failed) {
            return owns ? std::nullopt : std::optional(state);
        }
        if (!owns) {
            return std::nullopt;
        }
        if (--state.value == 0) {
            state.owner = -1;
        }
        return state;
    }

    [[nodiscard]] std::optional<State> apply_post(const Operation& release, State state) const {
        const bool fits = state.value + release.count <= object_.maximum_count;
        if (release.status == ResponseStatus::failed) {
            return fits ? std::nullopt : std::optional(state);
        }
        if (!fits || (!release.pending() && release.previous_count != state.value)) {
            return std::nullopt;
        }
        state.value += release.count;
        return state;
    }

    [[nodiscard]] bool ends_well(const State& state) const {
        if (std::any_of(sleepers_.begin(), sleepers_.end(),
                        [&](int thread) { return signaled_for(state, thread); })) {
            return false;
        }
        for (const Snapshot& snapshot : history_.snapshots) {
            for (const ObjectState& told : snapshot.objects) {
                if (snapshot.moment == SnapshotMoment::quiescence && !agrees(told, state)) {
                    return false;
                }
            }
        }
        return true;
    }

    [[nodiscard]] bool agrees(const ObjectState& told, const State& state) const {
        switch (object_.type) {
            case ObjectType::event:
                return told.signaled == (state.value != 0);
            case ObjectType::semaphore:
                return told.value == state.value;
            default:
                return told.value == state.value && told.abandoned == state.abandoned;
        }
    }

    /// `placed` came before, the last of them at `now` or later.
    bool place(std::uint32_t placed, std::int64_t now, const State& state) {
        if (!visited_.emplace(placed, now, state.value, state.owner, state.abandoned).second) {
            return false;
        }
        const std::uint32_t all = (1U << items_.size()) - 1;
        if (placed == all && ends_well(state)) {
            return true;
        }
        for (std::size_t i = 0; i < items_.size(); ++i) {
            const Item& item = items_[i];
            const std::uint32_t bit = 1U << i;
            const std::int64_t at = std::max(now, item.from);
            if ((placed & bit) != 0 || (item.after & ~placed) != 0) {
                continue;
            }
            if (item.optional && place(placed | bit, now, state)) {
                return true;
            }
            if (at > item.until) {
                continue;
            }
            if (const auto next = apply(item, state); next && place(placed | bit, at, *next)) {
                return true;
            }
        }
        return false;
    }

    const History& history_;
    const HistoryObject& object_;
    std::vector<Item> items_;
    std::vector<int> sleepers_;
    std::set<std::tuple<std::uint32_t, std::int64_t, std::int64_t, int, bool>> visited_;
};

}  // namespace

bool obeys_the_rules(const History& history) {
    return Search(history).run();
}

}  // namespace castaway::harness::testing
