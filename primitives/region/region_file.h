// The file behind a region: making, opening, judging and mapping it.
//
// A region is found by its name (region/region_spec.h). It is made without a name, filled in, and
// then linked into place, so that nobody ever maps a half-made one and a death while making it
// leaves nothing. "fd:N" means the file that is open as descriptor N, for processes that inherit a
// region that has no name.
//
// Who maps a region that has a name holds a shared flock() on its file for as long: the lock is the
// open file's, and the mapping keeps that open. So the kernel says whether anybody is left,
// in whichever namespaces: whoever would take the name away needs the lock alone.
//
// A region was made on one start of the machine and in one time namespace (HostIdentity). One that
// an earlier start has left (on a disk, by a loss of power: without any mark of death) holds only
// dead processes. Whoever comes first takes its name away, and a new one is made.
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
#include <vector>

#include "primitives/region/region_spec.h"
#include "primitives/region/view.h"

namespace castaway {

/// Which file a region is.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileIdentity&) const = default;
};

/// A judged and mapped region. Unmaps at its end.
class RegionFile {
  public:
    /// Opens the region of that name, making it with this geometry when there is none, or when an
    /// earlier start of the machine has left the one that is there. Refuses, with a Win32 error and
    /// a message: a bad name (123), a file of others or that others may write (5), one that is no
    /// region, cut off (13), or of another layout (1306), of another time namespace (50), of
    /// another start of the machine where it has no name or is in use (1006), no memory (8), no
    /// space (112), a limit on the length of files (223).
    static std::optional<RegionFile> open(std::string_view spec, const Geometry& geometry,
                                          AttachFailure& failure);

    /// The same for a region that is there; none is made (2 when there is none).
    static std::optional<RegionFile> open_existing(std::string_view spec, AttachFailure& failure);

    /// The same, mapped for reading only, so that nothing can be changed through it. `spec` may
    /// also be the path of a region's file: it has a slash, and no name has.
    static std::optional<RegionFile> open_to_look(std::string_view spec, AttachFailure& failure);

    /// The same, as the only one: nobody has it mapped, and none can open it meanwhile. For whoever
    /// would take its name away. Waits some seconds for that (1006 when they are over); 2 when the
    /// name is not, or no longer, that file's.
    static std::optional<RegionFile> open_alone(std::string_view spec, const FileIdentity& which,
                                                AttachFailure& failure);

    /// Takes the name away. Requires open_alone().
    [[nodiscard]] bool remove_name() const;

    /// Makes a region of a file that is empty, such as a memfd's. The descriptor stays the
    /// caller's.
    static bool initialise(int fd, const Geometry& geometry, AttachFailure& failure);

    /// Where the region of that name is; empty for "fd:N" and for what names none.
    static std::string path_of(std::string_view spec);

    /// The paths of the regions of that name that other users and groups have.
    static std::vector<std::string> namesakes_of(std::string_view spec);

    RegionFile(RegionFile&& other) noexcept;
    RegionFile& operator=(RegionFile&&) = delete;
    RegionFile(const RegionFile&) = delete;
    RegionFile& operator=(const RegionFile&) = delete;
    ~RegionFile();

    [[nodiscard]] const RegionView& view() const { return view_; }
    [[nodiscard]] const FileIdentity& identity() const { return identity_; }
    /// Whether its name still leads to it: the file may have been removed, and another region made.
    /// Needs no descriptor. True of one without a name, and where another /dev/shm is seen now (by
    /// chroot() or in a mount namespace), in which the name says nothing.
    [[nodiscard]] bool is_in_place() const;
    /// Where its name leads to it; empty: it has none.
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Opened to look: it was left by an earlier start of the machine, and nobody in it is alive.
    [[nodiscard]] bool is_left() const { return left_; }

    /// Gives memory to a part of the file before its first use: touching a page of a full tmpfs
    /// would be SIGBUS. False when there is none; what has memory already keeps its content.
    [[nodiscard]] bool commit(std::uint64_t offset, std::uint64_t bytes) const;

    /// Gives up the mapping without a trace, in a forked child.
    void forget();

  private:
    enum class Use : std::uint8_t { look, take_part, alone };
    static std::optional<RegionFile> open_or_make(const RegionSpec& spec, const Geometry* geometry,
                                                  Use use, AttachFailure& failure,
                                                  const FileIdentity* which = nullptr);
    RegionFile(std::unique_ptr<Reach> reach, const RegionView& view, const FileIdentity& identity)
        : reach_(std::move(reach)), view_(view), identity_(identity) {}
    std::unique_ptr<Reach> reach_;
    RegionView view_;
    std::string path_;
    FileIdentity identity_;
    bool left_ = false;
};

}  // namespace castaway
