// Serves a conformance run from outside: reads calls from one stream and writes what was answered
// to another, one JSON object a line (harness/conformance/external_runner.h has the protocol).
//
// Whoever reads makes no call of the program's: each thread of the program is one of its own.
#pragma once

#include <exception>
#include <istream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "harness/model/win32/call_json.h"
#include "harness/subject/castaway/win32_caller.h"
#include "harness/subject/win32/platform.h"

namespace castaway::harness {

/// A thread of the program.
class ServingThread {
  public:
    explicit ServingThread(Win32Caller& caller) : caller_(caller), thread_([this] { serve(); }) {}
    ~ServingThread() {
        call_ = nullptr;
        asked_.open();
    }
    ServingThread(const ServingThread&) = delete;
    ServingThread& operator=(const ServingThread&) = delete;

    win32::Response make(const win32::Call& call) {
        call_ = &call;
        asked_.open();
        answered_.pass();
        return response_;
    }

  private:
    void serve() {
        for (;;) {
            asked_.pass();
            if (call_ == nullptr) {
                return;
            }
            response_ = answer_to(*call_);
            answered_.open();
        }
    }

    /// Of what has begun, it tells the ids.
    win32::Response answer_to(const win32::Call& call) {
        if (call.function != win32::Function::start_process &&
            call.function != win32::Function::start_thread) {
            return caller_.call(call);
        }
        win32::Response response;
        response.result = TRUE;
        response.process_id = GetCurrentProcessId();
        response.thread_id = GetCurrentThreadId();
        return response;
    }

    Win32Caller& caller_;
    Gate asked_;
    Gate answered_;
    const win32::Call* call_ = nullptr;  ///< null: it is to end
    win32::Response response_;
    OwnThread thread_;  ///< last, since it uses the others
};

/// Returns when there is nothing more to read. Throws whatever is wrong with a line.
inline void serve_lines(std::istream& calls, std::ostream& answers, Win32Caller& caller) {
    std::map<std::uint32_t, ServingThread> threads;
    for (std::string line; std::getline(calls, line);) {
        const win32::Call call =
            win32::call_from_json(nlohmann::json::parse(line), "call", win32::CallForm::resolved);
        win32::Response response;
        if (call.function == win32::Function::exit_thread) {
            response.result = threads.erase(call.thread) != 0 ? TRUE : FALSE;
        } else {
            const bool starts = call.function == win32::Function::start_thread;
            const std::uint32_t thread = starts ? call.of_thread : call.thread;
            response = threads.try_emplace(thread, caller).first->second.make(call);
        }
        answers << win32::to_json(response).dump() << std::endl;
    }
}

}  // namespace castaway::harness
