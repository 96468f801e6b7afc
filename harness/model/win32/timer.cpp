#include "harness/model/win32/timer.h"

#include <algorithm>

namespace castaway::harness::win32 {
namespace {

constexpr std::int64_t kNsPerUnit = 100;
constexpr std::int64_t kNsPerMs = 1'000'000;
/// FILETIME 0 is 1601; so nothing that a clock here says, and no due time, overflows in ns.
constexpr std::int64_t kUnitsOf1970 = 116'444'736'000'000'000;

std::int64_t ns_of(std::int64_t filetime) {
    return (filetime - kUnitsOf1970) * kNsPerUnit;
}

std::int64_t invoked(const Response& response, bool by_utc) {
    return by_utc ? ns_of(response.invoked_utc) : response.invoked_ns;
}
/// The FILETIME is cut off, so the instant may be one unit later.
std::int64_t returned(const Response& response, bool by_utc) {
    return by_utc ? ns_of(response.returned_utc + 1) : response.returned_ns;
}

}  // namespace

Expiry Expiry::of(const Call& call, const Response& response) {
    Expiry expiry;
    expiry.period = std::int64_t{call.period_ms} * kNsPerMs;
    expiry.late = std::int64_t{call.tolerable_ms} * kNsPerMs;
    switch (call.due) {
        case Due::relative:
            expiry.earliest = response.invoked_ns + call.due_100ns * kNsPerUnit;
            expiry.latest = response.returned_ns + call.due_100ns * kNsPerUnit;
            break;
        case Due::absolute:
        case Due::absolute_as_is:
        case Due::null_pointer:
            expiry.by_utc = true;
            // What is past is due at once (rule TMR-03).
            expiry.earliest = response.due_utc <= kUnitsOf1970 ? 0 : ns_of(response.due_utc);
            expiry.latest = expiry.earliest;
            break;
    }
    return expiry;
}

std::int64_t Expiry::earliest_filetime(const Response& now) const {
    const std::int64_t units = earliest / kNsPerUnit;
    return by_utc ? units + kUnitsOf1970 : units + now.invoked_utc - now.invoked_ns / kNsPerUnit;
}

bool Expiry::may_have_come(const Response& by) const {
    return returned(by, by_utc) >= earliest;
}

bool Expiry::must_have_come(const Response& by, std::int64_t later) const {
    return invoked(by, by_utc) + later >= latest + late;
}

std::optional<Expiry> Expiry::after(const Response& moment, bool one_came) const {
    Expiry next = *this;
    const std::int64_t first = invoked(moment, by_utc);
    const std::int64_t last = returned(moment, by_utc);
    if (period == 0) {
        if (one_came || latest + late <= first) {
            return std::nullopt;
        }
        return next;
    }
    const std::int64_t width = latest + late - earliest;
    const std::int64_t least = one_came ? 1 : 0;
    const auto steps_past = [this](std::int64_t from, std::int64_t instant) {
        return from > instant ? 0 : (instant - from) / period + 1;
    };
    next.earliest += period * std::max(least, steps_past(earliest, first - width));
    next.latest += period * std::max(least, steps_past(latest, last));
    return next;
}

void Timer::set(const Expiry& expiry) {
    signaled_ = Known::no;
    next_ = expiry;
}

void Timer::cancel(const Response& moment) {
    if (next_ && next_->may_have_come(moment) && signaled_ != Known::yes) {
        signaled_ = next_->must_have_come(moment) ? Known::yes : Known::unknown;
    }
    next_.reset();
}

void Timer::stop_unseen() {
    if (next_ && signaled_ == Known::no) {
        signaled_ = Known::unknown;
    }
    next_.reset();
}

bool Timer::may_be_signaled(const Response& during) const {
    return signaled_ != Known::no || (next_ && next_->may_have_come(during));
}

bool Timer::may_be_unsignaled(const Response& during, std::int64_t waited) const {
    return signaled_ != Known::yes && !(next_ && next_->must_have_come(during, waited));
}

void Timer::seen_signaled(const Response& during, bool takes) {
    if (!takes) {
        signaled_ = Known::yes;
        return;
    }
    if (!next_) {
        signaled_ = Known::no;
        return;
    }
    const bool this_came = signaled_ == Known::no;
    // Either an older signal was taken and this one may have come since, or this one was.
    const bool either =
        !this_came && next_->may_have_come(during) && !next_->must_have_come(during);
    next_ = next_->after(during, this_came);
    signaled_ = either ? Known::unknown : Known::no;
}

void Timer::seen_unsignaled() {
    if (signaled_ == Known::unknown) {
        signaled_ = Known::no;
    }
}

}  // namespace castaway::harness::win32
