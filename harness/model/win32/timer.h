// What is known of a waitable timer that runs by real clocks.
//
// Nobody sees a timer expire: of a call only the two instants are known between which it took
// effect. So whether the timer is signaled is yes, no, or not known, and each answer makes it
// known again.
//
// Rules TMR-01 to TMR-10, TMR-13, TMR-14 (Win32 pages SetWaitableTimer, SetWaitableTimerEx,
// CancelWaitableTimer, "Waitable Timer Objects").
#pragma once

#include <cstdint>
#include <optional>

#include "harness/model/win32/call.h"

namespace castaway::harness::win32 {

/// When something happens next, and with which period again; in ns of one of two clocks.
struct Expiry {
    bool by_utc = false;
    std::int64_t earliest = 0;
    std::int64_t latest = 0;
    std::int64_t period = 0;  ///< 0: once
    /// How much later than `latest` it may be noticed: what was said to be tolerable.
    std::int64_t late = 0;

    /// Of a set_timer that succeeded.
    static Expiry of(const Call& call, const Response& response);
    /// The earliest instant as a FILETIME. \param now a call that tells both clocks
    [[nodiscard]] std::int64_t earliest_filetime(const Response& now) const;
    [[nodiscard]] bool may_have_come(const Response& by) const;
    /// \param later ns after the call's invocation
    [[nodiscard]] bool must_have_come(const Response& by, std::int64_t later = 0) const;
    /// What is next, when all that came before some moment of that call is past.
    /// \param one_came at least one did
    [[nodiscard]] std::optional<Expiry> after(const Response& moment, bool one_came) const;
};

class Timer {
  public:
    void set(const Expiry& expiry);
    /// Stops it; signaled or not as it is then.
    void cancel(const Response& moment);
    /// The same at a moment of which only the latest is known.
    void stop_unseen();

    [[nodiscard]] bool may_be_signaled(const Response& during) const;
    /// \param waited ns for which the call waited
    [[nodiscard]] bool may_be_unsignaled(const Response& during, std::int64_t waited) const;
    /// It is and stays so, as far as this object tells without a clock.
    [[nodiscard]] bool is_known_to_be_signaled() const { return signaled_ == Known::yes; }

    /// A call has seen it signaled, and has taken the signal if it is one that one wait takes.
    void seen_signaled(const Response& during, bool takes);
    void seen_unsignaled();

  private:
    enum class Known : std::uint8_t { no, yes, unknown };
    Known signaled_ = Known::no;
    std::optional<Expiry> next_;
};

}  // namespace castaway::harness::win32
