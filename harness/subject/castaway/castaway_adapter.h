// The adapter of our own primitives: "castaway", and "castaway:<mutant>" for each seeded defect.
//
// Objects are shared by name; by inheritance, for which the giver prepares each other process
// (castaway_prepare_child), as it would a child; and by duplication (DuplicateHandle).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "harness/subject/subject.h"

namespace castaway::harness {

/// The sound one first, then the mutants.
std::vector<std::unique_ptr<SubjectAdapter>> castaway_adapters();

/// The primitives' named crash points.
std::span<const CrashPointInfo> castaway_crash_points();

}  // namespace castaway::harness
