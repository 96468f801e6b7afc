// What CASTAWAY_REGION may say, and which file that is.
//
//   NAME             /dev/shm/castaway.<uid>.<NAME>, mode 0600: the effective user's own
//   group:GROUP/NAME /dev/shm/castaway.group.<gid>.<NAME>, mode 0660: of all members of a group, by
//                    its name or number
//   fd:N             the file that is open as descriptor N
//
// A region of a group is as safe as its least careful member: each of them can read, change, hold
// up and damage everything in it. That its file is the group's proves that a member, or root, has
// made it: nobody else can give a file to the group.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castaway {

/// Why a region cannot be used: a Win32 error code, and one line for a person.
struct AttachFailure {
    std::uint32_t error = 0;
    std::string message;
};

struct RegionSpec {
    std::string where;  ///< the file's path, or "fd:N"
    int descriptor = -1;
    std::optional<gid_t> group{};  ///< whose region it is
    bool named = false;            ///< a name leads to it, and there is one to be made

    [[nodiscard]] mode_t mode() const { return group ? 0660 : 0600; }
};

/// Refuses, with a Win32 error and a message: what names no region or no group (123), a group that
/// the process is not a member of (5).
/// \param may_be_path also the path of a region's file: it has a slash, and no name has
std::optional<RegionSpec> parse_region_spec(std::string_view spec, bool may_be_path,
                                            AttachFailure& failure);

/// Whether an open file may be that region: a regular file of the right owner and mode.
bool belongs_to(const RegionSpec& spec, const struct stat& facts, AttachFailure& failure);

/// The paths of all other regions whose name is that of the region at this path.
std::vector<std::string> regions_named_like(const std::string& path);

}  // namespace castaway
