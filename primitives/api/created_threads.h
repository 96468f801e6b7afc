// The threads that CreateThread has made and that have not ended, as the process itself counts
// them.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace castaway {

/// One of them; made on the thread itself before it does anything else, and destroyed when its
/// thread_local objects are.
class CreatedThread {
  public:
    CreatedThread();
    CreatedThread(const CreatedThread&) = delete;
    CreatedThread& operator=(const CreatedThread&) = delete;
    ~CreatedThread();

    /// Not in a child that the thread has forked.
    [[nodiscard]] bool is_of_this_process() const;
    void set_exit_code(std::uint32_t code) { exit_code_ = code; }
    /// The thread itself ends. Where this was not called, exit() destroys its objects, on the way
    /// to the end of the process: that thread is then not one of those that have ended.
    void end() { ends_ = true; }

  private:
    bool ends_ = false;
    std::uint32_t exit_code_ = 0;
    pid_t process_;
};

/// Waits until there is none. \return the exit code of the last one; `otherwise` if there was none
std::uint32_t wait_for_created_threads(std::uint32_t otherwise);

/// In a forked child, which has none of them.
void forget_created_threads();

}  // namespace castaway
