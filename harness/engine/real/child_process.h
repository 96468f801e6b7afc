// A child of the harness, in order: it dies with us, holds only the descriptors it was given, and
// is reaped. The only user of Boost.Process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/engine/real/system.h"

namespace castaway::harness {

struct Launch {
    std::filesystem::path executable;
    std::vector<std::string> arguments;
    std::filesystem::path folder;          ///< where it runs; empty: where we do
    std::vector<std::string> environment;  ///< "NAME=value", in addition to ours
    std::vector<int> descriptors;          ///< that it gets, under the same numbers
    int input = -1;                        ///< for its standard input; -1: nothing to read
    int output = -1;                       ///< for its standard output and error
    int errors = -1;                       ///< for its standard error, if that is another
};

class ChildProcess {
  public:
    /// Starts it. Throws HarnessError. The child is killed when the calling thread ends.
    explicit ChildProcess(const Launch& launch);
    /// Kills it if it lives, and reaps it.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] const Descriptor& pidfd() const { return pidfd_; }
    void kill_now();

  private:
    Descriptor pidfd_;
};

}  // namespace castaway::harness
