// The host's own limits and habits: a limit on the length of files, descriptors that it closes
// though it has not opened them. What cannot be is an error code; nothing of the host's is touched.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "primitives/region/region_file.h"
#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

using ::testing::HasSubstr;

/// A region with a name, which is made by its first user.
class NamedRegion {
  public:
    NamedRegion() { setenv("CASTAWAY_REGION", name_.c_str(), 1); }
    NamedRegion(const NamedRegion&) = delete;
    NamedRegion& operator=(const NamedRegion&) = delete;
    ~NamedRegion() { ::unlink(path().c_str()); }
    [[nodiscard]] std::string path() const { return RegionFile::path_of(name_); }

  private:
    std::string name_ = "host-limits-" + std::to_string(getpid());
};

void limit_file_size() {
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = rlim_t{1} << 20;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(FileSizeLimit, IsAnErrorCodeAndALine) {
    const NamedRegion region;
    Child child([&] {
        prepare_attachment(nullptr, Mutant::none);
        limit_file_size();
        EXPECT_EQ(CreateEventA(nullptr, FALSE, FALSE, "e"), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_FILE_TOO_LARGE);
        EXPECT_THAT(castaway_attach_error(), HasSubstr("RLIMIT_FSIZE"));
        EXPECT_NE(access(region.path().c_str(), F_OK), 0);
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    EXPECT_EQ(child.wait(), kDone);
}

TEST(FileSizeLimit, LeavesTheHostsOwnSignalPending) {
    const NamedRegion region;
    Child child([] {
        prepare_attachment(nullptr, Mutant::none);
        limit_file_size();
        sigset_t own;
        sigemptyset(&own);
        sigaddset(&own, SIGXFSZ);
        pthread_sigmask(SIG_BLOCK, &own, nullptr);
        sigset_t pending;
        EXPECT_EQ(CreateEventA(nullptr, FALSE, FALSE, "e"), nullptr);
        sigpending(&pending);
        EXPECT_EQ(sigismember(&pending, SIGXFSZ), 0);
        pthread_kill(pthread_self(), SIGXFSZ);
        EXPECT_EQ(CreateEventA(nullptr, FALSE, FALSE, "e"), nullptr);
        sigpending(&pending);
        EXPECT_EQ(sigismember(&pending, SIGXFSZ), 1);
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    EXPECT_EQ(child.wait(), kDone);
}

TEST(FileSizeLimit, DoesNotMatterInARegionThatIsThere) {
    in_fresh_process([](TestRegion& region) {
        limit_file_size();
        std::vector<Handle> made;
        for (int i = 0; i < 300; ++i) {
            made.emplace_back(CreateEventA(nullptr, FALSE, FALSE, nullptr));
            EXPECT_NE(made.back().get(), nullptr);
        }
        EXPECT_TRUE(region.look().damage.empty());
    });
}

/// Descriptors that this process has, from the third on.
std::vector<int> open_descriptors() {
    std::vector<int> found;
    for (int fd = 3; fd < 1024; ++fd) {
        if (fcntl(fd, F_GETFD) >= 0) {
            found.push_back(fd);
        }
    }
    return found;
}

TEST(Descriptors, NoneIsKept) {
    in_fresh_process([](TestRegion&) {
        const auto before = open_descriptors();
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        std::thread([&] { EXPECT_EQ(SetEvent(event), TRUE); }).join();
        EXPECT_EQ(open_descriptors(), before);
    });
}

TEST(Descriptors, ThatTheHostClosesAreNotMissed) {  // MTX-08
    in_fresh_process([](TestRegion& region) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        const int kept = fcntl(region.fd(), F_DUPFD_CLOEXEC, 100);
        ASSERT_GE(kept, 100);
        // As closefrom(3), but for the test's own; then its own files have those numbers.
        std::vector<int> own;
        for (int fd = 3; fd < 100; ++fd) {
            if (fd != region.fd()) {
                close(fd);
            }
        }
        struct stat facts {};
        while (own.size() < 20) {
            own.push_back(static_cast<int>(memfd_create("own", MFD_CLOEXEC)));
            ASSERT_GE(own.back(), 0);
        }
        std::vector<Handle> made;
        for (int i = 0; i < 400; ++i) {
            made.emplace_back(CreateMutexA(nullptr, FALSE, ("m" + std::to_string(i)).c_str()));
            ASSERT_NE(made.back().get(), nullptr) << GetLastError();
        }
        Child child([&] {
            // A forked child's attachment is dropped, and nothing that is the host's.
            for (const int fd : own) {
                EXPECT_GE(fcntl(fd, F_GETFD), 0);
            }
            const HANDLE mutex = OpenMutexA(SYNCHRONIZE, FALSE, "m0");
            EXPECT_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
            return ::testing::Test::HasFailure() ? 1 : 0;
        });
        EXPECT_EQ(child.wait(), kDone);
        EXPECT_EQ(WaitForSingleObject(made.front(), kPatienceMs), WAIT_ABANDONED);
        for (const int fd : own) {
            EXPECT_EQ(fstat(fd, &facts), 0);
            EXPECT_EQ(facts.st_size, 0);
            EXPECT_EQ(facts.st_blocks, 0);
        }
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_TRUE(region.look_at_rest().damage.empty());
    });
}

}  // namespace
}  // namespace castaway::testing
