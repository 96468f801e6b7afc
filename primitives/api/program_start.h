// Forking a process that executes a program, in two steps: it is there and waits, then it goes.
//
// In between the parent sets up what the world is to know of the child. If the parent dies there,
// so does the child, by its parent-death signal; so there is never a child that was not set up.
//
// Parent and child meet in a page of memory that they share, so no descriptor of theirs can be kept
// open by children of other threads. The child holds a robust mutex in the page: the kernel marks
// it when the program is replaced, or the process ends, and wakes the parent.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace castaway {

/// What is to be executed.
struct Program {
    std::string path;  ///< absolute
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::string directory;  ///< empty: the parent's
    bool new_group = false;
};

class ProgramStart {
  public:
    ProgramStart() = default;
    ProgramStart(const ProgramStart&) = delete;
    ProgramStart& operator=(const ProgramStart&) = delete;
    /// Ends the child and waits for it, unless it was given away.
    ~ProgramStart() { end(); }

    /// Forks. Returns a Win32 error. The child is there and waits; it may have been killed.
    std::uint32_t fork(const Program& program);

    /// Lets the child execute the program. Returns, when it does or has ended, a Win32 error.
    std::uint32_t go();

    [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
    /// Ends the child and waits for it.
    void end();
    /// The child's pidfd, with the duty to wait for the child.
    int give_away();

  private:
    struct Page;
    struct Unmap {
        void operator()(Page* page) const;
    };
    [[noreturn]] static void run(Page& page, const Program& program, char* const* arguments,
                                 char* const* environment, pid_t parent);
    void advance(std::uint32_t stage);
    [[nodiscard]] bool has_ended() const;

    std::unique_ptr<Page, Unmap> page_;
    pid_t pid_ = 0;
    int pidfd_ = -1;
};

}  // namespace castaway
