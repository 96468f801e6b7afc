// Calls in a region of which a word is not what it was (by a wild write of another program, or
// failing memory). Whatever the word, a call returns, or ends its process with the line of a
// damaged region: nobody is led out of the region, and nobody goes in circles in it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

/// Many times as long as the calls below take in a sound region. None of them waits without limit.
constexpr unsigned kLimitS = 6;
/// What one run of the tests tries; more by CASTAWAY_TEST_DAMAGES, others by CASTAWAY_TEST_SEED.
constexpr int kDamages = 100;

void ignore_call(ULONG_PTR /*argument*/) {}
void ignore_timer(LPVOID /*argument*/, DWORD /*low*/, DWORD /*high*/) {}

LARGE_INTEGER in_100ns(long long units) {
    LARGE_INTEGER due{};
    due.QuadPart = -units;
    return due;
}

/// Waits for these without limit.
std::thread waits_for(const Actor& self, std::vector<HANDLE> handles, BOOL all) {
    std::thread waiter([&self, handles = std::move(handles), all] {
        self.say_when_asleep();
        WaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(), all, INFINITE);
    });
    self.hear('n');
    return waiter;
}

/// Some of everything that a region can hold.
void live(const Actor& self) {
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    const Handle semaphore(CreateSemaphoreA(nullptr, 1, 3, "s"));
    const Handle empty(CreateSemaphoreA(nullptr, 0, 3, "none"));
    const Handle timer(CreateWaitableTimerA(nullptr, TRUE, "t"));
    const Handle routine(CreateWaitableTimerA(nullptr, FALSE, "routine"));
    const Handle event(CreateEventA(nullptr, TRUE, FALSE, "e"));
    const Handle second(CreateEventA(nullptr, FALSE, FALSE, "e2"));
    const Handle process(OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId()));
    const HANDLE boundary = CreateBoundaryDescriptorA("b", 0);
    CreatePrivateNamespaceA(nullptr, boundary, "names");
    const Handle inside(CreateEventA(nullptr, FALSE, FALSE, "names\\e"));
    constexpr long long kHour = 36'000'000'000;
    const LARGE_INTEGER due = in_100ns(kHour);
    EXPECT_EQ(SetWaitableTimer(timer, &due, 0, nullptr, nullptr, FALSE), TRUE);
    EXPECT_EQ(SetWaitableTimer(routine, &due, 1'000, ignore_timer, nullptr, FALSE), TRUE);
    for (int i = 0; i < 3; ++i) {
        EXPECT_NE(QueueUserAPC(ignore_call, GetCurrentThread(), 0), 0U);
    }
    const std::thread waiters[] = {
        waits_for(self, {event, timer}, TRUE), waits_for(self, {empty, second}, FALSE),
        waits_for(self, {event, second}, TRUE), waits_for(self, {second}, FALSE)};
    self.say('r');
    self.stay();
}

/// What any program may do in a region that turns out to be damaged. Nothing waits for long.
void use_everything(DWORD neighbour) {
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    const Handle event(OpenEventA(EVENT_ALL_ACCESS, FALSE, "e"));
    const Handle second(OpenEventA(EVENT_ALL_ACCESS, FALSE, "e2"));
    const Handle empty(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "none"));
    const HANDLE semaphore = CreateSemaphoreA(nullptr, 0, 1, "s");
    const HANDLE timer = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "t");
    const HANDLE routine = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "routine");
    const Handle own(CreateWaitableTimerA(nullptr, FALSE, nullptr));
    const LARGE_INTEGER soon = in_100ns(1);
    const HANDLE all[] = {event, semaphore, timer, mutex};
    WaitForMultipleObjects(4, all, FALSE, 1);
    WaitForMultipleObjects(2, all, TRUE, 1);
    SetWaitableTimer(own, &soon, 0, ignore_timer, nullptr, FALSE);
    QueueUserAPC(ignore_call, GetCurrentThread(), 0);
    SleepEx(1, TRUE);
    PulseEvent(event);
    PulseEvent(second);
    SetEvent(event);
    SetEvent(second);
    ReleaseSemaphore(semaphore, 1, nullptr);
    ReleaseSemaphore(empty, 1, nullptr);
    SetWaitableTimer(timer, &soon, 0, nullptr, nullptr, FALSE);
    WaitForMultipleObjects(3, all, TRUE, 1);
    CancelWaitableTimer(timer);
    CancelWaitableTimer(routine);
    ReleaseMutex(mutex);
    const Handle process(OpenProcess(PROCESS_ALL_ACCESS, FALSE, neighbour));
    const Handle thread(OpenThread(THREAD_ALL_ACCESS, FALSE, neighbour));
    QueueUserAPC(ignore_call, thread, 0);
    WaitForSingleObject(process, 1);
    HANDLE copy = nullptr;
    DuplicateHandle(GetCurrentProcess(), event, process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    CloseHandle(copy);
    const HANDLE boundary = CreateBoundaryDescriptorA("b", 0);
    const HANDLE names = OpenPrivateNamespaceA(boundary, "names");
    CloseHandle(OpenEventA(SYNCHRONIZE, FALSE, "names\\e"));
    ClosePrivateNamespace(names, 0);
    for (const HANDLE made :
         {CreateEventA(nullptr, FALSE, FALSE, "x"), semaphore, timer, routine}) {
        CloseHandle(made);
    }
}

