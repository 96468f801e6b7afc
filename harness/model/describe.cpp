// The models' states in words.
#include <fmt/format.h>

#include "harness/model/event.h"
#include "harness/model/key_value.h"
#include "harness/model/mutex.h"
#include "harness/model/register.h"
#include "harness/model/semaphore.h"

namespace castaway::harness {
namespace {

/// A long value's end tells the most of it: that is where it grew.
std::string shortened(const std::string& value) {
    constexpr std::size_t kLengthMax = 60;
    if (value.size() <= kLengthMax) {
        return value;
    }
    return fmt::format("...{} ({} characters)", value.substr(value.size() - kLengthMax),
                       value.size());
}

}  // namespace

std::string MutexModel::describe(const State& state) const {
    if (state.owner == 0) {
        return state.abandoned ? "free, abandoned and not told" : "free";
    }
    // Threads have names where histories are read; the braces mark their number for that.
    return state.depth == 1
               ? fmt::format("owned by {{{}}}", state.owner - 1)
               : fmt::format("owned by {{{}}}, {} times", state.owner - 1, state.depth);
}

std::string SemaphoreModel::describe(const State& state) const {
    return fmt::format("count {}", state.count);
}

std::string EventModel::describe(const State& state) const {
    return state.signaled ? "signaled" : "not signaled";
}

std::string RegisterModel::describe(const State& state) const {
    return "value " + shortened(values_->text(state.value));
}

std::string KeyValueModel::describe(const State& state) const {
    return state.value == ValueTable::kEmpty
               ? std::string("no value")
               : fmt::format("value {}", shortened(values_->text(state.value)));
}

}  // namespace castaway::harness
