// Threads that CreateThread makes: how they begin, how they end, and what is known of it.
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

constexpr DWORD kPatience = 20'000;

DWORD return_argument(LPVOID code) {
    return static_cast<DWORD>(reinterpret_cast<std::uintptr_t>(code));
}

LPVOID argument(std::uintptr_t number) {
    return reinterpret_cast<LPVOID>(number);  // NOLINT(performance-no-int-to-ptr): a number
}

DWORD exit_code(HANDLE thread) {
    DWORD code = 0xcccccccc;
    EXPECT_EQ(GetExitCodeThread(thread, &code), TRUE) << GetLastError();
    return code;
}

DWORD exit_code_at_end(HANDLE thread) {
    EXPECT_EQ(WaitForSingleObject(thread, kPatience), WAIT_OBJECT_0);
    return exit_code(thread);
}

class ThreadStart : public ApiTest {
  protected:
    /// One whose routine calls `body`, which is there until the thread has ended.
    template <class Body>
    static Handle start(Body& body, DWORD flags = 0, LPDWORD id = nullptr,
                        LPSECURITY_ATTRIBUTES attributes = nullptr, SIZE_T stack = 0) {
        return Handle(CreateThread(
            attributes, stack, [](LPVOID given) { return (*static_cast<Body*>(given))(); }, &body,
            flags, id));
    }
};

TEST_F(ThreadStart, GivesAHandleOfAThreadThatTakesPart) {  // THR-01
    const Handle go(CreateEventA(nullptr, TRUE, FALSE, nullptr));
    std::atomic<DWORD> own_id{0};
    auto body = [&]() -> DWORD {
        own_id = GetCurrentThreadId();
        return WaitForSingleObject(go, kPatience);
    };
    DWORD id = 0;
    SetLastError(kUntouched);
    const Handle thread = start(body, 0, &id);
    ASSERT_NE(thread.get(), nullptr);
    EXPECT_EQ(GetLastError(), kUntouched);
    // Known at once, whatever it has done by now.
    const Handle opened(OpenThread(THREAD_ALL_ACCESS, FALSE, id));
    EXPECT_EQ(CompareObjectHandles(thread, opened), TRUE);
    EXPECT_EQ(GetThreadId(thread), id);
    EXPECT_EQ(poll_object(thread), WAIT_TIMEOUT);
    DWORD flags = HANDLE_FLAG_INHERIT;
    EXPECT_EQ(GetHandleInformation(thread, &flags), TRUE);
    EXPECT_EQ(flags, 0U);
    EXPECT_EQ(SetEvent(go), TRUE);
    EXPECT_EQ(exit_code_at_end(thread), WAIT_OBJECT_0);
    EXPECT_EQ(own_id, id);
    EXPECT_EQ(OpenThread(SYNCHRONIZE, FALSE, id), nullptr);

    SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    const Handle other = start(body, 0, nullptr, &inheritable);
    EXPECT_EQ(GetHandleInformation(other, &flags), TRUE);
    EXPECT_EQ(flags, HANDLE_FLAG_INHERIT);
    EXPECT_EQ(exit_code_at_end(other), WAIT_OBJECT_0);
}

TEST_F(ThreadStart, ExitCodeIsWhatWasReturnedOrGiven) {  // THR-02
    const Handle go(CreateEventA(nullptr, TRUE, FALSE, nullptr));
    auto gives = [&]() -> DWORD {
        WaitForSingleObject(go, kPatience);
        ExitThread(0xdeadbeef);
    };
    const Handle given = start(gives);
    EXPECT_EQ(exit_code(given), STILL_ACTIVE);
    HANDLE duplicate = nullptr;
    EXPECT_EQ(DuplicateHandle(GetCurrentProcess(), given, GetCurrentProcess(), &duplicate, 0, FALSE,
                              DUPLICATE_SAME_ACCESS),
              TRUE);
    const Handle kept(duplicate);
    EXPECT_EQ(SetEvent(go), TRUE);
    EXPECT_EQ(exit_code_at_end(given), 0xdeadbeefU);
    EXPECT_EQ(exit_code(kept), 0xdeadbeefU);
    // Slots are used again: nobody has the code of an earlier thread.
    for (const std::uintptr_t code : {0U, 7U, 259U, 0xffffffffU}) {
        const Handle thread(CreateThread(nullptr, 0, return_argument, argument(code), 0, nullptr));
        EXPECT_EQ(exit_code_at_end(thread), code);
    }
    EXPECT_EQ(exit_code(kept), 0xdeadbeefU);
}

struct Counted {
    explicit Counted(std::atomic<int>& destroyed) : count(destroyed) {}
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { ++count; }
    std::atomic<int>& count;
};

[[gnu::noinline]] void exit_behind_noexcept(std::atomic<int>& destroyed) noexcept {
    const Counted automatic(destroyed);
    ExitThread(5);
}

