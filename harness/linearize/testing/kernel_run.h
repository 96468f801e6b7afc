// Histories made by letting threads act on objects that one observer sees at all moments: waits for
// several, pulses, calls that signal and wait, procedure calls that end waits, and deaths amid
// them.
//
// It knows the objects' rules by itself, and nothing of the models by which histories are judged.
#pragma once

#include <cstdint>

#include "harness/history/history.h"

namespace castaway::harness {

/// What the objects do wrong.
enum class KernelDefect : std::uint8_t {
    none,
    all_takes_a_part,       ///< a wait for all takes what is signaled, when one object is
    all_is_torn,            ///< a wait for all takes its objects one after the other
    all_hides_abandonment,  ///< a wait for all is told ok though a mutex was abandoned
    all_times_out,          ///< a wait for all times out though all is signaled
    pulse_stays,            ///< a pulse leaves the event signaled
    pulse_satisfies_two,    ///< a pulse of an auto-reset event satisfies everybody
    signal_is_lost,         ///< a call that signals and waits does not signal
    wait_comes_first,       ///< a call that signals and waits waits first
};

struct KernelRunOptions {
    std::uint32_t processes = 3;    ///< the second has two threads
    std::uint32_t operations = 12;  ///< all threads' together
    std::uint32_t deaths = 0;       ///< of 1000 steps
    std::uint32_t endless = 100;    ///< of 1000 waits those without a time limit
    KernelDefect defect = KernelDefect::none;
};

/// No two events are at one time.
History run_kernel(const KernelRunOptions& options, std::uint64_t seed);

}  // namespace castaway::harness
