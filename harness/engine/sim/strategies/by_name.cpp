#include "harness/engine/sim/strategies/by_name.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "harness/base/error.h"
#include "harness/base/prng.h"
#include "harness/engine/sim/strategies/exhaustive.h"
#include "harness/engine/sim/strategies/pct.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/strategies/preemption_bound.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/strategies/uniform_walk.h"

namespace castaway::harness::sim {
namespace {

constexpr std::uint32_t kParameterMax = 10;

/// The number after "prefix:"; empty when the name is another, or the number none from 1 to 10.
std::optional<std::uint32_t> parameter_of(std::string_view name, std::string_view prefix) {
    if (!name.starts_with(prefix)) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size());
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size() || number == 0 ||
        number > kParameterMax) {
        return std::nullopt;
    }
    return number;
}

void refuse(bool wanted, std::string_view name, const char* luck) {
    if (wanted) {
        throw InputError("--strategy", fmt::format("{} knows no {} by chance", name, luck),
                         "leave them out, or use another strategy");
    }
}

}  // namespace

std::unique_ptr<Strategy> strategy_by_name(std::string_view name, std::uint64_t seed,
                                           const Luck& luck, Share share) {
    if (name == "portfolio") {
        return default_portfolio(seed, luck, share);
    }
    const Prng seeds(seed);
    const auto unlucky = [&](std::unique_ptr<Strategy> calm) {
        return std::make_unique<Misfortune>(std::move(calm), luck, seeds.fork(1).next());
    };
    if (name == "random") {
        return unlucky(std::make_unique<RandomWalk>(seeds.fork(0).next()));
    }
    if (name == "uniform") {
        return unlucky(std::make_unique<UniformWalk>(seeds.fork(0).next()));
    }
    if (const auto depth = parameter_of(name, "pct:")) {
        return unlucky(std::make_unique<Pct>(seeds.fork(0).next(), *depth));
    }
    if (const auto preemptions = parameter_of(name, "preemptions:")) {
        refuse(luck.deaths_max != 0, name, "deaths");
        refuse(luck.disturbances_max != 0, name, "spurious wake-ups");
        return std::make_unique<PreemptionBound>(PreemptionOptions{.preemptions = *preemptions});
    }
    if (name == "exhaustive") {
        refuse(luck.disturbances_max != 0, name, "spurious wake-ups");
        return std::make_unique<Exhaustive>(
            ExhaustiveOptions{.deaths_max = luck.deaths_max, .mortal = luck.mortal});
    }
    throw InputError("--strategy", "there is no strategy \"" + std::string(name) + "\"",
                     "use portfolio, coverage, random, uniform, pct:1 to pct:10, preemptions:1 to "
                     "preemptions:10, or exhaustive");
}

Divisible divisibility_of(std::string_view name) {
    if (name == "exhaustive" || name.starts_with("preemptions:")) {
        return Divisible::no;
    }
    if (name == kCoverageGuided) {
        return Divisible::by_rounds;
    }
    return Divisible::freely;
}

std::uint32_t pct_depth_of(std::string_view name) {
    return parameter_of(name, "pct:").value_or(0);
}

}  // namespace castaway::harness::sim
