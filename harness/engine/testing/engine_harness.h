// Runs plans with the real engine on the test's subject, in a folder that goes away again.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/history/history.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness::testing {

class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// A program of the build that lies beside the running one.
std::filesystem::path program_beside_us(std::string_view name);

History run_plan(const Plan& plan, std::string_view subject = "test");
History run_plan_in(const std::filesystem::path& folder, const Plan& plan,
                    std::string_view subject = "test");

/// Runs it with that worker program of the build, in a folder that goes away again.
History run_plan_on(const Plan& plan, SubjectAdapter& subject, std::string_view worker);

/// The thread's operations in order.
std::vector<Operation> operations_of(const History& history, std::uint32_t process,
                                     std::uint32_t thread = 0);
/// As operations_of, but only those of its program: without the first `opens` and the trailing
/// closes of whole-run handles.
std::vector<Operation> program_of(const Plan& plan, const History& history, std::uint32_t process,
                                  std::uint32_t thread = 0);

}  // namespace castaway::harness::testing
