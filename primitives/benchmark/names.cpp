// Handles to named objects, among few and among a million of them. The names that are used are
// spread over all that there are, so that the caches help no more than they would in use.
#include <memory>
#include <string>

#include "primitives/benchmark/groups.h"
#include "primitives/benchmark/population.h"
#include "primitives/benchmark/runner.h"

namespace castaway::benchmark {

namespace {

constexpr const char* kGroup = "Named objects, per pair of calls";
constexpr double kMostNs = 2'000;
constexpr std::uint64_t kFew = 10;
constexpr std::uint64_t kNames = 1U << 16;
constexpr std::uint64_t kCalls = 500;
/// Odd, so that its multiples come by each name before they repeat.
constexpr std::uint64_t kStride = 7'919;

enum Task : std::size_t { create, open, duplicate };

std::vector<std::string> names(const char* prefix, std::uint64_t population) {
    std::vector<std::string> made;
    for (std::uint64_t i = 0; i < kNames; ++i) {
        made.push_back(prefix + Population::name(i * kStride % population));
    }
    return made;
}

/// How long so many calls of `one` take.
template <class One>
Answer timed(One one) {
    const std::uint64_t begin = now_ns();
    for (std::uint64_t i = 0; i < kCalls; ++i) {
        one(i);
    }
    return now_ns() - begin;
}

Answer create_and_close(std::uint64_t round) {
    static const std::vector<std::string> fresh = names("fresh.", kNames);
    return timed([round](std::uint64_t i) {
        const std::string& name = fresh[(round * kCalls + i) % kNames];
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, name.c_str()));
    });
}

Answer open_and_close(std::uint64_t round, std::uint64_t population) {
    static const std::vector<std::string> there = names("", population);
    return timed([round](std::uint64_t i) {
        const std::string& name = there[(round * kCalls + i) % kNames];
        CloseHandle(OpenEventA(EVENT_ALL_ACCESS, FALSE, name.c_str()));
    });
}

Answer duplicate_and_close(std::uint64_t other_pid, std::uint64_t population) {
    constexpr std::uint64_t kSources = 1'024;
    static const std::vector<HANDLE> sources = [population] {
        std::vector<HANDLE> opened;
        for (const std::string& name : names("", population)) {
            opened.push_back(OpenEventA(EVENT_ALL_ACCESS, FALSE, name.c_str()));
            require(opened.back() != nullptr, "opening an object that is there");
            if (opened.size() == kSources) {
                break;
            }
        }
        return opened;
    }();
    HANDLE other = OpenProcess(PROCESS_DUP_HANDLE, FALSE, static_cast<DWORD>(other_pid));
    bool done = other != nullptr;
    const Answer took = timed([&](std::uint64_t i) {
        HANDLE made = nullptr;
        done = DuplicateHandle(GetCurrentProcess(), sources[i % kSources], other, &made, 0, FALSE,
                               DUPLICATE_SAME_ACCESS) != FALSE &&
               DuplicateHandle(other, made, nullptr, nullptr, 0, FALSE, DUPLICATE_CLOSE_SOURCE) !=
                   FALSE &&
               done;
    });
    require(done, "duplicating a handle into another process");
    CloseHandle(other);
    return took;
}

Answer attach(std::uint64_t /*unused*/) {
    return CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr)) != FALSE ? 1 : 0;
}

/// A population, a process that measures in it, and one that is given duplicates.
struct Site {
    explicit Site(std::uint64_t objects)
        : population(objects),
          measurer({create_and_close,
                    [objects](std::uint64_t round) { return open_and_close(round, objects); },
                    [objects](std::uint64_t pid) { return duplicate_and_close(pid, objects); }}),
          other({attach}) {
        require(other.run(0) == 1, "attaching a process");
    }
    Population population;
    Worker measurer;
    Worker other;
};

Side side(std::string name, const Site& site, Task task) {
    return {std::move(name), [&site, task, round = std::uint64_t{0}](State& state) mutable {
                for (auto each : state) {
                    static_cast<void>(each);
                    const std::uint64_t argument =
                        task == duplicate ? site.other.process().pid() : round++;
                    state.SetIterationTime(static_cast<double>(site.measurer.run(task, argument)) *
                                           1e-9 / static_cast<double>(kCalls));
                }
            }};
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, ",");
    }
    return text;
}

}  // namespace

std::vector<Row> measure_names() {
    constexpr Effort kEffort{1, 75, true};
    std::vector<Row> rows;
    const Site few(kFew);
    for (const std::uint64_t objects : {kFew, std::uint64_t{1'000}, std::uint64_t{1'000'000}}) {
        const auto many = objects == kFew ? nullptr : std::make_unique<Site>(objects);
        const Site& site = many ? *many : few;
        std::vector<Comparison> comparisons;
        const auto add = [&](const char* what, Task task) {
            Comparison one{kGroup,
                           std::string(what) + ", " + grouped(objects) + " objects",
                           side("castaway", site, task),
                           std::nullopt,
                           kEffort,
                           at_most(kMostNs)};
            if (many) {
                one.peer = side("among " + grouped(kFew), few, task);
            }
            comparisons.push_back(std::move(one));
        };
        add("create + close", create);
        add("open + close", open);
        add("duplicate into another process + close", duplicate);
        const auto measured = run(comparisons);
        rows.insert(rows.end(), measured.begin(), measured.end());
        if (objects == 1'000'000) {
            rows.push_back({"What one region holds",
                            "named objects",
                            Unit::count,
                            {static_cast<double>(site.population.count())},
                            "",
                            {},
                            at_least(1'000'000),
                            "in 16 processes"});
        }
    }
    return rows;
}

}  // namespace castaway::benchmark