TEST_F(ThreadStart, ExitThreadDestroysWhatIsTheThreadsAndNothingElse) {  // THR-04
    std::atomic<int> automatic{0};
    static std::atomic<int> of_thread{0};
    of_thread = 0;
    auto body = [&]() -> DWORD {
        thread_local const Counted local(of_thread);
        static_cast<void>(local);
        exit_behind_noexcept(automatic);
        return 1;
    };
    const Handle thread = start(body);
    EXPECT_EQ(exit_code_at_end(thread), 5U);
    EXPECT_EQ(automatic, 0);
    EXPECT_EQ(of_thread, 1);
}

TEST_F(ThreadStart, ExitThreadInAProcedureCallEndsTheThread) {  // THR-02
    const Handle never(CreateEventA(nullptr, TRUE, FALSE, nullptr));
    auto body = [&]() -> DWORD {
        QueueUserAPC([](ULONG_PTR code) { ExitThread(static_cast<DWORD>(code)); },
                     GetCurrentThread(), 12);
        return WaitForSingleObjectEx(never, kPatience, TRUE);
    };
    const Handle thread = start(body);
    EXPECT_EQ(exit_code_at_end(thread), 12U);
}

TEST_F(ThreadStart, ExitCodesNeedAQueryRight) {  // THR-03
    const Handle thread(CreateThread(nullptr, 0, return_argument, argument(3), 0, nullptr));
    EXPECT_EQ(exit_code_at_end(thread), 3U);
    const auto with_access = [&](DWORD access) {
        HANDLE duplicate = nullptr;
        EXPECT_EQ(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &duplicate,
                                  access, FALSE, 0),
                  TRUE);
        return Handle(duplicate);
    };
    EXPECT_EQ(exit_code(with_access(THREAD_QUERY_INFORMATION)), 3U);
    EXPECT_EQ(exit_code(with_access(THREAD_QUERY_LIMITED_INFORMATION)), 3U);
    const Handle weak = with_access(SYNCHRONIZE);
    const Handle event(CreateEventA(nullptr, TRUE, FALSE, nullptr));
    DWORD code = 77;
    expect_failure([&] { return GetExitCodeThread(weak, &code); }, FALSE, ERROR_ACCESS_DENIED);
    expect_failure([&] { return GetExitCodeThread(event, &code); }, FALSE, ERROR_INVALID_HANDLE);
    expect_failure([&] { return GetExitCodeThread(nullptr, &code); }, FALSE, ERROR_INVALID_HANDLE);
    expect_failure([&] { return GetExitCodeThread(thread, nullptr); }, FALSE, ERROR_NOACCESS);
    EXPECT_EQ(code, 77U);
    EXPECT_EQ(exit_code(GetCurrentThread()), STILL_ACTIVE);
}

/// Asks for permission to go.
struct LateLeaver {
    LateLeaver(HANDLE reached, HANDLE leave) : leaving(reached), go(leave) {}
    LateLeaver(const LateLeaver&) = delete;
    LateLeaver& operator=(const LateLeaver&) = delete;
    ~LateLeaver() {
        EXPECT_EQ(SetEvent(leaving), TRUE);
        EXPECT_EQ(WaitForSingleObject(go, kPatience), WAIT_OBJECT_0);
    }
    HANDLE leaving;
    HANDLE go;
};

TEST_F(ThreadStart, IsSignaledWhenNothingOfItIsLeft) {  // THR-04, MTX-07
    const Handle leaving(CreateEventA(nullptr, TRUE, FALSE, nullptr));
    const Handle go(CreateEventA(nullptr, TRUE, FALSE, nullptr));
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    auto body = [&]() -> DWORD {
        thread_local const LateLeaver local(leaving, go);
        static_cast<void>(local);
        return WaitForSingleObject(mutex, kPatience) == WAIT_OBJECT_0 ? 8 : 9;
    };
    const Handle thread = start(body);
    // Its routine has returned.
    EXPECT_EQ(WaitForSingleObject(leaving, kPatience), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(thread), WAIT_TIMEOUT);
    EXPECT_EQ(exit_code(thread), STILL_ACTIVE);
    EXPECT_EQ(poll_object(mutex), WAIT_TIMEOUT);
    EXPECT_EQ(SetEvent(go), TRUE);
    EXPECT_EQ(exit_code_at_end(thread), 8U);
    EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
}

TEST_F(ThreadStart, SuspendedBeginsWithItsCallsWhenItIsResumed) {  // THR-05
    std::atomic<int> calls{0};
    std::atomic<bool> begun{false};
    auto body = [&]() -> DWORD {
        begun = true;
        return static_cast<DWORD>(calls.load());
    };
    DWORD id = 0;
    const Handle thread = start(body, CREATE_SUSPENDED, &id);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(QueueUserAPC(
                      [](ULONG_PTR to) { ++*reinterpret_cast<std::atomic<int>*>(to); },  // NOLINT
                      thread, reinterpret_cast<ULONG_PTR>(&calls)),
                  1U);
    }
    EXPECT_EQ(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    EXPECT_FALSE(begun);
    EXPECT_EQ(exit_code(thread), STILL_ACTIVE);
    const Handle weak(OpenThread(SYNCHRONIZE, FALSE, id));
    EXPECT_EQ(ResumeThread(weak), 0xffffffffU);
    EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    EXPECT_EQ(ResumeThread(thread), 1U);
    EXPECT_EQ(exit_code_at_end(thread), 2U);
    EXPECT_EQ(ResumeThread(thread), 0U);
}

