// The search against histories made by the models, and against the plainest judge.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "harness/linearize/event_checker.h"
#include "harness/linearize/semaphore_checker.h"
#include "harness/linearize/testing/object_calls.h"

namespace castaway::harness {
namespace {

using One = Slots<1>;

/// A history of a few clients; of the kinds of mishap each is there in some of them.
template <Model M>
Trace<M> small_history(const M& model, GeneratorOptions<M> options, Prng& random) {
    options.clients = static_cast<std::uint32_t>(random.between(2, 5));
    options.operations = static_cast<std::uint32_t>(random.between(3, 18));
    options.deaths = random.below(3) == 0 ? 60 : 0;
    options.lost_answers = random.below(3) == 0 ? 150 : 0;
    return TraceGenerator<M>(model, options, random.next()).make();
}

SearchLimits any_limits(Prng& random) {
    SearchLimits limits;
    limits.linearization_max = random.below(2) == 0 ? 1000 : 0;
    // So short that what comes before is forgotten in the midst of small histories.
    limits.settle_interval = static_cast<std::uint64_t>(random.between(1, 12));
    return limits;
}

template <typename Traced>
void change_value(std::vector<Traced>& trace, Prng& random) {
    auto& operation = trace[random.below(trace.size())].operation;
    operation.value = trace[random.below(trace.size())].operation.value;
}

/// One answer changed at random: the history may be possible still.
template <Model M>
void change_answer(Trace<M>& trace, Prng& random) {
    if constexpr (std::is_same_v<typename M::Operation, ObjectOperation>) {
        auto& operation = trace[random.below(trace.size())].operation;
        if (operation.status == ResponseStatus::pending) {
            return;
        }
        operation.status = static_cast<ResponseStatus>(random.between(1, 4));
        operation.error = random.below(2) == 0 ? kErrorNotOwner : kErrorTooManyPosts;
        operation.previous = static_cast<std::int32_t>(random.below(4));
    } else {
        change_value(trace, random);
    }
}

/// Where there is a checker for the model that does not search, it finds the same.
template <typename Checker, Model M>
void finds(const M& model, const Trace<M>& trace, bool possible, const SearchLimits& limits) {
    const Judgement judged = judge_trace_with(Checker(model, limits), trace);
    RC_ASSERT(judged.finding == (possible ? Finding::linearizable : Finding::not_linearizable));
    RC_ASSERT(judged.witness.has_value() == !possible);
}

template <Model M>
void agrees_with_fast_checker(const M& model, const Trace<M>& trace, bool possible,
                              const SearchLimits& limits) {
    if constexpr (std::is_same_v<M, EventModel>) {
        finds<EventChecker<One>>(model, trace, possible, limits);
    } else if constexpr (std::is_same_v<M, SemaphoreModel>) {
        const bool counts_told = std::any_of(trace.begin(), trace.end(), [](const auto& each) {
            return each.operation.act == Act::release_semaphore &&
                   (each.operation.tells_previous ||
                    each.operation.status == ResponseStatus::failed);
        });
        if (!counts_told) {
            finds<SemaphoreChecker<One>>(model, trace, possible, limits);
        }
    }
}

/// Histories of the model are accepted, with an order that the model allows; changed ones are
/// judged as the plain judge does.
template <Model M>
bool agrees_with_plain_judge(const M& model, const GeneratorOptions<M>& options, Prng& random) {
    Trace<M> trace = small_history(model, options, random);
    if (trace.empty()) {
        return true;
    }
    const Judgement accepted =
        judge_trace<One>(model, trace, any_limits(random), 1 + random.below(20));
    RC_ASSERT(accepted.finding == Finding::linearizable);
    if (accepted.linearization) {
        RC_ASSERT(is_order_of(model, trace, *accepted.linearization));
    }
    agrees_with_fast_checker(model, trace, true, any_limits(random));
    change_answer(trace, random);
    const bool possible = PlainJudge<M>(model, trace, true).linearizable();
    if (trace.size() <= 8) {
        RC_ASSERT((PlainJudge<M>(model, trace, false).linearizable()) == possible);
    }
    const Judgement judged =
        judge_trace<One>(model, trace, any_limits(random), 1 + random.below(20));
    RC_ASSERT(judged.finding == (possible ? Finding::linearizable : Finding::not_linearizable));
    RC_ASSERT(judged.witness.has_value() == !possible);
    agrees_with_fast_checker(model, trace, possible, any_limits(random));
    return possible;
}

/// Several histories in each of RapidCheck's cases: they take little time.
template <Model M>
void agrees_with_plain_judge(const M& model, const GeneratorOptions<M>& options) {
    constexpr int kHistories = 10;
    Prng random(*rc::gen::arbitrary<std::uint64_t>());
    int impossible = 0;
    for (int i = 0; i < kHistories; ++i) {
        impossible += agrees_with_plain_judge(model, options, random) ? 0 : 1;
    }
    RC_CLASSIFY(impossible > 0, "some impossible");
}

RC_GTEST_PROP(Search, AgreesOnMutexes, ()) {
    agrees_with_plain_judge(MutexModel(), mutex_calls());
}
RC_GTEST_PROP(Search, AgreesOnMutexesThatDeathFrees, ()) {
    agrees_with_plain_judge(
        MutexModel({.recursive = false, .owner_end = MutexRules::OwnerEnd::frees}), mutex_calls());
}
RC_GTEST_PROP(Search, AgreesOnSemaphores, ()) {
    agrees_with_plain_judge(SemaphoreModel(1, 3), semaphore_calls(false));
}
RC_GTEST_PROP(Search, AgreesOnSemaphoresThatRefuseNothing, ()) {
    GeneratorOptions<SemaphoreModel> options = semaphore_calls(false);
    options.call = [any = options.call](Prng& random, std::uint32_t client) {
        auto answers = any(random, client);
        if (answers.front().act == Act::release_semaphore) {
            answers.resize(1);  // It waits until it fits.
        }
        return answers;
    };
    agrees_with_plain_judge(SemaphoreModel(1, 3), options);
}
RC_GTEST_PROP(Search, AgreesOnSemaphoresThatTellTheirCounts, ()) {
    agrees_with_plain_judge(SemaphoreModel(1, 4), semaphore_calls(true));
}
RC_GTEST_PROP(Search, AgreesOnAutoResetEvents, ()) {
    agrees_with_plain_judge(EventModel(ResetKind::automatic, false), event_calls());
}
RC_GTEST_PROP(Search, AgreesOnManualResetEvents, ()) {
    agrees_with_plain_judge(EventModel(ResetKind::manual, false), event_calls());
}
RC_GTEST_PROP(Search, AgreesOnRegisters, ()) {
    ValueTable values;
    agrees_with_plain_judge(RegisterModel(values, ValueTable::kEmpty), register_calls(values, 3));
}
RC_GTEST_PROP(Search, AgreesOnKeyValueStores, ()) {
    ValueTable values;
    agrees_with_plain_judge(KeyValueModel(values), key_value_calls(values, 4));
}

RC_GTEST_PROP(Values, AreToldApartByTheirTexts, ()) {
    Prng random(*rc::gen::arbitrary<std::uint64_t>());
    ValueTable values;
    std::vector<std::string> texts{""};
    std::vector<ValueId> ids{ValueTable::kEmpty};
    for (int i = 0; i < 40; ++i) {
        const std::size_t front = random.below(ids.size());
        const std::size_t back = random.below(ids.size());
        constexpr std::size_t kLongest = 40;
        if (texts[front].size() + texts[back].size() < kLongest) {
            texts.push_back(texts[front] + texts[back]);
            ids.push_back(values.append(ids[front], ids[back]));
        } else {
            texts.push_back(texts[front].substr(0, 20) + (random.below(2) == 0 ? "a" : "b"));
            ids.push_back(values.of(texts.back()));
        }
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
        RC_ASSERT(values.text(ids[i]) == texts[i]);
        for (std::size_t j = 0; j < ids.size(); ++j) {
            RC_ASSERT((ids[i] == ids[j]) == (texts[i] == texts[j]));
            RC_ASSERT(values.begins_with(ids[i], ids[j]) == texts[i].starts_with(texts[j]));
        }
    }
}

TracedOperation<RegisterModel> traced(RegisterAct act, ValueId value, std::uint64_t begin,
                                      std::uint64_t end) {
    return {{act, ResponseStatus::ok, value, 0}, begin, end, Ending::answered, -1};
}

TEST(Search, RefusesAReadOfAnOverwrittenValue) {
    ValueTable values;
    const RegisterModel model(values, ValueTable::kEmpty);
    const ValueId one = values.of("1");
    const ValueId two = values.of("2");
    const Trace<RegisterModel> trace{traced(RegisterAct::write, one, 1, 2),
                                     traced(RegisterAct::write, two, 3, 4),
                                     traced(RegisterAct::read, one, 5, 6)};
    const Judgement judgement = judge_trace<One>(model, trace);
    ASSERT_EQ(judgement.finding, Finding::not_linearizable);
    ASSERT_TRUE(judgement.witness);
    EXPECT_EQ(judgement.witness->impossible, 2U);
    EXPECT_EQ(judgement.witness->core, std::vector<OperationId>{2U});
    EXPECT_EQ(judgement.witness->states_before, std::vector<std::string>{"value 2"});
}

TEST(Search, RefusesReadsThatDisagreeOnTheOrderOfWrites) {
    ValueTable values;
    const RegisterModel model(values, ValueTable::kEmpty);
    const ValueId one = values.of("1");
    const ValueId two = values.of("2");
    Trace<RegisterModel> trace{
        traced(RegisterAct::write, one, 1, 20), traced(RegisterAct::write, two, 2, 21),
        traced(RegisterAct::read, one, 3, 4), traced(RegisterAct::read, two, 5, 6),
        traced(RegisterAct::read, one, 7, 8)};
    EXPECT_EQ(judge_trace<One>(model, trace).finding, Finding::not_linearizable);
    trace.pop_back();
    EXPECT_EQ(judge_trace<One>(model, trace).finding, Finding::linearizable);
}

/// Writers that died long ago and may each have written at any time.
Trace<RegisterModel> open_writes_and_reads(ValueTable& values, std::uint32_t open_writes,
                                           bool possible) {
    Trace<RegisterModel> trace;
    std::uint64_t time = 0;
    for (std::uint32_t i = 0; i < open_writes; ++i) {
        trace.push_back(
            traced(RegisterAct::write, values.of("lost " + std::to_string(i)), ++time, 0));
        trace.back().ending = Ending::left_open;
    }
    const auto call = [&](RegisterAct act, ValueId value) {
        const std::uint64_t begin = ++time;
        trace.push_back(traced(act, value, begin, ++time));
    };
    const ValueId known = values.of("known");
    for (int round = 0; round < 200; ++round) {
        call(RegisterAct::write, known);
        call(RegisterAct::read, known);
        if (round % 20 == 0) {
            call(RegisterAct::read, values.of("lost " + std::to_string(round / 20)));
        }
    }
    if (!possible) {
        // The same lost write cannot have been made twice.
        call(RegisterAct::write, known);
        call(RegisterAct::read, values.of("lost 0"));
    }
    return trace;
}

TEST(Search, ManyOperationsWithoutAnswerDoNotMakeItExplode) {
    constexpr std::uint32_t kOpenWrites = One::kCapacity - One::kReserved;
    for (const bool possible : {true, false}) {
        ValueTable values;
        const RegisterModel model(values, ValueTable::kEmpty);
        const auto trace = open_writes_and_reads(values, kOpenWrites, possible);
        const Judgement judgement = judge_trace<One>(model, trace);
        EXPECT_EQ(judgement.finding, possible ? Finding::linearizable : Finding::not_linearizable);
        EXPECT_LT(judgement.steps, 1'000'000U);
    }
}

TEST(Search, TooManyOperationsWithoutAnswerMakeAFailureInconclusive) {
    constexpr std::uint32_t kOpenWrites = 100;
    for (const bool possible : {true, false}) {
        ValueTable values;
        const RegisterModel model(values, ValueTable::kEmpty);
        const auto trace = open_writes_and_reads(values, kOpenWrites, possible);
        const Judgement judgement = judge_trace<One>(model, trace);
        EXPECT_EQ(judgement.finding, possible ? Finding::linearizable : Finding::inconclusive);
        EXPECT_GT(judgement.left_aside, 30U);
    }
}

/// A third of the answers are lost: hundreds of operations stay open for ever. Every wait has a
/// time limit, and no release is refused, so that nobody is stuck.
template <Model M>
Trace<M> trace_with_lost_answers(const M& model, GeneratorOptions<M> options) {
    options.call = [any = options.call](Prng& random, std::uint32_t client) {
        auto answers = any(random, client);
        if (answers.front().act == Act::wait) {
            answers.push_back(answers.front());
            answers.back().status = ResponseStatus::timeout;
        } else {
            answers.resize(1);
        }
        return answers;
    };
    options.clients = 8;
    options.operations = 3000;
    options.lost_answers = 333;
    constexpr std::uint64_t kSeed = 1;
    return TraceGenerator<M>(model, options, kSeed).make();
}

template <typename Checker, Model M>
void keeps_few_configurations(const M& model, const GeneratorOptions<M>& options) {
    const Judgement judgement =
        judge_trace_with(Checker(model, SearchLimits{}), trace_with_lost_answers(model, options));
    EXPECT_EQ(judgement.finding, Finding::linearizable) << judgement.reason;
    EXPECT_GT(judgement.left_aside, 50U);
    EXPECT_LT(judgement.steps, 1'000'000U);
}

TEST(Checkers, LostAnswersDoNotMakeThemExplode) {
    using Many = Slots<8>;
    keeps_few_configurations<EventChecker<Many>>(EventModel(ResetKind::automatic, false),
                                                 event_calls());
    keeps_few_configurations<EventChecker<Many>>(EventModel(ResetKind::manual, false),
                                                 event_calls());
    keeps_few_configurations<SemaphoreChecker<Many>>(SemaphoreModel(1, 10'000),
                                                     semaphore_calls(false));
}

TEST(Search, ReachingTheLimitIsInconclusive) {
    ValueTable values;
    const KeyValueModel model(values);
    Trace<KeyValueModel> trace;
    constexpr std::uint64_t kAppends = 14;
    for (std::uint64_t i = 0; i < kAppends; ++i) {
        const ValueId value = values.of(std::string(1, static_cast<char>('a' + i)));
        trace.push_back({{KeyValueAct::append, ResponseStatus::ok, value}, i + 1, 100 + i});
    }
    // Until this one takes effect, nothing tells that the read cannot be answered so.
    trace.push_back({{KeyValueAct::put, ResponseStatus::ok, values.of("nothing")}, 50, 300});
    trace.push_back(
        {{KeyValueAct::get, ResponseStatus::ok, values.of("nothing of these")}, 200, 201});
    SearchLimits limits;
    limits.steps_max = 10'000;
    const Judgement judgement = judge_trace<One>(model, trace, limits);
    EXPECT_EQ(judgement.finding, Finding::inconclusive);
    EXPECT_FALSE(judgement.reason.empty());
}

}  // namespace
}  // namespace castaway::harness
