// The region and the processes of a soak, as the director handles them: made, watched, and gone at
// the end whatever happens.
#pragma once

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/real/child_process.h"
#include "harness/soak/board.h"
#include "primitives/region/region_file.h"

namespace castaway::harness::soak {

/// A region of the soak's own: in memory without a name, of which nothing is left when the soak's
/// processes are gone, even by SIGKILL; or one with a name, which is removed at the end.
class SoakRegion {
  public:
    /// Throws HarnessError, or InputError for a region that is there already or cannot be made.
    /// \param spec as CASTAWAY_REGION has it; empty: one without a name
    explicit SoakRegion(const std::string& spec);
    SoakRegion(const SoakRegion&) = delete;
    SoakRegion& operator=(const SoakRegion&) = delete;
    ~SoakRegion();
    /// What CASTAWAY_REGION is to be for processes that have the descriptor.
    [[nodiscard]] const std::string& name() const { return name_; }
    /// That of one without a name.
    [[nodiscard]] std::optional<int> descriptor() const {
        return memory_.valid() ? std::optional(memory_.get()) : std::nullopt;
    }

  private:
    Descriptor memory_;
    std::string name_;
    std::optional<RegionFile> file_;  ///< of one with a name
};

/// SIGINT, SIGTERM and SIGHUP wait until somebody asks for them.
class HeldSignals {
  public:
    HeldSignals();
    ~HeldSignals();
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;
    [[nodiscard]] static bool came();

  private:
    sigset_t before_{};
};

/// Children's children come to this process when their parents are gone, for its lifetime.
class Subreaper {
  public:
    Subreaper();
    ~Subreaper();
    Subreaper(const Subreaper&) = delete;
    Subreaper& operator=(const Subreaper&) = delete;
    /// Reaps all that have come and waits for those that still run. False when some do not end in
    /// time. Requires that there is no other child.
    [[nodiscard]] static bool reap_all(std::int64_t deadline_ns);
};

/// How a process ended.
struct Ending {
    std::uint32_t pid = 0;
    int code = 0;    ///< its exit status
    int signal = 0;  ///< 0: by exit
};

/// One process of the soak.
class Member {
  public:
    explicit Member(const Launch& launch);
    /// Its end, once; empty while it runs.
    std::optional<Ending> reap();
    void end_by_kill();
    void stop();
    void go_on();
    [[nodiscard]] bool stopped() const { return stopped_; }
    [[nodiscard]] bool killed() const { return killed_; }
    [[nodiscard]] int pidfd() const { return child_.pidfd().get(); }

  private:
    ChildProcess child_;
    bool stopped_ = false;
    bool killed_ = false;
};

/// Where the worker program is that has this subject: beside the running program. Throws
/// InputError when there is no such subject. \param mutant the seeded defect, empty for none
std::filesystem::path worker_for(const std::string& subject, std::string& mutant);

}  // namespace castaway::harness::soak
