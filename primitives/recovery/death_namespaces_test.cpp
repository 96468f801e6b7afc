// Death at every place of making, opening and closing private namespaces and what is in them.
#include <gtest/gtest.h>

#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

/// Of one boundary, without SIDs; deleted with its process.
HANDLE boundary() {
    static HANDLE const the_one = CreateBoundaryDescriptorA("b", 0);
    return the_one;
}

TEST(DeathInNamespaces, OfTheOnlyOneThatKnowsThem) {  // NAME-14, NAME-16, CONC-03
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        survivor.endure({.act =
                             [] {
                                 HANDLE space = CreatePrivateNamespaceA(nullptr, boundary(), "a");
                                 EXPECT_NE(space, nullptr);
                                 EXPECT_NE(CreateEventA(nullptr, FALSE, FALSE, "a\\x"), nullptr);
                                 EXPECT_EQ(ClosePrivateNamespace(space, 0), TRUE);
                             },
                         .check =
                             [](bool) {
                                 EXPECT_EQ(OpenPrivateNamespaceA(boundary(), "a"), nullptr);
                                 EXPECT_EQ(GetLastError(), ERROR_PATH_NOT_FOUND);
                             }});
    });
}

TEST(DeathInNamespaces, OfTheOneThatDestroys) {  // NAME-14, NAME-16, CONC-03
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        HANDLE space = nullptr;
        Handle event;
        survivor.endure(
            {.set_up =
                 [&] {
                     space = CreatePrivateNamespaceA(nullptr, boundary(), "a");
                     event = Handle(CreateEventA(nullptr, FALSE, TRUE, "a\\x"));
                 },
             .act =
                 [] {
                     HANDLE opened = OpenPrivateNamespaceA(boundary(), "b");
                     EXPECT_EQ(ClosePrivateNamespace(opened, PRIVATE_NAMESPACE_FLAG_DESTROY), TRUE);
                 },
             .check =
                 [&](bool completed) {
                     HANDLE next = CreatePrivateNamespaceA(nullptr, boundary(), "next");
                     // It has been destroyed or it has not.
                     EXPECT_TRUE(next != nullptr || !completed);
                     EXPECT_TRUE(next != nullptr || GetLastError() == ERROR_ALREADY_EXISTS);
                     if (next != nullptr) {
                         EXPECT_EQ(ClosePrivateNamespace(next, 0), TRUE);
                     }
                     const Handle again(OpenEventA(SYNCHRONIZE, FALSE, "a\\x"));
                     EXPECT_EQ(poll_object(again), WAIT_OBJECT_0);
                     event.reset();
                     EXPECT_EQ(ClosePrivateNamespace(space, 0), TRUE);
                 }});
    });
}

}  // namespace
}  // namespace castaway::testing
