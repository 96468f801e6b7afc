// Who makes the calls of a program, one after the other: castaway's own processes (call_runner.h),
// or a command from outside (external_runner.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/win32/call.h"

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

class ProgramRunner {
  public:
    ProgramRunner() = default;
    virtual ~ProgramRunner() = default;
    ProgramRunner(const ProgramRunner&) = delete;
    ProgramRunner& operator=(const ProgramRunner&) = delete;

    /// Fills in the handle arguments, from the answers to earlier calls, and the ids; makes the
    /// call; and sees to the ends that it has brought. Throws HarnessError.
    virtual CallAnswer call(const win32::Call& call) = 0;

    /// The call with its handle arguments and ids, as it would be made now.
    [[nodiscard]] virtual win32::Call fill_in(win32::Call call) = 0;
};

}  // namespace castaway::harness
