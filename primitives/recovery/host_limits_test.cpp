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
#include <cstdint>
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

constexpr int kNotPermitted = 99;

/// What a child says that makes the first call in a region of the usual size, before or after it
/// locks all its memory, and then a thousand names.
int use_with_locked_memory(const NamedRegion& region, int before, int after) {
    prepare_attachment(nullptr, Mutant::none);
    const auto lock = [](int flags) { return flags == 0 || mlockall(flags) == 0; };
    if (!lock(before)) {
        return kNotPermitted;
    }
    std::vector<HANDLE> made{CreateEventA(nullptr, FALSE, FALSE, "e")};
    EXPECT_NE(made.front(), nullptr) << castaway_attach_error();
    const auto bytes = [&region] {
        struct stat facts {};
        EXPECT_EQ(stat(region.path().c_str(), &facts), 0);
        return static_cast<std::int64_t>(facts.st_blocks) * 512;
    };
    if (!lock(after)) {
        return kNotPermitted;
    }
    EXPECT_LT(bytes(), std::int64_t{256} << 10);
    while (made.size() < 1'000) {
        made.push_back(
            CreateMutexA(nullptr, FALSE, ("name " + std::to_string(made.size())).c_str()));
        EXPECT_NE(made.back(), nullptr) << GetLastError();
    }
    EXPECT_TRUE(lock(after));
    EXPECT_LT(bytes(), std::int64_t{2} << 20);
    return ::testing::Test::HasFailure() ? 1 : 0;
}

void expect_little_memory(int before, int after) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers make mlockall do nothing";
#endif
    const NamedRegion region;
    Child child([&] { return use_with_locked_memory(region, before, after); });
    const Ending ending = child.wait();
    if (ending == Ending{false, kNotPermitted}) {
        GTEST_SKIP() << "this system permits a process to lock too little memory";
    }
    EXPECT_EQ(ending, kDone);
}

TEST(LockedMemory, FromBeforeTheFirstCallIsLittle) {
    expect_little_memory(MCL_CURRENT | MCL_FUTURE, 0);
}

TEST(LockedMemory, FromAfterTheFirstCallIsLittle) {
    expect_little_memory(0, MCL_CURRENT);
}

TEST(LockedMemory, FromBeforeAndAfterIsLittle) {
    expect_little_memory(MCL_FUTURE, MCL_CURRENT | MCL_FUTURE);
}

TEST(LockedMemory, BeyondTheLimitIsAnErrorCodeAndALine) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers make mlockall do nothing";
#endif
    const NamedRegion region;
    Child child([&] {
        prepare_attachment(nullptr, Mutant::none);
        constexpr rlim_t kEnoughForThreads = rlim_t{4} << 20;
        constexpr uid_t kNobody = 65534;
        rlimit limit{};
        if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_max < kEnoughForThreads) {
            return kNotPermitted;
        }
        limit = {kEnoughForThreads, kEnoughForThreads};
        if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 ||
            (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) ||
            mlockall(MCL_FUTURE) != 0) {
            return kNotPermitted;
        }
        EXPECT_EQ(CreateEventA(nullptr, FALSE, FALSE, "e"), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        EXPECT_THAT(castaway_attach_error(), HasSubstr("mlockall"));
        EXPECT_THAT(castaway_attach_error(), HasSubstr("RLIMIT_MEMLOCK"));
        ::unlink(region.path().c_str());  // as this user has it
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    const Ending ending = child.wait();
    if (ending == Ending{false, kNotPermitted}) {
        GTEST_SKIP() << "this system does not let a process lock memory or be another user";
    }
    EXPECT_EQ(ending, kDone);
}

TEST(AddressSpaceLimit, IsAnErrorCodeAndALine) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers need the address space";
#endif
    const NamedRegion region;
    Child child([] {
        prepare_attachment(nullptr, Mutant::none);
        const rlimit limit{rlim_t{1} << 30, rlim_t{1} << 30};
        EXPECT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
        EXPECT_EQ(CreateEventA(nullptr, FALSE, FALSE, "e"), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        EXPECT_THAT(castaway_attach_error(), HasSubstr("RLIMIT_AS"));
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    EXPECT_EQ(child.wait(), kDone);
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
