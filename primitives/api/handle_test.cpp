// Handles through the Win32 calls: what they are, how they end, how they are duplicated.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <utility>
#include <vector>

#include "primitives/region/handle_word.h"
#include "primitives/region/region_file.h"
#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

class HandleTest : public ApiTest {
  protected:
    /// The handle's table entry, which no call shows as a whole.
    static HandleWord entry_of(HANDLE handle) {
        AttachFailure failure;
        const auto file = RegionFile::open_existing(region().spec(), failure);
        if (!file) {
            ADD_FAILURE() << failure.message;
            return {};
        }
        const auto index = reinterpret_cast<std::uintptr_t>(handle) / 4 - 1;
        return HandleWord::unpack(
            file->view().handle(region().look().processes.at(0).slot, index).word.bits);
    }
    static BOOL duplicate(HANDLE source, LPHANDLE target, DWORD access, DWORD options,
                          BOOL inherit = FALSE) {
        return DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), target, access,
                               inherit, options);
    }
};

TEST_F(HandleTest, ClosedOrNeverGivenIsInvalid) {  // HND-01, HND-02
    HANDLE event = CreateEventA(nullptr, FALSE, FALSE, "e");
    EXPECT_NE(event, nullptr);
    EXPECT_NE(event, INVALID_HANDLE_VALUE);
    expect_success([&] { return CloseHandle(event); });
    EXPECT_EQ(states(), "");
    const auto value = [](std::uintptr_t number) { return reinterpret_cast<HANDLE>(number); };
    // Of the pseudo handles the values beside them are none: -1 and -2 are no tagged -4.
    for (const HANDLE bad :
         {event, value(0), value(1), value(3), value(0x7ff0), value(0x7ffffff0),
          value(~std::uintptr_t{3}), value(~std::uintptr_t{2}), value(~std::uintptr_t{4})}) {
        expect_failure([&] { return CloseHandle(bad); }, FALSE, ERROR_INVALID_HANDLE);
        expect_failure([&] { return SetEvent(bad); }, FALSE, ERROR_INVALID_HANDLE);
    }
}

