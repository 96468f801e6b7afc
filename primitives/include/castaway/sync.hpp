/// The objects of castaway/win32.h as C++ values: handles that close themselves, mutexes for
/// std::unique_lock and std::scoped_lock, time as std::chrono, errors as std::error_code.
///
/// A mutex whose owner died is *abandoned*: whoever gets it next owns it, and what it guards may be
/// half-changed. Two ways to take a mutex make that hard to overlook:
///
///   acquire(), try_acquire..()   for who can repair it: the result, which must not be ignored, says
///                                owned or abandoned; in both cases the caller is the owner
///   lock(), try_lock..()         what the standard's guards call, for who cannot: on an abandoned
///                                mutex they throw abandoned_mutex and the caller does NOT own it.
///                                The mutex is released, and later callers get it as an ordinary
///                                one: who catches must tell the others himself.
///
/// Each call that can fail has two forms: one throws std::system_error, the other takes a
/// std::error_code. No wait ends before its time: durations are rounded up to milliseconds, and one
/// beyond what a single Win32 wait can last is waited for in several.
#pragma once

#include <castaway/win32.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// Named as the standard library's types are.
// NOLINTBEGIN(readability-identifier-naming)

namespace castaway {

namespace detail {

class win32_error_category final : public std::error_category {
  public:
    [[nodiscard]] const char* name() const noexcept override { return "win32"; }
    [[nodiscard]] std::string message(int code) const override {
        switch (static_cast<DWORD>(code)) {
            case ERROR_SUCCESS:
                return "success";
            case ERROR_FILE_NOT_FOUND:
                return "there is no object of that name";
            case ERROR_PATH_NOT_FOUND:
                return "the name has a backslash or an unknown prefix";
            case ERROR_TOO_MANY_OPEN_FILES:
                return "the process has too many handles";
            case ERROR_ACCESS_DENIED:
                return "the handle does not carry the right";
            case ERROR_INVALID_HANDLE:
                return "not an open handle, or of another type";
            case ERROR_NOT_ENOUGH_MEMORY:
                return "not enough memory";
            case ERROR_NOT_SUPPORTED:
                return "not supported";
            case ERROR_INVALID_PARAMETER:
                return "an argument is out of range";
            case ERROR_DISK_FULL:
                return "no space for shared memory";
            case ERROR_CALL_NOT_IMPLEMENTED:
                return "not implemented";
            case ERROR_INVALID_NAME:
                return "not a name";
            case ERROR_ALREADY_EXISTS:
                return "the object existed already";
            case ERROR_FILENAME_EXCED_RANGE:
                return "the name is too long";
            case ERROR_NOT_OWNER:
                return "the calling thread does not own the mutex";
            case ERROR_TOO_MANY_POSTS:
                return "the semaphore's maximum would be exceeded";
            case ERROR_MUTANT_LIMIT_EXCEEDED:
                return "the mutex is owned too often";
            case ERROR_NO_SYSTEM_RESOURCES:
                return "the region is full";
            default:
                return "error " + std::to_string(code);
        }
    }
    [[nodiscard]] std::error_condition default_error_condition(int code) const noexcept override {
        switch (static_cast<DWORD>(code)) {
            case ERROR_SUCCESS:
                return {};
            case ERROR_FILE_NOT_FOUND:
            case ERROR_PATH_NOT_FOUND:
                return std::errc::no_such_file_or_directory;
            case ERROR_TOO_MANY_OPEN_FILES:
                return std::errc::too_many_files_open;
            case ERROR_ACCESS_DENIED:
                return std::errc::permission_denied;
            case ERROR_INVALID_HANDLE:
                return std::errc::bad_file_descriptor;
            case ERROR_NOT_ENOUGH_MEMORY:
                return std::errc::not_enough_memory;
            case ERROR_NOT_SUPPORTED:
                return std::errc::not_supported;
            case ERROR_INVALID_PARAMETER:
            case ERROR_INVALID_NAME:
                return std::errc::invalid_argument;
            case ERROR_DISK_FULL:
            case ERROR_NO_SYSTEM_RESOURCES:
                return std::errc::no_space_on_device;
            case ERROR_CALL_NOT_IMPLEMENTED:
                return std::errc::function_not_supported;
            case ERROR_ALREADY_EXISTS:
                return std::errc::file_exists;
            case ERROR_FILENAME_EXCED_RANGE:
                return std::errc::filename_too_long;
            case ERROR_NOT_OWNER:
                return std::errc::operation_not_permitted;
            case ERROR_TOO_MANY_POSTS:
            case ERROR_MUTANT_LIMIT_EXCEEDED:
                return std::errc::value_too_large;
            default:
                return {code, *this};
        }
    }
};

}  // namespace detail

/// The category of Win32 error codes.
inline const std::error_category& win32_category() noexcept {
    static const detail::win32_error_category category;
    return category;
}

inline std::error_code make_win32_error(DWORD code) noexcept {
    return {static_cast<int>(code), win32_category()};
}

namespace detail {

inline std::error_code last_error() noexcept {
    return make_win32_error(GetLastError());
}
inline void check(const std::error_code& error, const char* what) {
    if (error) {
        throw std::system_error(error, what);
    }
}

/// Calls wait(milliseconds) until it is not timed out, or that time is over. Rounds up.
template <class Wait, class Rep, class Period>
DWORD wait_for(Wait wait, std::chrono::duration<Rep, Period> duration) {
    using clock = std::chrono::steady_clock;
    using seconds = std::chrono::duration<double>;
    constexpr DWORD longest = INFINITE - 1;
    // Centuries: beyond the clock's reach, and not to be told from never.
    if (std::chrono::duration_cast<seconds>(duration) > std::chrono::hours(24 * 365 * 200)) {
        return wait(INFINITE);
    }
    const auto begin = clock::now();
    const auto limit = duration <= duration.zero()
                           ? std::chrono::nanoseconds(0)
                           : std::chrono::ceil<std::chrono::nanoseconds>(duration);
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(limit - (clock::now() - begin)).count();
        const auto step = std::clamp<std::int64_t>(left, 0, longest);
        const DWORD result = wait(static_cast<DWORD>(step));
        if (result != WAIT_TIMEOUT || left <= step) {
            return result;
        }
    }
}

/// The same until a moment of any clock, which may be set meanwhile: it is asked again at the end.
template <class Wait, class Clock, class Duration>
DWORD wait_until(Wait wait, const std::chrono::time_point<Clock, Duration>& moment) {
    for (;;) {
        const auto left = moment - Clock::now();
        const DWORD result = wait_for(wait, left);
        if (result != WAIT_TIMEOUT || Clock::now() >= moment) {
            return result;
        }
    }
}

}  // namespace detail

