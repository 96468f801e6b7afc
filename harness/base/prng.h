// The only source of randomness: integers from a seed, the same on every machine and standard
// library.
#pragma once

#include <cstdint>

namespace castaway::harness {

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
class Prng {
  public:
    explicit Prng(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    /// A number in [0, bound), each as likely as any other. Requires bound > 0.
    std::uint64_t below(std::uint64_t bound) {
        // Numbers under `unfair` are drawn again: they would favour the small remainders.
        const std::uint64_t unfair = (0 - bound) % bound;
        for (;;) {
            const std::uint64_t drawn = next();
            if (drawn >= unfair) {
                return drawn % bound;
            }
        }
    }

    /// A number in [low, high]. Requires low <= high.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
        if (span == UINT64_MAX) {
            return static_cast<std::int64_t>(next());
        }
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(span + 1));
    }

    /// An independent generator for one part of the plan, so that a change in one part leaves the
    /// draws of the others alone.
    [[nodiscard]] Prng fork(std::uint64_t part) const {
        Prng child(state_ ^ (part * 0xd6e8feb86659fd93U + 0x2545f4914f6cdd1dU));
        child.next();
        return child;
    }

  private:
    std::uint64_t state_;
};

}  // namespace castaway::harness
