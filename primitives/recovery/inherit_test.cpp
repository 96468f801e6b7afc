// Handles that a child inherits: which, where, and what the deaths of parent and child leave of
// them.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "primitives/api/attachment.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

/// What castaway_prepare_child() says.
struct Token {
    std::array<char, CASTAWAY_TOKEN_SIZE> text{};
};

Handle inheritable_event(const char* name) {
    SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    return Handle(CreateEventA(&attributes, FALSE, FALSE, name));
}

/// A child of that token, as CreateProcess starts one: forked, and told by its environment.
Child start(const Token& token, const std::function<void()>& body) {
    return Child([&] {
        prepare_attachment(nullptr, Mutant::none);
        setenv("CASTAWAY_INHERIT", token.text.data(), 1);
        body();
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
}

/// Objects of a parent: one whose handle is inheritable, one whose is not.
class Inheritance : public ::testing::Test {
  protected:
    /// Runs `body` with them, in a process that has never attached.
    static void with_objects(const std::function<void(Survivor&, HANDLE, HANDLE)>& body) {
        in_fresh_process([&](TestRegion& region) {
            Survivor survivor(region);
            const Handle padding(CreateEventA(nullptr, FALSE, FALSE, nullptr));
            const Handle passed = inheritable_event("passed");
            const Handle kept(CreateEventA(nullptr, FALSE, FALSE, "kept"));
            body(survivor, passed, kept);
            survivor.sweep();
            EXPECT_EQ(survivor.object("passed").handles, 1U);
            EXPECT_EQ(survivor.object("kept").handles, 1U);
            EXPECT_EQ(region.look_at_rest().damage, std::vector<std::string>{});
        });
    }
};

TEST_F(Inheritance, GivesInheritableHandlesTheirValues) {  // INH-01, INH-02, INH-05
    with_objects([](Survivor& survivor, HANDLE passed, HANDLE kept) {
        Token token;
        ASSERT_EQ(castaway_prepare_child(nullptr, 0, token.text.data()), TRUE);
        EXPECT_EQ(survivor.object("passed").handles, 2U);
        Child child = start(token, [&] {
            DWORD flags = 0;
            EXPECT_EQ(SetEvent(kept), FALSE);
            EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
            EXPECT_EQ(GetHandleInformation(passed, &flags), TRUE);
            EXPECT_EQ(flags, DWORD{HANDLE_FLAG_INHERIT});
            EXPECT_EQ(SetEvent(passed), TRUE);
            // New handles go where none was inherited.
            for (int i = 0; i < 5; ++i) {
                HANDLE made = CreateEventA(nullptr, FALSE, FALSE, nullptr);
                EXPECT_NE(made, nullptr);
                EXPECT_NE(made, passed);
            }
            EXPECT_EQ(std::getenv("CASTAWAY_INHERIT"), nullptr);
        });
        EXPECT_EQ(child.wait(), kDone);
        EXPECT_EQ(poll_object(passed), WAIT_OBJECT_0);
    });
}

TEST_F(Inheritance, IsNoneWithoutAToken) {  // INH-03
    with_objects([](Survivor&, HANDLE passed, HANDLE) {
        for (const char* nonsense : {"", "7", "x.y", "4000000000.1", "0.0"}) {
            Token token;
            std::string(nonsense).copy(token.text.data(), token.text.size() - 1);
            Child child = start(token, [&] {
                EXPECT_EQ(SetEvent(passed), FALSE);
                EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
            });
            EXPECT_EQ(child.wait(), kDone);
        }
    });
}

TEST_F(Inheritance, MayBeNarrowedToAList) {  // INH-04
    with_objects([](Survivor&, HANDLE passed, HANDLE kept) {
        Token token;
        EXPECT_EQ(castaway_prepare_child(&kept, 1, token.text.data()), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
        const Handle other = inheritable_event("other");
        ASSERT_EQ(castaway_prepare_child(&passed, 1, token.text.data()), TRUE);
        Child child = start(token, [&] {
            EXPECT_EQ(SetEvent(passed), TRUE);
            EXPECT_EQ(SetEvent(other), FALSE);
        });
        EXPECT_EQ(child.wait(), kDone);
    });
}

TEST_F(Inheritance, KeepsTheObjectAndNotItsOwner) {  // INH-06, INH-07
    with_objects([](Survivor& survivor, HANDLE, HANDLE) {
        SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
        Handle mutex(CreateMutexA(&attributes, TRUE, "m"));
        Token token;
        ASSERT_EQ(castaway_prepare_child(nullptr, 0, token.text.data()), TRUE);
        const HANDLE value = mutex.get();
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
        mutex.reset();
        EXPECT_EQ(survivor.object("m").handles, 1U);
        Child child = start(token, [&] {
            EXPECT_EQ(ReleaseMutex(value), FALSE);
            EXPECT_EQ(GetLastError(), ERROR_NOT_OWNER);
            EXPECT_EQ(poll_object(value), WAIT_TIMEOUT);
        });
        EXPECT_EQ(child.wait(), kDone);
        survivor.sweep();
        EXPECT_EQ(OpenMutexA(SYNCHRONIZE, FALSE, "m"), nullptr);
    });
}

TEST_F(Inheritance, IsNobodysWhenTheChildDiesBeforeItRuns) {  // INH-08, NAME-14
    with_objects([](Survivor&, HANDLE, HANDLE) {
        Handle event = inheritable_event("e");
        Token token;
        ASSERT_EQ(castaway_prepare_child(nullptr, 0, token.text.data()), TRUE);
        Channel said;
        Child child([&]() -> int {
            static_cast<void>(said.receive());
            return 0;
        });
        EXPECT_EQ(castaway_child_started(token.text.data(), child.pid()), TRUE);
        event.reset();
        Handle still(OpenEventA(SYNCHRONIZE, FALSE, "e"));
        EXPECT_NE(still.get(), nullptr);
        still.reset();
        child.end();
        EXPECT_EQ(OpenEventA(SYNCHRONIZE, FALSE, "e"), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    });
}

/// One look does not ask the kernel about all who may come yet, but each has its turn.
TEST_F(Inheritance, OfADeadChildIsFoundBehindManyThatLive) {  // INH-08, NAME-14
    with_objects([](Survivor&, HANDLE, HANDLE) {
        constexpr int kAlive = 24;
        std::vector<Token> alive(kAlive);
        for (Token& token : alive) {
            ASSERT_EQ(castaway_prepare_child(nullptr, 0, token.text.data()), TRUE);
        }
        Handle event = inheritable_event("e");
        Token token;
        ASSERT_EQ(castaway_prepare_child(nullptr, 0, token.text.data()), TRUE);
        Child child([] { return 0; });
        EXPECT_EQ(castaway_child_started(token.text.data(), child.pid()), TRUE);
        event.reset();
        child.end();
        int looks = 0;
        while (looks < kAlive && Handle(OpenEventA(SYNCHRONIZE, FALSE, "e")).get() != nullptr) {
            ++looks;
        }
        EXPECT_LT(looks, 4);
        for (const Token& one : alive) {
            EXPECT_EQ(castaway_child_started(one.text.data(), 0), TRUE);
        }
    });
}

TEST(DeathInInheritance, OfTheParentThatPrepares) {  // CONC-03, HND-07
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        Handle event;
        survivor.endure(
            {.set_up = [&] { event = Handle(CreateEventA(nullptr, FALSE, FALSE, "e")); },
             .prepare =
                 [&] {
                     OpenEventA(SYNCHRONIZE, TRUE, "e");
                     OpenEventA(SYNCHRONIZE, FALSE, "e");
                     OpenEventA(SYNCHRONIZE, TRUE, "e");
                 },
             .act =
                 [&] {
                     Token token;
                     EXPECT_EQ(castaway_prepare_child(nullptr, 0, token.text.data()), TRUE);
                 },
             .check =
                 [&](bool) {
                     survivor.sweep();
                     EXPECT_EQ(survivor.object("e").handles, 1U);
                     event.reset();
                 }});
    });
}

TEST(DeathInInheritance, OfTheChildThatAdopts) {  // INH-08, CONC-03
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        Handle event;
        Token token;
        survivor.endure({.set_up =
                             [&] {
                                 event = inheritable_event("e");
                                 EXPECT_EQ(castaway_prepare_child(nullptr, 0, token.text.data()),
                                           TRUE);
                                 setenv("CASTAWAY_INHERIT", token.text.data(), 1);
                             },
                         .act = [&] { EXPECT_EQ(SetEvent(event), TRUE); },
                         .check =
                             [&](bool completed) {
                                 unsetenv("CASTAWAY_INHERIT");
                                 EXPECT_EQ(castaway_child_started(token.text.data(), 0), TRUE);
                                 survivor.sweep();
                                 EXPECT_EQ(survivor.object("e").handles, 1U);
                                 EXPECT_TRUE(poll_object(event) == WAIT_OBJECT_0 || !completed);
                                 event.reset();
                             },
                         .scope = TestHook::Scope::every_thread});
    });
}

}  // namespace
}  // namespace castaway::testing
