/// The objects of castaway/win32.h as C++ values: handles that close themselves, mutexes for
/// std::unique_lock and std::scoped_lock, time as std::chrono, errors as std::error_code.
///
/// A mutex whose owner died is *abandoned*: whoever gets it next owns it, and what it guards may be
/// half-changed. Two ways to take a mutex make that hard to overlook:
///
///   acquire(), try_acquire..()   for who can repair it: the result, not to be ignored, says owned
///                                or abandoned; in both cases the caller is the owner
///   lock(), try_lock..()         what the standard's guards call, for who cannot: on an abandoned
///                                mutex they throw abandoned_mutex and the caller does NOT own it.
///                                The mutex is released, and later callers get it as an ordinary
///                                one: who catches must tell the others himself.
///
/// Each call that can fail has two forms: one throws std::system_error, the other takes a
/// std::error_code. No wait ends before its time: durations are rounded up to milliseconds, and one
/// beyond what a single Win32 wait can last is waited for in several.
///
/// Objects do not survive fork(). In the child those from before it stand for nothing: they fail
/// with ERROR_INVALID_HANDLE, and the error's message says that the process was forked; or their
/// handle's value is by chance that of an object which the child has made since. They close nothing
/// there. The child assigns to them what it has opened by name, or makes objects of its own.
#pragma once

#include <castaway/win32.h>
#include <castaway/error.hpp>
#include <castaway/waitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// Named as the standard library's types are.
// NOLINTBEGIN(readability-identifier-naming)

namespace castaway {

/// Thrown by lock() and its kin: the mutex was abandoned, has been released, and is not owned.
class abandoned_mutex : public std::system_error {
  public:
    abandoned_mutex()
        : std::system_error(std::make_error_code(std::errc::owner_dead),
                            "the owner of a castaway::mutex died") {}
};

/// How acquire() got the mutex, or did not.
enum class ownership : std::uint8_t {
    owned,
    abandoned,  ///< owned, too; its last owner died and what it guards needs repair
    none,
};

/// A recursive mutex. Meets TimedLockable; see the top of this file for abandonment.
class mutex : public waitable {
  public:
    /// Without a name, for this process and those that it gives handles to.
    mutex() : mutex(std::string_view()) {}
    /// Opens the mutex of that name (UTF-8), or makes it.
    explicit mutex(std::string_view name) { make(*this, name); }
    mutex(open_only_t, std::string_view name) {
        std::error_code error;
        *this = open(name, error);
        detail::check(error, "castaway::mutex");
    }
    /// Empty, with the error, where that fails.
    static mutex create(std::string_view name, std::error_code& error) {
        const std::string text(name);
        return mutex(adopt(CreateMutexA(nullptr, FALSE, c_str_or_null(text)), error));
    }
    static mutex open(std::string_view name, std::error_code& error) {
        const std::string text(name);
        return mutex(adopt(OpenMutexA(MUTEX_ALL_ACCESS, FALSE, text.c_str()), error));
    }

    /// Waits without limit; the caller owns it afterwards.
    [[nodiscard]] ownership acquire() { return owned(wait()); }
    [[nodiscard]] ownership try_acquire() { return owned(wait_for(std::chrono::seconds(0))); }
    template <class Rep, class Period>
    [[nodiscard]] ownership try_acquire_for(std::chrono::duration<Rep, Period> duration) {
        return owned(wait_for(duration));
    }
    template <class Clock, class Duration>
    [[nodiscard]] ownership try_acquire_until(
        const std::chrono::time_point<Clock, Duration>& moment) {
        return owned(wait_until(moment));
    }

