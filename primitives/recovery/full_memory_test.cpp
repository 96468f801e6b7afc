// A region on a file system that has no room left, from a single page on: whatever needs memory is
// refused with an error code, nobody gets SIGBUS, and what was there goes on working.
//
// The file system is the test's own: a process that has left for a mount namespace of its own puts
// a tiny one over /dev/shm. It ends with that process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "primitives/testing/actor.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

constexpr int kNotPermitted = 99;

bool write_text(const char* path, const std::string& text) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool written =
        fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    close(fd);
    return written;
}

/// As root, or as who may become it in a user namespace. The calling process has one thread.
bool enter_own_mounts() {
    const std::string user = std::to_string(geteuid());
    if (unshare(CLONE_NEWNS) != 0 &&
        (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
         !write_text("/proc/self/uid_map", user + " " + user + " 1"))) {
        return false;
    }
    return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool mount_tiny(std::size_t pages) {
    const std::string size = "mode=1777,size=" + std::to_string(pages * kPageBytes);
    return mount("none", "/dev/shm", "tmpfs", 0, size.c_str()) == 0;
}

/// What a process could do in the full region.
struct Done {
    bool attached = false;
    std::size_t objects = 0;
    bool refused = false;
};

/// Tables that cannot grow are full, that of the handles (4) like the others.
void expect_full(DWORD error) {
    EXPECT_TRUE(error == ERROR_DISK_FULL || error == ERROR_NOT_ENOUGH_MEMORY ||
                error == ERROR_NO_SYSTEM_RESOURCES || error == ERROR_TOO_MANY_OPEN_FILES)
        << error;
}

/// What is there works: a hand-over between two threads, too, if a second one can take part.
void expect_works(HANDLE event, HANDLE mutex) {
    EXPECT_EQ(SetEvent(event), TRUE);
    EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    std::thread([&] {
        const DWORD found = poll_object(mutex);
        if (found == WAIT_FAILED) {
            expect_full(GetLastError());
        } else {
            EXPECT_EQ(found, WAIT_TIMEOUT);
            EXPECT_EQ(SetEvent(event), TRUE);
        }
    }).join();
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_NE(WaitForSingleObject(event, 0), WAIT_FAILED);
}

/// Makes things until there is no room for more.
Done fill_region() {
    constexpr std::size_t kMost = 5'000;
    Done done;
    std::vector<Handle> all;
    const auto make = [&](HANDLE made) {
        if (made == nullptr) {
            expect_full(GetLastError());
            done.refused = true;
        } else {
            all.emplace_back(made);
        }
    };
    make(CreateEventA(nullptr, FALSE, FALSE, "event"));
    done.attached = std::string(castaway_attach_error()).empty();
    EXPECT_TRUE(done.attached || done.refused);
    if (!done.refused) {
        make(CreateMutexA(nullptr, FALSE, "mutex"));
    }
    while (!done.refused && all.size() < kMost) {
        make(CreateSemaphoreA(nullptr, 0, 9, ("semaphore" + std::to_string(all.size())).c_str()));
    }
    done.objects = all.size();
    if (all.size() > 2) {
        expect_works(all[0], all[1]);
        // Room that is given back is room.
        all.pop_back();
        make(CreateSemaphoreA(nullptr, 0, 9, "again"));
        EXPECT_EQ(all.size(), done.objects);
        LARGE_INTEGER due{};
        const Handle timer(CreateWaitableTimerA(nullptr, FALSE, nullptr));
        if (timer.get() != nullptr && SetWaitableTimer(timer, &due, 0, nullptr, nullptr, FALSE)) {
            EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
        }
        expect_works(all[0], all[1]);
    }
    return done;
}

/// What the kernel kills or an expectation ends is no ordinary end.
int in_tiny_region(std::size_t pages, const std::function<int(const Done&)>& verdict) {
    Child child([&]() -> int {
        if (!enter_own_mounts() || !mount_tiny(pages)) {
            return kNotPermitted;
        }
        setenv("CASTAWAY_REGION", "tiny", 1);
        prepare_attachment(nullptr, Mutant::none);
        const Done done = fill_region();
        const int told = verdict(done);
        return ::testing::Test::HasFailure() ? 1 : told;
    });
    const Ending ending = child.wait();
    EXPECT_EQ(ending.signal, 0) << "with " << pages << " pages: " << ending;
    EXPECT_NE(ending.code, 1) << "with " << pages << " pages";
    return ending.code;
}

/// A file that takes all the room there is.
class Ballast {
  public:
    Ballast() : fd_(open(kPath, O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
        const std::vector<char> page(kPageBytes, 'b');
        while (write(fd_, page.data(), page.size()) == static_cast<ssize_t>(page.size())) {
        }
        EXPECT_EQ(errno, ENOSPC);
    }
    Ballast(const Ballast&) = delete;
    Ballast& operator=(const Ballast&) = delete;
    ~Ballast() {
        close(fd_);
        ::unlink(kPath);
    }

  private:
    static constexpr const char* kPath = "/dev/shm/ballast";
    int fd_;
};

/// Says that nothing was shown, where the system does not let a test mount anything.
bool is_permitted(int code) {
    if (code == kNotPermitted) {
        ::testing::Test::RecordProperty("not_shown", "this system permits no mounts of one's own");
        std::puts("not shown: this system permits no mounts of one's own");
    }
    return code != kNotPermitted;
}

constexpr int kRefusedAtAttach = 10;
constexpr int kRefusedLater = 11;

TEST(FullMemory, RefusesFromTheFirstPageOn) {  // CONC-03
    int at_attach = 0;
    int later = 0;
    for (std::size_t pages = 1; pages <= 40; ++pages) {
        const int code = in_tiny_region(pages, [](const Done& done) {
            EXPECT_TRUE(done.refused);
            return done.attached ? kRefusedLater : kRefusedAtAttach;
        });
        if (!is_permitted(code)) {
            return;
        }
        (code == kRefusedAtAttach ? at_attach : later) += 1;
    }
    EXPECT_GT(at_attach, 0);
    EXPECT_GT(later, 0);
}

TEST(FullMemory, IsAnErrorUntilThereIsRoomAgain) {  // CONC-03
    constexpr std::size_t kPages = 128;
    Child child([] {
        if (!enter_own_mounts() || !mount_tiny(kPages)) {
            return kNotPermitted;
        }
        setenv("CASTAWAY_REGION", "tiny", 1);
        prepare_attachment(nullptr, Mutant::none);
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        std::vector<Handle> made;
        const std::string long_name(250, 'n');
        {
            const Ballast ballast;
            DWORD error = ERROR_SUCCESS;
            while (made.size() < 1'000 && error == ERROR_SUCCESS) {
                Handle more(
                    CreateMutexA(nullptr, TRUE, (long_name + std::to_string(made.size())).c_str()));
                error = GetLastError();
                if (more.get() != nullptr) {
                    made.push_back(std::move(more));
                }
            }
            expect_full(error);
            EXPECT_FALSE(made.empty());
            // A thread for which there is no slot yet.
            std::thread([&] {
                EXPECT_EQ(SetEvent(event), FALSE);
                EXPECT_EQ(GetLastError(), ERROR_DISK_FULL);
            }).join();
            EXPECT_EQ(SetEvent(event), TRUE);
            EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
            made.pop_back();
            EXPECT_NE(Handle(CreateMutexA(nullptr, FALSE, "m")).get(), nullptr) << "one is free";
        }
        for (int i = 0; i < 100; ++i) {
            made.emplace_back(CreateMutexA(nullptr, FALSE, nullptr));
            EXPECT_NE(made.back().get(), nullptr);
        }
        made.clear();
        std::string problem;
        const auto picture = inspect_region("tiny", problem);
        EXPECT_TRUE(picture) << problem;
        if (picture) {
            EXPECT_EQ(picture->objects.size(), 1U);
            EXPECT_TRUE(picture->damage.empty());
        }
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    const Ending ending = child.wait(kTestPatienceMs);
    if (ending == Ending{false, kNotPermitted}) {
        GTEST_SKIP() << "this system permits no mounts of one's own";
    }
    EXPECT_EQ(ending, kDone);
}

TEST(FullMemory, HasNoRoomForALongName) {  // NAME-18
    constexpr std::size_t kPages = 128;
    Child child([] {
        if (!enter_own_mounts() || !mount_tiny(kPages)) {
            return kNotPermitted;
        }
        setenv("CASTAWAY_REGION", "tiny", 1);
        prepare_attachment(nullptr, Mutant::none);
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        const std::u16string longest(32'766, u'x');
        const auto expect_event_alone = [] {
            std::string problem;
            const auto audit = audit_region("tiny", problem);
            EXPECT_TRUE(audit) << problem;
            EXPECT_TRUE(audit && audit->wrong.empty());
            EXPECT_EQ(inspect_region("tiny", problem)->objects.size(), 1U);
        };
        {
            const Ballast ballast;
            for (int i = 0; i < 3; ++i) {
                EXPECT_EQ(CreateMutexW(nullptr, TRUE, longest.c_str()), nullptr);
                EXPECT_EQ(GetLastError(), ERROR_DISK_FULL);
            }
            expect_event_alone();
            EXPECT_NE(Handle(CreateMutexW(nullptr, FALSE, u"short")).get(), nullptr);
        }
        Handle mutex(CreateMutexW(nullptr, FALSE, longest.c_str()));
        EXPECT_NE(mutex.get(), nullptr);
        mutex.reset();
        expect_event_alone();
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    const Ending ending = child.wait(kTestPatienceMs);
    if (ending == Ending{false, kNotPermitted}) {
        GTEST_SKIP() << "this system permits no mounts of one's own";
    }
    EXPECT_EQ(ending, kDone);
}

TEST(FullMemory, LeavesThoseAloneWhoAreThere) {  // CONC-03, MTX-08
    constexpr std::size_t kPages = 64;
    const int code = in_tiny_region(kPages, [](const Done& done) {
        EXPECT_TRUE(done.attached && done.refused);
        EXPECT_GT(done.objects, 2U);
        // What it had is closed by now. Others come until there is no room for one more.
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        EXPECT_NE(mutex.get(), nullptr);
        bool full = false;
        std::vector<std::unique_ptr<Actor>> actors;
        while (!full && actors.size() < kPages) {
            actors.push_back(std::make_unique<Actor>([](const Actor& self) {
                const HANDLE own = CreateMutexA(nullptr, FALSE, "m");
                if (own == nullptr) {
                    expect_full(GetLastError());
                    self.say('f');
                    return;
                }
                EXPECT_EQ(WaitForSingleObject(own, INFINITE), WAIT_OBJECT_0);
                EXPECT_EQ(ReleaseMutex(own), TRUE);
                self.say('r');
                self.stay();
            }));
            const auto said = actors.back()->listen();
            EXPECT_TRUE(said == 'r' || said == 'f');
            full = said != 'r';
        }
        EXPECT_TRUE(full);
        actors.pop_back();
        EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        for (const auto& actor : actors) {
            actor->end_by_kill();
        }
        EXPECT_EQ(WaitForSingleObject(mutex, kPatienceMs), WAIT_OBJECT_0);
        return kRefusedLater;
    });
    if (is_permitted(code)) {
        EXPECT_EQ(code, kRefusedLater);
    }
}

/// Until nothing more can be written.
void fill_file_system() {
    const int filler = open("/dev/shm/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::vector<char> page(kPageBytes);
    while (write(filler, page.data(), page.size()) > 0) {
    }
    EXPECT_EQ(errno, ENOSPC);
    close(filler);
}

/// In a process of its own: starts a child, fills the file system, and then lets the child end.
int have_child_end_in_full_region() {
    constexpr std::size_t kPages = 256;
    if (!enter_own_mounts() || !mount_tiny(kPages)) {
        return kNotPermitted;
    }
    setenv("CASTAWAY_REGION", "tiny", 1);
    prepare_attachment(nullptr, Mutant::none);
    std::array<int, 2> gate{};
    EXPECT_EQ(pipe(gate.data()), 0);
    std::string command =
        "sh -c \"read x < /proc/self/fd/" + std::to_string(gate[0]) + "; exit 7\"";
    STARTUPINFOA startup{};
    startup.cb = sizeof(startup);
    PROCESS_INFORMATION made{};
    EXPECT_EQ(CreateProcessA(nullptr, command.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr,
                             &startup, &made),
              TRUE);
    fill_file_system();
    EXPECT_EQ(write(gate[1], "\n", 1), 1);
    EXPECT_EQ(WaitForSingleObject(made.hProcess, kPatienceMs), WAIT_OBJECT_0);
    DWORD code = 0;
    EXPECT_EQ(GetExitCodeProcess(made.hProcess, &code), TRUE);
    EXPECT_EQ(code, 7U);
    return ::testing::Test::HasFailure() ? 1 : kRefusedLater;
}

TEST(FullMemory, DoesNotKeepAChildsEndFromItsParent) {  // PROC-01, PROC-02, CONC-03
    const int code = Child(have_child_end_in_full_region).wait().code;
    if (is_permitted(code)) {
        EXPECT_EQ(code, kRefusedLater);
    }
}

}  // namespace
}  // namespace castaway::testing
