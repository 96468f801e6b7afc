// Clocks, dates and texts.
#include "castaway/system.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <ctime>
#include <string>

#include "castaway/error.hpp"

namespace castaway::testing {
namespace {

FILETIME file_time(std::uint64_t units) {
    return {static_cast<DWORD>(units), static_cast<DWORD>(units >> 32)};
}

std::uint64_t units_of(const FILETIME& time) {
    return std::uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime;
}

TEST(SystemClock, CountsMillisecondsAndNanosecondsOfOneClock) {
    LARGE_INTEGER before{};
    LARGE_INTEGER after{};
    LARGE_INTEGER frequency{};
    ASSERT_TRUE(QueryPerformanceFrequency(&frequency));
    ASSERT_TRUE(QueryPerformanceCounter(&before));
    const ULONGLONG ticks = GetTickCount64();
    Sleep(15);
    const ULONGLONG later = GetTickCount64();
    const DWORD low_half = GetTickCount();
    ASSERT_TRUE(QueryPerformanceCounter(&after));
    EXPECT_GE(later - ticks, 14U);
    EXPECT_LT(low_half - static_cast<DWORD>(later), 60'000U);
    const auto elapsed_ms = (after.QuadPart - before.QuadPart) * 1000 / frequency.QuadPart;
    EXPECT_GE(elapsed_ms, 15);
    EXPECT_GE(static_cast<ULONGLONG>(elapsed_ms) + 1, later - ticks);
}

TEST(SystemClock, TellsTheSameMomentInEachForm) {
    FILETIME before{};
    FILETIME after{};
    FILETIME between{};
    SYSTEMTIME date{};
    GetSystemTimeAsFileTime(&before);
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    GetSystemTime(&date);
    GetSystemTimeAsFileTime(&after);
    ASSERT_TRUE(SystemTimeToFileTime(&date, &between));
    // A date has no parts of a millisecond.
    EXPECT_GE(units_of(between) + 10'000, units_of(before));
    EXPECT_LE(units_of(between), units_of(after));
    std::tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    EXPECT_EQ(date.wYear, utc.tm_year + 1900);
    EXPECT_EQ(date.wMonth, utc.tm_mon + 1);
}

TEST(SystemClock, ConvertsDatesBothWays) {
    // 2000-02-29 12:34:56.789, a Tuesday, by `date -u +%s`: 951827696.
    const SYSTEMTIME leap_day{2000, 2, 0, 29, 12, 34, 56, 789};
    FILETIME time{};
    ASSERT_TRUE(SystemTimeToFileTime(&leap_day, &time));
    EXPECT_EQ(units_of(time), 116444736000000000ULL + 951827696ULL * 10000000ULL + 7890000ULL);
    SYSTEMTIME back{};
    ASSERT_TRUE(FileTimeToSystemTime(&time, &back));
    EXPECT_EQ(back.wYear, 2000);
    EXPECT_EQ(back.wMonth, 2);
    EXPECT_EQ(back.wDayOfWeek, 2);
    EXPECT_EQ(back.wDay, 29);
    EXPECT_EQ(back.wHour, 12);
    EXPECT_EQ(back.wMinute, 34);
    EXPECT_EQ(back.wSecond, 56);
    EXPECT_EQ(back.wMilliseconds, 789);
    const FILETIME first = file_time(0);
    ASSERT_TRUE(FileTimeToSystemTime(&first, &back));
    EXPECT_EQ(back.wYear, 1601);
    EXPECT_EQ(back.wDayOfWeek, 1);
    const SYSTEMTIME last{30827, 12, 0, 31, 23, 59, 59, 999};
    ASSERT_TRUE(SystemTimeToFileTime(&last, &time));
    ASSERT_TRUE(FileTimeToSystemTime(&time, &back));
    EXPECT_EQ(back.wYear, 30827);
    EXPECT_EQ(back.wDay, 31);
}

TEST(SystemClock, RefusesDatesThatThereAreNot) {
    constexpr SYSTEMTIME kRight{2001, 2, 0, 28, 0, 0, 0, 0};
    const auto is_refused = [&](auto change) {
        SYSTEMTIME date = kRight;
        change(date);
        FILETIME time{1, 2};
        SetLastError(0);
        EXPECT_FALSE(SystemTimeToFileTime(&date, &time));
        EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
        EXPECT_EQ(time.dwLowDateTime, 1U);
    };
    is_refused([](SYSTEMTIME& date) { date.wDay = 29; });
    is_refused([](SYSTEMTIME& date) { date.wDay = 0; });
    is_refused([](SYSTEMTIME& date) { date.wMonth = 13; });
    is_refused([](SYSTEMTIME& date) { date.wYear = 1600; });
    is_refused([](SYSTEMTIME& date) { date.wYear = 30828; });
    is_refused([](SYSTEMTIME& date) { date.wYear = 65535; });
    is_refused([](SYSTEMTIME& date) { date.wHour = 24; });
    is_refused([](SYSTEMTIME& date) { date.wMilliseconds = 1000; });
    const FILETIME negative = file_time(std::uint64_t{1} << 63);
    SYSTEMTIME date{};
    EXPECT_FALSE(FileTimeToSystemTime(&negative, &date));
}

TEST(ErrorTexts, AreFormattedIntoTheCallersBuffer) {
    std::array<char, 100> text{};
    const DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                                        nullptr, ERROR_NOT_OWNER, 0x409, text.data(),
                                        static_cast<DWORD>(text.size()), nullptr);
    const std::string expected = std::string(castaway_error_text(ERROR_NOT_OWNER)) + ".\r\n";
    EXPECT_EQ(std::string(text.data()), expected);
    EXPECT_EQ(length, expected.size());
    EXPECT_EQ(make_win32_error(ERROR_NOT_OWNER).message() + ".\r\n", expected);

    // One unit less than it needs.
    SetLastError(0);
    EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, nullptr, ERROR_NOT_OWNER, 0, text.data(),
                             static_cast<DWORD>(expected.size()), nullptr),
              0U);
    EXPECT_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    EXPECT_EQ(
        FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, nullptr,
                       ERROR_NOT_OWNER, 0, text.data(), static_cast<DWORD>(text.size()), nullptr),
        expected.size() - 2);
    EXPECT_EQ(text[expected.size() - 3], '.');
}