/// Owns one handle. Movable, not copyable.
class handle {
  public:
    handle() noexcept = default;
    explicit handle(HANDLE value) noexcept : value_(value) {}
    handle(handle&& other) noexcept : value_(other.release()) {}
    handle& operator=(handle&& other) noexcept {
        if (this != &other) {
            reset(other.release());
        }
        return *this;
    }
    handle(const handle&) = delete;
    handle& operator=(const handle&) = delete;
    ~handle() { reset(); }

    [[nodiscard]] HANDLE get() const noexcept { return value_; }
    explicit operator bool() const noexcept { return value_ != nullptr; }
    /// Gives the handle away; it is the caller's to close.
    [[nodiscard]] HANDLE release() noexcept { return std::exchange(value_, nullptr); }
    void reset(HANDLE value = nullptr) noexcept {
        if (value_ != nullptr) {
            CloseHandle(value_);
        }
        value_ = value;
    }

  private:
    HANDLE value_ = nullptr;
};

/// How a wait for one object ended.
enum class wait_status : std::uint8_t {
    signaled,   ///< satisfied; a mutex is owned
    abandoned,  ///< the same, and the mutex's last owner died with it
    timed_out,
    failed,  ///< only in the forms that take an error_code
};

/// How a wait for several ended.
struct [[nodiscard]] wait_result {
    wait_status status = wait_status::failed;
    /// Of wait_any: which. Of wait_all: the first abandoned one, if any.
    std::size_t index = 0;
    [[nodiscard]] bool satisfied() const noexcept {
        return status == wait_status::signaled || status == wait_status::abandoned;
    }
    [[nodiscard]] bool abandoned() const noexcept { return status == wait_status::abandoned; }
};

