// What the table makes of its samples.
#include "primitives/benchmark/statistics.h"

#include <gtest/gtest.h>

#include "primitives/benchmark/row.h"

namespace castaway::benchmark {
namespace {

TEST(Spread, IsMedianAndQuartilesWhateverTheOrder) {
    const Spread spread = spread_of({50, 10, 40, 20, 30});
    EXPECT_DOUBLE_EQ(spread.median, 30);
    EXPECT_DOUBLE_EQ(spread.lower, 20);
    EXPECT_DOUBLE_EQ(spread.upper, 40);
}

TEST(Spread, LiesBetweenSamplesWhereNoneIsInTheMiddle) {
    const Spread spread = spread_of({1, 2, 3, 10});
    EXPECT_DOUBLE_EQ(spread.median, 2.5);
    EXPECT_DOUBLE_EQ(spread.lower, 1.75);
    EXPECT_DOUBLE_EQ(spread.upper, 4.75);
}

TEST(Ratios, AreThoseOfNeighboursAndNotOfMedians) {
    EXPECT_EQ(ratios_of({2, 40, 9}, {1, 10}), (std::vector<double>{2, 4}));
}

TEST(Fairness, IsOneWhenSharesAreEqualAndOnePartWhenOneHasAll) {
    EXPECT_DOUBLE_EQ(fairness_of({7, 7, 7, 7}), 1);
    EXPECT_DOUBLE_EQ(fairness_of({0, 0, 9, 0}), 0.25);
}

TEST(Verdict, IsOfTheMedianAndIsNoneWithoutSamplesOrTarget) {
    Row row{"", "", Unit::ns, {10, 11, 90}, "peer", {10, 10, 10}, at_most(11), ""};
    EXPECT_EQ(row.met(), true);
    row.target = at_most(10.9);
    EXPECT_EQ(row.met(), false);
    row.target = at_least(11);
    EXPECT_EQ(row.met(), true);
    row.target = ratio_at_most(1.05);
    EXPECT_EQ(row.met(), false);
    row.peer.clear();
    EXPECT_EQ(row.met(), std::nullopt);
    row.target.reset();
    EXPECT_EQ(row.met(), std::nullopt);
}

}  // namespace
}  // namespace castaway::benchmark
