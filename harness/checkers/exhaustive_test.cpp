// The checks against a search through all orders, on small histories of one object: a history that
// obeys the rules is never failed. Of those that break the rules most are caught, and how many is
// held: what is missed are contradictions between several answers each of which could be right by
// itself (a time-out and the order of two sets, two previous counts, ...).
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/base/prng.h"
#include "harness/checkers/checkers.h"
#include "harness/checkers/testing/exhaustive_search.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

/// Draws histories that look likely, right or wrong.
class RandomHistory {
  public:
    RandomHistory(ObjectType type, bool manual_reset, std::uint64_t seed)
        : prng_(seed), type_(type), manual_reset_(manual_reset) {}

    History draw() {
        add_object();
        const std::uint64_t threads = 2 + prng_.below(3);
        for (std::uint64_t i = 0; i < threads; ++i) {
            add_thread(1 + prng_.below(threads == 2 ? 4 : 3));
        }
        if (prng_.below(3) != 0) {
            add_snapshot();
        }
        return builder_.build();
    }

  private:
    void add_object() {
        switch (type_) {
            case ObjectType::event:
                object_ = manual_reset_ ? builder_.manual_event("o", prng_.below(3) == 0)
                                        : builder_.event("o", prng_.below(3) == 0);
                break;
            case ObjectType::semaphore:
                object_ = builder_.semaphore("o", static_cast<std::int32_t>(prng_.below(2)), 2);
                break;
            default:
                object_ = builder_.mutex("o");
                break;
        }
    }

    void add_thread(std::uint64_t operations) {
        const Thread thread = builder_.process();
        std::int64_t now = prng_.between(0, 6);
        bool pending = false;
        for (std::uint64_t i = 0; i < operations && !pending; ++i) {
            const std::int64_t invoked = now + prng_.between(0, 2);
            now = invoked + prng_.between(0, 4);
            pending = i + 1 == operations && prng_.below(5) == 0;
            add_call(thread, {invoked, pending ? std::nullopt : std::optional(now)});
            now = pending ? invoked : now;
        }
        const bool last_is_wait = last_ == OperationKind::wait;
        if (pending && last_is_wait && prng_.below(2) == 0) {
            builder_.stuck(thread);
        } else if (pending || prng_.below(4) == 0) {
            builder_.killed(thread, now + prng_.between(0, 6));
        }
    }

    void add_call(Thread thread, At at) {
        const std::uint64_t draw = prng_.below(8);
        if (draw < 4) {
            last_ = OperationKind::wait;
            const bool told = type_ == ObjectType::mutex && prng_.below(3) == 0;
            builder_.wait(thread, object_, at,
                          prng_.below(4) == 0 ? kTimeout : (told ? kAbandoned : kOk));
            if (!at.returned_ms) {
                // A pending wait has no answer, and no time limit here.
                return;
            }
        } else {
            add_signal(thread, at, draw == 7);
        }
    }

    void add_signal(Thread thread, At at, bool rare) {
        switch (type_) {
            case ObjectType::event:
                last_ = rare ? OperationKind::reset_event : OperationKind::set_event;
                builder_.call(last_, thread, object_, at);
                break;
            case ObjectType::semaphore:
                last_ = OperationKind::release_semaphore;
                builder_.release(thread, object_, 1, at, static_cast<std::int32_t>(prng_.below(2)),
                                 rare ? failed_with(298) : kOk);
                break;
            default:
                last_ = OperationKind::release_mutex;
                builder_.release(thread, object_, at, rare ? failed_with(288) : kOk);
                break;
        }
    }

    void add_snapshot() {
        Snapshot& snapshot = builder_.quiescence(5000);
        ObjectState& state = builder_.state(snapshot, object_);
        state.value = static_cast<std::int64_t>(prng_.below(2));
        state.signaled = type_ == ObjectType::mutex ? state.value == 0 : state.value != 0;
        state.abandoned = type_ == ObjectType::mutex && prng_.below(3) == 0;
        if (state.abandoned) {
            state.value = 0;
            state.signaled = true;
        }
    }

