// The groups of the table. Each makes what it needs, measures, and leaves nothing behind.
#pragma once

#include <vector>

#include "primitives/benchmark/row.h"

namespace castaway::benchmark {

/// Objects that nobody else uses, against those of the system.
std::vector<Row> measure_uncontended();
/// Against Wine's server, where Wine is.
std::vector<Row> measure_against_wine(const std::vector<Row>& uncontended);
/// Two processes that wake each other, against the same with bare futexes.
std::vector<Row> measure_ping_pong();
/// Waits for any and for all of several objects.
std::vector<Row> measure_waits();
/// From the death of a mutex's owner to the waiter's return.
std::vector<Row> measure_deaths();
/// Making, opening and duplicating among few and many objects.
std::vector<Row> measure_names();
/// One mutex that many processes want.
std::vector<Row> measure_contention();
/// What a region costs, and how much it holds.
std::vector<Row> measure_capacity();

}  // namespace castaway::benchmark
