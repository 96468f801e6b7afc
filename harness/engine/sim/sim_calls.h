// The harness's operations on the primitives, made by a simulated thread: the Win32 calls of
// primitives/api/calls.h, translated from the plan and to the history.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "harness/engine/sim/member.h"
#include "harness/subject/subject.h"
#include "primitives/objects/queued_wait.h"
#include "primitives/region/names.h"

namespace castaway::harness::sim {

using Handle = Subject::Handle;
using OnCall = std::function<void(const DueApc&)>;

Response create(Part& thread, const ObjectSpec& object, const CanonicalName& name, Handle& handle);
Response open(Part& thread, const ObjectSpec& object, const CanonicalName& name, Handle& handle);
Response close(Part& thread, Handle handle);
Response duplicate(Part& thread, Handle handle, Handle& duplicate);
/// A handle to the process of that pid.
Response open_process(Part& thread, std::uint32_t pid, Handle& handle);
/// Into the table of the process that `process` stands for. \param made what it is there
Response duplicate_into(Part& thread, Handle handle, Handle process, Handle& made);
inline Response duplicate_into(Part& thread, Handle handle, Handle process) {
    Handle made = 0;
    return duplicate_into(thread, handle, process, made);
}
/// Out of that table into the caller's.
Response duplicate_from(Part& thread, Handle process, Handle handle, Handle& duplicate);
/// Requires 1 to kWaitObjectsMax handles.
Response wait(Part& thread, std::span<const Handle> handles,
              std::optional<std::uint32_t> timeout_ms, bool for_all = false);
/// The same, alertable; `on_call` is called for each procedure call that it runs.
WaitOutcome wait_alertably(Part& thread, std::span<const Handle> handles, const OnCall& on_call,
                           bool for_all = false,
                           std::optional<std::uint32_t> timeout_ms = std::nullopt);
Response signal_and_wait(Part& thread, Handle signaled, Handle awaited,
                         std::optional<std::uint32_t> timeout_ms);
WaitOutcome signal_and_wait_alertably(Part& thread, Handle signaled, Handle awaited,
                                      const OnCall& on_call,
                                      std::optional<std::uint32_t> timeout_ms);
Response response_to(const WaitOutcome& outcome);
/// SleepEx.
WaitOutcome sleep_alertably(Part& thread, std::uint32_t milliseconds, const OnCall& on_call);
/// A handle to the thread of that id.
Response open_thread(Part& thread, std::uint32_t id, Handle& handle);
/// A procedure call for the thread that `target` stands for.
Response queue_call(Part& thread, Handle target, std::uint64_t argument = 0);
Response release_mutex(Part& thread, Handle handle);
Response release_semaphore(Part& thread, Handle handle, std::int32_t count);
Response set_event(Part& thread, Handle handle);
Response reset_event(Part& thread, Handle handle);
Response pulse_event(Part& thread, Handle handle);
/// \param routine the argument of the procedure call to the caller when it expires; empty: none
Response set_timer(Part& thread, Handle handle, std::int64_t due_ns, std::int32_t period_ms,
                   std::optional<std::uint64_t> routine = std::nullopt);
Response cancel_timer(Part& thread, Handle handle);

}  // namespace castaway::harness::sim
