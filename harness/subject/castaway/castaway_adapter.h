// The adapter of our own primitives: "castaway", and "castaway:<mutant>" for each seeded defect.
//
// Objects are shared by name. Inheritance needs a process that starts another one, and duplication
// a handle put into another process's table; the primitives do neither, so the adapter does not
// declare them. DuplicateHandle within a process is an operation like any other.
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
