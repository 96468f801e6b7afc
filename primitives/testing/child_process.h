// Child processes for tests: forked, watched through a pidfd, waited for with a limit, and never
// left behind.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>

namespace castaway::testing {

/// How long anything in a test may take before the test gives up with a message.
inline constexpr int kPatienceMs = 20'000;

/// The same for a whole test that runs in a process of its own.
inline constexpr int kTestPatienceMs = 100'000;

/// How a process ended.
struct Ending {
    bool killed = false;  ///< by SIGKILL
    int code = -1;        ///< its exit status; -1 when a signal ended it
    int signal = 0;       ///< which, other than SIGKILL
    bool operator==(const Ending&) const = default;
};
/// "exit status 1", "signal 11".
std::ostream& operator<<(std::ostream& out, const Ending& ending);
inline constexpr Ending kKilled{true, -1};
inline constexpr Ending kDone{false, 0};

class Child {
  public:
    /// Forks. The child runs `body` and ends with its result as exit status, by _exit(). It is
    /// killed when the thread that started it ends.
    explicit Child(const std::function<int()>& body);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    /// Kills it if it still runs, and reaps it.
    ~Child();

    void signal(int number) const;
    [[nodiscard]] std::uint32_t pid() const { return pid_; }
    /// By SIGSTOP; returns when none of its threads runs.
    void stop() const;
    /// By SIGKILL; returns when it is gone.
    void end();
    /// Waits for its end and reaps it. Ends the test's process when that takes too long.
    Ending wait(int patience_ms = kPatienceMs);

  private:
    int pidfd_ = -1;
    std::uint32_t pid_ = 0;
    bool reaped_ = false;
};

/// One-letter messages between two processes, one way.
class Channel {
  public:
    Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    ~Channel();

    void send(char letter) const;
    /// The next letter; none when all senders are gone. Ends the process when nothing comes for
    /// long.
    [[nodiscard]] std::optional<char> receive() const;
    /// The sending side's descriptor, for a program that is executed.
    [[nodiscard]] int sender() const { return sender_; }
    /// So that the end of the other side's senders is seen.
    void close_sender();

  private:
    int receiver_ = -1;
    int sender_ = -1;
};

/// Ends the calling process as SIGKILL would in the middle of anything.
[[noreturn]] void die();

/// Says why and ends the test's process; for what must not be waited for any longer.
[[noreturn]] void give_up(const char* what);

}  // namespace castaway::testing