std::uint64_t told(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Damage : public ProcessTest {
  protected:
    /// The region's words, and those of them that are in use or beside one that is.
    void keep_image() {
        const auto bytes = static_cast<std::size_t>(lseek(region_.fd(), 0, SEEK_END));
        sound_.resize(bytes / sizeof(std::uint64_t));
        ASSERT_EQ(pread(region_.fd(), sound_.data(), bytes, 0), static_cast<ssize_t>(bytes));
        constexpr std::size_t kBeside = 4;
        std::size_t next = 0;
        for (std::size_t i = 0; i < sound_.size(); ++i) {
            if (sound_[i] != 0) {
                next = std::max(next, i < kBeside ? 0 : i - kBeside);
                for (; next <= i + kBeside && next < sound_.size(); ++next) {
                    places_.push_back(next);
                }
            }
        }
        ASSERT_GT(places_.size(), 100U);
    }

    /// Somebody uses a region that is as the image, but for that word.
    [[nodiscard]] Ending use(std::size_t word, std::uint64_t value) const {
        const TestRegion damaged;
        const std::size_t bytes = sound_.size() * sizeof(std::uint64_t);
        EXPECT_EQ(pwrite(damaged.fd(), sound_.data(), bytes, 0), static_cast<ssize_t>(bytes));
        EXPECT_EQ(
            pwrite(damaged.fd(), &value, sizeof(value), static_cast<off_t>(word * sizeof(value))),
            static_cast<ssize_t>(sizeof(value)));
        Child user([&] {
            if (std::freopen("/dev/null", "w", stderr) == nullptr) {
                return 1;
            }
            alarm(kLimitS);
            std::string problem;
            static_cast<void>(inspect_region(damaged.spec(), problem));
            use_everything(neighbour_);
            return 0;
        });
        return user.wait();
    }

    std::vector<std::uint64_t> sound_;
    std::vector<std::size_t> places_;
    DWORD neighbour_ = 0;
};

TEST_F(Damage, OfOneWordLeadsNobodyOutAndNobodyInCircles) {
    Actor actor(live);
    for (int waiter = 0; waiter < 4; ++waiter) {
        actor.expect('s');
        actor.tell('n');
    }
    actor.expect('r');
    neighbour_ = region_.look().processes.at(0).pid;
    keep_image();
    // In the image they all live on.
    actor.end_by_kill();
    // In a region that is sound all of it is done soon.
    EXPECT_EQ(use(places_.front(), sound_[places_.front()]), kDone);
    std::mt19937_64 random(told("CASTAWAY_TEST_SEED", 1));
    const std::uint64_t damages = told("CASTAWAY_TEST_DAMAGES", kDamages);
    std::uint64_t refused = 0;
    std::uint64_t hung = 0;
    for (std::uint64_t i = 0; i < damages; ++i) {
        const std::size_t word = places_[random() % places_.size()];
        const std::uint64_t value =
            random() % 4 == 0 ? random() : sound_[word] ^ std::uint64_t{1} << random() % 64;
        const Ending ending = use(word, value);
        refused += ending.signal == SIGABRT ? 1 : 0;
        hung += ending.signal == SIGALRM ? 1 : 0;
        EXPECT_TRUE(ending.code >= 0 || ending.signal == SIGABRT)
            << "word " << word << " was " << std::hex << sound_[word] << " and became " << value
            << ": " << ending << "; " << describe_region_offset(region_.spec(), word * 8);
    }
    EXPECT_GT(refused, 0U);
    EXPECT_EQ(hung, 0U);
    RecordProperty("damages", std::to_string(damages));
    RecordProperty("refused", std::to_string(refused));
    setenv("CASTAWAY_REGION", region_.spec().c_str(), 1);
}

}  // namespace
}  // namespace castaway::testing
