// Makes the calls of a program, one after the other, by threads of real processes.
//
// The processes have a region of their own. An observer, which is another process and has no part
// in the program, waits for the end of each of them: when the handle of a process is signaled, all
// that it held was given back. So the call after an end sees what the end has left.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/conformance/caller_group.h"
#include "harness/conformance/made_handles.h"
#include "harness/conformance/program_runner.h"
#include "harness/model/win32/call.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

struct CallRunnerOptions {
    /// The program castaway-caller; empty: beside the running one.
    std::filesystem::path caller;
    /// How long a call may last.
    std::int64_t call_limit_ns = 10'000 * kNsPerMs;
    /// Where processes write what they have to complain of.
    int output = 2;
};

class CallRunner : public ProgramRunner {
  public:
    /// \param subject  "castaway", or "castaway:MUTANT"
    /// Throws InputError when there is no such subject, HarnessError when nothing can be started.
    explicit CallRunner(const std::string& subject, CallRunnerOptions options = {});
    /// Ends all processes; nothing is left of them or of the region.
    ~CallRunner() override;
    CallRunner(const CallRunner&) = delete;
    CallRunner& operator=(const CallRunner&) = delete;

    /// A number is that of one process (`process` of start_process, `of_process` of create_process)
    /// or one thread of a process (`of_thread` of start_thread; the first is 0) for ever.
    CallAnswer call(const win32::Call& call) override;
    [[nodiscard]] win32::Call fill_in(win32::Call call) override;

    /// The number by which a program cannot call a process.
    static constexpr std::uint32_t kObserver = 0xFFFF'FFFF;

  private:
    /// Why it cannot be made; empty when it can.
    [[nodiscard]] std::string obstacle_to(const win32::Call& call);
    void make(CallAnswer& answer);
    void ask_caller(CallAnswer& answer);
    void start_process(CallAnswer& answer);
    void kill_process(CallAnswer& answer);
    /// Of a call that was answered: waits for what it has started or ended.
    void follow(CallAnswer& answer);
    void see_to_ends(CallAnswer& answer);
    void remember(const CallAnswer& answer);

    /// Waits for the new thread and, if it is its process's first, has the observer open it.
    bool greet(std::uint32_t process, std::uint32_t thread, CallAnswer& answer);
    void observe(std::uint32_t process);
    /// What is wrong; empty when the end was told.
    std::string await_end_told(std::uint32_t process);
    std::optional<win32::Response> ask_observer(win32::Call call);

    CallRunnerOptions options_;
    std::unique_ptr<SubjectAdapter> adapter_;
    std::unique_ptr<SubjectSpace> space_;
    CallerGroup callers_;
    MadeHandles made_;
    std::map<std::uint32_t, std::uint64_t> watched_;  ///< the observer's handles, by process
};

}  // namespace castaway::harness