TEST(ErrorTexts, AreFormattedIntoMemoryOfTheirOwn) {
    WCHAR* wide = nullptr;
    const DWORD length =
        FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, nullptr,
                       ERROR_DISK_FULL, 0, reinterpret_cast<LPWSTR>(&wide), 0, nullptr);
    ASSERT_NE(wide, nullptr);
    EXPECT_EQ(std::u16string(wide), u"no space for shared memory.\r\n");
    EXPECT_EQ(length, std::u16string(wide).size());
    EXPECT_EQ(LocalFree(wide), nullptr);
    EXPECT_EQ(LocalFree(nullptr), nullptr);
}

TEST(ErrorTexts, OfUnknownCodesAndOtherSourcesAreNone) {
    std::array<char, 100> text{};
    const auto fails_with = [&](DWORD flags, DWORD code, DWORD error) {
        SetLastError(0);
        EXPECT_EQ(FormatMessageA(flags, "text", code, 0, text.data(),
                                 static_cast<DWORD>(text.size()), nullptr),
                  0U);
        EXPECT_EQ(GetLastError(), error);
    };
    fails_with(FORMAT_MESSAGE_FROM_SYSTEM, 0xdeadbeef, ERROR_MR_MID_NOT_FOUND);
    fails_with(FORMAT_MESSAGE_FROM_STRING, 5, ERROR_NOT_SUPPORTED);
    fails_with(0, 5, ERROR_INVALID_PARAMETER);
    EXPECT_EQ(castaway_error_text(0xdeadbeef), nullptr);
    EXPECT_EQ(make_win32_error(12345).message(), "error 12345");
}

}  // namespace
}  // namespace castaway::testing
