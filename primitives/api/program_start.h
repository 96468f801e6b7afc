// Forking a process that executes a program, in two steps: it is there and waits, then it goes.
//
// In between the parent sets up what the world is to know of the child. If the parent dies there,
// so does the child, by its parent-death signal; so there is never a child that was not set up.
//
// Suspended (CREATE_SUSPENDED): the child that was let go does all that comes before the program,
// and tells the parent that it has. Then it waits on a word of the region until that says no more
// that its first thread is suspended, and executes the program; the parent does not wait for that.
//
//   parent   prepares the thread's slot, with `suspended` := the thread's life; lets the child go
//   child    enters the directory, puts its standard descriptors in place, closes those that its
//            program would not have; tells; sleeps while `suspended` is the life
//   resumer  under the lock of procedure calls, by one compare-and-swap: life -> 0; wakes
//
// Who resumes need not be the parent. If it dies between the change and the wake-up, whoever gives
// back what it held wakes the child once more (alert_all_due). A child that is suspended outlives
// its parent, as on Windows: whoever has a handle, or opens one by the id, may resume or end it. A
// signal other than SIGKILL stays pending until then.
//
// Parent and child meet in a page of memory that they share, so no descriptor of theirs can be kept
// open by children of other threads. The child holds a robust mutex in the page: the kernel marks
// it when the program is replaced, or the process ends, and wakes the parent.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "primitives/platform/cells.h"

namespace castaway {

/// What is to be executed.
struct Program {
    std::string path;  ///< absolute
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::string directory;  ///< empty: the parent's
    bool new_group = false;
    /// The parent's descriptors that become 0, 1 and 2; -1: /dev/null. Empty: as the parent has it.
    std::optional<std::array<int, 3>> standard;
};

/// What a child that is suspended waits for: another value of that word of shared memory.
struct Suspension {
    Cell64* word = nullptr;  ///< null: it is not suspended
    std::uint64_t value = 0;
};

class ProgramStart {
  public:
    ProgramStart() = default;
    ProgramStart(const ProgramStart&) = delete;
    ProgramStart& operator=(const ProgramStart&) = delete;
    /// Ends the child and waits for it, unless it was given away.
    ~ProgramStart() { end(); }

    /// Forks. Returns a Win32 error. The child is there and waits; it may have been killed.
    std::uint32_t fork(const Program& program, const Suspension& suspension);

    /// Lets the child execute the program. Returns, when it does, is suspended or has ended, a
    /// Win32 error.
    std::uint32_t go();

    [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
    /// Ends the child and waits for it.
    void end();
    /// The child is the caller's, with the duty to wait for it.
    void give_away();

  private:
    struct Page;
    struct Unmap {
        void operator()(Page* page) const;
    };
    /// What execve() takes.
    struct Vectors {
        char* const* arguments;
        char* const* environment;
    };
    [[noreturn]] static void run(Page& page, const Program& program, const Vectors& vectors,
                                 const Suspension& suspension, pid_t parent);
    void advance(std::uint32_t stage);
    [[nodiscard]] bool has_ended() const;

    std::unique_ptr<Page, Unmap> page_;
    pid_t pid_ = 0;
    int pidfd_ = -1;
};

}  // namespace castaway
