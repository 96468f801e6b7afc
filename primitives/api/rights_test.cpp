// Which rights can be asked for, and what comes of others.
#include <gtest/gtest.h>

#include <array>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

constexpr HANDLE kNone = nullptr;

struct Type {
    const char* name;
    HANDLE (*create)();
    HANDLE (*create_with)(DWORD access);
    HANDLE (*open)(DWORD access);
    DWORD all;
};

constexpr std::array<Type, 4> kTypes{{
    {"event", [] { return CreateEventA(nullptr, FALSE, TRUE, "event"); },
     [](DWORD access) { return CreateEventExA(nullptr, "event", 0, access); },
     [](DWORD access) { return OpenEventA(access, FALSE, "event"); }, EVENT_ALL_ACCESS},
    {"mutex", [] { return CreateMutexA(nullptr, FALSE, "mutex"); },
     [](DWORD access) { return CreateMutexExA(nullptr, "mutex", 0, access); },
     [](DWORD access) { return OpenMutexA(access, FALSE, "mutex"); }, MUTEX_ALL_ACCESS},
    {"semaphore", [] { return CreateSemaphoreA(nullptr, 1, 2, "semaphore"); },
     [](DWORD access) { return CreateSemaphoreExA(nullptr, 1, 2, "semaphore", 0, access); },
     [](DWORD access) { return OpenSemaphoreA(access, FALSE, "semaphore"); }, SEMAPHORE_ALL_ACCESS},
    {"timer", [] { return CreateWaitableTimerA(nullptr, FALSE, "timer"); },
     [](DWORD access) { return CreateWaitableTimerExA(nullptr, "timer", 0, access); },
     [](DWORD access) { return OpenWaitableTimerA(access, FALSE, "timer"); }, TIMER_ALL_ACCESS},
}};

class RightsTest : public ApiTest {
  protected:
    /// Each bit that is neither a right of the type nor stands for some.
    template <class Test>
    static void for_each_foreign(DWORD all, Test test) {
        constexpr DWORD kMapped = GENERIC_ALL | GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE |
                                  MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY;
        for (DWORD bit = 1; bit != 0; bit <<= 1U) {
            if ((bit & (all | kMapped)) == 0) {
                test(bit);
            }
        }
    }
};

TEST_F(RightsTest, ThatATypeDoesNotHaveOpenNothing) {  // HND-11
    for (const Type& type : kTypes) {
        const Handle held(type.create());
        const auto refused = [&](DWORD access, DWORD error) {
            expect_failure([&] { return type.open(access); }, kNone, error);
            // What is there is opened by creation, too.
            expect_failure([&] { return type.create_with(access); }, kNone, error);
        };
        refused(0, ERROR_ACCESS_DENIED);
        for_each_foreign(type.all, [&](DWORD bit) {
            refused(bit, ERROR_ACCESS_DENIED);
            refused(bit | SYNCHRONIZE, ERROR_ACCESS_DENIED);
            refused(bit | MAXIMUM_ALLOWED, ERROR_ACCESS_DENIED);
            refused(bit | GENERIC_ALL, ERROR_ACCESS_DENIED);
        });
        refused(ACCESS_SYSTEM_SECURITY, ERROR_PRIVILEGE_NOT_HELD);
        refused(ACCESS_SYSTEM_SECURITY | type.all, ERROR_PRIVILEGE_NOT_HELD);
        for (const DWORD access : {type.all, DWORD{SYNCHRONIZE}, DWORD{MAXIMUM_ALLOWED},
                                   DWORD{GENERIC_READ}, DWORD{GENERIC_ALL | MAXIMUM_ALLOWED}}) {
            const Handle opened(type.open(access));
            EXPECT_NE(opened.get(), kNone) << type.name << access;
        }
        EXPECT_EQ(object_named(region().look(), "Local\\" + std::string(type.name)).handles, 1U);
    }
}

TEST_F(RightsTest, AreJudgedWhenTheObjectIsFound) {  // HND-11
    expect_failure([] { return OpenEventA(0, FALSE, "nobody"); }, kNone, ERROR_FILE_NOT_FOUND);
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    expect_failure([] { return OpenEventA(0, FALSE, "m"); }, kNone, ERROR_INVALID_HANDLE);
    expect_failure([] { return OpenProcess(0, FALSE, 0x3fffff); }, kNone, ERROR_INVALID_PARAMETER);
    expect_failure([] { return OpenThread(0, FALSE, 0x3fffff); }, kNone, ERROR_INVALID_PARAMETER);
}