TEST_F(HandleTest, ValuesAreDifferentMultiplesOfFour) {  // HND-03
    std::vector<Handle> held;
    std::set<std::uintptr_t> values;
    for (int i = 0; i < 300; ++i) {
        held.emplace_back(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        const auto value = reinterpret_cast<std::uintptr_t>(held.back().get());
        EXPECT_NE(value, 0U);
        EXPECT_EQ(value % 4, 0U);
        values.insert(value);
    }
    EXPECT_EQ(values.size(), 300U);
}

TEST_F(HandleTest, LowBitsAreTheCallersOwn) {  // HND-03
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    const Handle semaphore(CreateSemaphoreA(nullptr, 0, 9, "s"));
    const Handle timer(CreateWaitableTimerA(nullptr, TRUE, "t"));
    const Handle process(OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()));
    const Handle thread(OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId()));
    const LARGE_INTEGER due{};
    for (std::uintptr_t tag = 1; tag < 4; ++tag) {
        const auto tagged = [tag](HANDLE handle) {
            return reinterpret_cast<HANDLE>(reinterpret_cast<std::uintptr_t>(handle) | tag);
        };
        expect_success([&] { return SetEvent(tagged(event)); });
        EXPECT_EQ(poll_object(tagged(event)), WAIT_OBJECT_0);
        expect_success([&] { return SetEvent(tagged(event)); });
        expect_success([&] { return ResetEvent(tagged(event)); });
        expect_success([&] { return PulseEvent(tagged(event)); });
        expect_success([&] { return ReleaseSemaphore(tagged(semaphore), 1, nullptr); });
        const std::array both{tagged(event), tagged(semaphore)};
        EXPECT_EQ(WaitForMultipleObjects(2, both.data(), FALSE, 0), WAIT_OBJECT_0 + 1);
        const std::array twice{event.get(), tagged(event)};
        expect_failure([&] { return WaitForMultipleObjects(2, twice.data(), TRUE, 0); },
                       WAIT_FAILED, ERROR_INVALID_PARAMETER);
        EXPECT_EQ(SignalObjectAndWait(tagged(event), tagged(event), 0, TRUE), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(tagged(mutex)), WAIT_OBJECT_0);
        expect_success([&] { return ReleaseMutex(tagged(mutex)); });
        expect_success(
            [&] { return SetWaitableTimer(tagged(timer), &due, 0, nullptr, nullptr, FALSE); });
        expect_success([&] { return CancelWaitableTimer(tagged(timer)); });
        expect_success([&] { return CompareObjectHandles(tagged(event), event); });
        expect_success([&] { return SetHandleInformation(tagged(event), 1, 1); });
        DWORD flags = 0;
        expect_success([&] { return GetHandleInformation(tagged(event), &flags); });
        EXPECT_EQ(flags, DWORD{HANDLE_FLAG_INHERIT});
        char token[CASTAWAY_TOKEN_SIZE];
        const std::array listed{tagged(event)};
        expect_success([&] { return castaway_prepare_child(listed.data(), 1, token); });
        EXPECT_EQ(object_named(region().look(), "Local\\e").handles, 2U) << "the child's, too";
        expect_success([&] { return castaway_child_started(token, 0); });
        EXPECT_EQ(GetProcessId(tagged(process)), GetCurrentProcessId());
        EXPECT_EQ(GetThreadId(tagged(thread)), GetCurrentThreadId());
        DWORD code = 0;
        expect_success([&] { return GetExitCodeProcess(tagged(process), &code); });
        EXPECT_EQ(QueueUserAPC([](ULONG_PTR) {}, tagged(thread), 0), 1U);
        EXPECT_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
        HANDLE made = nullptr;
        expect_success([&] {
            return DuplicateHandle(tagged(process), tagged(event), tagged(process), &made, 0, FALSE,
                                   DUPLICATE_SAME_ACCESS);
        });
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(made) % 4, 0U);
        expect_success([&] { return CloseHandle(tagged(made)); });
        expect_failure([&] { return CloseHandle(made); }, FALSE, ERROR_INVALID_HANDLE);
    }
}

TEST_F(HandleTest, TableThatIsFullIsAnErrorAndNothingMore) {
    std::vector<Handle> held;
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    while (held.size() < kSmall.handles_per_process) {
        HANDLE more = OpenEventA(SYNCHRONIZE, FALSE, "e");
        if (more == nullptr) {
            break;
        }
        held.emplace_back(more);
    }
    EXPECT_EQ(held.size(), kSmall.handles_per_process - 1);
    expect_failure([] { return OpenEventA(SYNCHRONIZE, FALSE, "e"); }, HANDLE{nullptr},
                   ERROR_TOO_MANY_OPEN_FILES);
    expect_failure([] { return CreateMutexA(nullptr, FALSE, "m"); }, HANDLE{nullptr},
                   ERROR_TOO_MANY_OPEN_FILES);
    held.pop_back();
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    EXPECT_NE(mutex.get(), nullptr);
}

TEST_F(HandleTest, PseudoHandleMayBeClosedWithoutEffect) {  // HND-10
    expect_success([] { return CloseHandle(GetCurrentProcess()); });
    expect_success([] { return CloseHandle(GetCurrentProcess()); });
}

TEST_F(HandleTest, PseudoHandleCanBeWaitedFor) {  // PROC-01
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, nullptr));
    for (const HANDLE self : {GetCurrentProcess(), GetCurrentThread()}) {
        EXPECT_EQ(WaitForSingleObject(self, 0), WAIT_TIMEOUT);
        EXPECT_EQ(WaitForSingleObjectEx(self, 1, TRUE), WAIT_TIMEOUT);
        EXPECT_EQ(SignalObjectAndWait(event, self, 0, FALSE), WAIT_TIMEOUT);
        EXPECT_EQ(SignalObjectAndWait(event, self, 0, TRUE), WAIT_TIMEOUT);
        expect_failure([&] { return SignalObjectAndWait(self, event, 0, FALSE); }, WAIT_FAILED,
                       ERROR_INVALID_HANDLE);
        EXPECT_EQ(states(), ": auto event set, 1 handle, 0 waiting\n")
            << "what was opened is closed";
    }
}

