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
#include "harness/model/win32/call.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

enum class CallOutcome : std::uint8_t {
    answered,
    not_made,  ///< who is to make it does not exist (any more), or is stuck; or there is a process
               ///< or thread of the number that is to be started; or a boundary is none
    ended,     ///< the caller's process ended in the call, as it was asked to
    hung,      ///< no answer in time; or what was started did not come, or did not end
    died,      ///< the caller's process ended, and was not asked to
    /// A process has ended and its handle was not signaled in time; or it did not end at all.
    end_not_told,
};

const char* name_of(CallOutcome outcome);

struct CallAnswer {
    CallOutcome outcome = CallOutcome::not_made;
    /// The call as it was made: handle arguments have their values, and ids are filled in.
    win32::Call call;
    /// Where the outcome is `answered` or `end_not_told`. Of what is no call of the interface
    /// (start_process, start_thread, exit_thread, kill_process): the times, the ids of what was
    /// started, and a result of 1.
    win32::Response response;
    /// The processes that have ended since the call before, in the order of their numbers.
    std::vector<std::uint32_t> ended;
    /// For a person, where the outcome is neither `answered` nor `ended`.
    std::string explanation;
};

struct CallRunnerOptions {
    /// The program castaway-caller; empty: beside the running one.
    std::filesystem::path caller;
    /// How long a call may last.
    std::int64_t call_limit_ns = 10'000 * kNsPerMs;
    /// Where processes write what they have to complain of.
    int output = 2;
};

class CallRunner {
  public:
    /// \param subject  "castaway", or "castaway:MUTANT"
    /// Throws InputError when there is no such subject, HarnessError when nothing can be started.
    explicit CallRunner(const std::string& subject, CallRunnerOptions options = {});
    /// Ends all processes; nothing is left of them or of the region.
    ~CallRunner();
    CallRunner(const CallRunner&) = delete;
    CallRunner& operator=(const CallRunner&) = delete;

    /// A number is that of one process (`process` of start_process, `of_process` of create_process)
    /// or one thread of a process (`of_thread` of start_thread; the first is 0) for ever.
    ///
    /// Fills in the handle arguments, from the answers to earlier calls, and the ids; makes the
    /// call; and sees to the ends that it has brought. Throws HarnessError.
    CallAnswer call(const win32::Call& call);

    /// The call with its handle arguments and ids, as it would be made now.
    [[nodiscard]] win32::Call fill_in(win32::Call call);

    /// The number by which a program cannot call a process.
    static constexpr std::uint32_t kObserver = 0xFFFF'FFFF;

  private:
    /// What a call has made, and in which process.
    struct Made {
        std::uint32_t process = 0;
        bool boundary = false;
        std::uint64_t first = 0;
        std::uint64_t second = 0;
    };

    void resolve(win32::HandleArgument& argument) const;
    [[nodiscard]] bool has_its_boundary(const win32::Call& call) const;
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
    std::map<std::uint32_t, Made> made_;              ///< by the call's number
    std::map<std::uint32_t, std::uint64_t> watched_;  ///< the observer's handles, by process
};

}  // namespace castaway::harness