TEST_F(RightsTest, OfANewObjectAreThoseThatItsTypeHas) {  // HND-11
    for (const Type& type : kTypes) {
        expect_failure([&] { return type.create_with(ACCESS_SYSTEM_SECURITY | type.all); }, kNone,
                       ERROR_PRIVILEGE_NOT_HELD);
        Handle made(type.create_with(0));
        expect_failure([&] { return poll_object(made); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
        made.reset();
        made = Handle(type.create_with(SYNCHRONIZE | 0x00800000U));
        EXPECT_EQ(poll_object(made),
                  type.name == std::string("timer") || type.name == std::string("event")
                      ? WAIT_TIMEOUT
                      : WAIT_OBJECT_0);
    }
}

TEST_F(RightsTest, OfProcessesAndThreadsAreAllButTheFewUnnamed) {  // HND-11
    const DWORD process = GetCurrentProcessId();
    const DWORD thread = GetCurrentThreadId();
    const auto refused = [&](DWORD access, DWORD error) {
        expect_failure([&] { return OpenProcess(access, FALSE, process); }, kNone, error);
        expect_failure([&] { return OpenThread(access, FALSE, thread); }, kNone, error);
    };
    refused(0, ERROR_ACCESS_DENIED);
    for_each_foreign(PROCESS_ALL_ACCESS, [&](DWORD bit) {
        refused(bit, ERROR_ACCESS_DENIED);
        refused(bit | PROCESS_ALL_ACCESS, ERROR_ACCESS_DENIED);
    });
    refused(ACCESS_SYSTEM_SECURITY, ERROR_PRIVILEGE_NOT_HELD);
    for (DWORD bit = 1; bit <= PROCESS_ALL_ACCESS; bit <<= 1U) {
        const Handle a_process(OpenProcess(bit, FALSE, process));
        const Handle a_thread(OpenThread(bit, FALSE, thread));
        EXPECT_NE(a_process.get(), kNone) << bit;
        EXPECT_NE(a_thread.get(), kNone) << bit;
    }
}

TEST_F(RightsTest, OfADuplicateAreOfItsTypeOrNone) {  // HND-11, DUP-02, DUP-11
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const HANDLE self = GetCurrentProcess();
    for (const HANDLE source : {event.get(), GetCurrentThread(), self}) {
        const auto refused = [&](DWORD access, DWORD error) {
            HANDLE made = INVALID_HANDLE_VALUE;
            expect_failure(
                [&] { return DuplicateHandle(self, source, self, &made, access, FALSE, 0); }, FALSE,
                error);
            EXPECT_EQ(made, kNone);
        };
        refused(0x00800000, ERROR_ACCESS_DENIED);
        refused(0x00800000 | SYNCHRONIZE, ERROR_ACCESS_DENIED);
        refused(ACCESS_SYSTEM_SECURITY | SYNCHRONIZE, ERROR_PRIVILEGE_NOT_HELD);
        HANDLE made = nullptr;
        expect_success([&] { return DuplicateHandle(self, source, self, &made, 0, FALSE, 0); });
        const Handle without_any(made);
        expect_failure([&] { return poll_object(without_any); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
        expect_success([&] {
            return DuplicateHandle(self, source, self, &made, 0x00800000, FALSE,
                                   DUPLICATE_SAME_ACCESS);
        });
        const Handle same(made);
    }
    HANDLE closed = OpenEventA(SYNCHRONIZE, FALSE, "e");
    HANDLE made = INVALID_HANDLE_VALUE;
    EXPECT_EQ(DuplicateHandle(self, closed, self, &made, 0x4, FALSE, DUPLICATE_CLOSE_SOURCE),
              FALSE);
    EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    EXPECT_EQ(made, kNone);
    expect_failure([&] { return CloseHandle(closed); }, FALSE, ERROR_INVALID_HANDLE);
}

}  // namespace
}  // namespace castaway::testing
