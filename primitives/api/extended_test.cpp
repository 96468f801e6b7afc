// The Ex forms, the W forms, and the calls that do two things: PulseEvent, SignalObjectAndWait.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

class ExtendedTest : public ApiTest {};

constexpr DWORD kReadControl = 0x20000;

TEST_F(ExtendedTest, PulseLeavesAnEventNotSet) {  // EVT-08, EVT-09
    for (const BOOL manual : {FALSE, TRUE}) {
        for (const BOOL set : {FALSE, TRUE}) {
            const Handle event(CreateEventA(nullptr, manual, set, "e"));
            expect_success([&] { return PulseEvent(event); });
            EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
        }
    }
}

TEST_F(ExtendedTest, PulseNeedsTheRightAndAnEvent) {  // EVT-10, EVT-11
    const Handle event(CreateEventA(nullptr, TRUE, TRUE, "e"));
    const Handle weak(OpenEventA(SYNCHRONIZE | kReadControl, FALSE, "e"));
    expect_failure([&] { return PulseEvent(weak); }, FALSE, ERROR_ACCESS_DENIED);
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    expect_failure([&] { return PulseEvent(mutex); }, FALSE, ERROR_INVALID_HANDLE);
    expect_failure([] { return PulseEvent(nullptr); }, FALSE, ERROR_INVALID_HANDLE);
}

TEST_F(ExtendedTest, SignalObjectAndWaitSignalsThenWaits) {  // WAIT-17
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle semaphore(CreateSemaphoreA(nullptr, 0, 2, "s"));
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    SetLastError(kUntouched);
    EXPECT_EQ(SignalObjectAndWait(event, event, INFINITE, FALSE), WAIT_OBJECT_0);
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(SignalObjectAndWait(semaphore, event, 1, FALSE), WAIT_TIMEOUT);
    EXPECT_EQ(state("s"), "semaphore 1/2, 1 handle, 0 waiting");
    EXPECT_EQ(SignalObjectAndWait(mutex, semaphore, 0, TRUE), WAIT_OBJECT_0);
    EXPECT_EQ(state("m"), "mutex free, 1 handle, 0 waiting");
    EXPECT_EQ(GetLastError(), kUntouched);
    std::thread([&] { EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0); }).join();
    EXPECT_EQ(SignalObjectAndWait(event, mutex, INFINITE, FALSE), WAIT_ABANDONED);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
}

TEST_F(ExtendedTest, SignalObjectAndWaitWithABadFirstDoesNotWait) {  // WAIT-17, WAIT-18
    const Handle set(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const Handle full(CreateSemaphoreA(nullptr, 2, 2, "s"));
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    const Handle weak_event(OpenEventA(SYNCHRONIZE, FALSE, "e"));
    const Handle weak_semaphore(OpenSemaphoreA(SYNCHRONIZE, FALSE, "s"));
    struct Bad {
        HANDLE first;
        DWORD error;
    };
    for (const Bad& bad :
         {Bad{nullptr, ERROR_INVALID_HANDLE}, Bad{timer, ERROR_INVALID_HANDLE},
          Bad{full, ERROR_TOO_MANY_POSTS}, Bad{mutex, ERROR_NOT_OWNER},
          Bad{weak_event, ERROR_ACCESS_DENIED}, Bad{weak_semaphore, ERROR_ACCESS_DENIED}}) {
        expect_failure([&] { return SignalObjectAndWait(bad.first, set, INFINITE, FALSE); },
                       WAIT_FAILED, bad.error);
    }
}

TEST_F(ExtendedTest, SignalObjectAndWaitWithABadSecondDoesNotSignal) {  // WAIT-17, WAIT-09
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle weak(OpenEventA(EVENT_MODIFY_STATE, FALSE, "e"));
    expect_failure([&] { return SignalObjectAndWait(event, nullptr, INFINITE, FALSE); },
                   WAIT_FAILED, ERROR_INVALID_HANDLE);
    expect_failure([&] { return SignalObjectAndWait(event, weak, INFINITE, FALSE); }, WAIT_FAILED,
                   ERROR_ACCESS_DENIED);
}

TEST_F(ExtendedTest, FlagsSayWhatIsMade) {  // EVT-12
    const auto all = [](auto create, DWORD flags, const char* name) {
        return Handle(create(nullptr, name, flags, DWORD{MAXIMUM_ALLOWED}));
    };
    const Handle manual(all(CreateEventExA, CREATE_EVENT_MANUAL_RESET, "a"));
    EXPECT_EQ(state("a"), "manual event not set, 1 handle, 0 waiting");
    const Handle set(all(CreateEventExA, CREATE_EVENT_INITIAL_SET, "b"));
    EXPECT_EQ(state("b"), "auto event set, 1 handle, 0 waiting");
    const Handle mutex(all(CreateMutexExA, CREATE_MUTEX_INITIAL_OWNER, "c"));
    EXPECT_EQ(state("c"), "mutex owned 1, 1 handle, 0 waiting");
    const Handle timer(
        all(CreateWaitableTimerExA,
            CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, "d"));
    EXPECT_EQ(state("d"), "manual timer not set, 1 handle, 0 waiting");
    const Handle semaphore(CreateSemaphoreExA(nullptr, 1, 2, "f", 0, SYNCHRONIZE));
    EXPECT_EQ(state("f"), "semaphore 1/2, 1 handle, 0 waiting");
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
}

TEST_F(ExtendedTest, OtherFlagsAreRefused) {  // EVT-12
    constexpr HANDLE kNone = nullptr;
    expect_failure([] { return CreateEventExA(nullptr, "x", 4, SYNCHRONIZE); }, kNone,
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return CreateMutexExA(nullptr, "x", 2, SYNCHRONIZE); }, kNone,
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return CreateSemaphoreExA(nullptr, 0, 1, "x", 1, SYNCHRONIZE); }, kNone,
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return CreateSemaphoreExA(nullptr, 2, 1, "x", 0, SYNCHRONIZE); }, kNone,
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return CreateWaitableTimerExA(nullptr, "x", 4, SYNCHRONIZE); }, kNone,
                   ERROR_INVALID_PARAMETER);
}

