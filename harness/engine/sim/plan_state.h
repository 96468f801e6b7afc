// What a simulated plan remembers of itself: everything that a world restores, and the numbers of
// the harness's own words that its threads sleep on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/engine/sim/coverage.h"
#include "harness/engine/sim/member.h"
#include "harness/history/history.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness::sim {

/// How a process ended, or is ending.
enum class EndCause : std::uint8_t {
    none,
    killed,
    exited,    ///< by a fault, holding whatever it held
    finished,  ///< did its programs and left
    stuck,     ///< did not come to its end; the harness ended it
};

struct PlanProcessState {
    EndCause cause = EndCause::none;
    std::uint32_t programs_left = 0;
    bool closed = false;  ///< its handles were closed, for the end
    std::uint32_t threads_left = 0;
    std::uint32_t handle_count = 0;  ///< entries of its handle table in use
    std::optional<std::int64_t> known_dead_ns;
    std::optional<ProcessRef> inheritance;  ///< the slot that the giver has prepared
    bool gifts_there = false;               ///< its entries of PlanWorld::given_ are
};

struct PlanThreadState {
    std::optional<Part> part;
    bool program_over = false;
    bool ended = false;  ///< by a fault, alone
    bool in_call = false;
    bool in_program = false;  ///< and not at its opening or closing calls
    bool told_sleep = false;  ///< about_to_sleep() came in this call
    std::int64_t ended_ns = 0;
    std::uint32_t operation = 0;  ///< of its program, from 1
    std::uint32_t record = 0;     ///< index of its pending call's record
    Activity activity = 0;        ///< what kind of call, while in_program
};

/// A handle that a process's programs know by a name of the plan.
struct HeldHandle {
    std::uint32_t name = 0;
    std::uint32_t thread = 0;
    Subject::Handle handle = 0;
};

struct PlanFaultState {
    bool fired = false;
    bool resumed = false;
    std::uint32_t visits = 0;  ///< of its crash point
    std::int64_t at_ns = 0;
};

/// One call. Kept outside of the world's memory, in the order of the invocations.
struct CallRecord {
    enum class Origin : std::uint8_t { opening, program, closing };
    std::uint16_t process = 0;
    std::uint16_t thread = 0;
    Origin origin = Origin::program;
    bool returned = false;
    bool slept = false;
    std::uint32_t index = 0;  ///< opening: object; program: step; closing: handle name
    std::int64_t invoked_ns = 0;
    std::int64_t returned_ns = 0;
    Response response;
};

/// A procedure call that ran. Kept as the records are.
struct RanCall {
    std::uint32_t record = 0;  ///< of the call that it ran in
    std::uint64_t origin = 0;  ///< CallOrigin, as the subject gave it back
};

// The harness's own words.
inline constexpr std::uint64_t kStartWord = 0;
inline constexpr std::uint64_t kCloseWord = 1;
inline constexpr std::uint64_t kSleepNewsWord = 2;
inline constexpr std::uint64_t kDeathNewsWord = 3;
inline constexpr std::uint64_t kPointWords = 1'000;
inline constexpr std::uint64_t kFaultWords = 5'000'000;
inline constexpr std::uint64_t kMemberWords = 10'000'000;
inline constexpr std::uint64_t kClosedWords = 20'000'000;
inline constexpr std::uint64_t kWorkWords = 30'000'000;
/// By process: it was given something, or has attached.
inline constexpr std::uint64_t kGiftWords = 40'000'000;
/// By process: the names of its handles.
inline constexpr std::uint64_t kHandleWords = 50'000'000;

/// Whether what it waits for is seen by the harness, and not by the thread that a fault strikes.
bool is_from_outside(const PlanTrigger& trigger);

}  // namespace castaway::harness::sim
