#include "harness/linearize/judge_history.h"

#include <algorithm>
#include <map>
#include <queue>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "harness/linearize/call_moments.h"
#include "harness/linearize/history_parts.h"
#include "harness/linearize/search_judge.h"
#include "harness/model/event.h"
#include "harness/model/kernel.h"
#include "harness/model/mutex.h"
#include "harness/model/semaphore.h"

namespace castaway::harness {
namespace {

/// Each once, at however many moments it takes effect.
std::uint64_t operations_in(const Part& part) {
    return static_cast<std::uint64_t>(
        std::count_if(part.intervals.begin(), part.intervals.end(),
                      [](const Interval& interval) { return interval.moment != Moment::second; }));
}

/// Tells a judge the part's intervals, event by event. What happens at one time counts as
/// concurrent: all that begins then begins before anything ends, but for an actor's next operation,
/// which follows the end of his last one. Where several actors go on at one time, no row of events
/// has all orders that there may have been; then the order of each one's own two is not insisted
/// on, rather than that of different actors' be invented.
/// \tparam Judge  as ObjectJudge, with the times of ends
template <typename Judge, typename OperationOf>
class IntervalTeller {
  public:
    IntervalTeller(Judge& judge, const Part& part, OperationOf operation_of)
        : judge_(judge), part_(part), operation_of_(operation_of) {}

    Judgement judge() {
        const std::vector<Interval>& intervals = part_.intervals;
        std::vector<const Interval*> later;
        numbers_.resize(intervals.size());
        ended_.resize(intervals.size());
        begun_.resize(intervals.size());
        enders_.resize(intervals.size());
        for (const Interval& interval : intervals) {
            if (interval.ends >= 0) {
                ++enders_[static_cast<std::size_t>(interval.ends)];
            }
        }
        for (std::size_t i = 0; i < intervals.size() && !judge_.over();) {
            const std::int64_t time = intervals[i].begin_ns;
            end_before(time);
            later.clear();
            for (; i < intervals.size() && intervals[i].begin_ns == time; ++i) {
                if (goes_on(intervals[i]) || ends_one_to_come(intervals[i])) {
                    later.push_back(&intervals[i]);
                } else {
                    begin(intervals[i]);
                }
            }
            const bool one_goes_on = std::all_of(
                later.begin(), later.end(),
                [&](const Interval* interval) { return interval->actor == later.front()->actor; });
            for (const Interval* interval : later) {
                if (one_goes_on && goes_on(*interval)) {
                    end(last_of_[interval->actor]);
                }
                begin(*interval);
            }
        }
        end_before(kNeverNs);
        Judgement judgement = judge_.conclude();
        judgement.operations = operations_in(part_);
        return judgement;
    }

  private:
    struct End {
        std::int64_t at;
        bool answered;  ///< after those without an answer
        std::size_t interval;
        bool operator>(const End& other) const {
            return std::tie(at, answered, interval) >
                   std::tie(other.at, other.answered, other.interval);
        }
    };

    /// Its actor's last one ends when it begins.
    [[nodiscard]] bool goes_on(const Interval& interval) const {
        const auto last = last_of_.find(interval.actor);
        return last != last_of_.end() && part_.intervals[last->second].end_ns == interval.begin_ns;
    }

    [[nodiscard]] bool ends_one_to_come(const Interval& interval) const {
        return interval.ends >= 0 && begun_[static_cast<std::size_t>(interval.ends)] == 0;
    }