std::size_t own_stack() {
    pthread_attr_t attributes;
    void* lowest = nullptr;
    std::size_t size = 0;
    EXPECT_EQ(pthread_getattr_np(pthread_self(), &attributes), 0);
    EXPECT_EQ(pthread_attr_getstack(&attributes, &lowest, &size), 0);
    pthread_attr_destroy(&attributes);
    return size;
}

TEST_F(ThreadStart, HasTheStackThatIsAskedFor) {  // THR-08
    auto body = [] { return static_cast<DWORD>(own_stack()); };
    const auto stack_of = [&](SIZE_T size, DWORD flags) {
        return exit_code_at_end(start(body, flags, nullptr, nullptr, size));
    };
    constexpr DWORD kJustSo = STACK_SIZE_PARAM_IS_A_RESERVATION;
    constexpr SIZE_T kMany = SIZE_T{64} << 20;
    const DWORD usual = stack_of(0, 0);
    EXPECT_EQ(stack_of(1, 0), usual);
    EXPECT_GE(stack_of(kMany, 0), kMany);
    EXPECT_GE(stack_of(1 << 20, kJustSo), 1U << 20);
    EXPECT_LT(stack_of(1 << 20, kJustSo), 2U << 20);
    EXPECT_GE(stack_of(100'000, kJustSo), 128U << 10);
    EXPECT_EQ(stack_of(0, kJustSo), usual);
    for (const SIZE_T size : {std::numeric_limits<SIZE_T>::max(), SIZE_T{1} << 62}) {
        expect_failure(
            [&] { return CreateThread(nullptr, size, return_argument, nullptr, 0, nullptr); },
            nullptr, ERROR_NOT_ENOUGH_MEMORY);
    }
}

TEST_F(ThreadStart, RefusesOtherFlagsAndNoRoutine) {  // THR-08
    expect_failure([] { return CreateThread(nullptr, 0, nullptr, nullptr, 0, nullptr); }, nullptr,
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return CreateThread(nullptr, 0, return_argument, nullptr, 1, nullptr); },
                   nullptr, ERROR_INVALID_PARAMETER);
}

TEST_F(ThreadStart, ThreadsThatWereMadeOtherwiseEndWithZeroOrWhatTheyGive) {  // THR-06
    const auto end_of = [](void* (*routine)(void*)) {
        std::atomic<DWORD> id{0};
        pthread_t thread{};
        EXPECT_EQ(pthread_create(&thread, nullptr, routine, &id), 0);
        while (id == 0) {
            std::this_thread::yield();
        }
        const Handle handle(OpenThread(THREAD_ALL_ACCESS, FALSE, id));
        id = 0;
        EXPECT_EQ(pthread_join(thread, nullptr), 0);
        return exit_code_at_end(handle);
    };
    static const auto say_id_and_wait = [](void* place) {
        auto& id = *static_cast<std::atomic<DWORD>*>(place);
        id = GetCurrentThreadId();
        while (id != 0) {
            std::this_thread::yield();
        }
    };
    EXPECT_EQ(end_of([](void* place) -> void* {
                  say_id_and_wait(place);
                  return place;
              }),
              0U);
    EXPECT_EQ(end_of([](void* place) -> void* {
                  say_id_and_wait(place);
                  ExitThread(6);
              }),
              6U);
}

TEST_F(ThreadStart, WithoutRoomMakesNoThread) {  // THR-08
    // Of slots for threads, as the region's full table has it.
    std::vector<Handle> threads;
    for (;;) {
        Handle thread(
            CreateThread(nullptr, 0, return_argument, nullptr, CREATE_SUSPENDED, nullptr));
        if (thread.get() == nullptr) {
            EXPECT_EQ(GetLastError(), ERROR_NO_SYSTEM_RESOURCES);
            break;
        }
        threads.push_back(std::move(thread));
        ASSERT_LT(threads.size(), kSmall.threads);
    }
    for (const Handle& thread : threads) {
        EXPECT_EQ(ResumeThread(thread), 1U);
        EXPECT_EQ(exit_code_at_end(thread), 0U);
    }
    threads.clear();
    // Of handles.
    std::vector<Handle> events;
    for (;;) {
        Handle event(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        if (event.get() == nullptr) {
            break;
        }
        events.push_back(std::move(event));
    }
    static std::atomic<bool> ran{false};
    expect_failure(
        [] {
            return CreateThread(
                nullptr, 0, [](LPVOID) -> DWORD { return ran = true; }, nullptr, 0, nullptr);
        },
        nullptr, GetLastError());
    EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace castaway::testing
