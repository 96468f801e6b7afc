#include "harness/engine/testing/engine_harness.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <system_error>

#include "harness/base/error.h"
#include "harness/engine/real/real_engine.h"
#include "harness/engine/testing/test_subject.h"

namespace castaway::harness::testing {

TemporaryFolder::TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "castaway-engine-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
        throw HarnessError("cannot make a temporary folder");
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path program_beside_us(std::string_view name) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

History run_plan(const Plan& plan, std::string_view subject) {
    const TemporaryFolder folder;
    return run_plan_in(folder.path() / "run", plan, subject);
}

History run_plan_in(const std::filesystem::path& folder, const Plan& plan,
                    std::string_view subject) {
    const std::unique_ptr<SubjectAdapter> adapter = make_test_subject(subject);
    RealEngine engine(program_beside_us("castaway-test-worker"));
    return engine.run(plan, *adapter, {folder, std::nullopt});
}

History run_plan_on(const Plan& plan, SubjectAdapter& subject, std::string_view worker) {
    const TemporaryFolder folder;
    RealEngine engine(program_beside_us(worker));
    return engine.run(plan, subject, {folder.path() / "run", std::nullopt});
}

std::vector<Operation> operations_of(const History& history, std::uint32_t process,
                                     std::uint32_t thread) {
    std::vector<Operation> found;
    std::copy_if(history.operations.begin(), history.operations.end(), std::back_inserter(found),
                 [&](const Operation& operation) {
                     return operation.process == process && operation.thread == thread;
                 });
    return found;
}

std::vector<Operation> program_of(const Plan& plan, const History& history, std::uint32_t process,
                                  std::uint32_t thread) {
    std::vector<Operation> all = operations_of(history, process, thread);
    const auto& steps = plan.processes.at(process).threads.at(thread).steps;
    const auto calls = static_cast<std::size_t>(
        std::count_if(steps.begin(), steps.end(),
                      [](const PlanStep& step) { return step.kind == StepKind::call; }));
    const std::size_t opens = thread == 0 ? plan.processes[process].opens.size() : 0;
    const std::size_t begin = std::min(opens, all.size());
    const std::size_t end = std::min(begin + calls, all.size());
    return {all.begin() + static_cast<std::ptrdiff_t>(begin),
            all.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace castaway::harness::testing
