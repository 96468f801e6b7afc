#include "primitives/testing/test_region.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "primitives/region/region_file.h"
#include "primitives/testing/child_process.h"

#if defined(__SANITIZE_THREAD__)
// Children of processes with threads are what these tests are about.
extern "C" const char* __tsan_default_options() {
    return "die_after_fork=0";
}
#endif

#if defined(__SANITIZE_ADDRESS__)
// A thread that exit() finds in the middle of a call never runs what it has registered for its end.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:__cxa_thread_atexit_impl";
}
#endif

namespace castaway::testing {

TestRegion::TestRegion(const Geometry& geometry) {
    // No CLOEXEC: programs that a test executes find it by its number.
    fd_ = memfd_create("castaway-test", 0);
    AttachFailure failure;
    if (fd_ < 0 || !RegionFile::initialise(fd_, geometry, failure)) {
        give_up("cannot make a region");
    }
    spec_ = "fd:" + std::to_string(fd_);
    setenv("CASTAWAY_REGION", spec_.c_str(), 1);
}

TestRegion::~TestRegion() {
    close(fd_);
}

RegionPicture TestRegion::look() const {
    std::string problem;
    auto picture = inspect_region(spec_, problem);
    EXPECT_TRUE(picture) << problem;
    return picture ? *std::move(picture) : RegionPicture{};
}

void TestRegion::sweep() const {
    std::string problem;
    EXPECT_TRUE(sweep_region(spec_, problem)) << problem;
}

RegionPicture TestRegion::look_at_rest() const {
    constexpr int kLooksMax = 10'000;
    RegionPicture picture = look();
    // What a helper is about goes away by itself; damage does not.
    for (int looks = 1; looks < kLooksMax && !picture.damage.empty(); ++looks) {
        std::this_thread::yield();
        picture = look();
    }
    return picture;
}

void TestRegion::expect_clean(std::size_t processes) const {
    sweep();
    const RegionPicture picture = look_at_rest();
    for (const std::string& line : picture.damage) {
        ADD_FAILURE() << line;
    }
    EXPECT_EQ(picture.processes.size(), processes);
    EXPECT_EQ(picture.names, 0U);
    for (const InspectedObject& object : picture.objects) {
        ADD_FAILURE() << "object slot " << object.slot << " \"" << object.name
                      << "\" was left behind";
    }
}

void in_fresh_process(const std::function<void(TestRegion&)>& body) {
    TestRegion region;
    Child child([&] {
        body(region);
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    EXPECT_EQ(child.wait(kTestPatienceMs), kDone) << "see the failures above";
}

InspectedObject object_named(const RegionPicture& picture, const std::string& name) {
    const auto found =
        std::find_if(picture.objects.begin(), picture.objects.end(),
                     [&](const InspectedObject& object) { return object.name == name; });
    if (found == picture.objects.end()) {
        ADD_FAILURE() << "there is no object " << name;
        return {};
    }
    return *found;
}

Handle::Handle(Handle&& other) noexcept : value_(other.release()) {}

Handle& Handle::operator=(Handle&& other) noexcept {
    if (this != &other) {
        reset();
        value_ = other.release();
    }
    return *this;
}

void Handle::reset() {
    if (value_ != nullptr) {
        EXPECT_EQ(CloseHandle(value_), TRUE);
        value_ = nullptr;
    }
}

HANDLE Handle::release() {
    return std::exchange(value_, nullptr);
}

}  // namespace castaway::testing
