// The platform of a caller that is a Windows program.
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

#include "harness/subject/win32/platform.h"

namespace castaway::harness {
namespace {

/// Freed by the thread that it belongs to.
DWORD deliveries_slot() {
    static const DWORD slot = TlsAlloc();
    return slot;
}

DWORD WINAPI run_thread(LPVOID run) {
    (*static_cast<std::function<void()>*>(run))();
    const std::unique_ptr<std::vector<win32::Delivery>> freed(
        static_cast<std::vector<win32::Delivery>*>(TlsGetValue(deliveries_slot())));
    return 0;
}

}  // namespace

LPCWSTR as_wide(const char16_t* text) {
    static_assert(sizeof(char16_t) == sizeof(wchar_t));
    return reinterpret_cast<LPCWSTR>(text);
}

LPWSTR as_wide(char16_t* text) {
    return reinterpret_cast<LPWSTR>(text);
}

std::string as_narrow(const std::u16string& text) {
    const int units = static_cast<int>(text.size());
    const int size =
        WideCharToMultiByte(CP_ACP, 0, as_wide(text.data()), units, nullptr, 0, nullptr, nullptr);
    std::string narrow(static_cast<std::size_t>(size), '\0');
    WideCharToMultiByte(CP_ACP, 0, as_wide(text.data()), units, narrow.data(), size, nullptr,
                        nullptr);
    return narrow;
}

std::int64_t monotonic_now() {
    constexpr std::int64_t kNsPerSecond = 1'000'000'000;
    LARGE_INTEGER frequency{};
    LARGE_INTEGER now{};
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&now);
    // In two parts, so that nothing overflows.
    return now.QuadPart / frequency.QuadPart * kNsPerSecond +
           now.QuadPart % frequency.QuadPart * kNsPerSecond / frequency.QuadPart;
}

std::int64_t utc_now() {
    FILETIME now{};
    GetSystemTimePreciseAsFileTime(&now);
    return static_cast<std::int64_t>((std::uint64_t{now.dwHighDateTime} << 32U) |
                                     now.dwLowDateTime);
}

std::string own_program() {
    std::array<char, MAX_PATH> path{};
    const DWORD length = GetModuleFileNameA(nullptr, path.data(), path.size());
    return length < path.size() ? std::string(path.data(), length) : std::string();
}

BOOL compare_object_handles(HANDLE one, HANDLE other) {
    // No import library of the compiler's has it.
    using Compare = BOOL(WINAPI*)(HANDLE, HANDLE);
    const HMODULE library = GetModuleHandleA("kernelbase.dll");
    const FARPROC found =
        library == nullptr ? nullptr : GetProcAddress(library, "CompareObjectHandles");
    if (found == nullptr) {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
        return FALSE;
    }
    return reinterpret_cast<Compare>(reinterpret_cast<void*>(found))(one, other);
}

// By hand, since the compiler's runtime library makes a handle for each thread that has
// thread_local variables.
std::vector<win32::Delivery>& deliveries_of_this_thread() {
    auto* deliveries = static_cast<std::vector<win32::Delivery>*>(TlsGetValue(deliveries_slot()));
    if (deliveries == nullptr) {
        deliveries = std::make_unique<std::vector<win32::Delivery>>().release();
        TlsSetValue(deliveries_slot(), deliveries);
    }
    return *deliveries;
}

void Gate::open() {
    ++open_;
    WakeByAddressSingle(&open_);
}

void Gate::pass() {
    std::uint32_t seen = open_;
    while (seen == 0 || !open_.compare_exchange_weak(seen, seen - 1)) {
        std::uint32_t closed = 0;
        WaitOnAddress(&open_, &closed, sizeof(closed), INFINITE);
        seen = open_;
    }
}

OwnThread::OwnThread(std::function<void()> run) : run_(std::move(run)) {
    const HANDLE thread = CreateThread(nullptr, 0, run_thread, &run_, 0, &id_);
    if (thread == nullptr) {
        throw std::runtime_error("no thread to be had");
    }
    CloseHandle(thread);
}

OwnThread::~OwnThread() {
    const HANDLE thread = OpenThread(SYNCHRONIZE, FALSE, id_);
    if (thread != nullptr) {
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
    }
}

}  // namespace castaway::harness
