// The engine that simulates: the same algorithms, time and kernel its own, one step at a time.
#pragma once

#include <string_view>

#include "harness/engine/engine.h"
#include "harness/engine/sim/world.h"
#include "primitives/platform/mutants.h"

namespace castaway::harness::sim {

/// Runs a plan once, by the random walk whose seed is the plan's. Same plan, same history, bit for
/// bit. Knows the subject "castaway" and its deliberately broken forms.
class SimEngine final : public Engine {
  public:
    History run(const Plan& plan, SubjectAdapter& subject, const EngineOptions& options) override;
};

/// The defect that a subject's name asks for ("castaway:lost_wakeup"). Throws InputError when the
/// subject is none that can be simulated.
Mutant mutant_of(std::string_view subject);

/// Whether the simulator runs the code that makes this subject what it is: a defect in the real
/// platform is none here. Throws as mutant_of() does.
bool can_show(std::string_view subject);

/// Whether the subject's defect is one that programs of single calls show (`castaway conform`), and
/// no scenario need. Throws as mutant_of() does.
bool needs_single_calls(std::string_view subject);

/// The memory in which the simulator can show the subject's defect.
MemoryModel memory_for(std::string_view subject);

}  // namespace castaway::harness::sim
