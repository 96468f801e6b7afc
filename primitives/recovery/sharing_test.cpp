// Names and duplicates between processes of every relation. Inheritance, which is from a parent to
// its children alone, is in inherit_test.cpp and create_process_test.cpp.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

/// Numbers from one process to another.
class NumberPipe {
  public:
    NumberPipe() { EXPECT_EQ(pipe(ends_.data()), 0); }
    NumberPipe(const NumberPipe&) = delete;
    NumberPipe& operator=(const NumberPipe&) = delete;
    ~NumberPipe() {
        for (const int end : ends_) {
            close(end);
        }
    }
    void send(std::uint64_t number) const {
        EXPECT_EQ(write(ends_[1], &number, sizeof(number)), 8);
    }
    /// A sender that fails says so with 0; one that dies is ended with the test.
    [[nodiscard]] std::uint64_t receive() const {
        std::uint64_t number = 0;
        EXPECT_EQ(read(ends_[0], &number, sizeof(number)), 8);
        return number;
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

class Sharing : public ProcessTest {
  protected:
    /// Makes two events, gives the taker a duplicate of one, and waits until both are set.
    void give() {
        const Handle named(CreateEventA(nullptr, FALSE, FALSE, "named"));
        const Handle unnamed(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        const Handle taker(
            OpenProcess(PROCESS_DUP_HANDLE, FALSE, static_cast<DWORD>(to_giver_.receive())));
        EXPECT_NE(taker.get(), nullptr);
        HANDLE there = nullptr;
        EXPECT_EQ(DuplicateHandle(GetCurrentProcess(), unnamed, taker, &there, 0, FALSE,
                                  DUPLICATE_SAME_ACCESS),
                  TRUE);
        to_taker_.send(reinterpret_cast<std::uintptr_t>(there));
        for (const HANDLE event : {unnamed.get(), named.get()}) {
            EXPECT_EQ(WaitForSingleObject(event, kPatienceMs), WAIT_OBJECT_0);
        }
    }

    /// Sets both, one by what it was given and one by its name, and tells whether it could.
    void take() {
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        to_giver_.send(GetCurrentProcessId());
        // NOLINTNEXTLINE(performance-no-int-to-ptr): it is a number
        const Handle given(reinterpret_cast<HANDLE>(to_taker_.receive()));
        const Handle named(open_event("named"));
        const bool could = SetEvent(given) != FALSE && SetEvent(named) != FALSE;
        taken_.send(could ? 1 : 2);
    }

    NumberPipe to_giver_;
    NumberPipe to_taker_;
    NumberPipe taken_;
};

TEST_F(Sharing, BetweenSiblings) {  // NAME-03, DUP-01, DUP-08
    Actor giver([this](const Actor&) { give(); });
    Actor taker([this](const Actor&) { take(); });
    giver.end();
    taker.end();
    EXPECT_EQ(taken_.receive(), 1U);
}

TEST_F(Sharing, BetweenParentAndChild) {  // NAME-03, DUP-01, DUP-08
    for (const bool child_takes : {true, false}) {
        Actor parent([this, child_takes](const Actor&) {
            // The child is one of a process that takes part.
            CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
            Child child([this, child_takes] {
                child_takes ? take() : give();
                return 0;
            });
            child_takes ? give() : take();
            EXPECT_EQ(child.wait(), kDone);
        });
        parent.end();
        EXPECT_EQ(taken_.receive(), 1U);
    }
}

TEST_F(Sharing, BetweenUnrelated) {  // NAME-03, DUP-01, DUP-08
    Actor giver([this](const Actor&) { give(); });
    // Of another session, and nobody's child when its maker is gone.
    const NumberPipe begun;
    Child maker([this, &begun] {
        if (setsid() < 0) {
            return 1;
        }
        const pid_t orphan = fork();
        if (orphan == 0) {
            alarm(kPatienceMs / 1000);
            begun.send(static_cast<std::uint64_t>(getpid()));
            take();
            _exit(0);
        }
        return orphan < 0 ? 1 : 0;
    });
    EXPECT_EQ(maker.wait(), kDone);
    pollfd orphan{static_cast<int>(syscall(SYS_pidfd_open, begun.receive(), 0)), POLLIN, 0};
    giver.end();
    EXPECT_EQ(taken_.receive(), 1U);
    // It may have gone already, and been reaped by whoever has got it.
    EXPECT_TRUE(orphan.fd < 0 || poll(&orphan, 1, kPatienceMs) == 1);
    close(orphan.fd);
}

}  // namespace
}  // namespace castaway::testing