    void begin(const Interval& interval) {
        const auto index = static_cast<std::size_t>(&interval - part_.intervals.data());
        const std::uint64_t number = judge_.begin(interval.id);
        numbers_[index] = number;
        begun_[index] = 1;
        if (interval.ends >= 0) {
            const auto ended = static_cast<std::size_t>(interval.ends);
            judge_.link(number, numbers_[ended]);
            if (--enders_[ended] == 0 && part_.intervals[ended].ending == Ending::left_open) {
                judge_.leave_open(numbers_[ended], operation_of_(part_.intervals[ended]));
            }
        }
        if (interval.ending == Ending::left_open) {
            // The judge is to know first that it is ended by others.
            if (enders_[index] == 0) {
                judge_.leave_open(number, operation_of_(interval));
            }
        } else {
            ends_.push({interval.end_ns, interval.ending == Ending::answered, index});
            if (interval.ending == Ending::answered) {
                last_of_[interval.actor] = index;
            }
        }
    }

    void end_before(std::int64_t time) {
        while (!ends_.empty() && ends_.top().at < time && !judge_.over()) {
            const std::size_t interval = ends_.top().interval;
            ends_.pop();
            end(interval);
        }
    }

    /// Once, however often it is asked for.
    void end(std::size_t index) {
        const Interval& interval = part_.intervals[index];
        if (std::exchange(ended_[index], 1) != 0) {
            return;
        }
        const auto operation = operation_of_(interval);
        if (interval.ending == Ending::answered) {
            judge_.answer(numbers_[index], operation, interval.end_ns);
        } else {
            judge_.close(numbers_[index], operation, interval.end_ns);
        }
    }

    Judge& judge_;
    const Part& part_;
    OperationOf operation_of_;
    std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
    std::vector<std::uint64_t> numbers_;
    std::vector<char> ended_;            ///< by interval: its end was told
    std::vector<char> begun_;            ///< by interval: its beginning was told
    std::vector<std::uint32_t> enders_;  ///< by interval: others that end it and are to come
    std::unordered_map<std::uint64_t, std::size_t> last_of_;  ///< an actor's last answered interval
};

template <typename Judge, typename OperationOf>
Judgement judge_intervals(Judge& judge, const Part& part, OperationOf operation_of) {
    return IntervalTeller<Judge, OperationOf>(judge, part, operation_of).judge();
}

class HistoryJudge {
  public:
    HistoryJudge(const History& history, const SearchLimits& limits)
        : history_(history), limits_(limits), lifetimes_(history), doubts_(history) {
        for (const HistoryProcess& process : history.processes) {
            first_threads_.push_back(threads_);
            threads_ += static_cast<std::uint32_t>(process.threads.size());
        }
    }

    HistoryJudgement judge() {
        HistoryJudgement judgement;
        std::vector<Part> parts = parts_of(history_, lifetimes_, doubts_, judgement.ends);
        ends_ = &judgement.ends;
        for (const Part& part : parts) {
            judgement.parts.push_back({part.objects, judge(part)});
        }
        return judgement;
    }

  private:
    Judgement judge(const Part& part) {
        const HistoryObject& first = history_.objects[part.objects.front()];
        if (part.objects.size() > 1 || !first.whole_run || first.type == ObjectType::timer ||
            part.for_kernel_model) {
            return judge_kernel(part);
        }
        const Extent extent{part.intervals.size(), most_open(part), true};
        switch (first.type) {
            case ObjectType::mutex:
                return judge_object(MutexModel(), part, extent);
            case ObjectType::semaphore:
                return judge_object(SemaphoreModel(first.initial_count, first.maximum_count), part,
                                    extent);
            default:
                return judge_object(
                    EventModel(first.manual_reset ? ResetKind::manual : ResetKind::automatic,
                               first.initially_signaled),
                    part, extent);
        }
    }

    template <Model M>
    Judgement judge_object(const M& model, const Part& part, Extent extent) {
        const auto judge = judge_of(model, limits_, extent);
        return judge_intervals(*judge, part,
                               [this](const Interval& each) { return object_operation(each); });
    }

