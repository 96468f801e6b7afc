// The machine's clocks and dates, as Win32 has them.
#include <time.h>

#include <chrono>

#include "castaway/system.h"

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kNsPerMs = 1'000'000;
/// A FILETIME's unit is 100 ns.
constexpr std::int64_t kUnitsPerSecond = 10'000'000;
constexpr std::int64_t kUnitsPerMs = 10'000;

using Units = std::chrono::duration<std::int64_t, std::ratio<1, kUnitsPerSecond>>;

constexpr std::chrono::year kFirstYear{1601};
constexpr int kLastYear = 30827;
constexpr std::chrono::sys_days kEpoch = kFirstYear / 1 / 1;

std::int64_t nanoseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

FILETIME file_time_of(std::int64_t units) {
    const auto bits = static_cast<std::uint64_t>(units);
    return {static_cast<DWORD>(bits), static_cast<DWORD>(bits >> 32)};
}

std::int64_t units_of(const FILETIME& time) {
    return static_cast<std::int64_t>(std::uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime);
}

FILETIME current_file_time() {
    constexpr auto kUnixEpoch = std::chrono::sys_days{} - kEpoch;
    return file_time_of(Units{kUnixEpoch}.count() + nanoseconds(CLOCK_REALTIME) / 100);
}

}  // namespace

DWORD GetTickCount(void) {
    return static_cast<DWORD>(GetTickCount64());
}

ULONGLONG GetTickCount64(void) {
    return static_cast<ULONGLONG>(nanoseconds(CLOCK_BOOTTIME) / kNsPerMs);
}

BOOL QueryPerformanceCounter(LARGE_INTEGER* count) {
    count->QuadPart = nanoseconds(CLOCK_BOOTTIME);
    return TRUE;
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER* frequency) {
    frequency->QuadPart = kNsPerSecond;
    return TRUE;
}

void GetSystemTimeAsFileTime(LPFILETIME time) {
    *time = current_file_time();
}

void GetSystemTime(LPSYSTEMTIME time) {
    const FILETIME now = current_file_time();
    FileTimeToSystemTime(&now, time);
}

BOOL SystemTimeToFileTime(const SYSTEMTIME* date, LPFILETIME time) {
    const std::chrono::year_month_day day{std::chrono::year{date->wYear},
                                          std::chrono::month{date->wMonth},
                                          std::chrono::day{date->wDay}};
    if (date->wYear > kLastYear || day.year() < kFirstYear || !day.ok() || date->wHour > 23 ||
        date->wMinute > 59 || date->wSecond > 59 || date->wMilliseconds > 999) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    const auto since = std::chrono::sys_days{day} - kEpoch + std::chrono::hours{date->wHour} +
                       std::chrono::minutes{date->wMinute} + std::chrono::seconds{date->wSecond};
    *time = file_time_of(Units{since}.count() + date->wMilliseconds * kUnitsPerMs);
    return TRUE;
}

BOOL FileTimeToSystemTime(const FILETIME* time, LPSYSTEMTIME date) {
    const Units since{units_of(*time)};
    if (since.count() < 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    const auto days = std::chrono::floor<std::chrono::days>(since);
    const std::chrono::sys_days moment = kEpoch + days;
    const std::chrono::year_month_day day{moment};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(since - days)};
    const auto word = [](auto number) { return static_cast<WORD>(number); };
    *date = {word(static_cast<int>(day.year())),
             word(static_cast<unsigned>(day.month())),
             word(std::chrono::weekday{moment}.c_encoding()),
             word(static_cast<unsigned>(day.day())),
             word(clock.hours().count()),
             word(clock.minutes().count()),
             word(clock.seconds().count()),
             word(clock.subseconds().count())};
    return TRUE;
}