    void lock() { static_cast<void>(sound(acquire())); }
    [[nodiscard]] bool try_lock() { return sound(try_acquire()); }
    template <class Rep, class Period>
    [[nodiscard]] bool try_lock_for(std::chrono::duration<Rep, Period> duration) {
        return sound(try_acquire_for(duration));
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& moment) {
        return sound(try_acquire_until(moment));
    }
    /// Throws when the calling thread is not the owner.
    void unlock() {
        std::error_code error;
        unlock(error);
        detail::check(error, "castaway::mutex::unlock");
    }
    void unlock(std::error_code& error) noexcept {
        error = ReleaseMutex(native_handle()) != FALSE ? std::error_code() : detail::last_error();
    }

  private:
    explicit mutex(handle owned) noexcept : waitable(std::move(owned)) {}
    static void make(mutex& made, std::string_view name) {
        std::error_code error;
        made = create(name, error);
        detail::check(error, "castaway::mutex");
    }
    static ownership owned(wait_status status) noexcept {
        return status == wait_status::signaled    ? ownership::owned
               : status == wait_status::abandoned ? ownership::abandoned
                                                  : ownership::none;
    }
    bool sound(ownership got) {
        if (got == ownership::abandoned) {
            unlock();
            throw abandoned_mutex();
        }
        return got == ownership::owned;
    }
};

enum class reset_mode : std::uint8_t { automatic, manual };

/// An event.
class event : public waitable {
  public:
    /// Without a name, or opens that of this name, or makes it.
    explicit event(reset_mode mode, bool set = false, std::string_view name = {}) {
        std::error_code error;
        *this = create(mode, set, name, error);
        detail::check(error, "castaway::event");
    }
    event(open_only_t, std::string_view name) {
        std::error_code error;
        *this = open(name, error);
        detail::check(error, "castaway::event");
    }
    static event create(reset_mode mode, bool set, std::string_view name, std::error_code& error) {
        const std::string text(name);
        return event(adopt(CreateEventA(nullptr, mode == reset_mode::manual ? TRUE : FALSE,
                                        set ? TRUE : FALSE, c_str_or_null(text)),
                           error));
    }
    static event open(std::string_view name, std::error_code& error) {
        const std::string text(name);
        return event(adopt(OpenEventA(EVENT_ALL_ACCESS, FALSE, text.c_str()), error));
    }
    void set() { done(SetEvent(native_handle()), "castaway::event::set"); }
    void reset() { done(ResetEvent(native_handle()), "castaway::event::reset"); }
    void set(std::error_code& error) noexcept {
        error = SetEvent(native_handle()) != FALSE ? std::error_code() : detail::last_error();
    }
    void reset(std::error_code& error) noexcept {
        error = ResetEvent(native_handle()) != FALSE ? std::error_code() : detail::last_error();
    }

  private:
    explicit event(handle owned) noexcept : waitable(std::move(owned)) {}
    static void done(BOOL result, const char* what) {
        if (result == FALSE) {
            throw std::system_error(detail::last_error(), what);
        }
    }
};

/// A counting semaphore.
class semaphore : public waitable {
  public:
    semaphore(LONG initial, LONG maximum, std::string_view name = {}) {
        std::error_code error;
        *this = create(initial, maximum, name, error);
        detail::check(error, "castaway::semaphore");
    }
    semaphore(open_only_t, std::string_view name) {
        std::error_code error;
        *this = open(name, error);
        detail::check(error, "castaway::semaphore");
    }
    static semaphore create(LONG initial, LONG maximum, std::string_view name,
                            std::error_code& error) {
        const std::string text(name);
        return semaphore(
            adopt(CreateSemaphoreA(nullptr, initial, maximum, c_str_or_null(text)), error));
    }
    static semaphore open(std::string_view name, std::error_code& error) {
        const std::string text(name);
        return semaphore(adopt(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, text.c_str()), error));
    }
    /// Returns the count before. Throws, and changes nothing, beyond the maximum.
    LONG release(LONG count = 1) {
        std::error_code error;
        const LONG before = release(count, error);
        detail::check(error, "castaway::semaphore::release");
        return before;
    }
    LONG release(LONG count, std::error_code& error) noexcept {
        LONG before = 0;
        error = ReleaseSemaphore(native_handle(), count, &before) != FALSE ? std::error_code()
                                                                           : detail::last_error();
        return before;
    }

