// What happens at the limits of a region, and when its memory is not what it should be.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "primitives/platform/linux_platform.h"
#include "primitives/recovery/retire.h"
#include "primitives/region/directory.h"
#include "primitives/region/region_file.h"
#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

HANDLE make_event(const char* name = nullptr) {
    return CreateEventA(nullptr, FALSE, FALSE, name);
}

/// Returns when one process gives back what the others had, and has done so.
void await_alone(const TestRegion& region) {
    for (int looks = 0; looks < 1'000'000 && region.look().processes.size() > 1; ++looks) {
        std::this_thread::yield();
    }
}

TEST(FullTables, OfProcessesRefuseOneMoreAndGoOn) {
    Geometry geometry = kSmall;
    geometry.processes = 2;
    const TestRegion region(geometry);
    Actor owner(owns_mutex());
    owner.expect('o');
    Actor waiter(waits_for_mutex(WAIT_ABANDONED));
    waiter.expect('s');
    Actor refused([](const Actor&) {
        EXPECT_EQ(open_mutex(), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_NO_SYSTEM_RESOURCES);
        EXPECT_NE(std::string(castaway_attach_error()).find("no slot for one more process"),
                  std::string::npos);
    });
    refused.end();
    owner.end_by_kill();
    waiter.expect('w');
    // Who is told of a mutex may be told before all else is given back.
    await_alone(region);
    Actor next([](const Actor&) { EXPECT_NE(open_mutex(), nullptr); });
    next.end();
    await_alone(region);
    waiter.tell('g');
    waiter.end();
    region.expect_clean(0);
}

/// Actors that take part until all of them are killed at once, in a region with these tables.
void fill_and_kill(const char* name, const Geometry& geometry, std::size_t processes) {
    setenv("CASTAWAY_REGION", name, 1);
    AttachFailure failure;
    ASSERT_TRUE(RegionFile::open(name, geometry, failure)) << failure.message;
    std::vector<std::unique_ptr<Actor>> actors;
    actors.reserve(processes);
    while (actors.size() < processes) {
        actors.push_back(std::make_unique<Actor>([](const Actor& self) {
            EXPECT_NE(CreateMutexA(nullptr, TRUE, nullptr), nullptr);
            self.say('o');
            self.stay();
        }));
        actors.back()->expect('o');
    }
    for (const auto& actor : actors) {
        actor->stop();
    }
    for (const auto& actor : actors) {
        actor->end_by_kill();
    }
}

TEST(FullTables, OfTheDeadAloneMakeRoomForTheLiving) {  // NAME-14
    const std::string name = "test-dead-" + std::to_string(getpid());
    const std::string path = RegionFile::path_of(name);
    Geometry few_processes = kSmall;
    few_processes.processes = 2;
    Geometry few_threads = kSmall;
    few_threads.threads = 4;
    for (const Geometry& geometry : {few_processes, few_threads}) {
        fill_and_kill(name.c_str(), geometry, 2);
        constexpr std::size_t kNewcomers = 4;
        std::vector<std::unique_ptr<Actor>> late;
        late.reserve(kNewcomers);
        while (late.size() < kNewcomers) {
            late.push_back(std::make_unique<Actor>([](const Actor& self) {
                self.hear('g');
                const Handle semaphore(CreateSemaphoreA(nullptr, 0, 4, "s"));
                EXPECT_EQ(ReleaseSemaphore(semaphore, 1, nullptr), TRUE) << castaway_attach_error();
                self.say('r');
                self.hear('e');
            }));
        }
        for (const auto& actor : late) {
            actor->tell('g');
        }
        for (const auto& actor : late) {
            actor->expect('r');
        }
        std::string problem;
        const auto picture = inspect_region(name, problem);
        EXPECT_TRUE(picture && object_named(*picture, "Local\\s").count == kNewcomers) << problem;
        for (const auto& actor : late) {
            actor->tell('e');
            actor->end();
        }
        EXPECT_EQ(::unlink(path.c_str()), 0);
    }
}

