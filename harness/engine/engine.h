// An engine executes a plan on a subject and returns what happened.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "harness/history/history.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

struct EngineOptions {
    /// Where the workers' raw histories go: a folder of the run's own, made by the engine.
    std::filesystem::path run_folder;
    /// Overrides the plan's limit when set.
    std::optional<std::chrono::milliseconds> run_limit;
};

class Engine {
  public:
    virtual ~Engine() = default;
    /// Throws HarnessError when the run could not be carried out. A hang, a crash or a fault that
    /// never fired is not such an error: the history tells it.
    virtual History run(const Plan& plan, SubjectAdapter& subject,
                        const EngineOptions& options) = 0;
};

/// The engine of that name: "real" or "sim". Throws InputError when there is none.
std::unique_ptr<Engine> make_engine(std::string_view name);

}  // namespace castaway::harness
