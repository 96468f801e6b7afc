// Makes one call of the Win32 interface, as it is told, and tells what was answered.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "harness/model/win32/call.h"

namespace castaway::harness {

/// One in a process, for all of its threads. Whatever it is told to do, nothing comes of it but an
/// answer: a boundary, which is a pointer, is only given where it is one.
class Win32Caller {
  public:
    /// \param command_line  of the program that create_process starts in place of its caller's
    ///     process number; the program is the caller's own
    explicit Win32Caller(std::function<std::string(std::uint32_t process)> command_line);

    /// Makes the call on the calling thread. exit_process does not return. What is not a call of
    /// the interface (start_thread, exit_thread, start_process, kill_process) is not made.
    ///
    /// A create_process with an empty list is answered with what UpdateProcThreadAttribute says.
    win32::Response call(const win32::Call& call);

  private:
    /// Whether it is NULL, or a boundary that is alive in this process.
    [[nodiscard]] bool may_give(std::int64_t boundary);
    void note_boundary(const win32::Call& call, const win32::Response& response);

    std::function<std::string(std::uint32_t process)> command_line_;
    /// The caller's own. Found at the start: /proc does not tell it when the first thread is gone.
    std::string program_;
    std::mutex mutex_;
    std::set<std::uint64_t> boundaries_;  ///< that are alive in this process
};

}  // namespace castaway::harness
