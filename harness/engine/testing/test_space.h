// The shared memory of the subject that the engine's own tests drive. It stands on the kernel's and
// the C library's robust mutexes and semaphores, so that nothing in these tests depends on the
// primitives.
#pragma once

#include <pthread.h>
#include <semaphore.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "harness/engine/real/system.h"
#include "harness/history/operation.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness::testing {

inline constexpr std::size_t kTestObjectsMax = 16;
inline constexpr std::size_t kTestProcessesMax = 256;

struct TestObject {
    std::array<char, 32> name;
    ObjectType type;
    bool manual_reset;
    pthread_mutex_t mutex;
    sem_t semaphore;
    std::atomic<std::uint32_t> signaled;  ///< event; futex
    std::atomic<std::uint32_t> handles;
};

/// What a process holds, kept by its pid.
struct TestProcess {
    std::atomic<std::int32_t> pid;
    std::atomic<std::uint32_t> handles;
    std::atomic<bool> seen_dead;  ///< by an observation: the next one takes its handles away
};

struct TestMemory {
    pthread_mutex_t directory;  ///< guards the making of objects
    std::atomic<std::uint32_t> object_count;
    std::array<TestObject, kTestObjectsMax> objects;
    std::array<TestProcess, kTestProcessesMax> processes;
};

void make_robust_mutex(pthread_mutex_t& mutex);

/// The one of that name, or null.
TestObject* find_object(TestMemory& memory, std::string_view name);

inline TestMemory& memory_in(const Mapping& mapping) {
    return *reinterpret_cast<TestMemory*>(mapping.data());
}

/// Names the descriptor of the shared memory to the workers.
inline constexpr const char* kTestSpaceVariable = "CASTAWAY_TEST_SPACE";

}  // namespace castaway::harness::testing
