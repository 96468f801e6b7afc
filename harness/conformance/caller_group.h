// The processes of a conformance run and the lines to their threads. All of them are gone when this
// is: those that it has started, and those that CreateProcess has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/conformance/packets.h"
#include "harness/engine/real/child_process.h"
#include "harness/engine/real/system.h"

namespace castaway::harness {

struct CallerThread {
    Descriptor line;
    int tid = 0;
    std::uint32_t win32_id = 0;
    bool stuck = false;  ///< in a call that was not answered in time
    bool ended = false;
};

struct CallerProcess {
    Descriptor pidfd;
    std::unique_ptr<ChildProcess> child;  ///< null when it is none of ours, or was reaped
    int pid = 0;
    std::uint32_t win32_id = 0;
    bool alive = false;
    std::map<std::uint32_t, CallerThread> threads;
};

class CallerGroup {
  public:
    /// How the processes are started, without their numbers.
    struct Terms {
        std::filesystem::path executable;
        std::string subject;
        std::vector<std::string> environment;
        std::vector<int> descriptors;
        int output = -1;  ///< for what they write
    };

    /// Makes the calling process the one to which orphans fall, and it stays that: so that none is
    /// left behind as a zombie.
    explicit CallerGroup(Terms terms);
    ~CallerGroup();
    CallerGroup(const CallerGroup&) = delete;
    CallerGroup& operator=(const CallerGroup&) = delete;

    /// Starts a process, and does not wait for it. Throws HarnessError.
    void start(std::uint32_t process);

    /// Waits until the thread has said hello. Null when it did not in time, or cannot any more.
    CallerThread* await_hello(std::uint32_t process, std::uint32_t thread,
                              std::int64_t deadline_ns);

    /// Null when there has never been such a process, or it has not said hello.
    CallerProcess* find(std::uint32_t process);
    /// Null when there is no such thread, or it does not listen.
    CallerThread* listener(std::uint32_t process, std::uint32_t thread);

    enum class Reply : std::uint8_t {
        answered,
        closed,  ///< the process ends, or has ended
        late
    };
    /// Says something to a thread that listens, and waits for what it says to that, which holds
    /// until the next time.
    Reply ask(std::uint32_t process, std::uint32_t thread, std::string_view packet,
              std::int64_t deadline_ns, std::string_view& reply);

    /// The processes that have ended and have not been told yet.
    std::vector<std::uint32_t> take_ended();
    /// Waits until there is one to tell. False when there was none in time.
    bool await_an_end(std::int64_t deadline_ns);
    /// False when it did not end in time.
    bool await_end_of(std::uint32_t process, std::int64_t deadline_ns);
    void kill_now(std::uint32_t process);

    /// Waits until a thread that was told to end has done so. False when it did not in time.
    bool await_end_of_thread(std::uint32_t process, std::uint32_t thread, std::int64_t deadline_ns);

  private:
    /// Takes one who has connected, if it is one of ours.
    void take_caller(std::int64_t deadline_ns);

    Terms terms_;
    Listener listener_;
    Descriptor lifeline_;      ///< the reading end, which the processes get
    Descriptor lifeline_end_;  ///< closed when the run is over
    PacketBuffer buffer_;
    std::map<std::uint32_t, std::unique_ptr<ChildProcess>> starting_;
    std::map<std::uint32_t, CallerProcess> processes_;
};

}  // namespace castaway::harness
