#include "harness/interchange/operations.h"

namespace castaway::harness {
namespace {

ResponseStatus status_of(const std::optional<Answer>& answer) {
    if (!answer) {
        return ResponseStatus::pending;
    }
    switch (answer->kind) {
        case AnswerKind::ok:
            return ResponseStatus::ok;
        case AnswerKind::abandoned:
            return ResponseStatus::abandoned;
        case AnswerKind::timeout:
            return ResponseStatus::timeout;
        case AnswerKind::failed:
            return ResponseStatus::failed;
        case AnswerKind::unknown:
            break;
    }
    return ResponseStatus::pending;
}

Act act_of(Verb verb, ModelKind model) {
    switch (verb) {
        case Verb::release:
            return model == ModelKind::mutex ? Act::release_mutex : Act::release_semaphore;
        case Verb::set:
            return Act::set_event;
        case Verb::reset:
            return Act::reset_event;
        default:
            return Act::wait;
    }
}

}  // namespace

RegisterOperation register_operation(const Call& call, const std::optional<Answer>& answer) {
    RegisterOperation operation;
    operation.status = status_of(answer);
    operation.value = call.value;
    operation.expected = call.expected;
    if (call.verb == Verb::read) {
        operation.value = answer ? answer->value : 0;
    } else {
        operation.act =
            call.verb == Verb::write ? RegisterAct::write : RegisterAct::compare_and_set;
    }
    return operation;
}

KeyValueOperation key_value_operation(const Call& call, const std::optional<Answer>& answer) {
    KeyValueOperation operation;
    operation.status = status_of(answer);
    operation.value = call.value;
    if (call.verb == Verb::get) {
        operation.value = answer ? answer->value : 0;
    } else {
        operation.act = call.verb == Verb::put ? KeyValueAct::put : KeyValueAct::append;
    }
    return operation;
}

ObjectOperation object_operation(ModelKind model, std::uint32_t process, const Call& call,
                                 const std::optional<Answer>& answer) {
    ObjectOperation operation;
    operation.act = act_of(call.verb, model);
    operation.status = status_of(answer);
    operation.thread = process;
    operation.count = call.count;
    if (operation.status == ResponseStatus::failed) {
        operation.error = model == ModelKind::mutex ? kErrorNotOwner : kErrorTooManyPosts;
    }
    if (answer && answer->previous) {
        operation.tells_previous = true;
        operation.previous = *answer->previous;
    }
    return operation;
}

bool failure_tells(ModelKind model, Verb verb) {
    return verb == Verb::compare_and_set ||
           (verb == Verb::release && (model == ModelKind::mutex || model == ModelKind::semaphore));
}

}  // namespace castaway::harness
