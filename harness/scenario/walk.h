// Goes through the steps of a program, in the order of the document.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <variant>

#include "harness/scenario/json_text.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

enum class StepRole : unsigned char {
    plain,
    hold,  ///< the wait of a hold, which is given back later
};

/// Calls visit(step, pointer, role) for each step of the block that stands at `pointer`.
/// \param AnyBlock Block or const Block; the steps are const accordingly
template <typename AnyBlock, typename Visit>
void for_each_step(AnyBlock& block, const std::string& pointer, const Visit& visit) {
    for (std::size_t i = 0; i < block.items.size(); ++i) {
        const std::string here = item_pointer(pointer, i);
        std::visit(
            [&](auto& item) {
                using Kind = std::remove_cvref_t<decltype(item)>;
                if constexpr (std::is_same_v<Kind, Step>) {
                    visit(item, here, StepRole::plain);
                } else if constexpr (std::is_same_v<Kind, Hold>) {
                    visit(item.wait, here, StepRole::hold);
                    for_each_step(item.body, here + "/do", visit);
                } else if constexpr (std::is_same_v<Kind, Repeat>) {
                    for_each_step(item.body, here + "/do", visit);
                } else {
                    for (std::size_t k = 0; k < item.alternatives.size(); ++k) {
                        for_each_step(item.alternatives[k].body,
                                      item_pointer(here + "/choose", k) + "/do", visit);
                    }
                }
            },
            block.items[i]);
    }
}

}  // namespace castaway::harness
