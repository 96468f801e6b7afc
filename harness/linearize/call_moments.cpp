#include "harness/linearize/call_moments.h"

namespace castaway::harness {
namespace {

constexpr std::size_t kSignaled = 0;
constexpr std::size_t kWaitedFor = 1;

/// What signals the object in a SignalObjectAndWait. Requires that there is such a call.
Act signaling_act(ObjectType type) {
    switch (type) {
        case ObjectType::mutex:
            return Act::release_mutex;
        case ObjectType::semaphore:
            return Act::release_semaphore;
        default:
            return Act::set_event;
    }
}

bool can_be_signaled(ObjectType type) {
    return type != ObjectType::timer;
}

/// It failed, and so told of the object to signal: nothing was waited for (WAIT-17).
bool refused_to_signal(const History& history, const Operation& call) {
    const ObjectType type = history.objects.at(call.objects.at(kSignaled)).type;
    return call.status == ResponseStatus::failed &&
           ((call.error == kErrorNotOwner && type == ObjectType::mutex) ||
            (call.error == kErrorTooManyPosts && type == ObjectType::semaphore));
}

CallMoment answered(Moment moment, const Operation& operation) {
    return {moment, Ending::answered, operation.returned_ns, false};
}

/// Without an answer it takes effect by then, or never.
CallMoment unanswered(Moment moment, std::int64_t end_ns) {
    return {moment, end_ns == kNeverNs ? Ending::left_open : Ending::closed, end_ns, false};
}

CallMoments moments_of_pulse(const Operation& pulse, const Lifetimes& lifetimes) {
    if (pulse.status == ResponseStatus::failed) {
        return CallMoments{answered(Moment::only, pulse)};
    }
    CallMoment begin = unanswered(Moment::first, lifetimes.latest_signal(pulse));
    CallMoment end = begin;
    end.moment = Moment::second;
    if (end.ending == Ending::closed) {
        end.ending = Ending::answered;
        end.bars_first = true;
    }
    return CallMoments{begin, end};
}

CallMoments moments_of_signal_and_wait(const History& history, const Operation& call,
                                       const Lifetimes& lifetimes, const HandleDoubts& doubts) {
    const ObjectIndex signaled = call.objects.at(kSignaled);
    const bool sound = can_be_signaled(history.objects.at(signaled).type);
    if (call.pending()) {
        if (!sound) {
            return {};
        }
        return CallMoments{unanswered(Moment::first, lifetimes.latest_signal(call)),
                           unanswered(Moment::second, lifetimes.latest_effect(call))};
    }
    if (call.status == ResponseStatus::failed && call.error == kErrorInvalidHandle) {
        if (!sound) {
            return {};  // As it must be (WAIT-18).
        }
        // Whether the object to wait for is looked at before the other is signaled is left open.
        if (doubts.may_be_bad(call, call.objects.at(kWaitedFor))) {
            return CallMoments{unanswered(Moment::only, call.returned_ns)};
        }
        if (doubts.may_be_bad(call, signaled)) {
            return {};
        }
        return CallMoments{answered(Moment::only, call)};
    }
    if (!sound || refused_to_signal(history, call) || call.status == ResponseStatus::alerted) {
        return CallMoments{answered(Moment::only, call)};
    }
    return CallMoments{answered(Moment::first, call), answered(Moment::second, call)};
}

MomentAct signal_of(const History& history, const Operation& call, ResponseStatus status) {
    const std::span<const ObjectIndex> objects(call.objects);
    const Act act = signaling_act(history.objects.at(call.objects.at(kSignaled)).type);
    return {act, status, act == Act::release_semaphore ? 1 : 0, objects.first(1)};
}

MomentAct act_of_signal_and_wait(const History& history, const Operation& call, Moment moment,
                                 Ending ending) {
    const MomentAct wait{Act::wait, call.status, 0,
                         std::span<const ObjectIndex>(call.objects).subspan(kWaitedFor)};
    switch (moment) {
        case Moment::first:
            return signal_of(history, call,
                             call.pending() ? ResponseStatus::pending : ResponseStatus::ok);
        case Moment::second:
            return wait;
        case Moment::only:
            break;
    }
    if (may_be_left_out(ending)) {
        return signal_of(history, call, ResponseStatus::pending);
    }
    if (refused_to_signal(history, call)) {
        return signal_of(history, call, call.status);
    }
    const bool sound = can_be_signaled(history.objects.at(call.objects.at(kSignaled)).type);
    if (call.status == ResponseStatus::alerted && sound) {
        return signal_of(history, call, ResponseStatus::ok);
    }
    // No state allows it.
    return {Act::wait, ResponseStatus::failed, 0, wait.objects};
}

}  // namespace

CallMoments moments_of(const History& history, const Operation& operation,
                       const Lifetimes& lifetimes, const HandleDoubts& doubts) {
    switch (operation.kind) {
        case OperationKind::queue_call:
        case OperationKind::sleep:
            return {};
        case OperationKind::pulse_event:
            return moments_of_pulse(operation, lifetimes);
        case OperationKind::signal_and_wait:
            return moments_of_signal_and_wait(history, operation, lifetimes, doubts);
        default:
            break;
    }
    if (operation.is_wait() && operation.status == ResponseStatus::alerted) {
        return {};
    }
    if (operation.pending()) {
        return CallMoments{unanswered(Moment::only, lifetimes.latest_effect(operation))};
    }
    return CallMoments{answered(Moment::only, operation)};
}

MomentAct act_at(const History& history, const Operation& operation, Moment moment, Ending ending) {
    if (operation.kind == OperationKind::signal_and_wait) {
        return act_of_signal_and_wait(history, operation, moment, ending);
    }
    return {moment == Moment::second ? Act::pulse_end : act_of(operation.kind), operation.status,
            operation.count, operation.objects};
}

bool is_for_kernel_model(OperationKind kind) {
    return kind == OperationKind::wait_any || kind == OperationKind::wait_all ||
           kind == OperationKind::pulse_event || kind == OperationKind::signal_and_wait;
}

}  // namespace castaway::harness
