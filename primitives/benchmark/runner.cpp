#include "primitives/benchmark/runner.h"

#include <cstdio>
#include <map>
#include <utility>

namespace castaway::benchmark {

namespace {

/// Keeps every run's time; prints a dot for each, so that somebody who waits sees it go on.
class Collector : public ::benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context& /*context*/) override { return true; }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& each : runs) {
            const std::string name = each.run_name.function_name;
            if (each.error_occurred) {
                errors_[name] = each.error_message;
            } else if (each.run_type == Run::RT_Iteration) {
                samples_[name].push_back(each.real_accumulated_time * 1e9 /
                                         static_cast<double>(each.iterations));
            }
        }
    }

    std::vector<double> samples(const std::string& name) { return std::move(samples_[name]); }
    std::string error(const std::string& name) { return errors_[name]; }

  private:
    std::map<std::string, std::vector<double>> samples_;
    std::map<std::string, std::string> errors_;
};

void enlist(const std::string& name, const Side& side, const Effort& effort) {
    auto* const benchmark = ::benchmark::RegisterBenchmark(name.c_str(), side.body);
    benchmark->Iterations(effort.iterations);
    if (effort.tells_time) {
        benchmark->UseManualTime();
    } else {
        benchmark->UseRealTime();
    }
}

}  // namespace

std::vector<Row> run(const std::vector<Comparison>& comparisons) {
    const auto name_of = [](std::size_t comparison, const char* side) {
        return std::to_string(comparison) + side;
    };
    // Google Benchmark runs them in the order of their registration.
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
        const Comparison& each = comparisons[i];
        for (int repetition = 0; repetition < each.effort.repetitions; ++repetition) {
            if (each.peer) {
                enlist(name_of(i, "peer"), *each.peer, each.effort);
            }
            enlist(name_of(i, "ours"), each.ours, each.effort);
        }
    }
    Collector collector;
    ::benchmark::RunSpecifiedBenchmarks(&collector);
    ::benchmark::ClearRegisteredBenchmarks();

    std::vector<Row> rows;
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
        const Comparison& each = comparisons[i];
        Row row{each.group, each.what, Unit::ns,    collector.samples(name_of(i, "ours")),
                "",         {},        each.target, collector.error(name_of(i, "ours"))};
        if (each.peer) {
            row.peer_name = each.peer->name;
            row.peer = collector.samples(name_of(i, "peer"));
            row.note += collector.error(name_of(i, "peer"));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace castaway::benchmark