TEST(FullTables, ThatAreNotQuiteFullKeepTheirRegion) {
    const std::string name = "test-dead-" + std::to_string(getpid());
    const std::string path = RegionFile::path_of(name);
    fill_and_kill(name.c_str(), kSmall, 2);
    {
        AttachFailure failure;
        const auto file = RegionFile::open_existing(name, failure);
        ASSERT_TRUE(file) << failure.message;
        // Whoever could not join it for another reason, for want of threads say.
        EXPECT_FALSE(retire_dead_region(name, file->identity()));
        EXPECT_TRUE(retire_dead_region(name, FileIdentity{})) << "the name is another's";
    }
    EXPECT_EQ(::unlink(path.c_str()), 0) << "its name was taken away";
}

TEST(FullTables, OfThreadsRefuseOneMoreAndGoOn) {
    Geometry geometry = kSmall;
    geometry.threads = 3;  // the helper, the main thread, and one more
    const TestRegion region(geometry);
    Actor actor([](const Actor&) {
        const Handle event(make_event());
        const Handle heard(make_event());
        std::thread last([&] {
            EXPECT_EQ(SetEvent(heard), TRUE);
            EXPECT_EQ(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
        });
        EXPECT_EQ(WaitForSingleObject(heard, INFINITE), WAIT_OBJECT_0);
        std::thread([&] {
            EXPECT_EQ(SetEvent(event), FALSE);
            EXPECT_EQ(GetLastError(), ERROR_NO_SYSTEM_RESOURCES);
        }).join();
        EXPECT_EQ(SetEvent(event), TRUE);
        last.join();
        std::thread([&] { EXPECT_EQ(SetEvent(event), TRUE); }).join();
        EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    });
    actor.end();
    region.expect_clean(0);
}

TEST(FullTables, OfObjectsAndNamesRefuseOneMoreAndGoOn) {
    Geometry geometry = kSmall;
    geometry.objects = 4;
    geometry.name_cells = 4;
    const TestRegion region(geometry);
    Actor actor([](const Actor&) {
        const auto is_refused = [](const char* name) {
            const HANDLE made = make_event(name);
            return made == nullptr && GetLastError() == ERROR_NO_SYSTEM_RESOURCES;
        };
        const std::string long_name(250, 'n');
        const Handle first(make_event("a"));
        EXPECT_TRUE(is_refused(long_name.c_str())) << "names have no cell left";
        std::vector<Handle> more;
        for (std::uint32_t i = 1; i < 4; ++i) {
            more.emplace_back(make_event());
            EXPECT_NE(more.back().get(), nullptr);
        }
        EXPECT_TRUE(is_refused(nullptr));
        EXPECT_TRUE(is_refused("b"));
        EXPECT_EQ(Handle(OpenEventA(SYNCHRONIZE, FALSE, "b")).get(), nullptr);
        EXPECT_EQ(SetEvent(first), TRUE);
        EXPECT_EQ(poll_object(Handle(open_event("a"))), WAIT_OBJECT_0);
        more.pop_back();
        EXPECT_NE(Handle(make_event("b")).get(), nullptr);
    });
    actor.end();
    region.expect_clean(0);
}

TEST_F(ProcessTest, NumberOfADeadOneMayBeAnothersByNow) {  // MTX-08, NAME-14, HND-07
    {
        Actor owner(owns_mutex());
        owner.expect('o');
        owner.end_by_kill();
    }
    // A year later: a process that takes part in nothing has its number, and began after it.
    const Child successor([] {
        pause();
        return 0;
    });
    AttachFailure failure;
    const auto file = RegionFile::open_existing(region_.spec(), failure);
    ASSERT_TRUE(file) << failure.message;
    const LinuxPlatform platform;
    Cell64& cell = file->view().process_entry(region_.look().processes.at(0).slot);
    ProcessEntry entry = ProcessEntry::unpack(platform.load(cell));
    entry.identity = {successor.pid(), start_time_of(successor.pid()) - 1};
    platform.store(cell, entry.pack());
    Actor late([](const Actor&) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS) << "the dead one's mutex is still there";
        EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
    late.end();
}

}  // namespace
}  // namespace castaway::testing
