// Several processes with several threads at work on the same objects, while one after another is
// killed at random and replaced. Ended by counts. Afterwards nothing is damaged and everything is
// usable.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/base/prng.h"
#include "primitives/api/attachment.h"
#include "primitives/testing/child_process.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

constexpr std::size_t kProcesses = 3;
constexpr std::size_t kThreads = 2;
constexpr int kKills = 60;
constexpr LONG kMaximum = 4;

/// What the workers share besides the region: outside of it, so that it says what they did.
struct Board {
    std::atomic<std::uint64_t> operations;
    /// Who is between the mutex's acquisition and its release: 0 nobody.
    std::atomic<std::uint64_t> inside;
    std::atomic<std::uint64_t> told;
    /// Deaths inside that nobody was told of, and others inside at the same time.
    std::atomic<std::uint64_t> broken;
};

class SharedBoard {
  public:
    SharedBoard()
        : board_(static_cast<Board*>(mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
    SharedBoard(const SharedBoard&) = delete;
    SharedBoard& operator=(const SharedBoard&) = delete;
    ~SharedBoard() { munmap(board_, sizeof(Board)); }
    Board& operator*() const { return *board_; }
    Board* operator->() const { return board_; }

  private:
    Board* board_;
};

/// One thread's endless work.
class Worker {
  public:
    Worker(Board& board, std::uint64_t seed)
        : board_(board),
          random_(seed),
          me_(seed + 1),
          mutex_(CreateMutexA(nullptr, FALSE, "mutex")),
          event_(CreateEventA(nullptr, FALSE, FALSE, "event")),
          gate_(CreateEventA(nullptr, TRUE, FALSE, "gate")),
          semaphore_(CreateSemaphoreA(nullptr, 0, kMaximum, "semaphore")),
          timer_(CreateWaitableTimerA(nullptr, FALSE, "timer")) {}

    [[noreturn]] void work() {
        for (;;) {
            step(random_.below(10));
            ++board_.operations;
        }
    }

  private:
    void step(std::uint64_t which) {
        switch (which) {
            case 0:
            case 1:
            case 2:
                enter(WaitForSingleObject(mutex_, random_.below(2) == 0 ? 1 : INFINITE), 0);
                break;
            case 3:
                SetEvent(event_);
                WaitForSingleObject(event_, random_.below(2) == 0 ? 0 : 1);
                break;
            case 4:
                ReleaseSemaphore(semaphore_, 1 + static_cast<LONG>(random_.below(2)), nullptr);
                WaitForSingleObject(semaphore_, 1);
                break;
            case 5:
                SetEvent(gate_);
                WaitForSingleObject(gate_, 1);
                ResetEvent(gate_);
                break;
            case 6:
                arm();
                WaitForSingleObject(timer_, 1);
                break;
            case 7:
                come_and_go();
                break;
            default:
                wait_for_any();
                break;
        }
    }

    /// After a wait that, at this index, may have taken the mutex.
    void enter(DWORD result, DWORD index) {
        if (result != WAIT_OBJECT_0 + index && result != WAIT_ABANDONED_0 + index) {
            return;
        }
        const std::uint64_t before = board_.inside.exchange(me_);
        if (result == WAIT_ABANDONED_0 + index) {
            ++board_.told;
        } else if (before != 0) {
            ++board_.broken;
        }
        if (random_.below(4) == 0) {
            // Its owner may have it twice.
            if (WaitForSingleObject(mutex_, INFINITE) != WAIT_OBJECT_0 ||
                ReleaseMutex(mutex_) == FALSE) {
                ++board_.broken;
            }
        }
        if (board_.inside.exchange(0) != me_ || ReleaseMutex(mutex_) == FALSE) {
            ++board_.broken;
        }
    }

    void arm() {
        LARGE_INTEGER due;
        due.QuadPart = -static_cast<LONGLONG>(random_.below(5000));
        SetWaitableTimer(timer_, &due, static_cast<LONG>(random_.below(2)), nullptr, nullptr,
                         FALSE);
        if (random_.below(4) == 0) {
            CancelWaitableTimer(timer_);
        }
    }

    void come_and_go() {
        const std::string name = "name " + std::to_string(random_.below(3));
        HANDLE event = CreateEventA(nullptr, FALSE, TRUE, name.c_str());
        HANDLE copy = nullptr;
        if (event == nullptr ||
            DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE,
                            DUPLICATE_SAME_ACCESS) == FALSE ||
            CloseHandle(event) == FALSE || CloseHandle(copy) == FALSE) {
            ++board_.broken;
        }
    }

    void wait_for_any() {
        const std::array<HANDLE, 4> handles{semaphore_, event_, mutex_, timer_};
        enter(WaitForMultipleObjects(4, handles.data(), FALSE, 1), 2);
    }

    Board& board_;
    harness::Prng random_;
    std::uint64_t me_;
    HANDLE mutex_;
    HANDLE event_;
    HANDLE gate_;
    HANDLE semaphore_;
    HANDLE timer_;
};

Child start_workers(Board& board, std::uint64_t seed) {
    return Child([&board, seed]() -> int {
        prepare_attachment(nullptr, Mutant::none);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < kThreads; ++i) {
            threads.emplace_back([&board, seed, i] { Worker(board, seed * kThreads + i).work(); });
        }
        threads.front().join();
        return 1;
    });
}

