// How fast histories are judged. Times are of the processor, so that others on the machine count
// little; items are operations.
//
//   settled/OBJECT/SHAPE/LENGTH   one object, 32 clients, told event by event to the judge that is
//                                 the fastest for it; `remembers` is the most operations it held
//   whole/MODEL/CLIENTSxLENGTH/search|classic
//                                 forty histories, one after the other, by the search here and by
//                                 Wing and Gong's with Lowe's cache as it stands in the literature
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/linearize/bench/classic_search.h"
#include "harness/linearize/object_judge.h"
#include "harness/linearize/testing/object_calls.h"
#include "harness/linearize/testing/workloads.h"

namespace castaway::harness {
namespace {

/// Events in order, by the operations' numbers.
template <Model M>
struct Stream {
    struct Event {
        std::uint32_t index;
        bool begins;
    };
    std::vector<typename M::Operation> operations;
    std::vector<Ending> endings;
    std::vector<Event> events;
};

template <Model M>
Stream<M> stream_of(const Trace<M>& trace) {
    Stream<M> stream;
    for (const auto& each : trace) {
        stream.operations.push_back(each.operation);
        stream.endings.push_back(each.ending);
    }
    each_event(trace, [&](std::uint32_t index, bool begins) {
        stream.events.push_back({index, begins});
    });
    return stream;
}

template <Model M>
bool tells_counts(const Stream<M>& stream) {
    if constexpr (std::is_same_v<M, SemaphoreModel>) {
        return std::any_of(stream.operations.begin(), stream.operations.end(),
                           [](const ObjectOperation& each) { return each.tells_previous; });
    }
    return false;
}

struct Judged {
    Judgement judgement;
    std::uint64_t remembered = 0;
};

template <Model M>
Judged judge_stream(const M& model, const Stream<M>& stream) {
    constexpr std::size_t kMostOpen = 33;
    const auto judge = judge_of(model, SearchLimits{},
                                {stream.operations.size(), kMostOpen, tells_counts(stream)});
    Judged judged;
    std::uint64_t told = 0;
    for (const auto& event : stream.events) {
        if (!event.begins) {
            judge->answer(event.index, stream.operations[event.index], 0);
        } else {
            judge->begin(event.index);
            if (stream.endings[event.index] == Ending::left_open) {
                judge->leave_open(event.index, stream.operations[event.index]);
            }
        }
        constexpr std::uint64_t kLookedAt = 1024;
        if (++told % kLookedAt == 0) {
            judged.remembered = std::max(judged.remembered, judge->remembered());
        }
    }
    judged.judgement = judge->conclude();
    return judged;
}

/// \param make  a history of that workload
template <Model M, typename Make>
void add_settled(const std::string& name, const M& model, Make make) {
    for (const auto& [pause, shape] : {std::pair{16U, "pauses"}, std::pair{2U, "dense"}}) {
        const auto run = [model, make, pause = pause](benchmark::State& state) {
            Workload workload;
            workload.operations = static_cast<std::uint32_t>(state.range(0));
            workload.pause = pause;
            const Stream<M> stream = stream_of(make(workload));
            Judged judged;
            for (auto _ : state) {
                judged = judge_stream(model, stream);
            }
            if (judged.judgement.finding != Finding::linearizable) {
                state.SkipWithError("not found linearizable");
            }
            state.SetItemsProcessed(state.iterations() * state.range(0));
            state.counters["remembers"] = static_cast<double>(judged.remembered);
        };
        constexpr int kShortest = 10'000;
        constexpr int kLongest = 10'000'000;
        benchmark::RegisterBenchmark(("settled/" + name + "/" + shape).c_str(), run)
            ->RangeMultiplier(10)
            ->Range(kShortest, kLongest)
            ->Unit(benchmark::kMillisecond);
    }
}

/// Without the operations that have no answer, for the classic search does not know of them.
template <Model M>
std::vector<Trace<M>> whole_histories(const M& model, GeneratorOptions<M> options,
                                      std::uint32_t clients, std::uint32_t operations) {
    constexpr std::uint64_t kHistories = 40;
    options.clients = clients;
    options.operations = operations;
    std::vector<Trace<M>> traces;
    for (std::uint64_t seed = 0; seed < kHistories; ++seed) {
        Trace<M> trace = TraceGenerator<M>(model, options, seed).make();
        trace.erase(
            std::remove_if(trace.begin(), trace.end(),
                           [](const auto& each) { return each.ending != Ending::answered; }),
            trace.end());
        traces.push_back(std::move(trace));
    }
    return traces;
}

/// \param make  gives a model and its clients' calls, whose tables must live as long as they do
template <Model M, typename Make>
void add_whole(const std::string& name, Make make) {
    for (const std::uint32_t clients : {5U, 10U}) {
        for (const std::uint32_t operations : {100U, 1000U}) {
            const std::string shape =
                std::to_string(clients) + "x" + std::to_string(operations) + "/";
            const auto run = [make, clients, operations](benchmark::State& state, auto judges) {
                ValueTable values;
                const auto [model, options] = make(values);
                const auto traces = whole_histories<M>(model, options, clients, operations);
                std::int64_t judged = 0;
                for (auto _ : state) {
                    for (const Trace<M>& trace : traces) {
                        if (!judges(model, trace)) {
                            state.SkipWithError("not found linearizable");
                        }
                        judged += static_cast<std::int64_t>(trace.size());
                    }
                }
                state.SetItemsProcessed(judged);
            };
            benchmark::RegisterBenchmark(
                ("whole/" + name + "/" + shape + "search").c_str(),
                [run](benchmark::State& state) {
                    run(state, [](const M& model, const Trace<M>& trace) {
                        return judge_stream(model, stream_of(trace)).judgement.finding ==
                               Finding::linearizable;
                    });
                })
                ->Unit(benchmark::kMillisecond);
            benchmark::RegisterBenchmark(
                ("whole/" + name + "/" + shape + "classic").c_str(),
                [run](benchmark::State& state) {
                    run(state, [](const M& model, const Trace<M>& trace) {
                        return ClassicSearch<M>(model, trace).linearizable();
                    });
                })
                ->Unit(benchmark::kMillisecond)
                ->Iterations(1);
        }
    }
}

void add_all() {
    add_settled("mutex", MutexModel({.recursive = false}), mutex_workload);
    constexpr std::int32_t kCount = 4;
    add_settled("semaphore", SemaphoreModel(kCount, kCount), [](const Workload& workload) {
        return semaphore_workload(workload, kCount, false);
    });
    add_settled("semaphore-told", SemaphoreModel(kCount, kCount), [](const Workload& workload) {
        return semaphore_workload(workload, kCount, true);
    });
    for (const auto& [reset, name] : {std::pair{ResetKind::automatic, "event-auto"},
                                      std::pair{ResetKind::manual, "event-manual"}}) {
        add_settled(name, EventModel(reset, false), [kind = reset](const Workload& workload) {
            return event_workload(workload, kind);
        });
    }
    constexpr std::uint32_t kCells = 5;
    add_whole<RegisterModel>("register", [](ValueTable& values) {
        return std::pair{RegisterModel(values, ValueTable::kEmpty), register_calls(values, kCells)};
    });
    constexpr std::uint32_t kTexts = 26;
    add_whole<KeyValueModel>("key-value", [](ValueTable& values) {
        return std::pair{KeyValueModel(values), key_value_calls(values, kTexts)};
    });
}

}  // namespace
}  // namespace castaway::harness

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 2;
    }
    castaway::harness::add_all();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
