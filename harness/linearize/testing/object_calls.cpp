#include "harness/linearize/testing/object_calls.h"

#include <string>

namespace castaway::harness {
namespace {

ObjectOperation on_object(Act act, ResponseStatus status, std::uint32_t thread) {
    ObjectOperation operation;
    operation.act = act;
    operation.status = status;
    operation.thread = thread;
    return operation;
}

/// A wait with all the answers that a mutex or another object can give it.
std::vector<ObjectOperation> wait_answers(std::uint32_t client, bool can_time_out) {
    std::vector<ObjectOperation> answers{on_object(Act::wait, ResponseStatus::ok, client),
                                         on_object(Act::wait, ResponseStatus::abandoned, client)};
    if (can_time_out) {
        answers.push_back(on_object(Act::wait, ResponseStatus::timeout, client));
    }
    return answers;
}

template <typename Operation>
Operation without_status(Operation operation) {
    operation.status = ResponseStatus::pending;
    return operation;
}

}  // namespace

GeneratorOptions<MutexModel> mutex_calls() {
    GeneratorOptions<MutexModel> options;
    options.call = [](Prng& random, std::uint32_t client) {
        if (random.below(2) == 0) {
            return wait_answers(client, random.below(3) == 0);
        }
        std::vector<ObjectOperation> answers{
            on_object(Act::release_mutex, ResponseStatus::ok, client),
            on_object(Act::release_mutex, ResponseStatus::failed, client)};
        answers.back().error = kErrorNotOwner;
        return answers;
    };
    options.death = [](std::uint32_t client) {
        return on_object(Act::thread_end, ResponseStatus::ok, client);
    };
    options.without_answer = without_status<ObjectOperation>;
    return options;
}

GeneratorOptions<SemaphoreModel> semaphore_calls(bool tells_previous) {
    GeneratorOptions<SemaphoreModel> options;
    options.call = [tells_previous](Prng& random, std::uint32_t client) {
        if (random.below(2) == 0) {
            return wait_answers(client, random.below(3) == 0);
        }
        const auto count = static_cast<std::int32_t>(random.between(1, 2));
        std::vector<ObjectOperation> answers;
        constexpr std::int32_t kCounts = 8;
        for (std::int32_t previous = 0; previous < (tells_previous ? kCounts : 1); ++previous) {
            ObjectOperation release = on_object(Act::release_semaphore, ResponseStatus::ok, client);
            release.count = count;
            release.tells_previous = tells_previous;
            release.previous = tells_previous ? previous : 0;
            answers.push_back(release);
        }
        ObjectOperation refused = on_object(Act::release_semaphore, ResponseStatus::failed, client);
        refused.count = count;
        refused.error = kErrorTooManyPosts;
        answers.push_back(refused);
        return answers;
    };
    options.without_answer = [](ObjectOperation operation) {
        operation.tells_previous = false;
        operation.previous = 0;
        return without_status(operation);
    };
    return options;
}

GeneratorOptions<EventModel> event_calls() {
    GeneratorOptions<EventModel> options;
    options.call = [](Prng& random, std::uint32_t client) {
        switch (random.below(8)) {
            case 0:
                return std::vector{on_object(Act::reset_event, ResponseStatus::ok, client)};
            case 1:
            case 2:
            case 3:
                return std::vector{on_object(Act::set_event, ResponseStatus::ok, client)};
            default:
                return wait_answers(client, random.below(3) == 0);
        }
    };
    options.without_answer = without_status<ObjectOperation>;
    return options;
}

GeneratorOptions<RegisterModel> register_calls(ValueTable& values, std::uint32_t different) {
    std::vector<ValueId> known{ValueTable::kEmpty};
    for (std::uint32_t i = 0; i < different; ++i) {
        known.push_back(values.of(std::to_string(i)));
    }
    GeneratorOptions<RegisterModel> options;
    options.call = [known](Prng& random, std::uint32_t /*client*/) {
        const auto any = [&] { return known[random.below(known.size())]; };
        std::vector<RegisterOperation> answers;
        const std::uint64_t kind = random.below(5);
        if (kind < 2) {
            for (const ValueId value : known) {
                answers.push_back({RegisterAct::read, ResponseStatus::ok, value});
            }
        } else if (kind < 4) {
            answers.push_back({RegisterAct::write, ResponseStatus::ok, any()});
        } else {
            const ValueId from = any();
            const ValueId to = any();
            answers.push_back({RegisterAct::compare_and_set, ResponseStatus::ok, to, from});
            answers.push_back({RegisterAct::compare_and_set, ResponseStatus::failed, to, from});
        }
        return answers;
    };
    options.without_answer = without_status<RegisterOperation>;
    return options;
}

GeneratorOptions<KeyValueModel> key_value_calls(ValueTable& values, std::uint32_t different) {
    std::vector<ValueId> known;
    for (std::uint32_t i = 0; i < different; ++i) {
        known.push_back(
            values.of(std::string(1, static_cast<char>('a' + i % 26)) + std::string(i / 26, '+')));
    }
    GeneratorOptions<KeyValueModel> options;
    options.call = [known](Prng& random, std::uint32_t /*client*/) {
        const ValueId value = known[random.below(known.size())];
        std::vector<KeyValueOperation> answers;
        switch (random.below(6)) {
            case 0:
                answers.push_back({KeyValueAct::put, ResponseStatus::ok, value});
                break;
            case 1:
            case 2:
                answers.push_back({KeyValueAct::append, ResponseStatus::ok, value});
                break;
            default:
                answers.push_back({KeyValueAct::get, ResponseStatus::pending, 0});
                break;
        }
        return answers;
    };
    options.tell = [](KeyValueOperation operation, const KeyValueState& state) {
        if (operation.act == KeyValueAct::get) {
            operation.value = state.value;
            operation.status = ResponseStatus::ok;
        }
        return operation;
    };
    options.without_answer = without_status<KeyValueOperation>;
    return options;
}

}  // namespace castaway::harness
