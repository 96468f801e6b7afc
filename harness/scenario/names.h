// What the names in a scenario stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/scenario.h"

namespace castaway::harness {

/// A handle that programs speak of: that of an object, or a duplicate's alias.
struct HandleName {
    std::string name;
    std::size_t object = 0;  ///< index in Scenario::objects
};

/// The objects' handles in their order, then the aliases in the order of the document. An alias of
/// something unknown is left out.
std::vector<HandleName> handle_names(const Scenario& scenario);
const HandleName* find_handle(const std::vector<HandleName>& handles, std::string_view name);

/// A group of processes, or one process of it, as "owner" or "owner/0" names it.
struct ProcessReference {
    std::size_t group = 0;                  ///< index in Scenario::processes
    std::optional<std::uint32_t> instance;  ///< empty: the whole group
};

/// Empty when there is no such group. Whether the group has that instance is not judged.
std::optional<ProcessReference> find_process(const Scenario& scenario, std::string_view text);

}  // namespace castaway::harness
