// Waits for the calling process or thread by its pseudo handle, which no table has.
//
// Those for one object take it: WaitForSingleObject, and SignalObjectAndWait as what is waited for.
// WaitForMultipleObjects refuses it (rule WAIT-23).
#pragma once

#include "primitives/api/attachment.h"
#include "primitives/api/handle_calls.h"

namespace castaway {

namespace detail {

inline std::uint32_t open_pseudo_handle(ActiveThread& thread, HANDLE pseudo, HANDLE& real) {
    return reinterpret_cast<std::intptr_t>(pseudo) == calls::kCurrentThread
               ? open_thread(thread, own_thread(thread), SYNCHRONIZE, false, real)
               : open_process(thread, own_process(thread), SYNCHRONIZE, false, real);
}

}  // namespace detail

/// What a wait for that handle comes to; of a pseudo handle, with a real one while the wait lasts.
/// \param wait handle -> WaitOutcome
template <class Wait>
WaitOutcome wait_for_handle(ActiveThread& thread, HANDLE handle, Wait wait) {
    if (!calls::is_pseudo_handle(handle)) {
        return wait(handle);
    }
    HANDLE real = nullptr;
    if (const auto error = detail::open_pseudo_handle(thread, handle, real)) {
        return {WaitOutcome::Kind::failed, 0, error};
    }
    const WaitOutcome outcome = wait(real);
    calls::close(thread, real);
    return outcome;
}

}  // namespace castaway
