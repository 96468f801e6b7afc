/// Handles that close themselves, and waiting for one object or several. Included by
/// castaway/sync.hpp, which says how errors and time are told.
#pragma once

#include <castaway/win32.h>
#include <castaway/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

// Named as the standard library's types are.
// NOLINTBEGIN(readability-identifier-naming)

namespace castaway {

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

/// Owns one handle. Movable, not copyable. The handle is its process's: in a forked child it is not
/// open, and is not closed; see castaway/sync.hpp.
class handle {
  public:
    handle() noexcept = default;
    explicit handle(HANDLE value) noexcept : value_(value), forks_(castaway_forks()) {}
    handle(handle&& other) noexcept : value_(other.release()), forks_(other.forks_) {}
    handle& operator=(handle&& other) noexcept {
        if (this != &other) {
            reset();
            forks_ = other.forks_;
            value_ = other.release();
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
        // One from before a fork: in this process the value may be another's by now.
        if (value_ != nullptr && forks_ == castaway_forks()) {
            CloseHandle(value_);
        }
        value_ = value;
        forks_ = castaway_forks();
    }

  private:
    HANDLE value_ = nullptr;
    DWORD forks_ = 0;  ///< of the process that the handle is of
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

template <class T>
concept waitable_object = std::is_base_of_v<waitable, T>;

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
template <waitable_object... Objects>
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
template <waitable_object... Objects>
wait_result wait_all(const Objects&... objects) {
    const std::array<HANDLE, sizeof...(Objects)> handles{objects.native_handle()...};
    return wait_all(std::span<const HANDLE>(handles));
}

}  // namespace castaway

// NOLINTEND(readability-identifier-naming)
