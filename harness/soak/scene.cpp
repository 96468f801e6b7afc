#include "harness/soak/scene.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <system_error>

#include "harness/base/error.h"
#include "harness/engine/real/pidfd.h"
#include "primitives/platform/mutants.h"
#include "primitives/region/region_file.h"

namespace castaway::harness::soak {
namespace {

sigset_t ending_signals() {
    sigset_t set{};
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&set, signal);
    }
    return set;
}

}  // namespace

SoakRegion::SoakRegion(const std::string& spec) {
    AttachFailure failure;
    if (!spec.empty()) {
        if (RegionFile::path_of(spec).empty()) {
            throw InputError("--region", "\"" + spec + "\" is no region's name",
                             "use a name, or group:GROUP/NAME");
        }
        if (RegionFile::open_to_look(spec, failure)) {
            throw InputError("--region", "region " + spec + " is there already",
                             "name one that is not: the soak fills it and removes it");
        }
        auto opened = RegionFile::open(spec, Geometry{}, failure);
        if (!opened) {
            throw InputError("--region", failure.message, "name another region");
        }
        file_.emplace(std::move(*opened));
        name_ = spec;
        return;
    }
    memory_ = make_shared_memory("castaway-soak-region", 1);
    name_ = "fd:" + std::to_string(memory_.get());
    if (!RegionFile::initialise(memory_.get(), Geometry{}, failure)) {
        throw HarnessError("cannot make a region: " + failure.message);
    }
}

SoakRegion::~SoakRegion() {
    if (file_) {
        static_cast<void>(file_->remove_name());
    }
}

HeldSignals::HeldSignals() {
    const sigset_t held = ending_signals();
    pthread_sigmask(SIG_BLOCK, &held, &before_);
}

HeldSignals::~HeldSignals() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool HeldSignals::came() {
    const sigset_t held = ending_signals();
    const timespec at_once{};
    return sigtimedwait(&held, nullptr, &at_once) > 0;
}

Subreaper::Subreaper() {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        throw_system_error("cannot become the reaper of orphans", errno);
    }
}

Subreaper::~Subreaper() {
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

bool Subreaper::reap_all(std::int64_t deadline_ns) {
    for (;;) {
        siginfo_t end{};
        if (waitid(P_ALL, 0, &end, WEXITED | WNOWAIT | WNOHANG) != 0) {
            return errno == ECHILD;
        }
        if (end.si_pid != 0) {
            waitid(P_PID, static_cast<id_t>(end.si_pid), &end, WEXITED);
        } else if (monotonic_ns() >= deadline_ns) {
            return false;
        } else {
            sched_yield();
        }
    }
}

Member::Member(const Launch& launch) : child_(launch) {}

std::optional<Ending> Member::reap() {
    siginfo_t end{};
    if (waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd()), &end,
               WEXITED | WNOHANG) != 0 ||
        end.si_pid == 0) {
        return std::nullopt;
    }
    const bool exited = end.si_code == CLD_EXITED;
    return Ending{static_cast<std::uint32_t>(end.si_pid), exited ? end.si_status : 0,
                  exited ? 0 : end.si_status};
}

void Member::end_by_kill() {
    killed_ = true;
    send_signal(child_.pidfd(), SIGKILL);
}

void Member::stop() {
    stopped_ = true;
    send_signal(child_.pidfd(), SIGSTOP);
}

void Member::go_on() {
    stopped_ = false;
    send_signal(child_.pidfd(), SIGCONT);
}

std::filesystem::path worker_for(const std::string& subject, std::string& mutant) {
    constexpr std::string_view kSound = "castaway";
    const std::string_view name = subject;
    if (name.starts_with("castaway:")) {
        mutant = name.substr(kSound.size() + 1);
    }
    const bool known = std::any_of(kMutants.begin(), kMutants.end(),
                                   [&](const MutantName& each) { return each.name == mutant; });
    if (mutant.empty() ? name != kSound : !known) {
        throw InputError("--subject", "a soak has no subject \"" + subject + "\"",
                         "use castaway, or castaway:MUTANT; see castaway list");
    }
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) {
        throw HarnessError("cannot find the running program in /proc: " + error.message());
    }
    return self.parent_path() /
           (mutant.empty() ? "castaway-soak-worker" : "castaway-soak-worker-mutant");
}

}  // namespace castaway::harness::soak
