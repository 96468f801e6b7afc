// Makes the calls of a program by a command from outside: any implementation of the interface can
// be judged that has a program which speaks as follows.
//
//   we        a call: one JSON object on one line of its standard input   } again and again
//   command   the answer to it: the same, on its standard output          }
//
// Both are written as harness/model/win32/call_json.h says: handles with their values, and of what
// is as it is by default, nothing. The command is process 0 of the program; it makes the calls of
// each thread on a thread of its own. Three calls are none of the interface:
//
//   start_process   the first call of all, of thread 0, which begins now
//   start_thread    thread `of_thread` begins. Both are answered with "result": 1, "process_id" and
//                   "thread_id": of the process and of what has begun
//   exit_thread     the thread ends; answered with "result": 1 when it has
//
// A command ends when its input does. Whoever does not is killed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/conformance/made_handles.h"
#include "harness/conformance/orphans.h"
#include "harness/conformance/program_runner.h"
#include "harness/engine/real/child_process.h"
#include "harness/engine/real/system.h"

namespace castaway::harness {

struct ExternalLimits {
    /// For the answer to the first call: some systems take long to begin.
    std::int64_t first_ns = 60'000 * kNsPerMs;
    /// For that to any other.
    std::int64_t call_ns = 10'000 * kNsPerMs;
    /// For its end after that of its input.
    std::int64_t end_ns = 5'000 * kNsPerMs;
};

class ExternalRunner : public ProgramRunner {
  public:
    /// \param command  a line for the shell
    /// Throws HarnessError when nothing can be started.
    explicit ExternalRunner(std::string command, ExternalLimits limits = {});
    /// The command has ended afterwards.
    ~ExternalRunner() override;
    ExternalRunner(const ExternalRunner&) = delete;
    ExternalRunner& operator=(const ExternalRunner&) = delete;

    /// Throws InputError when the program has a second process, HarnessError when the command says
    /// what is no answer.
    CallAnswer call(const win32::Call& call) override;
    [[nodiscard]] win32::Call fill_in(win32::Call call) override;

  private:
    struct Ids {
        std::uint32_t win32_id = 0;
        bool alive = true;
    };
    enum class Line : std::uint8_t { read, late, closed };

    /// Why it cannot be made; empty when it can.
    [[nodiscard]] std::string obstacle_to(const win32::Call& call) const;
    void start();
    void ask(CallAnswer& answer);
    /// Starts it again where it has ended without a word. Throws HarnessError.
    void ask_first(const std::string& line, std::string& answer);
    /// Notes the threads that the call has started or ended.
    void follow(const win32::Call& call, const win32::Response& response);
    void say(const std::string& line);
    Line hear(std::int64_t deadline_ns, std::string& line);
    /// The first line of what was heard, if there is a whole one.
    std::optional<std::string> whole_line();

    std::string command_;
    ExternalLimits limits_;
    Descriptor ours_to_say_;
    Descriptor theirs_to_hear_;  ///< kept, so that to say something to an ended one is no signal
    Descriptor ours_to_hear_;
    Orphans orphans_;  ///< from before the command is started
    std::unique_ptr<ChildProcess> child_;
    std::string heard_;
    std::uint32_t process_id_ = 0;
    std::map<std::uint32_t, Ids> threads_;
    bool over_ = false;  ///< it has ended, or has not answered in time
    MadeHandles made_;
};

}  // namespace castaway::harness