/// Returns when so many more operations have been done.
void await_operations(const Board& board, std::uint64_t more) {
    const std::uint64_t from = board.operations;
    for (std::uint64_t look = 0; board.operations < from + more; ++look) {
        if (look > 200'000'000) {
            give_up("the workers do not get on");
        }
        std::this_thread::yield();
    }
}

void expect_all_usable() {
    const Handle mutex(CreateMutexA(nullptr, FALSE, "mutex"));
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "event"));
    const Handle semaphore(CreateSemaphoreA(nullptr, 0, kMaximum, "semaphore"));
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "timer"));
    const DWORD result = WaitForSingleObject(mutex, INFINITE);
    EXPECT_TRUE(result == WAIT_OBJECT_0 || result == WAIT_ABANDONED);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_EQ(SetEvent(event), TRUE);
    EXPECT_EQ(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
    while (poll_object(semaphore) == WAIT_OBJECT_0) {
    }
    EXPECT_EQ(ReleaseSemaphore(semaphore, kMaximum, nullptr), TRUE);
    LARGE_INTEGER due;
    due.QuadPart = 0;
    EXPECT_EQ(SetWaitableTimer(timer, &due, 0, nullptr, nullptr, FALSE), TRUE);
    EXPECT_EQ(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
}

TEST(Stress, RandomKillsLeaveNothingBehind) {
    in_fresh_process([](TestRegion& region) {
        // A holder, so that the objects outlive their users, and a survivor that recovers.
        const Handle mutex(CreateMutexA(nullptr, FALSE, "mutex"));
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "event"));
        const Handle gate(CreateEventA(nullptr, TRUE, FALSE, "gate"));
        const Handle semaphore(CreateSemaphoreA(nullptr, 0, kMaximum, "semaphore"));
        const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "timer"));
        const SharedBoard board;
        harness::Prng random(20240611);
        std::vector<std::unique_ptr<Child>> workers;
        std::uint64_t seed = 0;
        for (std::size_t i = 0; i < kProcesses; ++i) {
            workers.push_back(std::make_unique<Child>(start_workers(*board, seed++)));
        }
        for (int i = 0; i < kKills; ++i) {
            await_operations(*board, 1 + random.below(200));
            const std::size_t victim = random.below(kProcesses);
            workers[victim]->end();
            workers[victim] = std::make_unique<Child>(start_workers(*board, seed++));
        }
        await_operations(*board, 500);
        workers.clear();
        region.sweep();
        const RegionPicture picture = region.look();
        for (const std::string& line : picture.damage) {
            ADD_FAILURE() << line;
        }
        EXPECT_EQ(picture.processes.size(), 1U);
        EXPECT_EQ(picture.objects.size(), 5U);
        EXPECT_EQ(board->broken, 0U);
        EXPECT_LE(board->told, static_cast<std::uint64_t>(kKills) + kProcesses);
        RecordProperty("told", static_cast<int>(board->told));
        expect_all_usable();
    });
}

TEST(Stress, AllKilledAtOnceLeaveNothingBehind) {
    const TestRegion region;
    const SharedBoard board;
    std::uint64_t seed = 1000;
    for (int round = 0; round < 8; ++round) {
        std::vector<std::unique_ptr<Child>> workers;
        for (std::size_t i = 0; i < kProcesses; ++i) {
            workers.push_back(std::make_unique<Child>(start_workers(*board, seed++)));
        }
        await_operations(*board, 300);
        for (const auto& worker : workers) {
            worker->signal(SIGKILL);
        }
        workers.clear();
        board->inside = 0;  // the mutex goes with its last handle
        region.expect_clean(0);
    }
    EXPECT_EQ(board->broken, 0U);
}

}  // namespace
}  // namespace castaway::testing
