// The engine whose processes and faults are real: OS processes, SIGKILL, SIGSTOP.
#pragma once

#include <filesystem>

#include "harness/engine/engine.h"

namespace castaway::harness {

class RealEngine final : public Engine {
  public:
    /// \param worker the worker program; empty: castaway-worker beside the running program
    explicit RealEngine(std::filesystem::path worker = {});

    History run(const Plan& plan, SubjectAdapter& subject, const EngineOptions& options) override;

  private:
    std::filesystem::path worker_;
};

/// The most processes of a plan.
inline constexpr std::size_t kProcessesMax = 4096;

}  // namespace castaway::harness
