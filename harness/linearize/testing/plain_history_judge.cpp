#include "harness/linearize/testing/plain_history_judge.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <tuple>
#include <vector>

#include "harness/model/acts.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kNoticedAfterNs = 1'000'000'000;

/// What happens at one time: a call, or a part of one, or the end of a thread for one mutex.
enum class What : std::uint8_t { call, signal, then_wait, pulse_begins, pulse_ends, end };

struct Item {
    What what = What::call;
    const Operation* operation = nullptr;  ///< null: an end
    int thread = 0;
    ObjectIndex mutex = 0;  ///< an end's
    std::int64_t from = 0;
    std::int64_t until = kNever;
    bool optional = false;
    std::uint64_t after = 0;    ///< those that come before, or are left out
    std::uint64_t needs = 0;    ///< those without which it cannot be
    std::uint64_t obliges = 0;  ///< those that must be when it is
    std::uint64_t bars = 0;     ///< those that can no longer be
};

/// The objects as they stand, four numbers each.
struct ObjectNow {
    std::int64_t value = 0;  ///< mutex: depth; semaphore: count; event: 1 when set
    int owner = -1;
    bool abandoned = false;
    /// Pulses that last, by their operations: those that can satisfy waits yet.
    std::set<const Operation*> pulses;

    bool operator<(const ObjectNow& other) const {
        return std::tie(value, owner, abandoned, pulses) <
               std::tie(other.value, other.owner, other.abandoned, other.pulses);
    }
};
using Objects = std::vector<ObjectNow>;

class Judge {
  public:
    explicit Judge(const History& history) : history_(history) {
        for (const Operation& operation : history.operations) {
            add(operation);
        }
        for (std::uint32_t process = 0; process < history.processes.size(); ++process) {
            for (std::uint32_t t = 0; t < history.processes[process].threads.size(); ++t) {
                add_ends(process, t);
            }
        }
    }

    bool any_order() {
        Objects objects;
        for (const HistoryObject& object : history_.objects) {
            ObjectNow now;
            now.value = object.type == ObjectType::semaphore ? object.initial_count
                                                             : (object.initially_signaled ? 1 : 0);
            objects.push_back(now);
        }
        return place(0, 0, std::numeric_limits<std::int64_t>::min(), objects);
    }

  private:
    static int number(std::uint32_t process, std::uint32_t thread) {
        return static_cast<int>(process * 100 + thread);
    }
    [[nodiscard]] std::uint64_t next_bit() const { return std::uint64_t{1} << items_.size(); }

    [[nodiscard]] ObjectType type_of(ObjectIndex object) const {
        return history_.objects[object].type;
    }
    [[nodiscard]] bool is_manual(ObjectIndex object) const {
        return history_.objects[object].manual_reset;
    }

    // What is to be put in order.

    [[nodiscard]] bool refused_at_the_signal(const Operation& call) const {
        const ObjectType type = type_of(call.objects.front());
        return call.status == ResponseStatus::failed &&
               (type == ObjectType::mutex       ? call.error == kErrorNotOwner
                : type == ObjectType::semaphore ? call.error == kErrorTooManyPosts
                                                : false);
    }

    void add(const Operation& operation) {
        const bool signals_and_waits = operation.kind == OperationKind::signal_and_wait;
        if (operation.objects.empty() || (operation.status == ResponseStatus::alerted &&
                                          operation.is_wait() && !signals_and_waits)) {
            return;
        }
        Item item;
        item.operation = &operation;
        item.thread = number(operation.process, operation.thread);
        item.from = operation.invoked_ns;
        item.until = operation.returned_ns;
        item.optional = operation.pending();
        std::int64_t dead = kNever;
        if (operation.pending()) {
            dead = history_.processes[operation.process].known_dead_ns.value_or(kNever);
            item.until = dead == kNever ? kNever : dead + kNoticedAfterNs;
        }
        for (std::size_t i = 0; i < items_.size(); ++i) {
            item.after |= items_[i].thread == item.thread ? std::uint64_t{1} << i : 0;
        }
        if (operation.kind == OperationKind::pulse_event) {
            item.what = What::pulse_begins;
            const std::uint64_t begins = next_bit();
            item.obliges = dead == kNever && operation.pending() ? 0 : begins << 1U;
            items_.push_back(item);
            item.what = What::pulse_ends;
            item.obliges = 0;
            item.needs = begins;
            item.after |= begins;
            items_.push_back(item);
        } else if (signals_and_waits && !refused_at_the_signal(operation)) {
            item.what = What::signal;
            const std::uint64_t signal = next_bit();
            items_.push_back(item);
            if (operation.status == ResponseStatus::alerted) {
                return;
            }
            item.what = What::then_wait;
            item.needs = signal;
            item.after |= signal;
            item.until = operation.pending() ? dead : item.until;
            items_.push_back(item);
        } else {
            item.what = signals_and_waits ? What::signal : What::call;
            item.until = operation.pending() && operation.is_wait() ? dead : item.until;
            items_.push_back(item);
        }
    }