namespace detail {

inline wait_result result_of(DWORD result, std::error_code& error) noexcept {
    error.clear();
    if (result == WAIT_TIMEOUT) {
        return {wait_status::timed_out, 0};
    }
    if (result < WAIT_OBJECT_0 + MAXIMUM_WAIT_OBJECTS) {
        return {wait_status::signaled, result};
    }
    if (result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + MAXIMUM_WAIT_OBJECTS) {
        return {wait_status::abandoned, result - WAIT_ABANDONED_0};
    }
    error = last_error();
    return {wait_status::failed, 0};
}

inline wait_result result_or_throw(DWORD result, const char* what) {
    std::error_code error;
    const wait_result told = result_of(result, error);
    check(error, what);
    return told;
}

}  // namespace detail

/// Of the constructors that only open what is there.
struct open_only_t {};
inline constexpr open_only_t open_only{};

/// What can be waited for. Objects are values: moving one moves its handle.
class waitable {
    struct single_wait {
        HANDLE value;
        DWORD operator()(DWORD ms) const noexcept { return WaitForSingleObject(value, ms); }
    };
    [[nodiscard]] single_wait single() const noexcept { return {handle_.get()}; }

  public:
    [[nodiscard]] HANDLE native_handle() const noexcept { return handle_.get(); }
    explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

    /// Waits without limit.
    [[nodiscard]] wait_status wait() {
        return detail::result_or_throw(single()(INFINITE), "wait").status;
    }
    [[nodiscard]] wait_status wait(std::error_code& error) noexcept {
        return detail::result_of(single()(INFINITE), error).status;
    }
    template <class Rep, class Period>
    [[nodiscard]] wait_status wait_for(std::chrono::duration<Rep, Period> duration) {
        return detail::result_or_throw(detail::wait_for(single(), duration), "wait").status;
    }
    template <class Rep, class Period>
    [[nodiscard]] wait_status wait_for(std::chrono::duration<Rep, Period> duration,
                                       std::error_code& error) {
        return detail::result_of(detail::wait_for(single(), duration), error).status;
    }
    template <class Clock, class Duration>
    [[nodiscard]] wait_status wait_until(const std::chrono::time_point<Clock, Duration>& moment) {
        return detail::result_or_throw(detail::wait_until(single(), moment), "wait").status;
    }

  protected:
    waitable() = default;
    explicit waitable(handle owned) noexcept : handle_(std::move(owned)) {}

    /// Takes over what a Create or Open call returned. Requires that its last error still stands.
    static handle adopt(HANDLE value, std::error_code& error) noexcept {
        if (value == nullptr) {
            error = detail::last_error();
        } else {
            error.clear();
        }
        return handle(value);
    }
    static const char* c_str_or_null(const std::string& name) noexcept {
        return name.empty() ? nullptr : name.c_str();
    }

  private:
    handle handle_;
};

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

namespace detail {

inline auto several(std::span<const HANDLE> handles, bool all) noexcept {
    return [handles, all](DWORD ms) {
        return WaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(),
                                      all ? TRUE : FALSE, ms);
    };
}

}  // namespace detail

/// Waits until one is signaled, and takes the first of those that are. At most 64.
inline wait_result wait_any(std::span<const HANDLE> handles) {
    return detail::result_or_throw(detail::several(handles, false)(INFINITE), "wait_any");
}
template <class Rep, class Period>
wait_result wait_any_for(std::chrono::duration<Rep, Period> duration,
                         std::span<const HANDLE> handles) {
    return detail::result_or_throw(detail::wait_for(detail::several(handles, false), duration),
                                   "wait_any");
}
template <class... Objects>
    requires(std::is_base_of_v<waitable, Objects> && ...)
wait_result wait_any(const Objects&... objects) {
    const std::array<HANDLE, sizeof...(Objects)> handles{objects.native_handle()...};
    return wait_any(std::span<const HANDLE>(handles));
}

/// Waits until all are signaled, and takes all at one instant, or nothing.
inline wait_result wait_all(std::span<const HANDLE> handles) {
    return detail::result_or_throw(detail::several(handles, true)(INFINITE), "wait_all");
}
template <class Rep, class Period>
wait_result wait_all_for(std::chrono::duration<Rep, Period> duration,
                         std::span<const HANDLE> handles) {
    return detail::result_or_throw(detail::wait_for(detail::several(handles, true), duration),
                                   "wait_all");
}
template <class... Objects>
    requires(std::is_base_of_v<waitable, Objects> && ...)
wait_result wait_all(const Objects&... objects) {
    const std::array<HANDLE, sizeof...(Objects)> handles{objects.native_handle()...};
    return wait_all(std::span<const HANDLE>(handles));
}

}  // namespace castaway

// NOLINTEND(readability-identifier-naming)
