// A schedule: every choice of one execution, as plain data. With the world it belongs to, it makes
// the execution again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness::sim {

struct Choice {
    enum class Kind : std::uint8_t {
        run,      ///< the thread takes its next step
        kill,     ///< the process gets a SIGKILL
        die,      ///< a thread whose process was killed runs no further and begins to die
        expire,   ///< time passes until the thread's sleep is over, though others could run
        disturb,  ///< the thread's sleep ends for no reason
        abandon,  ///< this execution is of no interest any more
    };
    Kind kind = Kind::run;
    std::uint16_t index = 0;  ///< of a thread; kill: of a process

    static constexpr Choice run(std::uint16_t thread) { return {Kind::run, thread}; }
    static constexpr Choice kill(std::uint16_t process) { return {Kind::kill, process}; }
    static constexpr Choice die(std::uint16_t thread) { return {Kind::die, thread}; }
    static constexpr Choice expire(std::uint16_t thread) { return {Kind::expire, thread}; }
    static constexpr Choice disturb(std::uint16_t thread) { return {Kind::disturb, thread}; }
    static constexpr Choice abandon() { return {Kind::abandon, 0}; }

    bool operator==(const Choice&) const = default;
};

using Schedule = std::vector<Choice>;

/// One line: "r0*12 r3 k1 r0*4". A letter for the kind (r run, k kill, d die, e expire, w disturb,
/// a abandon), the index, and how often in a row.
std::string to_string(const Schedule& schedule);

/// Reads what to_string wrote. Throws InputError.
/// \param where what errors name as the place
Schedule parse_schedule(std::string_view text, const std::string& where = "schedule");

/// How often one thread was followed by another.
std::size_t switches_in(const Schedule& schedule);

}  // namespace castaway::harness::sim