TEST_F(HandleTest, PseudoHandleIsNoneOfSeveral) {  // WAIT-23
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, nullptr));
    for (const HANDLE self : {GetCurrentProcess(), GetCurrentThread()}) {
        const std::array both{event.get(), self};
        for (const BOOL all : {FALSE, TRUE}) {
            for (const BOOL alertable : {FALSE, TRUE}) {
                expect_failure(
                    [&] { return WaitForMultipleObjectsEx(2, both.data(), all, 0, alertable); },
                    WAIT_FAILED, ERROR_INVALID_HANDLE);
                expect_failure(
                    [&] { return WaitForMultipleObjectsEx(1, &self, all, 0, alertable); },
                    WAIT_FAILED, ERROR_INVALID_HANDLE);
            }
        }
    }
    EXPECT_EQ(states(), ": auto event set, 1 handle, 0 waiting\n");
}

TEST_F(HandleTest, RightsAreAsAskedForAndMappedByType) {  // HND-08
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    EXPECT_EQ(entry_of(event).access, EVENT_ALL_ACCESS);
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    EXPECT_EQ(entry_of(mutex).access, MUTEX_ALL_ACCESS);
    const std::array<std::pair<DWORD, DWORD>, 6> event_rights{{
        {SYNCHRONIZE, SYNCHRONIZE},
        {MAXIMUM_ALLOWED, EVENT_ALL_ACCESS},
        {GENERIC_ALL, EVENT_ALL_ACCESS},
        {GENERIC_READ, 0x20001},
        {GENERIC_WRITE, 0x20002},
        {GENERIC_EXECUTE, 0x120000},
    }};
    for (const auto& [asked, given] : event_rights) {
        const Handle opened(OpenEventA(asked, FALSE, "e"));
        EXPECT_EQ(entry_of(opened).access, given) << asked;
    }
    const Handle opened(OpenMutexA(MAXIMUM_ALLOWED, FALSE, "m"));
    EXPECT_EQ(entry_of(opened).access, MUTEX_ALL_ACCESS);
}

TEST_F(HandleTest, InheritFlagIsThatHandlesOwn) {  // HND-09, DUP-05
    SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    const Handle event(CreateEventA(&attributes, FALSE, FALSE, "e"));
    EXPECT_TRUE(entry_of(event).inherit);
    const Handle plain(OpenEventA(SYNCHRONIZE, FALSE, "e"));
    EXPECT_FALSE(entry_of(plain).inherit);
    const Handle inheritable(OpenEventA(SYNCHRONIZE, TRUE, "e"));
    EXPECT_TRUE(entry_of(inheritable).inherit);
    HANDLE copy = nullptr;
    ASSERT_EQ(duplicate(inheritable, &copy, 0, DUPLICATE_SAME_ACCESS, FALSE), TRUE);
    const Handle duplicated(copy);
    EXPECT_FALSE(entry_of(duplicated).inherit);
    ASSERT_EQ(duplicate(plain, &copy, 0, DUPLICATE_SAME_ACCESS, TRUE), TRUE);
    const Handle duplicated_too(copy);
    EXPECT_TRUE(entry_of(duplicated_too).inherit);
}

TEST_F(HandleTest, DuplicateSharesTheObject) {  // DUP-01, DUP-02
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    HANDLE made = nullptr;
    expect_success([&] { return duplicate(event, &made, 0, DUPLICATE_SAME_ACCESS); });
    Handle copy(made);
    EXPECT_NE(copy.get(), event.get());
    EXPECT_EQ(entry_of(copy).access, EVENT_ALL_ACCESS);
    EXPECT_EQ(SetEvent(copy), TRUE);
    EXPECT_EQ(state("e"), "auto event set, 2 handles, 0 waiting");
    EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    copy.reset();
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
}

