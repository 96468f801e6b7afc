// How fast register and key-value histories are judged, and how fast porcupine judges the same
// files where a program that does so is at hand (bench/porcupine).
//
//   judge_compare [--rounds N] [--ms N] [--timeout SECONDS] [--porcupine PROGRAM] [HISTORY...]
//
// Without HISTORY, histories of known shapes are made. A round judges each file with both, one
// right after the other, each for at least so many milliseconds; times are of the processor, so
// that others on the machine count little. Told are the medians over the rounds, and the ratio's
// least and greatest.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/interchange/bench/shaped_history.h"
#include "harness/interchange/bench/told_events.h"

namespace castaway::harness {
namespace {

#ifdef CASTAWAY_PORCUPINE_JUDGE
constexpr const char* kPorcupine = CASTAWAY_PORCUPINE_JUDGE;
#else
constexpr const char* kPorcupine = "";
#endif

struct Options {
    int rounds = 5;
    int milliseconds = 50;
    int timeout_seconds = 20;
    std::string porcupine = kPorcupine;
    std::vector<std::string> files;
};

struct Suite {
    std::string name;
    std::vector<std::string> files;
};

struct Measured {
    std::string verdict;
    double nanoseconds = 0;  ///< for one judgement
};

double processor_ns() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::string words_for(Finding finding) {
    switch (finding) {
        case Finding::linearizable:
            return "yes";
        case Finding::not_linearizable:
            return "no";
        case Finding::inconclusive:
            break;
    }
    return "?";
}

Measured judge_here(ToldEvents& events, int milliseconds) {
    constexpr std::size_t kBatch = 4;
    Measured measured;
    double spent = 0;
    std::uint64_t times = 0;
    while (times == 0 || spent < milliseconds * 1e6) {
        events.prepare(kBatch);
        const double begin = processor_ns();
        for (std::size_t i = 0; i < kBatch; ++i) {
            measured.verdict = words_for(events.judge());
        }
        spent += processor_ns() - begin;
        times += kBatch;
    }
    measured.nanoseconds = spent / static_cast<double>(times);
    return measured;
}

Measured judge_there(const Options& options, const std::string& file) {
    const std::string command = fmt::format("GOMAXPROCS=1 '{}' {} {} '{}'", options.porcupine,
                                            options.milliseconds, options.timeout_seconds, file);
    const std::unique_ptr<FILE, int (*)(FILE*)> answer(popen(command.c_str(), "r"), pclose);
    std::array<char, 64> verdict{};
    unsigned long long times = 0;
    double nanoseconds = 0;
    if (!answer ||
        std::fscanf(answer.get(), "%63s %llu %lf", verdict.data(), &times, &nanoseconds) != 3) {
        throw InputError(options.porcupine + ": gave no answer for " + file);
    }
    const std::string word = verdict.data();
    return {word == "Ok" ? "yes" : word == "Illegal" ? "no" : "?", nanoseconds};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// In the units of the table: thousands of operations a second.
std::string rate(double operations, double nanoseconds) {
    return fmt::format("{:.0f}", operations / nanoseconds * 1e6);
}

void measure(const Options& options, const Suite& suite) {
    std::vector<std::unique_ptr<ToldEvents>> histories;
    double operations = 0;
    for (const std::string& file : suite.files) {
        histories.push_back(read_events(file));
        operations += static_cast<double>(histories.back()->operations());
    }
    std::vector<double> here;
    std::vector<double> there;
    std::vector<double> ratios;
    std::size_t differing = 0;
    std::size_t unknown_there = 0;
    std::size_t unknown_here = 0;
    for (int round = 0; round < options.rounds; ++round) {
        double ours = 0;
        double theirs = 0;
        differing = unknown_there = unknown_here = 0;
        for (std::size_t i = 0; i < histories.size(); ++i) {
            const Measured mine = judge_here(*histories[i], options.milliseconds);
            ours += mine.nanoseconds;
            unknown_here += mine.verdict == "?" ? 1U : 0U;
            if (!options.porcupine.empty()) {
                const Measured other = judge_there(options, suite.files[i]);
                theirs += other.nanoseconds;
                unknown_there += other.verdict == "?" ? 1U : 0U;
                differing += other.verdict != mine.verdict && other.verdict != "?" ? 1U : 0U;
            }
        }
        here.push_back(ours);
        there.push_back(theirs);
        ratios.push_back(theirs / ours);
    }
    std::string line = fmt::format("| {} | {} | {:.0f} | {} |", suite.name, histories.size(),
                                   operations, rate(operations, median(here)));
    if (!options.porcupine.empty()) {
        const auto [least, greatest] = std::minmax_element(ratios.begin(), ratios.end());
        line += fmt::format(" {} | {}{:.1f} ({:.1f} to {:.1f}) |", rate(operations, median(there)),
                            unknown_there > 0 ? "> " : "", median(ratios), *least, *greatest);
    }
    line += fmt::format(" {} |", differing > 0 ? fmt::format("{} DIFFER", differing)
                                 : unknown_here + unknown_there > 0
                                     ? fmt::format("{} and {} unknown", unknown_here, unknown_there)
                                     : "agree");
    std::cout << line << std::endl;
}

/// The shapes of porcupine's own test data: Jepsen's logs of etcd, etcd under many clients, and a
/// key-value store.
std::vector<HistoryShape> shapes() {
    const auto jepsen = [](std::uint32_t lost) {
        HistoryShape shape;
        shape.name = fmt::format("register, 5 clients, pauses, {} of 1000 without answer", lost);
        shape.operations = 90;
        shape.pause = 200;
        shape.lost_answers = lost;
        return shape;
    };
    const auto etcd = [](std::uint32_t clients) {
        HistoryShape shape;
        shape.name = fmt::format("register, {} clients without pause", clients);
        shape.clients = clients;
        shape.operations = 1000;
        shape.values = 100;
        shape.reads = 50;
        shape.changes = 0;
        return shape;
    };
    const auto key_value = [](std::uint32_t clients, std::uint32_t operations) {
        HistoryShape shape;
        shape.name = fmt::format("key-value, 10 keys, {} clients without pause", clients);
        shape.key_value = true;
        shape.clients = clients;
        shape.operations = operations;
        shape.keys = 10;
        shape.reads = 50;
        shape.changes = 40;
        return shape;
    };
    std::vector<HistoryShape> all{
        jepsen(0),         jepsen(30),         jepsen(80),         etcd(4), etcd(8), etcd(12),
        key_value(1, 200), key_value(10, 400), key_value(50, 1500)};
    for (const std::size_t wrong : {std::size_t{1}, std::size_t{4}, std::size_t{7}}) {
        HistoryShape shape = all[wrong];
        shape.name += ", a wrong answer";
        shape.wrong_reads = 10;
        all.push_back(shape);
    }
    return all;
}

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "castaway-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw InputError(name + ": cannot be made");
        }
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

void compare(const Options& options) {
    const bool both = !options.porcupine.empty();
    std::cout << "| history | files | operations | here, 1000/s |"
              << (both ? " porcupine, 1000/s | times as fast |" : "") << " verdicts |\n"
              << "| --- | ---: | ---: | ---: |" << (both ? " ---: | ---: |" : "") << " --- |\n";
    for (const std::string& file : options.files) {
        measure(options, {file, {file}});
    }
    if (!options.files.empty()) {
        return;
    }
    const Folder folder;
    for (const HistoryShape& shape : shapes()) {
        constexpr std::uint64_t kFiles = 8;
        Suite suite{shape.name, {}};
        for (std::uint64_t seed = 0; seed < kFiles; ++seed) {
            const auto file = folder.path() / fmt::format("{}.jsonl", seed);
            write_history(file, shape, seed);
            suite.files.push_back(file.string());
        }
        measure(options, suite);
    }
}

int run(const std::vector<std::string>& words) {
    Options options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].substr(0, 2) != "--") {
            options.files.push_back(words[i]);
            continue;
        }
        if (i + 1 == words.size()) {
            throw InputError(words[i] + ": is no option, or lacks its value");
        }
        const std::string& value = words[i + 1];
        const int number = std::atoi(value.c_str());
        if (words[i] == "--porcupine") {
            options.porcupine = value;
        } else if (words[i] == "--rounds" && number > 0) {
            options.rounds = number;
        } else if (words[i] == "--ms" && number > 0) {
            options.milliseconds = number;
        } else if (words[i] == "--timeout" && number > 0) {
            options.timeout_seconds = number;
        } else {
            throw InputError(words[i] + " " + value + ": is no option, or no number above 0");
        }
        ++i;
    }
    compare(options);
    return 0;
}

}  // namespace
}  // namespace castaway::harness

int main(int argc, char** argv) {
    try {
        return castaway::harness::run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
}
