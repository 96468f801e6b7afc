#include "harness/soak/soak.h"

#include <algorithm>
#include <numeric>

#include "harness/soak/director.h"

namespace castaway::harness::soak {
namespace {

constexpr std::int64_t kRoundNs = 10'000 * kNsPerMs;
constexpr std::int64_t kProgressNs = 1'000 * kNsPerMs;

}  // namespace

std::uint64_t SoakReport::operations() const {
    return std::accumulate(acts.begin(), acts.end(), std::uint64_t{0});
}

SoakReport run_soak(const SoakOptions& options,
                    const std::function<void(const SoakReport&)>& progress) {
    SoakReport report;
    report.seed = options.seed;
    report.processes = options.processes;
    report.subject = options.subject;
    const SoakRegion region(options.region);
    const HeldSignals signals;
    const Subreaper subreaper;
    const std::int64_t began_ns = monotonic_ns();
    const std::int64_t until_ns = began_ns + options.duration.count() * kNsPerMs;
    std::int64_t told_ns = began_ns;
    for (std::uint32_t round = 0;
         monotonic_ns() < until_ns && report.findings.empty() && !report.interrupted; ++round) {
        Director director(options, region, round, report);
        director.run(std::min(until_ns, monotonic_ns() + kRoundNs), [&] {
            const std::int64_t now = monotonic_ns();
            if (now >= told_ns + kProgressNs) {
                told_ns = now;
                report.seconds = static_cast<double>(now - began_ns) / 1e9;
                progress(report);
            }
        });
    }
    report.seconds = static_cast<double>(monotonic_ns() - began_ns) / 1e9;
    return report;
}

}  // namespace castaway::harness::soak
