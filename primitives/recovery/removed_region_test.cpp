// A region whose file is removed while processes use it (by logind at log-out, by a cleaner of
// temporary files): they find out before they make or open anything by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "primitives/region/region_file.h"
#include "primitives/testing/actor.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

using ::testing::HasSubstr;

/// Longer than a look at the name is put off.
constexpr std::chrono::milliseconds kALittleLater{50};

class RemovedRegion : public ::testing::Test {
  protected:
    RemovedRegion() {
        setenv("CASTAWAY_REGION", spec_.c_str(), 1);
        AttachFailure failure;
        EXPECT_TRUE(RegionFile::open(spec_, kSmall, failure)) << failure.message;
    }
    ~RemovedRegion() override { ::unlink(path_.c_str()); }

    std::string spec_ = "test-removed-" + std::to_string(getpid());
    std::string path_ = RegionFile::path_of(spec_);
};

/// Has objects; when told that the file is gone, finds that names are refused, and that what it has
/// goes on working.
void finds_out(const Actor& self) {
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, nullptr));
    EXPECT_NE(mutex.get(), nullptr) << castaway_attach_error();
    self.say('a');
    self.hear('g');
    EXPECT_EQ(CreateMutexA(nullptr, FALSE, "m"), nullptr);
    EXPECT_EQ(GetLastError(), DWORD{ERROR_FILE_INVALID});
    EXPECT_THAT(castaway_attach_error(), HasSubstr("RemoveIPC="));
    EXPECT_EQ(OpenMutexA(SYNCHRONIZE, FALSE, "m"), nullptr);
    EXPECT_EQ(GetLastError(), DWORD{ERROR_FILE_INVALID});
    const HANDLE boundary = CreateBoundaryDescriptorA("b", 0);
    EXPECT_EQ(CreatePrivateNamespaceA(nullptr, boundary, "n"), nullptr);
    EXPECT_EQ(GetLastError(), DWORD{ERROR_FILE_INVALID});
    DeleteBoundaryDescriptor(boundary);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_EQ(SetEvent(event), TRUE);
    EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    EXPECT_NE(Handle(CreateEventA(nullptr, FALSE, FALSE, nullptr)).get(), nullptr);
}

TEST_F(RemovedRegion, IsFoundOutBeforeTheNextName) {
    Actor actor(finds_out);
    actor.expect('a');
    ASSERT_EQ(::unlink(path_.c_str()), 0);
    std::this_thread::sleep_for(kALittleLater);
    actor.tell('g');
    actor.end();
}

TEST_F(RemovedRegion, IsFoundOutWhenAnotherHasItsName) {
    Actor actor(finds_out);
    actor.expect('a');
    ASSERT_EQ(::unlink(path_.c_str()), 0);
    Actor newcomer([](const Actor&) {
        const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
        EXPECT_EQ(GetLastError(), DWORD{ERROR_SUCCESS}) << "of another region";
    });
    newcomer.end();
    std::this_thread::sleep_for(kALittleLater);
    actor.tell('g');
    actor.end();
}

TEST_F(RemovedRegion, IsNotWhatAnotherRootFolderShows) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root may change the root folder";
    }
    std::string folder = "/tmp/castaway-root-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    Actor actor([&folder](const Actor&) {
        EXPECT_NE(CreateMutexA(nullptr, TRUE, "m"), nullptr) << castaway_attach_error();
        EXPECT_EQ(chroot(folder.c_str()), 0);
        std::this_thread::sleep_for(kALittleLater);
        EXPECT_NE(OpenMutexA(SYNCHRONIZE, FALSE, "m"), nullptr) << castaway_attach_error();
    });
    actor.end();
    EXPECT_EQ(rmdir(folder.c_str()), 0);
}

}  // namespace
}  // namespace castaway::testing
