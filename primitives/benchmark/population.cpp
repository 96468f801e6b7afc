#include "primitives/benchmark/population.h"

#include <algorithm>
#include <csignal>

namespace castaway::benchmark {

namespace {

/// One process holds fewer than 65,536 handles.
constexpr std::uint64_t kForEach = 62'500;

}  // namespace

Population::Population(std::uint64_t objects) {
    region_.use();
    for (std::uint64_t first = 0; first < objects; first += kForEach) {
        const std::uint64_t end = std::min(objects, first + kForEach);
        holders_.push_back(Worker({[end](std::uint64_t begin) {
            std::uint64_t made = 0;
            for (std::uint64_t i = begin; i < end; ++i) {
                made += CreateEventA(nullptr, FALSE, FALSE, name(i).c_str()) != nullptr ? 1U : 0U;
            }
            return made;
        }}));
        holders_.back().start(0, first);
    }
    for (const Worker& holder : holders_) {
        count_ += holder.finish();
    }
}

Population::~Population() {
    // All of them first: those that live on would close the handles of the dead.
    for (const Worker& holder : holders_) {
        holder.process().signal(SIGKILL);
    }
}

std::string Population::name(std::uint64_t i) {
    return "object." + std::to_string(i);
}

}  // namespace castaway::benchmark
