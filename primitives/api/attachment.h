// The one process attachment behind the Win32 calls: made by the first call, dropped by fork.
#pragma once

#ifdef CASTAWAY_FAULT_PLATFORM
#include "primitives/platform/fault_platform.h"
#endif
#include "primitives/platform/linux_platform.h"
#include "primitives/recovery/session.h"

namespace castaway {

#ifdef CASTAWAY_FAULT_PLATFORM
/// What the harness's workers run on.
using ActivePlatform = FaultPlatform;

/// What the attachment will be made with. To be called before the first Win32 call of the process,
/// and again after fork.
void prepare_attachment(FaultHook* hook, Mutant mutant);
#else
using ActivePlatform = LinuxPlatform;
#endif

using ActiveThread = Thread<ActivePlatform>;

namespace detail {

/// The calling thread's part in the region; null when it has none (yet). Here, so that a call finds
/// it by one load.
extern constinit thread_local ActiveThread* this_thread;

/// Attaches the process and enters the thread, as far as that has not been done.
ActiveThread* enter_region(std::uint32_t& error);

}  // namespace detail

/// The calling thread's part in the region; attaches the process when it has none. Null, with a
/// Win32 error, when that is not possible.
inline ActiveThread* current_thread(std::uint32_t& error) {
    ActiveThread* const thread = detail::this_thread;
    return thread != nullptr ? thread : detail::enter_region(error);
}

/// The same without attaching: null when the thread has no part yet.
inline ActiveThread* entered_thread() {
    return detail::this_thread;
}

/// Whether the region's name still leads to it, before an object is made or opened by name. Returns
/// a Win32 error (1006), of which attach_error() says more: the file has been removed, and who
/// comes now makes another region of that name. Looked at once in ten milliseconds. Requires that
/// the process is attached.
std::uint32_t check_region_in_place();

/// The process's membership, for a thread that has its part from current_thread().
Membership<ActivePlatform>& current_membership();

/// The calling thread has no more to do in the region: it leaves, as at its end. A call of its
/// makes it take part anew, as another thread.
void leave_region();

/// Notes in the region, if this process is attached, what its exit code is to be. (An end by exit()
/// is noted without it.)
void note_own_exit(std::uint32_t code);

/// What to give to exit() so that the exit code becomes `code`, of 32 bits.
int exit_of_process(std::uint32_t code);

/// How many forks of processes that took part lead to this one.
std::uint32_t forks();

/// Why current_thread() or check_region_in_place() last failed in this process; empty when neither
/// did. The text is never freed.
const char* attach_error();

}  // namespace castaway
