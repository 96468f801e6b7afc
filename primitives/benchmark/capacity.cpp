// What a region costs, and how much it holds: it is filled.
#include <pthread.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <fstream>
#include <string>

#include "primitives/benchmark/bystanders.h"
#include "primitives/benchmark/groups.h"
#include "primitives/benchmark/population.h"

namespace castaway::benchmark {

namespace {

constexpr const char* kCosts = "What an idle region costs, memory of its file system";
constexpr const char* kHolds = "What one region holds";
constexpr double kTwoMebibytes = 2 << 20;

Row counted(const char* what, double count, double target, std::string note = {}) {
    return {kHolds, what, Unit::count, {count}, "", {}, at_least(target), std::move(note)};
}

double bytes_with(std::uint64_t objects) {
    const Population population(objects);
    return population.region().bytes();
}

/// Opens handles until there are no more.
Answer fill_handle_table(std::uint64_t /*unused*/) {
    Answer made = 0;
    while (CreateEventA(nullptr, FALSE, FALSE, nullptr) != nullptr) {
        ++made;
    }
    return GetLastError() == ERROR_TOO_MANY_OPEN_FILES ? made : 0;
}

/// Starts threads that take part and stay, and answers how many do.
Answer start_threads(std::uint64_t count) {
    static int said[2];  // NOLINT(modernize-avoid-c-arrays)
    require(pipe(said) == 0, "making a pipe");
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{64} * 1024);
    std::uint64_t started = 0;
    for (; started < count; ++started) {
        pthread_t thread{};
        const auto stay = [](void*) -> void* {
            const char took_part =
                CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr)) != FALSE ? 1 : 0;
            require(write(said[1], &took_part, 1) == 1, "writing to a pipe");
            for (;;) {
                pause();
            }
        };
        if (pthread_create(&thread, &attributes, stay, nullptr) != 0) {
            break;
        }
    }
    pthread_attr_destroy(&attributes);
    Answer part = 0;
    for (std::uint64_t i = 0; i < started; ++i) {
        char took_part = 0;
        require(read(said[0], &took_part, 1) == 1, "reading from a pipe");
        part += static_cast<Answer>(took_part);
    }
    return part;
}

std::uint64_t number_in(const char* file) {
    std::uint64_t number = 0;
    std::ifstream(file) >> number;
    return number;
}

/// Tasks that the whole machine runs now, from "... 1/234 ..." of /proc/loadavg.
std::uint64_t tasks_now() {
    std::ifstream in("/proc/loadavg");
    std::string word;
    for (int i = 0; i < 4; ++i) {
        in >> word;
    }
    return std::strtoull(word.substr(word.find('/') + 1).c_str(), nullptr, 10);
}

Row threads_row() {
    constexpr std::uint64_t kThreads = 32'768;
    constexpr std::uint64_t kForEach = 4'096;
    constexpr std::uint64_t kForOthers = 4'096;
    const std::uint64_t limit =
        std::min(number_in("/proc/sys/kernel/pid_max"), number_in("/proc/sys/kernel/threads-max"));
    if (limit < tasks_now() + kThreads + kForOthers) {
        return {kHolds,
                "threads",
                Unit::count,
                {},
                "",
                {},
                at_least(double{kThreads}),
                "this machine allows " + std::to_string(limit) +
                    " at once (kernel.pid_max, kernel.threads-max)"};
    }
    const Region region;
    region.use();
    std::vector<Worker> workers;
    // The helper of each process and the thread that runs the task are threads as well.
    for (std::uint64_t i = 0; i < kThreads / kForEach; ++i) {
        workers.push_back(Worker({start_threads}));
        workers.back().start(0, kForEach - 1);
    }
    double part = 0;
    for (const Worker& worker : workers) {
        part += static_cast<double>(worker.finish() + 1);
    }
    for (const Worker& worker : workers) {
        worker.process().signal(SIGKILL);
    }
    return counted("threads", part, double{kThreads}, "the helper thread of each process included");
}

}  // namespace

std::vector<Row> measure_capacity() {
    std::vector<Row> rows;
    rows.push_back({kCosts,
                    "one attached process, one object",
                    Unit::bytes,
                    {bytes_with(1)},
                    "",
                    {},
                    std::nullopt,
                    ""});
    rows.push_back({kCosts,
                    "one attached process, 1,000 named objects",
                    Unit::bytes,
                    {bytes_with(1'000)},
                    "",
                    {},
                    at_most(kTwoMebibytes),
                    ""});
    {
        const Region region;
        region.use();
        Worker worker({fill_handle_table});
        rows.push_back(
            counted("handles in one process", static_cast<double>(worker.run(0)), 65'536));
    }
    {
        constexpr int kProcesses = 4'096;
        const Region region;
        region.use();
        const Bystanders all(kProcesses);
        rows.push_back(counted("attached processes", all.count(), kProcesses));
    }
    rows.push_back(threads_row());
    return rows;
}

}  // namespace castaway::benchmark