    void add_ends(std::uint32_t process, std::uint32_t thread) {
        const HistoryProcess& told = history_.processes[process];
        const std::int64_t known = std::min(told.known_dead_ns.value_or(kNever),
                                            told.threads[thread].ended_ns.value_or(kNever));
        if (known == kNever) {
            return;
        }
        Item item;
        item.what = What::end;
        item.thread = number(process, thread);
        item.until = known + kNoticedAfterNs;
        item.from = told.threads[thread].ended_ns.value_or(0);
        for (const FaultEvent& fault : history_.faults) {
            if (fault.process == process && !told.threads[thread].ended_ns) {
                item.from = std::max(item.from, fault.at_ns);
            }
        }
        for (std::size_t i = 0; i < items_.size(); ++i) {
            const Item& each = items_[i];
            if (each.thread != item.thread) {
                continue;
            }
            item.from = std::max(item.from, each.optional ? each.from : each.until);
            if (!each.optional) {
                item.after |= std::uint64_t{1} << i;
            } else if (each.what != What::pulse_ends) {
                item.bars |= std::uint64_t{1} << i;
            }
        }
        std::vector<Item> ends;
        for (ObjectIndex object = 0; object < history_.objects.size(); ++object) {
            if (type_of(object) == ObjectType::mutex) {
                item.mutex = object;
                ends.push_back(item);
            }
        }
        items_.insert(items_.end(), ends.begin(), ends.end());
    }

    // What each does.

    [[nodiscard]] bool signaled(const Objects& objects, ObjectIndex object, int thread) const {
        const ObjectNow& now = objects[object];
        switch (type_of(object)) {
            case ObjectType::mutex:
                return now.owner < 0 || now.owner == thread;
            case ObjectType::event:
                return now.value != 0 || !now.pulses.empty();
            default:
                return now.value != 0;
        }
    }

    /// All that the objects may be when these were taken, from the i-th on.
    void take(const Objects& objects, const Item& item, std::vector<ObjectIndex> wanted,
              std::vector<Objects>& outcomes) const {
        if (wanted.empty()) {
            outcomes.push_back(objects);
            return;
        }
        const ObjectIndex object = wanted.back();
        wanted.pop_back();
        Objects next = objects;
        ObjectNow& now = next[object];
        switch (type_of(object)) {
            case ObjectType::mutex:
                now = {now.value + 1, item.thread, false, {}};
                break;
            case ObjectType::semaphore:
                --now.value;
                break;
            default:
                if (is_manual(object)) {
                    break;
                }
                for (const Operation* pulse : objects[object].pulses) {
                    now.pulses.erase(pulse);
                    take(next, item, wanted, outcomes);
                    now.pulses.insert(pulse);
                }
                if (now.value == 0) {
                    return;
                }
                now.value = 0;
                break;
        }
        take(next, item, wanted, outcomes);
    }

    /// A wait for all of these.
    [[nodiscard]] std::vector<Objects> wait_for(const Objects& objects, const Item& item,
                                                const std::vector<ObjectIndex>& wanted,
                                                std::size_t told) const {
        const ResponseStatus status = item.operation->status;
        std::vector<Objects> outcomes;
        const bool all = std::all_of(wanted.begin(), wanted.end(), [&](ObjectIndex object) {
            return signaled(objects, object, item.thread);
        });
        if (status == ResponseStatus::timeout) {
            return all ? outcomes : std::vector<Objects>{objects};
        }
        const bool any_abandoned =
            std::any_of(wanted.begin(), wanted.end(),
                        [&](ObjectIndex object) { return objects[object].abandoned; });
        const bool told_rightly =
            status == ResponseStatus::pending || (status == ResponseStatus::ok && !any_abandoned) ||
            (status == ResponseStatus::abandoned && objects[wanted.at(told)].abandoned);
        if (all && told_rightly) {
            take(objects, item, wanted, outcomes);
        }
        return outcomes;
    }

    [[nodiscard]] std::vector<Objects> wait_for_any(const Objects& objects,
                                                    const Item& item) const {
        const Operation& wait = *item.operation;
        for (std::size_t i = 0; i < wait.objects.size(); ++i) {
            if (!signaled(objects, wait.objects[i], item.thread)) {
                continue;
            }
            const bool this_one = wait.pending() || (wait.satisfied() && wait.satisfied_by == i);
            return this_one ? wait_for(objects, item, {wait.objects[i]}, 0)
                            : std::vector<Objects>{};
        }
        return wait.status == ResponseStatus::timeout ? std::vector<Objects>{objects}
                                                      : std::vector<Objects>{};
    }

    [[nodiscard]] std::vector<Objects> wait_for_all(const Objects& objects,
                                                    const Item& item) const {
        const Operation& wait = *item.operation;
        std::set<ObjectIndex> different(wait.objects.begin(), wait.objects.end());
        const bool twice = different.size() < wait.objects.size();
        if (wait.status == ResponseStatus::failed || twice) {
            const bool refused = wait.status == ResponseStatus::failed &&
                                 wait.error == kErrorInvalidParameter && twice;
            return refused ? std::vector<Objects>{objects} : std::vector<Objects>{};
        }
        return wait_for(objects, item, wait.objects, wait.satisfied_by);
    }

