// explain() against a search through all orders: it finds an explanation exactly when there is one.
#include "harness/checkers/single_signal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "harness/base/prng.h"

namespace castaway::harness {
namespace {

/// Tries every order of what happens; moments are chosen as early as the order allows.
class EveryOrder {
  public:
    explicit EveryOrder(const SingleSignal& object) {
        for (const Span& span : object.signals) {
            items_.push_back({span, 's'});
        }
        for (const Span& span : object.clearings) {
            items_.push_back({span, 'c'});
        }
        for (const Span& span : object.waits) {
            items_.push_back({span, 'w'});
        }
        stored_at_first_ = object.stored_at_first;
    }

    bool explains() { return place(0, INT64_MIN, stored_at_first_); }

  private:
    bool place(std::uint32_t placed, std::int64_t now, bool stored) {
        if (placed == (1U << items_.size()) - 1) {
            return true;
        }
        if (!visited_.emplace(placed, now, stored).second) {
            return false;
        }
        for (std::size_t i = 0; i < items_.size(); ++i) {
            const auto& [span, what] = items_[i];
            const std::int64_t at = std::max(now, span.from);
            const bool possible =
                (placed >> i & 1U) == 0 && at <= span.until && (what != 'w' || stored);
            if (possible && place(placed | 1U << i, at, what == 's')) {
                return true;
            }
        }
        return false;
    }

    std::vector<std::pair<Span, char>> items_;
    bool stored_at_first_ = false;
    std::set<std::tuple<std::uint32_t, std::int64_t, bool>> visited_;
};

std::vector<Span> draw_spans(Prng& prng, std::uint64_t most) {
    std::vector<Span> spans(prng.below(most + 1));
    for (Span& span : spans) {
        span.from = prng.between(0, 12);
        span.until = span.from + prng.between(0, 6);
    }
    return spans;
}

TEST(SingleSignal, IsExplainedExactlyWhenSomeOrderFits) {
    std::uint64_t explained = 0;
    std::uint64_t unexplained = 0;
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        Prng prng(seed);
        SingleSignal object;
        object.stored_at_first = prng.below(2) == 0;
        object.signals = draw_spans(prng, 5);
        object.clearings = draw_spans(prng, 3);
        object.waits = draw_spans(prng, 4);
        const bool expected = EveryOrder(object).explains();
        ASSERT_EQ(!explain(object).has_value(), expected) << "seed " << seed;
        ++(expected ? explained : unexplained);
    }
    EXPECT_GT(explained, 4'000U);
    EXPECT_GT(unexplained, 4'000U);
}

TEST(SingleSignal, TellsTheWaitThatHasNoSignalAndThoseBeforeIt) {
    Operation set;
    Operation first;
    Operation second;
    SingleSignal object;
    object.signals = {{0, 1, &set}};
    object.waits = {{2, 3, &first}, {4, 5, &second}};
    const auto found = explain(object);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->wait, &second);
    EXPECT_EQ(found->served, 1U);
    EXPECT_EQ(found->signals, 1U);
    EXPECT_EQ(std::count(found->before.begin(), found->before.end(), &first), 1);
    EXPECT_EQ(std::count(found->before.begin(), found->before.end(), &set), 1);
}

}  // namespace
}  // namespace castaway::harness
