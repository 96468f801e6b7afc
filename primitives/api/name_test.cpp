// Names through the Win32 calls.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

constexpr HANDLE kNull = nullptr;

using Create = HANDLE (*)(const char* name);
using Open = HANDLE (*)(const char* name);

struct Type {
    const char* word;
    Create create;
    Open open;
};

constexpr std::array<Type, 4> kTypes{{
    {"event", [](const char* name) { return CreateEventA(nullptr, FALSE, TRUE, name); },
     [](const char* name) { return OpenEventA(EVENT_ALL_ACCESS, FALSE, name); }},
    {"mutex", [](const char* name) { return CreateMutexA(nullptr, FALSE, name); },
     [](const char* name) { return OpenMutexA(MUTEX_ALL_ACCESS, FALSE, name); }},
    {"semaphore", [](const char* name) { return CreateSemaphoreA(nullptr, 1, 2, name); },
     [](const char* name) { return OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, name); }},
    {"timer", [](const char* name) { return CreateWaitableTimerA(nullptr, FALSE, name); },
     [](const char* name) { return OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, name); }},
}};

class NameTest : public ApiTest {
  protected:
    static std::vector<std::string> names() {
        std::vector<std::string> all;
        for (const InspectedObject& object : region().look().objects) {
            all.push_back(object.name);
        }
        std::sort(all.begin(), all.end());
        return all;
    }
};

