// Median and quartiles: what a row of the table says of its samples.
#pragma once

#include <vector>

namespace castaway::benchmark {

/// Robust against the odd sample that another program has spoiled.
struct Spread {
    double median = 0;
    double lower = 0;  ///< first quartile
    double upper = 0;  ///< third quartile
};

/// By linear interpolation between the samples in order. All zero when there are none.
Spread spread_of(std::vector<double> samples);

/// Sample by sample, as far as both go.
std::vector<double> ratios_of(const std::vector<double>& ours, const std::vector<double>& peers);

/// Jain's index of how evenly a sum is shared: 1 when all shares are equal, 1/n when one has all.
double fairness_of(const std::vector<double>& shares);

}  // namespace castaway::benchmark
