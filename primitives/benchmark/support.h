// What the groups share: regions of their own, processes that work on demand, shared memory, and
// being told when a call fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "castaway/win32.h"
#include "primitives/testing/child_process.h"

namespace castaway::benchmark {

/// A region that nobody else has, in memory that goes with the last process that uses it.
class Region {
  public:
    Region();
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    ~Region();
    /// Processes that are forked from here on attach to it, and so does this one if it has not
    /// attached yet.
    void use() const;
    [[nodiscard]] const std::string& spec() const { return spec_; }
    /// Of the file system that it has by now.
    [[nodiscard]] double bytes() const;

  private:
    int fd_ = -1;
    std::string spec_;
};

/// Memory that forked children share, full of zeros.
class SharedMemory {
  public:
    explicit SharedMemory(std::size_t bytes);
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();
    template <class T>
    [[nodiscard]] T* as() const {
        return static_cast<T*>(address_);
    }

  private:
    std::size_t bytes_;
    void* address_;
};

/// What a process answers to a task: whatever the task is about.
using Answer = std::uint64_t;

/// A forked process that runs tasks when it is told to. Killed at the end.
class Worker {
  public:
    using Task = std::function<Answer(std::uint64_t argument)>;
    explicit Worker(std::vector<Task> tasks);
    Worker(Worker&&) noexcept = default;

    void start(std::size_t task, std::uint64_t argument = 0) const;
    /// Of the task that was started last.
    [[nodiscard]] Answer finish() const;
    [[nodiscard]] Answer run(std::size_t task, std::uint64_t argument = 0) const {
        start(task, argument);
        return finish();
    }
    [[nodiscard]] const testing::Child& process() const { return child_; }
    void end() { child_.end(); }

  private:
    /// Both ends of a pipe; they close themselves.
    class Pipe {
      public:
        Pipe();
        Pipe(Pipe&& other) noexcept;
        Pipe& operator=(Pipe&&) = delete;
        Pipe(const Pipe&) = delete;
        Pipe& operator=(const Pipe&) = delete;
        ~Pipe();
        void put(std::uint64_t value) const;
        /// False when the other side is gone. Gives up when nothing comes for so long; negative:
        /// never.
        [[nodiscard]] bool get(std::uint64_t& value, int patience_ms) const;
        void close_writer();

      private:
        int reader_ = -1;
        int writer_ = -1;
    };

    Pipe orders_;
    Pipe answers_;
    testing::Child child_;
};

/// On CLOCK_MONOTONIC, which is the same in all processes.
std::uint64_t now_ns();

/// Ends the program with the line unless `succeeded`: what was measured after that would mean
/// nothing.
void require(bool succeeded, const char* what);

/// The calling thread runs on that core alone, or, at first, on each core that the process had.
void pin_to(int core);
void unpin();
int core_count();

}  // namespace castaway::benchmark
