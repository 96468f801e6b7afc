// How fast a history's records are read: by flat_json.h, and by nlohmann/json, which builds a value
// of each. Items are records.
#include <benchmark/benchmark.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/interchange/flat_json.h"

namespace castaway::harness {
namespace {

const std::array<std::string, 4>& records() {
    static const std::array<std::string, 4> kRecords{
        R"({"type": "invoke", "process": "client-3", "op": "acquire", "object": "m0"})",
        R"({"type": "return", "process": "client-3"})",
        R"({"type": "invoke", "process": "client-3", "op": "release", "object": "m0"})",
        R"({"type": "return", "process": "client-3", "result": "ok"})"};
    return kRecords;
}

void read_here(benchmark::State& state) {
    FlatObject object;
    for (auto _ : state) {
        for (const std::string& record : records()) {
            if (object.read(record)) {
                state.SkipWithError("refused");
            }
            benchmark::DoNotOptimize(object.fields().data());
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records().size()));
}
BENCHMARK(read_here);

void read_by_nlohmann(benchmark::State& state) {
    for (auto _ : state) {
        for (const std::string& record : records()) {
            nlohmann::json parsed = nlohmann::json::parse(record);
            benchmark::DoNotOptimize(parsed);
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records().size()));
}
BENCHMARK(read_by_nlohmann);

}  // namespace
}  // namespace castaway::harness

BENCHMARK_MAIN();
