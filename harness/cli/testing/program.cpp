#include "harness/cli/testing/program.h"

#include <fcntl.h>
#include <sys/wait.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "harness/engine/real/pidfd.h"
#include "harness/engine/real/proc_files.h"
#include "harness/engine/real/system.h"

namespace castaway::harness::testing {
namespace {

constexpr std::int64_t kLongestRunNs = 110'000 * kNsPerMs;

}  // namespace

std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

std::filesystem::path scenarios_folder() {
    return CASTAWAY_SCENARIOS_FOLDER;
}

bool comes_true(const std::function<bool()>& condition) {
    const std::int64_t deadline = monotonic_ns() + kLongestRunNs;
    while (!condition()) {
        if (monotonic_ns() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

std::filesystem::path Workplace::write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path() / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
}

std::unique_ptr<ChildProcess> Workplace::start(const std::vector<std::string>& arguments) const {
    const Descriptor output(
        open((path() / "output.txt").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!output.valid()) {
        throw std::runtime_error("the output file cannot be opened");
    }
    Launch launch;
    launch.executable = program_beside_us("castaway");
    launch.arguments = arguments;
    launch.folder = path();
    launch.output = output.get();
    launch.environment = {"CASTAWAY_TEST_PLACE=" + path().string()};
    return std::make_unique<ChildProcess>(launch);
}

Ended Workplace::finish(const ChildProcess& child) const {
    Ended ended;
    if (await_end(child.pidfd(), monotonic_ns() + kLongestRunNs)) {
        siginfo_t info{};
        // Left to be reaped by its owner.
        if (waitid(P_PIDFD, static_cast<id_t>(child.pidfd().get()), &info, WEXITED | WNOWAIT) ==
            0) {
            ended.exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
        }
    }
    ended.output = text_of(path() / "output.txt");
    return ended;
}

Ended Workplace::castaway(const std::vector<std::string>& arguments) const {
    return finish(*start(arguments));
}

std::vector<std::int64_t> Workplace::processes() const {
    const std::string mark = "CASTAWAY_TEST_PLACE=" + path().string();
    std::vector<std::int64_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        std::int64_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc() || end != name.data() + name.size()) {
            continue;
        }
        // A zombie has no environment: it is dead.
        if (read_proc_file(entry.path() / "environ").find(mark) != std::string::npos) {
            found.push_back(pid);
        }
    }
    return found;
}

}  // namespace castaway::harness::testing
