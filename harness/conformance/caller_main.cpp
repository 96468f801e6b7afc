// castaway-caller: a process of a conformance run, which makes the calls that it is told to. The
// run starts it; or another of its kind does, by CreateProcess.
//
//   castaway-caller ADDRESS LIFELINE-FD SUBJECT PROCESS
//   castaway-caller --stdin SUBJECT
//
// The second form takes part in a region of its own and is told by its standard input, as every
// other implementation is that a run judges from outside (external_runner.h): so this is tested
// with an implementation that is right, and with each seeded defect.
//
// LIFELINE-FD is the reading end of a pipe that closes when the run is over. Nothing of the run is
// to outlive it, and a thread that sleeps in a call hears nothing, so one thread watches for that.
#include <castaway/inspect.h>
#include <castaway/win32.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/conformance/packets.h"
#include "harness/model/win32/call_json.h"
#include "harness/subject/castaway/win32_caller.h"
#include "harness/subject/win32/serve_lines.h"
#include "primitives/api/attachment.h"
#include "primitives/platform/mutants.h"

namespace castaway::harness {
namespace {

using nlohmann::json;

constexpr int kFailed = static_cast<int>(ExitCode::harness_failed);

struct Place {
    std::string address;
    int lifeline = -1;
    std::string subject;
    std::uint32_t process = 0;
};

template <class Number>
Number number_in(std::string_view text) {
    Number number{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
        throw HarnessError("this is no number: " + std::string(text));
    }
    return number;
}

Place place_in(const std::vector<std::string>& arguments) {
    if (arguments.size() != 5) {
        throw HarnessError(
            "usage: castaway-caller ADDRESS LIFELINE-FD SUBJECT PROCESS, or --stdin SUBJECT");
    }
    return {arguments[1], number_in<int>(arguments[2]), arguments[3],
            number_in<std::uint32_t>(arguments[4])};
}

void break_subject(const std::string& subject) {
    for (const MutantName& known : kMutants) {
        if (subject == "castaway:" + std::string(known.name)) {
            prepare_attachment(nullptr, known.mutant);
            return;
        }
    }
    if (subject != "castaway") {
        throw HarnessError("no such subject: " + subject);
    }
}

/// Ends the process when the run is over.
void watch_lifeline(int lifeline) {
    std::thread([lifeline] {
        pollfd end{lifeline, 0, 0};
        while (poll(&end, 1, -1) <= 0) {
        }
        _exit(0);
    }).detach();
}

/// The process, for all of its threads. Each holds it: the first may end before others do.
class Process : public std::enable_shared_from_this<Process> {
  public:
    explicit Process(Place place)
        : place_(std::move(place)), caller_([this](std::uint32_t process) {
              return "castaway-caller " + place_.address + " " + std::to_string(place_.lifeline) +
                     " " + place_.subject + " " + std::to_string(process);
          }) {}

    /// Serves the driver on the calling thread. Returns when the thread is to end.
    void serve(std::uint32_t thread) {
        const Descriptor line = connect(thread);
        PacketBuffer buffer;
        for (;;) {
            const auto packet = receive_packet(line, buffer);
            if (!packet) {
                _exit(0);
            }
            const win32::Call call =
                win32::call_from_json(json::parse(*packet), "call", win32::CallForm::resolved);
            const win32::Response response = answer_to(call);
            if (!send_packet(line, win32::to_json(response).dump())) {
                _exit(0);
            }
            if (call.function == win32::Function::exit_thread) {
                return;
            }
        }
    }

  private:
    /// The thread takes part in the region before it says so.
    [[nodiscard]] Descriptor connect(std::uint32_t thread) const {
        const Hello hello{place_.process,      thread, getpid(), gettid(), GetCurrentProcessId(),
                          GetCurrentThreadId()};
        if (const std::string_view error = castaway_attach_error(); !error.empty()) {
            throw HarnessError("cannot take part in the region: " + std::string(error));
        }
        Descriptor line = connect_to_driver(place_.address);
        std::string packet(sizeof(hello), '\0');
        std::memcpy(packet.data(), &hello, sizeof(hello));
        send_packet(line, packet);
        return line;
    }

    win32::Response answer_to(const win32::Call& call) {
        switch (call.function) {
            case win32::Function::exit_thread:
                return {};
            case win32::Function::start_thread:
                return start_thread(call.of_thread);
            default:
                return caller_.call(call);
        }
    }

    win32::Response start_thread(std::uint32_t thread) {
        win32::Response response;
        try {
            std::thread([self = shared_from_this(), thread] {
                try {
                    self->serve(thread);
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "castaway-caller: %s\n", error.what());
                    _exit(kFailed);
                }
            }).detach();
            response.result = TRUE;
        } catch (const std::system_error&) {
            response.not_made = true;
        }
        return response;
    }

    Place place_;
    Win32Caller caller_;
};

void serve_standard_input(const std::string& subject) {
    break_subject(subject);
    const Descriptor region(memfd_create("castaway-region", MFD_CLOEXEC));
    std::string problem;
    if (!region.valid() || !initialise_region(region.get(), problem)) {
        throw HarnessError("cannot make a region: " + problem);
    }
    setenv("CASTAWAY_REGION", ("fd:" + std::to_string(region.get())).c_str(), 1);
    Win32Caller caller([](std::uint32_t /*process*/) { return own_program(); });
    serve_lines(std::cin, std::cout, caller);
}

void run_first_thread(const std::vector<std::string>& arguments) {
    if (arguments.size() == 3 && arguments[1] == "--stdin") {
        serve_standard_input(arguments[2]);
        std::exit(0);
    }
    const Place place = place_in(arguments);
    watch_lifeline(place.lifeline);
    break_subject(place.subject);
    std::make_shared<Process>(place)->serve(0);
}

}  // namespace
}  // namespace castaway::harness

int main(int argc, char** argv) {
    try {
        castaway::harness::run_first_thread({argv, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "castaway-caller: %s\n", error.what());
        // Not exit(): other threads may be in calls.
        _exit(castaway::harness::kFailed);
    }
    // The thread alone, not the process.
    pthread_exit(nullptr);
}
