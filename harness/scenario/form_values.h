// The small values that scenarios are written with, and their limits. scenarios/schema.json states
// the same limits.
#pragma once

#include <cstddef>
#include <string>

#include "harness/scenario/json_reader.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

inline constexpr std::int64_t kMostProcesses = 4096;
inline constexpr std::size_t kMostObjects = 4096;
inline constexpr std::size_t kMostThreads = 64;
/// MAXIMUM_WAIT_OBJECTS of Win32.
inline constexpr std::size_t kMostWaitObjects = 64;
/// An hour: whatever a scenario waits for, its run is over by then.
inline constexpr std::int64_t kLongestMs = 3'600'000;
inline constexpr std::int64_t kMostRepeats = 1'000'000;
inline constexpr std::int64_t kMostWeight = 1'000'000;
inline constexpr std::int64_t kLongestWorkUs = 10'000'000;
/// Blocks in blocks in blocks: deeper than this is surely a mistake, and recursion stays bounded.
inline constexpr int kDeepestBlock = 16;
inline constexpr std::size_t kLongestName = 64;

inline constexpr Bounds kCountBounds{1, INT32_MAX};
inline constexpr Bounds kTimeMsBounds{0, kLongestMs};

/// A name of a person's choosing: a letter, then letters, digits and underscores.
std::string read_name(const JsonNode& node);
bool is_name(std::string_view text);
/// Complains of the key of an object when it is no name.
void require_name(const JsonNode& node, std::string_view key);
/// A group of processes, or one of it: "owner" or "owner/0".
std::string read_process_reference(const JsonNode& node);
/// 5 or [1, 9].
Range read_range(const JsonNode& node, Bounds bounds);
/// As read_range, or the fallback where there is none.
Range read_range_or(const std::optional<JsonNode>& node, Bounds bounds, Range fallback);

}  // namespace castaway::harness
