// Waits for the calling process or thread by its pseudo handle, which no wait knows.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "primitives/api/attachment.h"
#include "primitives/api/handle_calls.h"

namespace castaway {

/// The handles of a wait, with real ones instead of the pseudo handles among them, for its
/// lifetime.
class RealHandles {
  public:
    /// \param handles at most kWaitObjectsMax
    RealHandles(ActiveThread& thread, std::span<const HANDLE> handles)
        : thread_(thread), given_(handles) {
        // Before any is opened: it would have the value of the first that is no handle.
        for (std::size_t i = 0; i < given_.size() && error_ == ERROR_SUCCESS; ++i) {
            Target target;
            error_ = calls::is_pseudo_handle(given_[i]) ? std::uint32_t{ERROR_SUCCESS}
                                                        : look_up(thread_, given_[i], 0, target);
        }
        for (std::size_t i = 0; i < given_.size() && error_ == ERROR_SUCCESS; ++i) {
            real_[i] = given_[i];
            if (calls::is_pseudo_handle(given_[i])) {
                error_ = open(given_[i], real_[i]);
                opened_ = i + 1;
            }
        }
    }
    RealHandles(const RealHandles&) = delete;
    RealHandles& operator=(const RealHandles&) = delete;
    ~RealHandles() {
        for (std::size_t i = 0; i < opened_; ++i) {
            if (real_[i] != given_[i]) {
                calls::close(thread_, real_[i]);
            }
        }
    }

    /// A Win32 error: one is no handle (6), or there is no room for one more.
    [[nodiscard]] std::uint32_t error() const { return error_; }
    [[nodiscard]] std::span<const HANDLE> get() const {
        return std::span(real_).first(given_.size());
    }

  private:
    std::uint32_t open(HANDLE pseudo, HANDLE& real) {
        return reinterpret_cast<std::intptr_t>(pseudo) == calls::kCurrentThread
                   ? open_thread(thread_, own_thread(thread_), SYNCHRONIZE, false, real)
                   : open_process(thread_, own_process(thread_), SYNCHRONIZE, false, real);
    }

    ActiveThread& thread_;
    std::span<const HANDLE> given_;
    std::array<HANDLE, kWaitObjectsMax> real_{};
    std::size_t opened_ = 0;  ///< no pseudo handle from here on has been replaced
    std::uint32_t error_ = ERROR_SUCCESS;
};

/// What a wait for these handles comes to. \param wait handles -> WaitOutcome; called once more
/// when it fails for pseudo handles among them
template <class Wait>
WaitOutcome wait_for_any_handles(ActiveThread& thread, std::span<const HANDLE> handles, Wait wait) {
    const WaitOutcome outcome = wait(handles);
    if (outcome.kind != WaitOutcome::Kind::failed || outcome.error != ERROR_INVALID_HANDLE ||
        std::none_of(handles.begin(), handles.end(), calls::is_pseudo_handle)) {
        return outcome;
    }
    const RealHandles real(thread, handles);
    if (real.error() != ERROR_SUCCESS) {
        return {WaitOutcome::Kind::failed, 0, real.error()};
    }
    return wait(real.get());
}

}  // namespace castaway