TEST_F(HandleTest, DuplicateHasTheAccessThatIsAsked) {  // DUP-02
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    HANDLE made = nullptr;
    ASSERT_EQ(duplicate(event, &made, SYNCHRONIZE, 0), TRUE);
    const Handle weak(made);
    EXPECT_EQ(entry_of(weak).access, SYNCHRONIZE);
    expect_failure([&] { return SetEvent(weak); }, FALSE, ERROR_ACCESS_DENIED);
    ASSERT_EQ(duplicate(weak, &made, EVENT_MODIFY_STATE, 0), TRUE);
    const Handle strong(made);
    EXPECT_EQ(SetEvent(strong), TRUE);
    ASSERT_EQ(duplicate(weak, &made, EVENT_MODIFY_STATE, DUPLICATE_SAME_ACCESS), TRUE);
    const Handle same(made);
    EXPECT_EQ(entry_of(same).access, SYNCHRONIZE);
}

TEST_F(HandleTest, DuplicateMayCloseItsSource) {  // DUP-03
    HANDLE event = CreateEventA(nullptr, FALSE, TRUE, "e");
    HANDLE made = nullptr;
    expect_success(
        [&] { return duplicate(event, &made, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE); });
    EXPECT_EQ(state("e"), "auto event set, 1 handle, 0 waiting");
    expect_failure([&] { return poll_object(event); }, WAIT_FAILED, ERROR_INVALID_HANDLE);
    const Handle copy(made);
    EXPECT_EQ(poll_object(copy), WAIT_OBJECT_0);
}

TEST_F(HandleTest, DuplicateMayOnlyClose) {  // DUP-04
    HANDLE event = CreateEventA(nullptr, FALSE, TRUE, "e");
    expect_success([&] {
        return DuplicateHandle(GetCurrentProcess(), event, nullptr, nullptr, 0, FALSE,
                               DUPLICATE_CLOSE_SOURCE);
    });
    EXPECT_EQ(states(), "");
    event = CreateEventA(nullptr, FALSE, TRUE, "e");
    HANDLE made = INVALID_HANDLE_VALUE;
    expect_success([&] {
        return DuplicateHandle(GetCurrentProcess(), event, nullptr, &made, 0, FALSE,
                               DUPLICATE_CLOSE_SOURCE);
    });
    EXPECT_EQ(made, nullptr) << "there is no duplicate";
    EXPECT_EQ(states(), "");
}

TEST_F(HandleTest, DuplicateNeedNotBeTold) {  // DUP-04, DUP-11
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    expect_success([&] { return duplicate(event, nullptr, 0, DUPLICATE_SAME_ACCESS); });
    EXPECT_EQ(state("e"), "auto event set, 2 handles, 0 waiting");
    HANDLE source = OpenEventA(SYNCHRONIZE, FALSE, "e");
    expect_success([&] {
        return duplicate(source, nullptr, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    });
    EXPECT_EQ(state("e"), "auto event set, 3 handles, 0 waiting") << "the source is closed";
    expect_success(
        [&] { return duplicate(GetCurrentThread(), nullptr, 0, DUPLICATE_SAME_ACCESS); });
    // The table knows them.
    const RegionPicture picture = region().look();
    for (const InspectedHandle& untold : picture.processes.at(0).open) {
        HANDLE const handle = reinterpret_cast<HANDLE>(std::uintptr_t{untold.value});
        if (handle != event.get()) {
            expect_success([&] { return CloseHandle(handle); });
        }
    }
}

TEST_F(HandleTest, DuplicateOfAnInvalidSourceFails) {  // DUP-07
    HANDLE event = CreateEventA(nullptr, FALSE, TRUE, "e");
    ASSERT_EQ(CloseHandle(event), TRUE);
    for (const HANDLE bad : {event, HANDLE{nullptr}}) {
        HANDLE made = INVALID_HANDLE_VALUE;
        expect_failure([&] { return duplicate(bad, &made, 0, DUPLICATE_SAME_ACCESS); }, FALSE,
                       ERROR_INVALID_HANDLE);
        EXPECT_EQ(made, nullptr);  // DUP-11
        expect_failure([&] { return duplicate(bad, nullptr, 0, DUPLICATE_CLOSE_SOURCE); }, FALSE,
                       ERROR_INVALID_HANDLE);
    }
}

TEST_F(HandleTest, DuplicateNeedsProcesses) {  // DUP-09
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const Handle weak(OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId()));
    HANDLE made = INVALID_HANDLE_VALUE;
    const auto duplicate_with = [&](HANDLE from, HANDLE to) {
        return [&made, &event, from, to] {
            return DuplicateHandle(from, event, to, &made, 0, FALSE, DUPLICATE_SAME_ACCESS);
        };
    };
    expect_failure(duplicate_with(event, GetCurrentProcess()), FALSE, ERROR_INVALID_HANDLE);
    expect_failure(duplicate_with(GetCurrentProcess(), event), FALSE, ERROR_INVALID_HANDLE);
    expect_failure(duplicate_with(weak, GetCurrentProcess()), FALSE, ERROR_ACCESS_DENIED);
    expect_failure(duplicate_with(GetCurrentProcess(), weak), FALSE, ERROR_ACCESS_DENIED);
    EXPECT_EQ(made, nullptr);
}

