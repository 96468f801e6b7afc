// Waits, sleeps and procedure calls.
//
// Rules WAIT-01 to WAIT-05, WAIT-07 to WAIT-10, WAIT-14 to WAIT-18, WAIT-21 to WAIT-23; EVT-01,
// EVT-02; MTX-01, MTX-02, MTX-06, MTX-09, MTX-11, MTX-12; SEM-02; TMR-02, TMR-04, TMR-08, TMR-09,
// TMR-14; PROC-01.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/model/win32/world.h"

namespace castaway::harness::win32 {
namespace {

constexpr std::uint32_t kAbandoned = 0x80;
constexpr std::uint32_t kIoCompletion = 0xc0;
constexpr std::uint32_t kTimeout = 0x102;
constexpr std::size_t kObjectsMax = 64;
constexpr std::int64_t kNsPerMs = 1'000'000;
/// A wait of more may end by a signal alone; a program is not to be held up for longer.
constexpr std::uint32_t kPatienceMs = 50;
/// Instants by two clocks are told one after the other.
constexpr std::int64_t kClocksApartUnits = 100'000;

/// Whether one handle is there twice.
bool has_twins(const std::vector<HandleArgument>& handles) {
    std::vector<std::int64_t> values;
    values.reserve(handles.size());
    for (const HandleArgument& each : handles) {
        values.push_back(each.plain());
    }
    std::sort(values.begin(), values.end());
    return std::adjacent_find(values.begin(), values.end()) != values.end();
}

}  // namespace

std::string World::would_block(const Call& call) const {
    if (call.milliseconds <= kPatienceMs) {
        return "";
    }
    if (call.function == Function::sleep || call.alertable) {
        return "a long wait";
    }
    const ThreadKey who = caller(call);
    const auto is_over_at_once = [&](const HandleArgument& handle) {
        const auto found = find(who, handle.value);
        return !found || (found->access & rights::kSynchronize) == 0 ||
               is_surely_signaled(object(found->object), who);
    };
    if (call.function == Function::wait) {
        return is_over_at_once(call.handle) ? "" : "a long wait";
    }
    if (call.function == Function::signal_and_wait) {
        return "a long wait";
    }
    const bool refused = std::any_of(call.handles.begin(), call.handles.end(),
                                     [](const HandleArgument& each) { return each.is_pseudo(); });
    if (refused && !standard_.pages_alone) {
        return "";
    }
    const bool any = std::any_of(call.handles.begin(), call.handles.end(), is_over_at_once);
    const bool all = std::all_of(call.handles.begin(), call.handles.end(), is_over_at_once);
    return (call.wait_all ? all : any) ? "" : "a long wait";
}

bool World::is_surely_signaled(const Object& waited, ThreadKey who) const {
    switch (waited.type) {
        case Type::mutex:
            return !waited.owner || waited.owner == who;
        case Type::semaphore:
            return waited.count > 0;
        case Type::timer:
            return waited.timer.is_known_to_be_signaled();
        default:
            return waited.signaled;
    }
}

bool World::may_be_signaled(const Object& waited, const Judged& judged) const {
    return waited.type == Type::timer ? waited.timer.may_be_signaled(judged.response)
                                      : is_surely_signaled(waited, caller(judged.call));
}

bool World::may_be_unsignaled(const Object& waited, const Judged& judged,
                              std::int64_t waited_ns) const {
    return waited.type == Type::timer ? waited.timer.may_be_unsignaled(judged.response, waited_ns)
                                      : !is_surely_signaled(waited, caller(judged.call));
}

void World::take(Object& taken, const Judged& judged) {
    switch (taken.type) {
        case Type::event:
            taken.signaled = taken.manual_reset;
            break;
        case Type::mutex:
            taken.owner = caller(judged.call);
            ++taken.recursion;
            taken.abandoned = false;
            break;
        case Type::semaphore:
            --taken.count;
            break;
        case Type::timer:
            taken.timer.seen_signaled(judged.response, !taken.manual_reset);
            break;
        default:
            break;
    }
}

void World::judge_wait_for_any(Judged& judged, const std::vector<ObjectId>& objects) {
    const auto result = static_cast<std::uint32_t>(judged.response.result);
    const bool abandoned = result >= kAbandoned && result < kAbandoned + objects.size();
    const std::uint32_t index = abandoned ? result - kAbandoned : result;
    if (index >= objects.size()) {
        judged.wrong = "no such result";
        return;
    }
    for (std::uint32_t i = 0; i < index; ++i) {
        if (!may_be_unsignaled(object(objects[i]), judged, 0)) {
            judged.wrong = fmt::format("object {} is signaled, and has a lower index", i);
            return;
        }
    }
    Object& satisfied_by = object(objects[index]);
    must_be(judged, may_be_signaled(satisfied_by, judged), "the object is not signaled");
    must_be(judged, abandoned == satisfied_by.abandoned,
            abandoned ? "the mutex is not abandoned" : "the mutex is abandoned");
    take(satisfied_by, judged);
}

void World::judge_wait_for_all(Judged& judged, const std::vector<ObjectId>& objects) {
    const auto result = static_cast<std::uint32_t>(judged.response.result);
    const bool abandoned = std::any_of(objects.begin(), objects.end(),
                                       [this](ObjectId id) { return object(id).abandoned; });
    const std::uint32_t first = abandoned ? kAbandoned : 0;
    must_be(judged, result >= first && result < first + objects.size(),
            abandoned ? "a mutex among them is abandoned, which the result must say"
                      : "the result must say which mutex is abandoned, or none");
    for (const ObjectId id : objects) {
        must_be(judged, may_be_signaled(object(id), judged), "not all objects are signaled");
        take(object(id), judged);
    }
}

void World::judge_timeout(Judged& judged, const std::vector<ObjectId>& objects, bool all) {
    const std::int64_t limit = std::int64_t{judged.call.milliseconds} * kNsPerMs;
    must_be(judged,
            judged.response.returned_ns - judged.response.invoked_ns >= limit - standard_.tick_ns,
            "the time was not over");
    const auto unsignaled = [&](ObjectId id) {
        return may_be_unsignaled(object(id), judged, limit);
    };
    const bool right = all ? std::any_of(objects.begin(), objects.end(), unsignaled)
                           : std::all_of(objects.begin(), objects.end(), unsignaled);
    must_be(judged, right, "it cannot time out: what it waits for is signaled");
    for (const ObjectId id : objects) {
        if (object(id).type == Type::timer && (!all || objects.size() == 1)) {
            object(id).timer.seen_unsignaled();
        }
    }
}

void World::judge_wait(Judged& judged, const std::vector<ObjectId>& objects, bool all) {
    if (judge_deliveries(judged)) {
        return;
    }
    if (judged.response.result == kTimeout) {
        judge_timeout(judged, objects, all);
    } else if (all) {
        judge_wait_for_all(judged, objects);
    } else {
        judge_wait_for_any(judged, objects);
    }
}

void World::wait(Judged& judged) {
    const auto waited = use(judged, judged.call.handle, std::nullopt, rights::kSynchronize);
    if (!is_over(judged)) {
        judge_wait(judged, {*waited}, false);
    }
}

void World::wait_several(Judged& judged) {
    const Call& call = judged.call;
    std::vector<ObjectId> objects;
    for (const HandleArgument& each : call.handles) {
        if (each.is_pseudo() && standard_.pages_alone) {
            judged.refusals.may(errors::kInvalidHandle);
        } else if (each.is_pseudo()) {
            judged.refusals.add(errors::kInvalidHandle);
        }
        if (const auto found = use(judged, each, std::nullopt, rights::kSynchronize)) {
            objects.push_back(*found);
        }
    }
    std::vector<ObjectId> sorted = objects;
    std::sort(sorted.begin(), sorted.end());
    const bool twice = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
    if (call.handles.empty() || call.handles.size() > kObjectsMax) {
        judged.refusals.add(errors::kInvalidParameter);
    }
    if (call.wait_all && twice) {
        if (standard_.pages_alone && !has_twins(call.handles)) {
            judged.refusals.may(errors::kInvalidParameter);
        } else {
            judged.refusals.add(errors::kInvalidParameter);
        }
    }
    if (!is_over(judged)) {
        judge_wait(judged, objects, call.wait_all);
    }
}

void World::signal_and_wait(Judged& judged) {
    const Call& call = judged.call;
    const Object* const first = find_object(caller(call), call.handle.value);
    const bool can_signal =
        first != nullptr && (first->type == Type::event || first->type == Type::mutex ||
                             first->type == Type::semaphore);
    if (!can_signal) {
        judged.refusals.add(errors::kInvalidHandle);
    }
    const std::uint32_t right = can_signal && first->type != Type::mutex ? rights::kModifyState : 0;
    const auto signaled = use(judged, call.handle, std::nullopt, right);
    const auto waited = use(judged, call.second, std::nullopt, rights::kSynchronize);
    if (can_signal && first->type == Type::mutex && first->owner != caller(call)) {
        judged.refusals.add(errors::kNotOwner);
    }
    if (can_signal && first->type == Type::semaphore && first->count == first->maximum) {
        judged.refusals.add(errors::kTooManyPosts);
    }
    if (is_over(judged)) {
        return;
    }
    Object& changed = object(*signaled);
    if (changed.type == Type::event) {
        changed.signaled = true;
    } else if (changed.type == Type::semaphore) {
        ++changed.count;
    } else if (--changed.recursion == 0) {
        changed.owner.reset();
    }
    judge_wait(judged, {*waited}, false);
}

void World::sleep(Judged& judged) {
    if (judge_deliveries(judged)) {
        return;
    }
    must_be(judged, judged.response.result == 0, "a sleep without calls must return 0");
    judge_timeout(judged, {}, false);
}

void World::queue_call(Judged& judged) {
    const auto target = use(judged, judged.call.handle, Type::thread, rights::kSetThreadContext);
    if (target && object(*target).signaled) {
        judged.refusals.add(errors::kGeneralFailure);
    }
    if (!is_over(judged)) {
        thread_of(object(*target).self).calls.push_back(judged.call.code);
    }
}

bool World::judge_deliveries(Judged& judged) {
    const Response& response = judged.response;
    if (!judged.call.alertable) {
        must_be(judged, response.delivered.empty(), "a wait that is not alertable runs no calls");
        must_be(judged, response.result != kIoCompletion, "no call was run");
        return !judged.wrong.empty();
    }
    const bool satisfied = judged.call.function != Function::sleep &&
                           response.result != kIoCompletion && response.result != kTimeout;
    if (standard_.pages_alone && satisfied && response.delivered.empty()) {
        return false;
    }
    auto& queued = thread_of(caller(judged.call)).calls;
    std::deque<std::uint32_t> ran;
    for (const Delivery& each : response.delivered) {
        if (each.of_timer) {
            judge_routine(judged, each);
        } else {
            ran.push_back(each.code);
        }
    }
    must_be(judged, ran == queued, "all calls that are queued must be run, once, and in order");
    queued.clear();
    judge_missing_routines(judged);
    const bool any = !response.delivered.empty();
    must_be(judged, any == (response.result == kIoCompletion),
            any ? "calls were run, so the result must be WAIT_IO_COMPLETION" : "no call was run");
    return any || !judged.wrong.empty();
}

void World::judge_routine(Judged& judged, const Delivery& delivery) {
    const Response& response = judged.response;
    const auto found = std::find_if(objects_.begin(), objects_.end(), [&](const auto& each) {
        return each.second.routine_next && each.second.set_by == delivery.code &&
               each.second.setter == caller(judged.call);
    });
    const auto orphaned = orphaned_routines_.find(delivery.code);
    if (standard_.pages_alone && orphaned != orphaned_routines_.end() &&
        orphaned->second == caller(judged.call)) {
        orphaned_routines_.erase(orphaned);
        return;
    }
    if (found == objects_.end()) {
        judged.wrong = "no timer of this thread has such a routine to be run";
        return;
    }
    std::optional<Expiry>& next = found->second.routine_next;
    must_be(judged, next->may_have_come(response), "the timer's routine ran before it was due");
    // The routine is told when its timer was signaled.
    const std::int64_t due = next->earliest_filetime(response);
    must_be(judged,
            (next->earliest == 0 || delivery.due >= due - kClocksApartUnits) &&
                delivery.due <= response.returned_utc + kClocksApartUnits,
            "the routine must be told when its timer was signaled");
    next = next->after(response, true);
}

void World::judge_missing_routines(Judged& judged) {
    for (auto& [id, each] : objects_) {
        const bool missing = each.routine_next && each.setter == caller(judged.call) &&
                             each.routine_next->must_have_come(judged.response);
        if (missing) {
            judged.wrong =
                fmt::format("the routine of the timer that call {} set must be run", each.set_by);
            return;
        }
    }
}

}  // namespace castaway::harness::win32
