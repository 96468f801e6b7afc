// The platform of castaway's own callers.
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "harness/base/utf16.h"
#include "harness/subject/win32/platform.h"

namespace castaway::harness {

LPCWSTR as_wide(const char16_t* text) {
    return text;
}

LPWSTR as_wide(char16_t* text) {
    return text;
}

std::string as_narrow(const std::u16string& text) {
    return to_utf8(text);
}

std::int64_t monotonic_now() {
    constexpr std::int64_t kNsPerSecond = 1'000'000'000;
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

std::int64_t utc_now() {
    constexpr std::int64_t kUnitsPerSecond = 10'000'000;
    constexpr std::int64_t kSecondsFrom1601To1970 = 11'644'473'600;
    constexpr std::int64_t kNsPerUnit = 100;
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec + kSecondsFrom1601To1970) * kUnitsPerSecond + now.tv_nsec / kNsPerUnit;
}

std::string own_program() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

BOOL compare_object_handles(HANDLE one, HANDLE other) {
    return CompareObjectHandles(one, other);
}

std::vector<win32::Delivery>& deliveries_of_this_thread() {
    thread_local std::vector<win32::Delivery> deliveries;
    return deliveries;
}

void Gate::open() {
    open_.release();
}

void Gate::pass() {
    open_.acquire();
}

OwnThread::OwnThread(std::function<void()> run) : thread_(std::move(run)) {}

OwnThread::~OwnThread() = default;

}  // namespace castaway::harness
