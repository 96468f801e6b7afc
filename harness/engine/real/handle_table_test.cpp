#include "harness/engine/real/handle_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace castaway::harness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(HandleTable, HasNoHandleUntilOneIsAdded) {
    HandleTable table(1);
    EXPECT_EQ(table.find(0, 0), 0U);
    EXPECT_EQ(table.take(0, 0), 0U);
}

TEST(HandleTable, PrefersTheThreadsOwnLatest) {
    HandleTable table(1);
    table.add(0, 0, 10);
    table.add(0, 0, 11);
    table.add(1, 0, 20);
    EXPECT_EQ(table.find(0, 0), 11U);
    EXPECT_EQ(table.find(1, 0), 20U);
    EXPECT_EQ(table.take(0, 0), 11U);
    EXPECT_EQ(table.find(0, 0), 10U);
}

TEST(HandleTable, FallsBackToTheProcesssLatest) {
    HandleTable table(1);
    table.add(0, 0, 10);
    table.add(1, 0, 20);
    EXPECT_EQ(table.find(2, 0), 20U);
    EXPECT_EQ(table.take(2, 0), 20U);
    EXPECT_EQ(table.take(2, 0), 10U);
    EXPECT_EQ(table.take(2, 0), 0U);
}

TEST(HandleTable, TakesAllThatAreLeftByName) {
    HandleTable table(3);
    table.add(0, 2, 30);
    table.add(1, 0, 10);
    table.add(0, 0, 11);
    EXPECT_THAT(table.take_all(), ElementsAre(Pair(0U, 10U), Pair(0U, 11U), Pair(2U, 30U)));
    EXPECT_THAT(table.take_all(), IsEmpty());
}

}  // namespace
}  // namespace castaway::harness