TEST_F(HandleTest, DuplicateThroughARealHandleOfTheOwnProcess) {  // DUP-01, DUP-06
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    HANDLE made = nullptr;
    ASSERT_EQ(duplicate(GetCurrentProcess(), &made, 0, DUPLICATE_SAME_ACCESS), TRUE);
    const Handle self(made);
    EXPECT_EQ(GetProcessId(self), GetCurrentProcessId());
    ASSERT_EQ(DuplicateHandle(self, event, self, &made, SYNCHRONIZE, FALSE, 0), TRUE);
    const Handle copy(made);
    EXPECT_EQ(CompareObjectHandles(copy, event), TRUE);
}

TEST_F(HandleTest, FlagsChangeAsMasked) {  // HND-04
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const auto flags_after = [&](DWORD mask, DWORD flags) {
        expect_success([&] { return SetHandleInformation(event, mask, flags); });
        DWORD now = kUntouched;
        expect_success([&] { return GetHandleInformation(event, &now); });
        return now;
    };
    EXPECT_EQ(flags_after(0, 3), 0U);
    EXPECT_EQ(flags_after(HANDLE_FLAG_INHERIT, 3), DWORD{HANDLE_FLAG_INHERIT});
    EXPECT_EQ(flags_after(HANDLE_FLAG_PROTECT_FROM_CLOSE, 3), 3U);
    EXPECT_EQ(flags_after(HANDLE_FLAG_INHERIT, 0), DWORD{HANDLE_FLAG_PROTECT_FROM_CLOSE});
    EXPECT_EQ(entry_of(event).access, EVENT_ALL_ACCESS);
    EXPECT_EQ(flags_after(3, 0), 0U);
    expect_failure([&] { return SetHandleInformation(event, 4, 4); }, FALSE,
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return SetHandleInformation(nullptr, 1, 1); }, FALSE, ERROR_INVALID_HANDLE);
    DWORD untouched = kUntouched;
    expect_failure([&] { return GetHandleInformation(nullptr, &untouched); }, FALSE,
                   ERROR_INVALID_HANDLE);
    EXPECT_EQ(untouched, kUntouched);
}

TEST_F(HandleTest, ThatIsProtectedIsNotClosed) {  // HND-05
    Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    ASSERT_EQ(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 3), TRUE);
    expect_failure([&] { return CloseHandle(event); }, FALSE, ERROR_INVALID_HANDLE);
    HANDLE made = nullptr;
    ASSERT_EQ(duplicate(event, &made, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE), TRUE);
    const Handle copy(made);
    EXPECT_FALSE(entry_of(copy).protect);
    EXPECT_EQ(state("e"), "auto event set, 2 handles, 0 waiting");
    ASSERT_EQ(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0), TRUE);
    expect_success([&] { return CloseHandle(event.release()); });
}