    /// A set, or a release.
    [[nodiscard]] std::vector<Objects> signal(Objects objects, const Item& item, std::int32_t count,
                                              bool tells_previous) const {
        const Operation& call = *item.operation;
        const bool is_signal_alone = item.what == What::call;
        const bool refused = call.status == ResponseStatus::failed;
        const bool told_ok =
            call.pending() || call.status == ResponseStatus::ok || (!is_signal_alone && !refused);
        ObjectNow& now = objects[call.objects.front()];
        bool fits = true;
        std::uint32_t error = 0;
        switch (type_of(call.objects.front())) {
            case ObjectType::mutex:
                fits = now.owner == item.thread;
                error = kErrorNotOwner;
                break;
            case ObjectType::semaphore:
                fits = now.value + count <= history_.objects[call.objects.front()].maximum_count;
                error = kErrorTooManyPosts;
                break;
            default:
                break;
        }
        if (refused) {
            return !fits && call.error == error ? std::vector<Objects>{objects}
                                                : std::vector<Objects>{};
        }
        if (!fits || !told_ok || (tells_previous && now.value != call.previous_count)) {
            return {};
        }
        switch (type_of(call.objects.front())) {
            case ObjectType::mutex:
                now.owner = --now.value == 0 ? -1 : now.owner;
                break;
            case ObjectType::semaphore:
                now.value += count;
                break;
            default:
                now.value = 1;
                break;
        }
        return {objects};
    }

    [[nodiscard]] std::vector<Objects> apply(const Item& item, Objects objects) const {
        if (item.what == What::end) {
            if (objects[item.mutex].owner == item.thread) {
                objects[item.mutex] = {0, -1, true, {}};
            }
            return {objects};
        }
        const Operation& call = *item.operation;
        switch (item.what) {
            case What::pulse_begins:
                if (!call.pending() && call.status != ResponseStatus::ok) {
                    return {};
                }
                objects[call.objects.front()].value = 0;
                objects[call.objects.front()].pulses.insert(&call);
                return {objects};
            case What::pulse_ends:
                objects[call.objects.front()].pulses.erase(&call);
                return {objects};
            case What::signal:
                return signal(std::move(objects), item, 1, false);
            case What::then_wait:
                return call.status == ResponseStatus::failed
                           ? std::vector<Objects>{}
                           : wait_for(objects, item, {call.objects.back()}, 0);
            default:
                break;
        }
        switch (call.kind) {
            case OperationKind::wait:
                return call.status == ResponseStatus::failed
                           ? std::vector<Objects>{}
                           : wait_for(objects, item, call.objects, 0);
            case OperationKind::wait_any:
                return wait_for_any(objects, item);
            case OperationKind::wait_all:
                return wait_for_all(objects, item);
            case OperationKind::reset_event:
                objects[call.objects.front()].value = 0;
                return call.pending() || call.status == ResponseStatus::ok
                           ? std::vector<Objects>{objects}
                           : std::vector<Objects>{};
            default:
                return signal(std::move(objects), item, call.count,
                              call.kind == OperationKind::release_semaphore &&
                                  call.status == ResponseStatus::ok);
        }
    }

    /// \param placed  came before, or were left out
    /// \param done    of them those that took place
    bool place(std::uint64_t placed, std::uint64_t done, std::int64_t now, const Objects& objects) {
        if (!visited_.emplace(placed, done, now, objects).second) {
            return false;
        }
        bool complete = true;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            complete = complete && ((placed >> i) & 1U) != 0;
        }
        if (complete) {
            return true;
        }
        for (std::size_t i = 0; i < items_.size(); ++i) {
            const Item& item = items_[i];
            const std::uint64_t bit = std::uint64_t{1} << i;
            if ((placed & bit) != 0 || (item.after & ~placed) != 0) {
                continue;
            }
            const bool obliged = std::any_of(items_.begin(), items_.end(), [&](const Item& other) {
                const auto index = static_cast<std::size_t>(&other - items_.data());
                return (other.obliges & bit) != 0 && ((done >> index) & 1U) != 0;
            });
            if (item.optional && !obliged && place(placed | bit, done, now, objects)) {
                return true;
            }
            const std::int64_t at = std::max(now, item.from);
            if (at > item.until || (item.needs & ~done) != 0) {
                continue;
            }
            for (const Objects& next : apply(item, objects)) {
                if (place(placed | bit | item.bars, done | bit, at, next)) {
                    return true;
                }
            }
        }
        return false;
    }

    const History& history_;
    std::vector<Item> items_;
    std::set<std::tuple<std::uint64_t, std::uint64_t, std::int64_t, Objects>> visited_;
};

}  // namespace

bool has_an_order(const History& history) {
    return Judge(history).any_order();
}

}  // namespace castaway::harness
