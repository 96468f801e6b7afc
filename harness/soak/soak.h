// A soak: many real processes on one region of the primitives, all kinds of operations at random,
// and participants killed, stopped, replaced and ended all the time, for as long as one likes.
//
// It goes in rounds. In a round a keeper holds the shared objects, participants work on them
// (participant.h), and the director ends and replaces participants. At a round's end some leave in
// order while the others are killed, the keeper takes stock, the keeper leaves or is killed, and
// then nothing may be left in the region. Everything that can be checked from outside is: board.h
// says how.
//
// The seed decides what each participant does next and whom the director strikes and when; how
// these interleave is the machine's matter.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/soak/board.h"

namespace castaway::harness::soak {

inline constexpr std::uint32_t kParticipantsMax = kProcessesMax - 1;

struct SoakOptions {
    std::chrono::milliseconds duration{60'000};
    std::uint32_t processes = 6;  ///< participants, 1 to kParticipantsMax
    std::uint64_t seed = 1;
    std::string subject = "castaway";  ///< or "castaway:MUTANT"
    std::string region{};              ///< as CASTAWAY_REGION has it; empty: one without a name
};

struct SoakReport {
    std::uint64_t seed = 0;
    std::uint32_t processes = 0;
    std::string subject;
    double seconds = 0;
    std::uint32_t rounds = 0;  ///< that were judged to their end
    std::array<std::uint64_t, kActNames.size()> acts{};
    std::uint64_t started = 0;           ///< participants
    std::uint64_t kills = 0;             ///< by SIGKILL
    std::uint64_t kills_of_stopped = 0;  ///< of these
    std::uint64_t stops = 0;
    std::uint64_t own_ends = 0;          ///< participants that ended by an act of their own
    std::uint64_t deaths_recovered = 0;  ///< seen to have left the region while others worked
    std::uint64_t abandoned_told = 0;
    std::uint64_t deaths_in_calls = 0;  ///< in a call that might have taken or given up a mutex
    std::uint64_t late_names = 0;       ///< of the dead, while somebody was stopped
    double longest_recovery_ms = 0;     ///< from the kill until the dead was gone from the region
    double longest_recovery_undisturbed_ms = 0;  ///< of those while which nobody was stopped
    std::vector<std::string> findings;           ///< invariants that did not hold, one line each
    bool interrupted = false;

    [[nodiscard]] std::uint64_t operations() const;
};

/// Throws HarnessError when it cannot do its work, InputError for an unknown subject.
/// \param progress told once a second how long it has been going on, and the operations so far
SoakReport run_soak(const SoakOptions& options,
                    const std::function<void(const SoakReport&)>& progress);

}  // namespace castaway::harness::soak
