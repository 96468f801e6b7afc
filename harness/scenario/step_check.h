// Whether the steps of a program can do what they say.
#pragma once

#include <set>
#include <string>

#include "harness/scenario/json_reader.h"
#include "harness/scenario/name_table.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/walk.h"

namespace castaway::harness {

class StepCheck {
  public:
    StepCheck(const Scenario& scenario, const NameTable& names, Problems& problems)
        : scenario_(scenario), names_(names), problems_(problems) {}

    /// Settles the releases in the process's programs and complains of its steps.
    /// \param pointer     of the process
    /// \param has_program it is written with "program" rather than with "threads"
    void check(ProcessSpec& process, const std::string& pointer, bool has_program);

  private:
    void check_step(Step& step, const std::string& pointer, StepRole role);
    void check_call(Step& step, const std::string& pointer, StepRole role);
    void check_fit(Step& step, const ObjectSpec& object, const std::string& pointer, StepRole role);
    void check_lifetime(const Step& step, const ObjectSpec& object, const std::string& pointer);
    void check_alias(const Step& step, std::size_t object, const std::string& pointer);
    void check_target(const Step& step, const std::string& pointer);
    void check_await(const Step& step, const std::string& pointer);

    const Scenario& scenario_;
    const NameTable& names_;
    Problems& problems_;
    const ProcessSpec* process_ = nullptr;
    /// Handles that steps of the process at hand make.
    std::set<std::string> made_;
};

}  // namespace castaway::harness
