// What makes calls of the Win32 interface is the same program for castaway, where the interface is
// a library of this project's, and for Windows and Wine, where it is the system's. Here is all that
// is not: which header, how wide text is spelled, the clocks, and what waits between threads.
//
// On Windows nothing here holds a handle from one call to the next: the value of one that a program
// has closed must stay free until the program makes another.
#pragma once

#ifdef _WIN32
#include <windows.h>
#else
#include <castaway/win32.h>

#include <semaphore>
#include <thread>
#endif

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/model/win32/call.h"

namespace castaway::harness {

/// Text as the interface's W functions take it.
LPCWSTR as_wide(const char16_t* text);
LPWSTR as_wide(char16_t* text);
/// Text as its A functions take it: UTF-8, or in the code page of the system.
std::string as_narrow(const std::u16string& text);

/// Nanoseconds of the clock by which waits and relative times are measured.
std::int64_t monotonic_now();
/// UTC as a FILETIME.
std::int64_t utc_now();

/// The path of the running program; empty when it cannot be told.
std::string own_program();

/// CompareObjectHandles; ERROR_CALL_NOT_IMPLEMENTED where the system has none.
BOOL compare_object_handles(HANDLE one, HANDLE other);

/// The procedure calls that have run on the calling thread and were not yet told.
std::vector<win32::Delivery>& deliveries_of_this_thread();

/// Lets a thread through once for each time that it is opened.
class Gate {
  public:
    void open();
    void pass();

  private:
#ifdef _WIN32
    std::atomic<std::uint32_t> open_ = 0;
#else
    std::counting_semaphore<> open_{0};
#endif
};

/// A thread of this process, which is over when this is.
class OwnThread {
  public:
    /// Throws std::system_error, or std::runtime_error, when there is none to be had.
    explicit OwnThread(std::function<void()> run);
    ~OwnThread();
    OwnThread(const OwnThread&) = delete;
    OwnThread& operator=(const OwnThread&) = delete;

  private:
#ifdef _WIN32
    std::function<void()> run_;
    DWORD id_ = 0;
#else
    std::jthread thread_;
#endif
};

}  // namespace castaway::harness