TEST_F(ExtendedTest, DesiredAccessIsGrantedAndNoMore) {  // EVT-13, ACC-01, ACC-03
    const Handle wait_only(CreateEventExA(nullptr, "e", CREATE_EVENT_INITIAL_SET, SYNCHRONIZE));
    expect_failure([&] { return SetEvent(wait_only); }, FALSE, ERROR_ACCESS_DENIED);
    const Handle set_only(CreateEventExA(nullptr, "e", 0, EVENT_MODIFY_STATE));
    EXPECT_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    expect_failure([&] { return poll_object(set_only); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
    EXPECT_EQ(poll_object(wait_only), WAIT_OBJECT_0);
    expect_success([&] { return SetEvent(set_only); });
    const Handle semaphore(CreateSemaphoreExA(nullptr, 0, 1, "s", 0, SYNCHRONIZE));
    expect_failure([&] { return ReleaseSemaphore(semaphore, 1, nullptr); }, FALSE,
                   ERROR_ACCESS_DENIED);
    const Handle timer(CreateWaitableTimerExA(nullptr, "t", 0, SYNCHRONIZE));  // TMR-11
    const LARGE_INTEGER due{};
    expect_failure([&] { return SetWaitableTimer(timer, &due, 0, nullptr, nullptr, FALSE); }, FALSE,
                   ERROR_ACCESS_DENIED);
    expect_failure([&] { return CancelWaitableTimer(timer); }, FALSE, ERROR_ACCESS_DENIED);
    // MTX-14
    const Handle mutex(CreateMutexExA(nullptr, "m", CREATE_MUTEX_INITIAL_OWNER, 0));
    expect_failure([&] { return poll_object(mutex); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
    expect_success([&] { return ReleaseMutex(mutex); });
}

TEST_F(ExtendedTest, TimerMayHaveATolerableDelayAndAWakeContext) {  // TMR-12, TMR-13
    const Handle timer(CreateWaitableTimerA(nullptr, TRUE, "t"));
    LARGE_INTEGER due{};
    due.QuadPart = -20'000;
    expect_success(
        [&] { return SetWaitableTimerEx(timer, &due, 0, nullptr, nullptr, nullptr, 1'000); });
    EXPECT_EQ(WaitForSingleObjectEx(timer, INFINITE, TRUE), WAIT_OBJECT_0);
    REASON_CONTEXT context{};
    due.QuadPart = -36'000'000'000;  // does not expire while the next failure is looked at
    EXPECT_EQ(SetWaitableTimerEx(timer, &due, 0, nullptr, nullptr, &context, 0), TRUE);
    EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    expect_failure(
        [&] { return SetWaitableTimerEx(timer, &due, -1, nullptr, nullptr, nullptr, 0); }, FALSE,
        ERROR_INVALID_PARAMETER);
}

TEST_F(ExtendedTest, AlertableWaitsAreAsOthers) {
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const Handle semaphore(CreateSemaphoreA(nullptr, 1, 1, "s"));
    const std::array<HANDLE, 2> both{event, semaphore};
    EXPECT_EQ(WaitForMultipleObjectsEx(2, both.data(), TRUE, 0, TRUE), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForMultipleObjectsEx(2, both.data(), FALSE, 1, TRUE), WAIT_TIMEOUT);
    EXPECT_EQ(WaitForSingleObjectEx(event, 1, TRUE), WAIT_TIMEOUT);
}

TEST_F(ExtendedTest, BothFormsOfANameAreOneName) {  // NAME-03, NAME-11
    struct Pair {
        const char* utf8;
        const char16_t* utf16;
    };
    for (const Pair& name : {Pair{"x", u"x"}, Pair{"Local\\x", u"Local\\x"},
                             Pair{"Global\\gr\xc3\xb6\xc3\x9f"
                                  "e",
                                  u"Global\\größe"},
                             Pair{"\xe2\x82\xac", u"€"}, Pair{"\xf0\x9f\x9a\xa2", u"🚢"}}) {
        const Handle narrow(CreateEventA(nullptr, FALSE, TRUE, name.utf8));
        ASSERT_NE(narrow.get(), nullptr);
        const Handle wide(CreateEventW(nullptr, FALSE, FALSE, name.utf16));
        EXPECT_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
        const Handle opened(OpenEventW(SYNCHRONIZE, FALSE, name.utf16));
        EXPECT_EQ(poll_object(opened), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(wide), WAIT_TIMEOUT);
    }
}

TEST_F(ExtendedTest, EveryTypeHasWideForms) {  // NAME-02
    const Handle a(CreateEventExW(nullptr, u"a", CREATE_EVENT_INITIAL_SET, EVENT_ALL_ACCESS));
    const Handle b(CreateMutexW(nullptr, FALSE, u"b"));
    const Handle c(CreateSemaphoreW(nullptr, 1, 2, u"c"));
    const Handle d(CreateWaitableTimerW(nullptr, TRUE, u"d"));
    EXPECT_EQ(states(),
              "Local\\a: auto event set, 1 handle, 0 waiting\n"
              "Local\\b: mutex free, 1 handle, 0 waiting\n"
              "Local\\c: semaphore 1/2, 1 handle, 0 waiting\n"
              "Local\\d: manual timer not set, 1 handle, 0 waiting\n");
    const Handle other_b(OpenMutexW(SYNCHRONIZE, FALSE, u"b"));
    const Handle again_b(CreateMutexExW(nullptr, u"b", 0, SYNCHRONIZE));
    const Handle other_c(OpenSemaphoreW(SYNCHRONIZE, FALSE, u"c"));
    const Handle again_c(CreateSemaphoreExW(nullptr, 0, 1, u"c", 0, SYNCHRONIZE));
    const Handle other_d(OpenWaitableTimerW(SYNCHRONIZE, FALSE, u"d"));
    const Handle again_d(CreateWaitableTimerExW(nullptr, u"d", 0, SYNCHRONIZE));
    for (const HANDLE handle : {other_b.get(), again_b.get(), other_c.get(), again_c.get(),
                                other_d.get(), again_d.get()}) {
        EXPECT_NE(handle, nullptr);
    }
    expect_failure([] { return OpenEventW(SYNCHRONIZE, FALSE, u"b"); }, HANDLE{nullptr},
                   ERROR_INVALID_HANDLE);
}

TEST_F(ExtendedTest, BadWideNamesAreRefused) {  // NAME-05, NAME-08, NAME-10, NAME-18
    constexpr HANDLE kNone = nullptr;
    const auto create = [](const std::u16string& name) {
        return [name] { return CreateMutexW(nullptr, FALSE, name.c_str()); };
    };
    for (const std::u16string& half :
         {std::u16string{u'a', 0xd800}, std::u16string{0xdc00, u'a'}, std::u16string{0xd800, u'a'},
          std::u16string{0xdc00, 0xd800}}) {
        expect_failure(create(half), kNone, ERROR_INVALID_NAME);
    }
    expect_failure(create(std::u16string(32'767, u'€')), kNone, ERROR_FILENAME_EXCED_RANGE);
    expect_failure(
        [] { return OpenMutexW(SYNCHRONIZE, FALSE, std::u16string(40'000, u'x').c_str()); }, kNone,
        ERROR_FILENAME_EXCED_RANGE);
    // 586 cells, more than this region has.
    expect_failure(create(std::u16string(32'766, u'x')), kNone, ERROR_NO_SYSTEM_RESOURCES);
    expect_failure(create(u"a\\b"), kNone, ERROR_PATH_NOT_FOUND);
    expect_failure([] { return OpenMutexW(SYNCHRONIZE, FALSE, nullptr); }, kNone,
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return OpenMutexW(SYNCHRONIZE, FALSE, u"nobody"); }, kNone,
                   ERROR_FILE_NOT_FOUND);
    const Handle longest(CreateMutexW(nullptr, FALSE, std::u16string(259, u'€').c_str()));
    EXPECT_NE(longest.get(), nullptr);
    const Handle unnamed(CreateMutexW(nullptr, FALSE, u""));  // NAME-09
    EXPECT_NE(unnamed.get(), nullptr);
}

}  // namespace
}  // namespace castaway::testing