    Judgement judge_kernel(const Part& part) {
        constexpr std::size_t kObjectsMax = 64;
        constexpr std::size_t kWordsMax = 32;
        std::vector<KernelObject> objects;
        for (const ObjectIndex index : part.objects) {
            const HistoryObject& told = history_.objects[index];
            objects.push_back({told.name, told.type,
                               told.manual_reset ? ResetKind::manual : ResetKind::automatic,
                               told.initially_signaled, told.initial_count, told.maximum_count,
                               !told.whole_run, false, 0});
        }
        note_calls_at_two_moments(part, objects);
        if (callers_.size() > kTwoMomentCallersMax) {
            return not_followed(part,
                                "more threads pulse events, or signal and wait, than can be "
                                "followed together");
        }
        KernelRules rules(std::move(objects), static_cast<std::uint32_t>(part.processes.size()),
                          callers_);
        if (part.objects.size() > kObjectsMax || rules.words() > kWordsMax) {
            return not_followed(part, "more objects are joined than can be followed together");
        }
        armings_.clear();
        for (const Interval& interval : part.intervals) {
            if (interval.id < history_.operations.size() &&
                history_.operations[interval.id].kind == OperationKind::set_timer) {
                add_arming(interval.id, rules);
            }
        }
        const auto operation_of = [&](const Interval& each) {
            return kernel_operation(part, each);
        };
        SearchJudge<KernelModel<kWordsMax>, Slots<4>> judge(
            KernelModel<kWordsMax>(std::move(rules)), limits_);
        return judge_intervals(judge, part, operation_of);
    }

    static Judgement not_followed(const Part& part, std::string reason) {
        Judgement judgement;
        judgement.operations = operations_in(part);
        judgement.reason = std::move(reason);
        return judgement;
    }

    /// Who makes them, and which events are pulsed.
    void note_calls_at_two_moments(const Part& part, std::vector<KernelObject>& objects) {
        callers_.clear();
        for (const Interval& interval : part.intervals) {
            if (interval.moment != Moment::first) {
                continue;
            }
            const Operation& operation = history_.operations[interval.id];
            const TwoMomentCaller caller = caller_of(operation);
            if (caller.pulses) {
                objects[place(part.objects, operation.objects.front())].pulsed = true;
            }
            if (std::find(callers_.begin(), callers_.end(), caller) == callers_.end()) {
                callers_.push_back(caller);
            }
        }
    }

    [[nodiscard]] TwoMomentCaller caller_of(const Operation& operation) const {
        return {thread_number(operation.process, operation.thread),
                operation.kind == OperationKind::pulse_event};
    }

    [[nodiscard]] std::uint8_t place_of_caller(const TwoMomentCaller& caller) const {
        const auto found = std::find(callers_.begin(), callers_.end(), caller);
        return found == callers_.end() ? kNoCaller
                                       : static_cast<std::uint8_t>(found - callers_.begin());
    }

    void add_arming(OperationId id, KernelRules& rules) {
        constexpr std::int64_t kNsPerMs = 1'000'000;
        const Operation& operation = history_.operations[id];
        armings_.emplace(id, static_cast<std::uint32_t>(rules.armings().size()));
        rules.armings().push_back({operation.invoked_ns,
                                   operation.pending() ? kNeverNs : operation.returned_ns,
                                   operation.due_ns, operation.period_ms * kNsPerMs});
    }

    [[nodiscard]] std::uint32_t thread_number(std::uint32_t process, std::uint32_t thread) const {
        return first_threads_[process] + thread;
    }

    static std::size_t place(const std::vector<std::uint32_t>& sorted, std::uint32_t value) {
        return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) -
                                        sorted.begin());
    }

    [[nodiscard]] ObjectOperation object_operation(const Interval& interval) const {
        const OperationId id = interval.id;
        ObjectOperation call;
        if (id >= history_.operations.size()) {
            const HistoryEnd& end = (*ends_)[id - history_.operations.size()];
            call.act = end.thread ? Act::thread_end : Act::process_end;
            call.status = ResponseStatus::ok;
            call.thread = thread_number(end.process, end.thread.value_or(0));
            return call;
        }
        const Operation& operation = history_.operations[id];
        const MomentAct act = act_at(history_, operation, interval.moment, interval.ending);
        call.act = act.act;
        call.status = act.status;
        call.thread = thread_number(operation.process, operation.thread);
        call.error = operation.error;
        call.count = act.count;
        call.previous = operation.previous_count;
        call.tells_previous = operation.kind == OperationKind::release_semaphore &&
                              operation.status == ResponseStatus::ok;
        call.handle_in_doubt = operation.status == ResponseStatus::failed &&
                               operation.error == kErrorInvalidHandle &&
                               doubts_.may_be_bad(operation);
        return call;
    }

