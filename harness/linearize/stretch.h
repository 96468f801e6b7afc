// A piece cut out of a history, with what is known of the time before it.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "harness/linearize/judgement.h"
#include "harness/model/model.h"

namespace castaway::harness {

/// How an operation's interval ends.
enum class Ending : std::uint8_t {
    unknown,    ///< not known yet
    answered,   ///< by its answer: it took effect before
    closed,     ///< without an answer: it took effect before, or never will
    left_open,  ///< without an answer: it may take effect at any time
    withdrawn,  ///< it never takes effect
};

/// The operation may have taken effect or not.
constexpr bool may_be_left_out(Ending ending) {
    return ending == Ending::closed || ending == Ending::left_open;
}

template <Model M>
struct Stretch {
    struct Item {
        typename M::Operation operation;
        OperationId id = 0;
        Ending ending = Ending::answered;
        std::int64_t until_ns = 0;
        /// The item that can no longer take effect when this one has; kNobody for none.
        std::uint32_t ends = kNobody;
    };
    struct Event {
        std::uint32_t item = 0;
        bool begins = true;
    };
    /// A state that there can have been at the beginning, and which of the operations that were
    /// open then had taken effect, or need not take effect any more.
    struct Root {
        typename M::State state;
        std::vector<std::uint32_t> done;
        std::vector<std::uint32_t> free;
    };
    static constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

    std::vector<Item> items;
    /// The first `roots_at` events are the beginnings of what was open already.
    std::vector<Event> events;
    std::size_t roots_at = 0;
    std::vector<Root> roots;
    /// Operations that returned last before it.
    std::vector<OperationId> context;
};

}  // namespace castaway::harness