    Prng prng_;
    ObjectType type_;
    bool manual_reset_;
    HistoryBuilder builder_;
    ObjectIndex object_ = 0;
    OperationKind last_ = OperationKind::wait;
};

std::string describe(const History& history) {
    std::string all;
    for (const HistoryProcess& process : history.processes) {
        all += process.name + (process.end == ProcessEnd::killed  ? " killed, known at "
                               : process.end == ProcessEnd::stuck ? " stuck"
                                                                  : " finished");
        all += process.known_dead_ns ? std::to_string(*process.known_dead_ns / 1'000'000) : "";
        all += "\n";
    }
    for (const Operation& operation : history.operations) {
        all += "p" + std::to_string(operation.process) + " " +
               std::string(to_string(operation.kind)) + " [" +
               std::to_string(operation.invoked_ns / 1'000'000) + ", " +
               (operation.pending() ? "" : std::to_string(operation.returned_ns / 1'000'000)) +
               "] " + std::string(to_string(operation.status)) + " previous " +
               std::to_string(operation.previous_count) + "\n";
    }
    for (const Snapshot& snapshot : history.snapshots) {
        for (const ObjectState& state : snapshot.objects) {
            all += "finally value " + std::to_string(state.value) +
                   (state.signaled ? " signaled" : "") + (state.abandoned ? " abandoned" : "") +
                   "\n";
        }
    }
    return all;
}

struct Kind {
    const char* name;
    ObjectType type;
    bool manual_reset;
    int caught_percent_min;  ///< of the histories that break the rules
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
void PrintTo(const Kind& kind, std::ostream* out) {
    *out << kind.name;
}

class Exhaustive : public ::testing::TestWithParam<Kind> {};

TEST_P(Exhaustive, NoHistoryThatObeysTheRulesFails) {
    constexpr std::uint64_t kHistories = 30'000;
    std::uint64_t obedient = 0;
    std::uint64_t caught = 0;
    for (std::uint64_t seed = 0; seed < kHistories; ++seed) {
        const History history =
            RandomHistory(GetParam().type, GetParam().manual_reset, seed).draw();
        const std::vector<std::string> checks{"mutual_exclusion", "abandonment", "mutex_release",
                                              "semaphore",        "auto_reset",  "manual_reset",
                                              "timeouts",         "lost_wakeup"};
        const std::vector<Verdict> verdicts = judge(history, checks);
        const auto failure =
            std::find_if(verdicts.begin(), verdicts.end(),
                         [](const Verdict& verdict) { return verdict.kind == VerdictKind::fail; });
        if (obeys_the_rules(history)) {
            ++obedient;
            ASSERT_EQ(failure, verdicts.end())
                << "seed " << seed << ": " << failure->check << ": " << failure->message << "\n"
                << describe(history);
        } else if (failure != verdicts.end()) {
            ++caught;
        }
    }
    const std::uint64_t wrong = kHistories - obedient;
    RecordProperty("obedient", static_cast<int>(obedient));
    RecordProperty("wrong", static_cast<int>(wrong));
    RecordProperty("caught", static_cast<int>(caught));
    EXPECT_GT(obedient, kHistories / 100);
    EXPECT_GE(caught * 100, wrong * static_cast<std::uint64_t>(GetParam().caught_percent_min));
}

INSTANTIATE_TEST_SUITE_P(All, Exhaustive,
                         ::testing::Values(Kind{"mutex", ObjectType::mutex, false, 97},
                                           Kind{"semaphore", ObjectType::semaphore, false, 92},
                                           Kind{"auto_reset", ObjectType::event, false, 87},
                                           Kind{"manual_reset", ObjectType::event, true, 84}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace castaway::harness::testing