    [[nodiscard]] KernelOperation kernel_operation(const Part& part,
                                                   const Interval& interval) const {
        KernelOperation told;
        told.call = object_operation(interval);
        const auto put_objects = [&](std::span<const ObjectIndex> objects) {
            told.object_count = static_cast<std::uint8_t>(objects.size());
            for (std::size_t i = 0; i < objects.size(); ++i) {
                told.objects.at(i) = static_cast<std::uint8_t>(place(part.objects, objects[i]));
            }
        };
        const auto process = [&](std::uint32_t number) {
            return static_cast<std::uint16_t>(place(part.processes, number));
        };
        if (interval.id >= history_.operations.size()) {
            const HistoryEnd& end = (*ends_)[interval.id - history_.operations.size()];
            told.process = process(end.process);
            put_objects({&end.object, 1});
            if (end.thread) {
                told.caller = place_of_caller({thread_number(end.process, *end.thread), false});
            }
            return told;
        }
        const Operation& operation = history_.operations[interval.id];
        told.process = process(operation.process);
        told.existed = operation.error == kErrorAlreadyExists;
        told.amid_closing = doubts_.amid_closing(operation);
        told.satisfied_by = static_cast<std::uint8_t>(operation.satisfied_by);
        told.invoked_ns = operation.invoked_ns;
        told.moment = interval.moment;
        if (interval.moment != Moment::only) {
            told.caller = place_of_caller(caller_of(operation));
            told.satisfied_by = 0;
        }
        if (const auto arming = armings_.find(interval.id); arming != armings_.end()) {
            told.arming = arming->second;
        }
        put_objects(act_at(history_, operation, interval.moment, interval.ending).objects);
        return told;
    }

    const History& history_;
    SearchLimits limits_;
    Lifetimes lifetimes_;
    HandleDoubts doubts_;
    std::vector<std::uint32_t> first_threads_;
    std::uint32_t threads_ = 0;
    std::map<OperationId, std::uint32_t> armings_;
    std::vector<TwoMomentCaller> callers_;  ///< of the part that is judged, by their places
    const std::vector<HistoryEnd>* ends_ = nullptr;
};

}  // namespace

Finding overall(const HistoryJudgement& judgement) {
    Finding finding = Finding::linearizable;
    for (const HistoryPart& part : judgement.parts) {
        if (part.judgement.finding == Finding::not_linearizable) {
            return Finding::not_linearizable;
        }
        if (part.judgement.finding == Finding::inconclusive) {
            finding = Finding::inconclusive;
        }
    }
    return finding;
}

std::string with_thread_names(const History& history, const std::string& state) {
    std::vector<const std::string*> names;
    for (const HistoryProcess& process : history.processes) {
        for (const HistoryThread& thread : process.threads) {
            names.push_back(&thread.name);
        }
    }
    std::string named;
    for (std::size_t at = 0; at < state.size();) {
        const std::size_t open = std::min(state.find('{', at), state.size());
        named += state.substr(at, open - at);
        at = open;
        if (open == state.size()) {
            break;
        }
        const std::size_t close = state.find('}', open);
        named += *names.at(std::stoul(state.substr(open + 1, close - open - 1)));
        at = close + 1;
    }
    return named;
}

HistoryJudgement judge_history(const History& history, const SearchLimits& limits) {
    return HistoryJudge(history, limits).judge();
}

}  // namespace castaway::harness
