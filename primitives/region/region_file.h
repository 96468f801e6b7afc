// The file behind a region: making, opening, judging and mapping it.
//
// A region is found by its name, one of each name for a user: /dev/shm/castaway.<uid>.<name>, mode
// 0600. It is made without a name, filled in, and then linked into place, so that nobody ever maps
// a half-made one and a death while making it leaves nothing. "fd:N" means the file that is open as
// descriptor N, for processes that inherit a region that has no name.
//
// No descriptor is kept once the region is mapped: a program may close all that it has not opened
// itself (closefrom, say), and get their numbers for its own files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "primitives/region/view.h"

namespace castaway {

/// Why a region cannot be used: a Win32 error code, and one line for a person.
struct AttachFailure {
    std::uint32_t error = 0;
    std::string message;
};

/// Which file a region is.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileIdentity&) const = default;
};

/// A judged and mapped region. Unmaps at its end.
class RegionFile {
  public:
    /// Opens the region of that name, making it with this geometry when there is none. Refuses,
    /// with a Win32 error and a message: a bad name (123), a file of another user or that others
    /// may write (5), one that is no region, cut off (13), or of another layout (1306), no memory
    /// (8), no space (112), a limit on the length of files (223).
    static std::optional<RegionFile> open(std::string_view spec, const Geometry& geometry,
                                          AttachFailure& failure);

    /// The same for a region that is there; none is made (2 when there is none).
    static std::optional<RegionFile> open_existing(std::string_view spec, AttachFailure& failure);

    /// The same, mapped for reading only, so that nothing can be changed through it. `spec` may
    /// also be the path of a region's file: it has a slash, and no name has.
    static std::optional<RegionFile> open_to_look(std::string_view spec, AttachFailure& failure);

    /// Makes a region of a file that is empty, such as a memfd's. The descriptor stays the
    /// caller's.
    static bool initialise(int fd, const Geometry& geometry, AttachFailure& failure);

    /// Where the region of that name is; empty for "fd:N" and for bad names.
    static std::string path_of(std::string_view spec);

    RegionFile(RegionFile&& other) noexcept;
    RegionFile& operator=(RegionFile&&) = delete;
    RegionFile(const RegionFile&) = delete;
    RegionFile& operator=(const RegionFile&) = delete;
    ~RegionFile();

    [[nodiscard]] const RegionView& view() const { return view_; }
    [[nodiscard]] const FileIdentity& identity() const { return identity_; }

    /// Gives memory to a part of the file before its first use: touching a page of a full tmpfs
    /// would be SIGBUS. False when there is none; what has memory already keeps its content.
    [[nodiscard]] bool commit(std::uint64_t offset, std::uint64_t bytes) const;

    /// Gives up the mapping without a trace, in a forked child.
    void forget();

  private:
    static std::optional<RegionFile> open_or_make(std::string_view spec, const Geometry* geometry,
                                                  int access, AttachFailure& failure);
    RegionFile(std::unique_ptr<Reach> reach, const RegionView& view, const FileIdentity& identity)
        : reach_(std::move(reach)), view_(view), identity_(identity) {}
    std::unique_ptr<Reach> reach_;
    RegionView view_;
    FileIdentity identity_;
};

}  // namespace castaway
