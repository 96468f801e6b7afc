// A region of a test's own, small and without a name in the file system, and the processes in it.
#pragma once

#include <functional>
#include <string>

#include "castaway/inspect.h"
#include "castaway/win32.h"
#include "primitives/region/layout.h"

namespace castaway::testing {

inline constexpr Geometry kSmall{.processes = 32,
                                 .threads = 128,
                                 .objects = 512,
                                 .name_cells = 512,
                                 .buckets = 64,
                                 .handles_per_process = 512,
                                 .apcs = 128};

/// Makes a region and names it in CASTAWAY_REGION, for this process and those that it forks.
class TestRegion {
  public:
    explicit TestRegion(const Geometry& geometry = kSmall);
    TestRegion(const TestRegion&) = delete;
    TestRegion& operator=(const TestRegion&) = delete;
    ~TestRegion();

    [[nodiscard]] const std::string& spec() const { return spec_; }
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] RegionPicture look() const;
    /// The same when no helper is in the middle of something: after a sweep one may still take the
    /// recovery lock to find that nothing is left to do. Damage is told if it lasts.
    [[nodiscard]] RegionPicture look_at_rest() const;
    /// Returns when all that dead processes left has been given back.
    void sweep() const;
    /// Sweeps, and expects no damage, no objects, and so many attached processes.
    void expect_clean(std::size_t processes) const;

  private:
    int fd_ = -1;
    std::string spec_;
};

/// Runs the body, with its expectations, in a process that has never attached to anything, with a
/// region of its own. Whatever the body leaves (threads, children) ends with that process.
void in_fresh_process(const std::function<void(TestRegion&)>& body);

/// The one object of that name (with its namespace, "Local\\x"). A failure of the test when it is
/// not there.
InspectedObject object_named(const RegionPicture& picture, const std::string& name);

/// A handle that is closed at the end.
class Handle {
  public:
    Handle() = default;
    explicit Handle(HANDLE value) : value_(value) {}
    Handle(Handle&& other) noexcept;
    Handle& operator=(Handle&& other) noexcept;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { reset(); }
    [[nodiscard]] HANDLE get() const { return value_; }
    operator HANDLE() const { return value_; }  // NOLINT(google-explicit-constructor)
    void reset();
    /// Gives it up without closing it.
    HANDLE release();

  private:
    HANDLE value_ = nullptr;
};

/// A wait's result now, without waiting.
inline DWORD poll_object(HANDLE handle) {
    return WaitForSingleObject(handle, 0);
}

}  // namespace castaway::testing