TEST_F(HandleTest, ComparesObjectsAndNotHandles) {  // HND-06
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const Handle weak(OpenEventA(EVENT_MODIFY_STATE, FALSE, "e"));
    const Handle other(CreateEventA(nullptr, FALSE, TRUE, "f"));
    expect_success([&] { return CompareObjectHandles(event, weak); });
    expect_failure([&] { return CompareObjectHandles(event, other); }, FALSE,
                   ERROR_NOT_SAME_OBJECT);
    expect_failure([&] { return CompareObjectHandles(event, nullptr); }, FALSE,
                   ERROR_INVALID_HANDLE);
}

TEST_F(HandleTest, ComparesPseudoHandles) {  // HND-06
    const HANDLE process = GetCurrentProcess();
    const HANDLE thread = GetCurrentThread();
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const Handle process_too(OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId()));
    const Handle thread_too(OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId()));
    const auto same = [this](HANDLE one, HANDLE other) {
        expect_success([&] { return CompareObjectHandles(one, other); });
        expect_success([&] { return CompareObjectHandles(other, one); });
    };
    const auto different = [this](HANDLE one, HANDLE other, DWORD error = ERROR_NOT_SAME_OBJECT) {
        expect_failure([&] { return CompareObjectHandles(one, other); }, FALSE, error);
        expect_failure([&] { return CompareObjectHandles(other, one); }, FALSE, error);
    };
    same(process, process);
    same(thread, thread);
    same(process, process_too);
    same(thread, thread_too);
    different(process, thread);
    different(process, thread_too);
    different(thread, process_too);
    different(process, event);
    different(thread, event);
    different(process, nullptr, ERROR_INVALID_HANDLE);
    std::thread([&] { different(GetCurrentThread(), thread_too); }).join();
}

TEST_F(HandleTest, ProcessIsOneObjectWithItsOwnRights) {  // HND-08, ACC-01
    const DWORD pid = GetCurrentProcessId();
    const Handle all(OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
    const Handle waits(OpenProcess(SYNCHRONIZE, TRUE, pid));
    EXPECT_EQ(CompareObjectHandles(all, waits), TRUE);
    EXPECT_TRUE(entry_of(waits).inherit);
    EXPECT_EQ(poll_object(waits), WAIT_TIMEOUT);
    EXPECT_EQ(GetProcessId(all), pid);
    EXPECT_EQ(GetProcessId(GetCurrentProcess()), pid);
    expect_failure([&] { return GetProcessId(waits); }, DWORD{0}, ERROR_ACCESS_DENIED);
    expect_failure([&] { return SetEvent(all); }, FALSE, ERROR_INVALID_HANDLE);
    const Handle limited(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
    EXPECT_EQ(GetProcessId(limited), pid);
    expect_failure([&] { return poll_object(limited); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
    for (const DWORD nobody : {0U, 0x3fffffU}) {
        expect_failure([&] { return OpenProcess(SYNCHRONIZE, FALSE, nobody); }, HANDLE{nullptr},
                       ERROR_INVALID_PARAMETER);
    }
}

TEST_F(HandleTest, LastErrorIsTheThreadsOwn) {
    SetLastError(5);
    std::thread([] {
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
        SetLastError(7);
    }).join();
    EXPECT_EQ(GetLastError(), 5U);
}

TEST_F(HandleTest, AttachErrorSaysWhatIsWrong) {
    in_fresh_process([](TestRegion&) {
        setenv("CASTAWAY_REGION", "no/such", 1);
        EXPECT_EQ(CreateEventA(nullptr, FALSE, FALSE, "e"), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_NAME);
        EXPECT_NE(std::string(castaway_attach_error()).find("no/such"), std::string::npos);
    });
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    EXPECT_NE(event.get(), nullptr);
    EXPECT_STREQ(castaway_attach_error(), "");
}

}  // namespace
}  // namespace castaway::testing
