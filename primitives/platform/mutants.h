// Deliberate defects, to prove that the harness's checks can fail. Each is one condition in the
// algorithms; on LinuxPlatform, what users link, the condition is the constant false.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace castaway {

enum class Mutant : std::uint8_t {
    none,
    lost_wakeup,
    second_abandoned_notice,
    handles_outlive_death,
    dead_waiter_eats_signal,
    auto_reset_releases_two,
    semaphore_count_not_taken,
    mutex_not_abandoned,
    name_outlives_object,
    timer_early,
};

struct MutantName {
    Mutant mutant;
    std::string_view name;
    std::string_view description;
};

inline constexpr std::array<MutantName, 9> kMutants{{
    {Mutant::lost_wakeup, "lost_wakeup",
     "a waiter that was satisfied while it sleeps is not woken"},
    {Mutant::second_abandoned_notice, "second_abandoned_notice",
     "the abandoned mark stays on a mutex after its next owner was told"},
    {Mutant::handles_outlive_death, "handles_outlive_death",
     "the handles of a process that died are never closed"},
    {Mutant::dead_waiter_eats_signal, "dead_waiter_eats_signal",
     "a waiter that died stays queued, and a signal is handed to it"},
    {Mutant::auto_reset_releases_two, "auto_reset_releases_two",
     "an auto-reset event stays signaled after it was handed to a waiter"},
    {Mutant::semaphore_count_not_taken, "semaphore_count_not_taken",
     "a wait on a semaphore that had to sleep takes no count"},
    {Mutant::mutex_not_abandoned, "mutex_not_abandoned",
     "a dead owner's mutex is freed without the abandoned mark"},
    {Mutant::name_outlives_object, "name_outlives_object",
     "the name of an object stays when its last handle is closed"},
    {Mutant::timer_early, "timer_early", "timers expire a fifth before their due time"},
}};

}  // namespace castaway
