// How fast histories are judged. Prints a table; each number is the median of several runs, with
// the least and the greatest, in processor time.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "harness/linearize/bench/classic_search.h"
#include "harness/linearize/testing/object_calls.h"
#include "harness/linearize/testing/workloads.h"

namespace castaway::harness {
namespace {

constexpr int kRuns = 5;

/// Of this process, so that others on the machine do not count.
double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Spread {
    double least = 0;
    double median = 0;
    double greatest = 0;
};

template <typename Run>
Spread measure(int runs, Run&& run) {
    std::vector<double> times;
    for (int i = 0; i < runs; ++i) {
        const double start = cpu_seconds();
        run();
        times.push_back(cpu_seconds() - start);
    }
    std::sort(times.begin(), times.end());
    return {times.front(), times[times.size() / 2], times.back()};
}

/// Events in order: an operation's number twice.
template <Model M>
struct Stream {
    std::vector<typename M::Operation> operations;
    std::vector<Ending> endings;
    std::vector<std::uint32_t> events;
};

template <Model M>
Stream<M> stream_of(const Trace<M>& trace) {
    Stream<M> stream;
    for (const auto& each : trace) {
        stream.operations.push_back(each.operation);
        stream.endings.push_back(each.ending);
    }
    each_event(trace, [&](std::uint32_t index, bool) { stream.events.push_back(index); });
    return stream;
}

struct Judged {
    Finding finding = Finding::inconclusive;
    std::uint64_t steps = 0;
    std::uint64_t remembered = 0;
};

template <typename SlotSet, Model M>
Judged judge_stream(const M& model, const Stream<M>& stream) {
    Search<M, SlotSet> search(model, {});
    std::vector<char> begun(stream.operations.size(), 0);
    Judged judged;
    std::uint64_t told = 0;
    for (const std::uint32_t index : stream.events) {
        if (begun[index] == 0) {
            begun[index] = 1;
            search.begin(index);
            if (stream.endings[index] == Ending::left_open) {
                search.leave_open(index, stream.operations[index]);
            }
        } else {
            search.answer(index, stream.operations[index]);
        }
        constexpr std::uint64_t kBatch = 256;
        if (++told % kBatch == 0) {
            search.advance();
            judged.remembered = std::max(judged.remembered, search.remembered());
        }
    }
    const Judgement judgement = search.judgement();
    judged.finding = judgement.finding;
    judged.steps = judgement.steps;
    return judged;
}

template <Model M, typename Make>
void length_curve(std::string_view name, const M& model, std::uint32_t longest, Make&& make) {
    for (const auto& [pause, shape] : {std::pair{16U, "pauses"}, std::pair{2U, "dense"}}) {
        for (std::uint32_t operations = 10'000; operations <= longest; operations *= 10) {
            Workload workload;
            workload.operations = operations;
            workload.pause = pause;
            const Stream<M> stream = stream_of(make(workload));
            Judged judged;
            const Spread spread =
                measure(kRuns, [&] { judged = judge_stream<Slots<1>>(model, stream); });
            const auto count = static_cast<double>(stream.operations.size());
            fmt::print(
                "{:<22} {:<7} {:>9} ops {:>7.2f} M/s ({:.2f} to {:.2f}), {:>6.1f} steps/op, "
                "holds {:>6}, {}\n",
                name, shape, stream.operations.size(), count / spread.median / 1e6,
                count / spread.greatest / 1e6, count / spread.least / 1e6,
                static_cast<double>(judged.steps) / count, judged.remembered,
                to_string(judged.finding));
            std::fflush(stdout);
        }
    }
}

/// Random calls by clients that never pause.
template <Model M>
auto generated(const M& model, GeneratorOptions<M> options, std::uint32_t clients,
               std::uint32_t operations) {
    options.clients = clients;
    options.operations = operations;
    return [&model, options](std::uint64_t seed) {
        return TraceGenerator<M>(model, options, seed).make();
    };
}

/// Many histories of one shape, judged here and by the classic search.
template <Model M, typename Make>
void against_classic(std::string_view name, const M& model, Make&& make, std::uint32_t clients,
                     std::uint32_t operations, int histories) {
    std::vector<Trace<M>> traces;
    std::vector<Stream<M>> streams;
    for (int i = 0; i < histories; ++i) {
        Trace<M> trace = make(static_cast<std::uint64_t>(i));
        trace.erase(
            std::remove_if(trace.begin(), trace.end(),
                           [](const auto& each) { return each.ending != Ending::answered; }),
            trace.end());
        streams.push_back(stream_of(trace));
        traces.push_back(std::move(trace));
    }
    std::vector<double> here;
    std::vector<double> classic;
    for (std::size_t i = 0; i < traces.size(); ++i) {
        const bool slow = classic.size() > 3 && classic[classic.size() / 2] > 1;
        here.push_back(measure(3, [&] {
                           if (judge_stream<Slots<1>>(model, streams[i]).finding !=
                               Finding::linearizable) {
                               std::abort();
                           }
                       }).median);
        if (!slow) {
            classic.push_back(measure(1, [&] {
                                  if (!ClassicSearch<M>(model, traces[i]).linearizable()) {
                                      std::abort();
                                  }
                              }).median);
        }
    }
    std::sort(here.begin(), here.end());
    std::sort(classic.begin(), classic.end());
    const double mean_here = here[here.size() / 2];
    const double mean_classic = classic[classic.size() / 2];
    fmt::print(
        "{:<34} {} x {:<5} {:>9.1f} us ({:.1f} to {:.1f}); classic {:>10.1f} us ({:.1f} to "
        "{:.1f}): {:.1f}x\n",
        name, clients, operations, mean_here * 1e6, here.front() * 1e6, here.back() * 1e6,
        mean_classic * 1e6, classic.front() * 1e6, classic.back() * 1e6, mean_classic / mean_here);
    std::fflush(stdout);
}

void run(std::uint32_t longest) {
    fmt::print("Settled histories of one object, 32 clients\n");
    length_curve("mutex", MutexModel({.recursive = false}), longest, mutex_workload);
    const auto semaphores = [](bool tells_previous) {
        return [tells_previous](const Workload& workload) {
            return semaphore_workload(workload, 4, tells_previous);
        };
    };
    length_curve("semaphore", SemaphoreModel(4, 4), longest, semaphores(false));
    length_curve("semaphore, counts told", SemaphoreModel(4, 4), longest, semaphores(true));
    for (const auto& [reset, name] : {std::pair{ResetKind::automatic, "event, auto-reset"},
                                      std::pair{ResetKind::manual, "event, manual-reset"}}) {
        length_curve(
            name, EventModel(reset, false), longest,
            [kind = reset](const Workload& workload) { return event_workload(workload, kind); });
    }

    fmt::print("\nWhole histories, median of 40\n");
    constexpr int kHistories = 40;
    const MutexModel lock({.recursive = false});
    for (const auto& [clients, operations] :
         {std::pair{4U, 40U}, std::pair{4U, 200U}, std::pair{8U, 200U}, std::pair{8U, 1000U}}) {
        const auto make = [&, clients = clients, operations = operations](std::uint64_t seed) {
            return mutex_workload({.clients = clients,
                                   .operations = operations,
                                   .pause = 2,
                                   .limited = 0,
                                   .seed = seed});
        };
        against_classic("lock", lock, make, clients, operations, kHistories);
    }
    for (const std::uint32_t clients : {5U, 10U}) {
        for (const std::uint32_t operations : {100U, 1000U}) {
            ValueTable values;
            const RegisterModel cell(values, 0);
            against_classic("register", cell,
                            generated(cell, register_calls(values, 5), clients, operations),
                            clients, operations, kHistories);
            ValueTable texts;
            const KeyValueModel key(texts);
            against_classic("key-value", key,
                            generated(key, key_value_calls(texts, 26), clients, operations),
                            clients, operations, kHistories);
        }
    }
}

}  // namespace
}  // namespace castaway::harness

int main(int argc, char** argv) {
    const auto longest = static_cast<std::uint32_t>(argc > 1 ? std::atoi(argv[1]) : 1'000'000);
    castaway::harness::run(longest);
}