  private:
    explicit semaphore(handle owned) noexcept : waitable(std::move(owned)) {}
};

/// A timer. It is never signaled before its due time.
class waitable_timer : public waitable {
  public:
    explicit waitable_timer(reset_mode mode, std::string_view name = {}) {
        std::error_code error;
        *this = create(mode, name, error);
        detail::check(error, "castaway::waitable_timer");
    }
    waitable_timer(open_only_t, std::string_view name) {
        std::error_code error;
        *this = open(name, error);
        detail::check(error, "castaway::waitable_timer");
    }
    static waitable_timer create(reset_mode mode, std::string_view name, std::error_code& error) {
        const std::string text(name);
        return waitable_timer(
            adopt(CreateWaitableTimerA(nullptr, mode == reset_mode::manual ? TRUE : FALSE,
                                       c_str_or_null(text)),
                  error));
    }
    static waitable_timer open(std::string_view name, std::error_code& error) {
        const std::string text(name);
        return waitable_timer(
            adopt(OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, text.c_str()), error));
    }

    /// Due so long from now; then every `period`, which is rounded up to milliseconds, 0: once.
    template <class Rep, class Period>
    void expires_after(std::chrono::duration<Rep, Period> from_now,
                       std::chrono::milliseconds period = {}) {
        const std::int64_t due = ticks_of(from_now);
        arm(due == 0 ? 0 : -due, period);
    }
    /// Due at a moment of the steady clock.
    template <class Duration>
    void expires_at(const std::chrono::time_point<std::chrono::steady_clock, Duration>& moment,
                    std::chrono::milliseconds period = {}) {
        expires_after(moment - std::chrono::steady_clock::now(), period);
    }
    /// Due at a moment of the calendar, and as the clock is set.
    template <class Duration>
    void expires_at(const std::chrono::time_point<std::chrono::system_clock, Duration>& moment,
                    std::chrono::milliseconds period = {}) {
        // From the year 1601 to 1970.
        constexpr std::int64_t epoch = 116'444'736'000'000'000;
        using ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
        arm(std::max<std::int64_t>(
                std::chrono::ceil<ticks>(moment.time_since_epoch()).count() + epoch, 0),
            period);
    }
    /// Stops it; what it has signaled stays.
    void cancel() {
        if (CancelWaitableTimer(native_handle()) == FALSE) {
            throw std::system_error(detail::last_error(), "castaway::waitable_timer::cancel");
        }
    }

  private:
    explicit waitable_timer(handle owned) noexcept : waitable(std::move(owned)) {}

    /// In 100 ns, rounded up, within what the call takes.
    template <class Rep, class Period>
    static std::int64_t ticks_of(std::chrono::duration<Rep, Period> duration) {
        using ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
        using seconds = std::chrono::duration<double>;
        constexpr auto longest = std::chrono::hours(24 * 365 * 200);
        if (duration <= duration.zero()) {
            return 0;
        }
        return std::chrono::duration_cast<seconds>(duration) > longest
                   ? ticks(longest).count()
                   : std::chrono::ceil<ticks>(duration).count();
    }
    void arm(std::int64_t due, std::chrono::milliseconds period) {
        LARGE_INTEGER when;
        when.QuadPart = due;
        const auto ms = std::min<std::int64_t>(period.count(), std::numeric_limits<LONG>::max());
        if (SetWaitableTimer(native_handle(), &when, static_cast<LONG>(ms), nullptr, nullptr,
                             FALSE) == FALSE) {
            throw std::system_error(detail::last_error(), "castaway::waitable_timer");
        }
    }
};

}  // namespace castaway

// NOLINTEND(readability-identifier-naming)
