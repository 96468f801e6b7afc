#include "primitives/benchmark/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace castaway::benchmark {

namespace {

/// \param sorted not empty
double quantile(const std::vector<double>& sorted, double part) {
    const double place = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(std::floor(place));
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double rest = place - static_cast<double>(below);
    return sorted[below] + (sorted[above] - sorted[below]) * rest;
}

}  // namespace

Spread spread_of(std::vector<double> samples) {
    if (samples.empty()) {
        return {};
    }
    std::sort(samples.begin(), samples.end());
    return {quantile(samples, 0.5), quantile(samples, 0.25), quantile(samples, 0.75)};
}

std::vector<double> ratios_of(const std::vector<double>& ours, const std::vector<double>& peers) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(ours.size(), peers.size()); ++i) {
        ratios.push_back(ours[i] / peers[i]);
    }
    return ratios;
}

double fairness_of(const std::vector<double>& shares) {
    double sum = 0;
    double squares = 0;
    for (const double share : shares) {
        sum += share;
        squares += share * share;
    }
    return squares == 0 ? 1 : sum * sum / (static_cast<double>(shares.size()) * squares);
}

}  // namespace castaway::benchmark
