#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/prng.h"
#include "reports/testing/sample_suites.h"

namespace castaway::harness {
namespace {

constexpr std::uint32_t kProcesses = 6;
constexpr std::uint32_t kThreads = 4;
constexpr std::uint32_t kLanes = kProcesses * kThreads;

/// Where the making of a history stands.
struct Making {
    Prng prng{3};
    std::array<std::int64_t, kLanes> clock_ns{};  ///< when each thread is free again
    std::array<std::uint32_t, kLanes> sequence{};
};

Operation next_operation(Making& making) {
    constexpr std::array kReleases{OperationKind::release_mutex, OperationKind::release_mutex,
                                   OperationKind::release_semaphore, OperationKind::set_event};
    Prng& prng = making.prng;
    const auto lane = static_cast<std::uint32_t>(prng.below(kLanes));
    Operation operation;
    operation.process = lane / kThreads;
    operation.thread = lane % kThreads;
    operation.sequence = making.sequence.at(lane)++;
    operation.objects = {static_cast<ObjectIndex>(prng.below(kReleases.size()))};
    const bool is_wait = operation.sequence % 2 == 0;
    operation.kind = is_wait ? OperationKind::wait : kReleases.at(operation.objects[0]);
    operation.count = 1;
    operation.invoked_ns = making.clock_ns.at(lane) + prng.between(500, 9'000);
    operation.slept = is_wait && prng.below(5) == 0;
    operation.returned_ns = operation.invoked_ns + (*operation.slept ? prng.between(20'000, 900'000)
                                                                     : prng.between(90, 900));
    operation.status = ResponseStatus::ok;
    if (is_wait && prng.below(40) == 0) {
        operation.status = ResponseStatus::timeout;
    } else if (is_wait && prng.below(400) == 0) {
        operation.status = ResponseStatus::abandoned;
    } else if (!is_wait && prng.below(900) == 0) {
        operation.status = ResponseStatus::failed;
        operation.error = 288;
    }
    making.clock_ns.at(lane) = operation.returned_ns;
    return operation;
}

void add_processes(History& history) {
    for (std::uint32_t p = 0; p < kProcesses; ++p) {
        HistoryProcess& process = history.processes.emplace_back();
        process.name = fmt::format("worker/{}", p);
        process.os_pid = 900 + p;
        for (std::uint32_t t = 0; t < kThreads; ++t) {
            process.threads.push_back({fmt::format("worker/{}.t{}", p, t), {}});
        }
    }
}

/// The process dies a little after its last operation.
void add_death(RunResult& run, const Making& making, std::uint32_t process) {
    std::int64_t last_ns = 0;
    for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
        last_ns = std::max(last_ns, making.clock_ns.at(process * kThreads + thread));
    }
    HistoryProcess& killed = run.history.processes[process];
    killed.end = ProcessEnd::killed;
    killed.known_dead_ns = last_ns + 40'000;
    const std::string what = fmt::format("kill {} at operation 900", killed.name);
    run.history.faults.push_back(
        {static_cast<std::uint32_t>(run.faults.size()), process, last_ns + 20'000, what});
    run.faults.push_back({what, true});
}

}  // namespace

RunResult long_run(std::size_t operations) {
    RunResult run =
        named_run("mixed-workload", "All objects at once, and a death now and then.", 77);
    run.history.objects = {{"m", ObjectType::mutex},
                           {"q", ObjectType::mutex},
                           {"s", ObjectType::semaphore, false, false, 2, 4},
                           {"e", ObjectType::event}};
    add_processes(run.history);
    Making making;
    for (std::size_t i = 0; i < operations; ++i) {
        run.history.operations.push_back(next_operation(making));
    }
    normalise(run.history);
    const std::int64_t end_ns =
        *std::max_element(making.clock_ns.begin(), making.clock_ns.end()) + 200'000;
    for (HistoryProcess& process : run.history.processes) {
        process.known_dead_ns = end_ns;
    }
    add_death(run, making, 1);
    add_death(run, making, 4);
    run.verdicts = {{"mutual_exclusion", VerdictKind::pass, "many holds of 2 mutexes", {}}};
    run.seen = {{"operations", static_cast<std::int64_t>(operations), 100}, {"deaths", 2, 1}};
    run.duration_ns = end_ns + 50'000'000;
    return run;
}

}  // namespace castaway::harness