TEST_F(NameTest, DifferByCase) {  // NAME-01
    const Handle upper(CreateEventA(nullptr, FALSE, FALSE, "A"));
    SetLastError(kUntouched);
    const Handle lower(CreateEventA(nullptr, FALSE, TRUE, "a"));
    EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
    EXPECT_EQ(state("A"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(state("a"), "auto event set, 1 handle, 0 waiting");
}

TEST_F(NameTest, AreSharedByAllTypes) {  // NAME-02, NAME-06
    for (const Type& holder : kTypes) {
        const Handle held(holder.create("x"));
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
        for (const Type& other : kTypes) {
            if (other.word == holder.word) {
                continue;
            }
            expect_failure([&] { return other.create("x"); }, kNull, ERROR_INVALID_HANDLE);
            expect_failure([&] { return other.open("x"); }, kNull, ERROR_INVALID_HANDLE);
        }
    }
}

TEST_F(NameTest, OfAnExistingObjectJoinsIt) {  // NAME-03, NAME-04
    for (const Type& type : kTypes) {
        SetLastError(kUntouched);
        const Handle first(type.create("x"));
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
        const Handle second(type.create("x"));
        EXPECT_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
        EXPECT_NE(first.get(), second.get());
        EXPECT_EQ(object_named(region().look(), "Local\\x").handles, 2U);
    }
}

TEST_F(NameTest, OfAnExistingObjectMakesInitialStateIgnored) {  // NAME-03, MTX-04
    const Handle event(CreateEventA(nullptr, TRUE, FALSE, "e"));
    const Handle event_again(CreateEventA(nullptr, FALSE, TRUE, "e"));
    EXPECT_EQ(state("e"), "manual event not set, 2 handles, 0 waiting");
    const Handle semaphore(CreateSemaphoreA(nullptr, 1, 2, "s"));
    const Handle semaphore_again(CreateSemaphoreA(nullptr, 7, 9, "s"));
    EXPECT_EQ(state("s"), "semaphore 1/2, 2 handles, 0 waiting");
    const Handle timer(CreateWaitableTimerA(nullptr, TRUE, "t"));
    const Handle timer_again(CreateWaitableTimerA(nullptr, FALSE, "t"));
    EXPECT_EQ(state("t"), "manual timer not set, 2 handles, 0 waiting");
}

TEST_F(NameTest, NobodyHoldsCannotBeOpened) {  // NAME-05
    for (const Type& type : kTypes) {
        expect_failure([&] { return type.open("nobody"); }, kNull, ERROR_FILE_NOT_FOUND);
    }
}

TEST_F(NameTest, ThatAreTooLongAreRefused) {  // NAME-07
    const std::string longest(259, 'x');
    const std::string longer(260, 'x');
    for (const Type& type : kTypes) {
        const Handle held(type.create(longest.c_str()));
        EXPECT_NE(held.get(), kNull);
        EXPECT_EQ(names(), std::vector<std::string>{"Local\\" + longest});
        const Handle opened(type.open(longest.c_str()));
        EXPECT_NE(opened.get(), kNull);
        expect_failure([&] { return type.create(longer.c_str()); }, kNull,
                       ERROR_FILENAME_EXCED_RANGE);
        expect_failure([&] { return type.open(longer.c_str()); }, kNull,
                       ERROR_FILENAME_EXCED_RANGE);
    }
}

TEST_F(NameTest, WithABackslashAreRefused) {  // NAME-08, NAME-12
    for (const Type& type : kTypes) {
        for (const char* name : {"a\\b", "Local\\a\\b", "local\\a", "Global\\a\\b"}) {
            expect_failure([&] { return type.create(name); }, kNull, ERROR_PATH_NOT_FOUND);
            expect_failure([&] { return type.open(name); }, kNull, ERROR_PATH_NOT_FOUND);
        }
    }
}

TEST_F(NameTest, OfAFolderAreRefused) {  // NAME-08
    for (const Type& type : kTypes) {
        for (const char* name : {"Global\\", "Local\\", "Session\\1\\", "Session\\2\\"}) {
            expect_failure([&] { return type.create(name); }, kNull, ERROR_INVALID_NAME);
            expect_failure([&] { return type.open(name); }, kNull, ERROR_INVALID_NAME);
        }
        for (const char* name : {"\\", "\\a", "\\a\\b", "\\Global\\a"}) {
            expect_failure([&] { return type.create(name); }, kNull, ERROR_BAD_PATHNAME);
            expect_failure([&] { return type.open(name); }, kNull, ERROR_BAD_PATHNAME);
        }
    }
}

TEST_F(NameTest, ThatAreNoUtf8AreRefused) {  // NAME-07
    for (const Type& type : kTypes) {
        for (const char* name : {"a\xff", "Global\\\xc3", "\xed\xa0\x80"}) {
            expect_failure([&] { return type.create(name); }, kNull, ERROR_NO_UNICODE_TRANSLATION);
            expect_failure([&] { return type.open(name); }, kNull, ERROR_NO_UNICODE_TRANSLATION);
        }
    }
}

TEST_F(NameTest, ThatAreNullOrEmptyMakeUnnamedObjects) {  // NAME-09, NAME-10
    for (const Type& type : kTypes) {
        const Handle none(type.create(nullptr));
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
        const Handle empty(type.create(""));
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
        EXPECT_EQ(names(), (std::vector<std::string>{"", ""}));
        expect_failure([&] { return type.open(nullptr); }, kNull, ERROR_INVALID_PARAMETER);
        expect_failure([&] { return type.open(""); }, kNull, ERROR_INVALID_HANDLE);
    }
}

TEST_F(NameTest, WithAndWithoutLocalAreOne) {  // NAME-11
    const Handle plain(CreateEventA(nullptr, FALSE, FALSE, "x"));
    const Handle local(CreateEventA(nullptr, FALSE, FALSE, "Local\\x"));
    EXPECT_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    const Handle session(OpenEventA(EVENT_ALL_ACCESS, FALSE, "Session\\1\\x"));
    EXPECT_EQ(state("x"), "auto event not set, 3 handles, 0 waiting");
}

TEST_F(NameTest, OfDifferentNamespacesAreTwo) {  // NAME-12
    const Handle local(CreateEventA(nullptr, FALSE, FALSE, "x"));
    const Handle global(CreateMutexA(nullptr, FALSE, "Global\\x"));
    EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
    const Handle session(CreateSemaphoreA(nullptr, 0, 1, "Session\\2\\x"));
    EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
    EXPECT_EQ(names(), (std::vector<std::string>{"Global\\x", "Local\\x", "Session\\2\\x"}));
    const Handle opened(OpenMutexA(SYNCHRONIZE, FALSE, "Global\\x"));
    EXPECT_NE(opened.get(), kNull);
}

TEST_F(NameTest, LiveUntilTheLastHandleIsClosed) {  // NAME-13
    Handle first(CreateEventA(nullptr, FALSE, TRUE, "x"));
    Handle second(OpenEventA(EVENT_ALL_ACCESS, FALSE, "x"));
    first.reset();
    EXPECT_EQ(state("x"), "auto event set, 1 handle, 0 waiting");
    second.reset();
    EXPECT_EQ(states(), "");
    expect_failure([] { return OpenEventA(EVENT_ALL_ACCESS, FALSE, "x"); }, kNull,
                   ERROR_FILE_NOT_FOUND);
    const Handle fresh(CreateMutexA(nullptr, FALSE, "x"));
    EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
    EXPECT_EQ(state("x"), "mutex free, 1 handle, 0 waiting");
}

TEST_F(NameTest, OfManyObjectsAreAllFound) {
    // More than there are buckets, so that chains grow, and taken out of their middles.
    std::vector<Handle> held;
    const auto name = [](int i) { return "name " + std::to_string(i); };
    for (int i = 0; i < 200; ++i) {
        held.emplace_back(CreateSemaphoreA(nullptr, i, 200, name(i).c_str()));
        ASSERT_NE(held.back().get(), kNull);
    }
    for (int i = 0; i < 200; i += 3) {
        held[static_cast<std::size_t>(i)].reset();
    }
    for (int i = 0; i < 200; ++i) {
        const Handle opened(OpenSemaphoreA(SYNCHRONIZE, FALSE, name(i).c_str()));
        EXPECT_EQ(opened.get() == kNull, i % 3 == 0) << i;
        if (opened.get() != kNull) {
            EXPECT_EQ(object_named(region().look(), "Local\\" + name(i)).count,
                      static_cast<std::uint32_t>(i));
        }
    }
    EXPECT_TRUE(region().look().damage.empty());
}

TEST(NamesInALargeRegion, OfAThousandObjectsTakeLessThanTwoMebibytes) {
    in_fresh_process([](TestRegion& /*small*/) {
        const TestRegion region{Geometry{}};
        std::vector<Handle> held;
        for (int i = 0; i < 1'000; ++i) {
            const std::string name = "name " + std::to_string(i);
            held.emplace_back(CreateEventA(nullptr, FALSE, FALSE, name.c_str()));
            ASSERT_NE(held.back().get(), kNull);
        }
        struct stat facts {};
        ASSERT_EQ(fstat(region.fd(), &facts), 0);
        constexpr std::int64_t kBlockBytes = 512;
        EXPECT_LT(facts.st_blocks * kBlockBytes, std::int64_t{2} << 20);
        EXPECT_EQ(region.look().names, held.size());
    });
}

}  // namespace
}  // namespace castaway::testing
