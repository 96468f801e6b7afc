// The audit of a region: its structural invariants, each checked in one look.
//
// A look takes no lock, so what it finds may be a change half-done. Each finding therefore says
// whether somebody is at work there: whether a thread, live or dead, holds a lock that guards what
// was looked at. audit_region() looks several times and concludes.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "castaway/inspect.h"
#include "primitives/inspect/words.h"

namespace castaway {

/// The invariants; their statements are in audit.cpp.
enum class Invariant : std::uint8_t {
    directories,
    threads,
    journals,
    locks,
    handles,
    handle_counts,
    values,
    owners,
    queues,
    wake_ups,
    lifetimes,
    names,
    calls,
    free_lists,
};
inline constexpr std::size_t kInvariants = 14;

/// Why what was found may be all right.
enum class Excuse : std::uint8_t {
    none,
    at_work,  ///< a live thread holds a lock that guards it
    by_dead,  ///< it was left by a dead thread, and is to be given back
};

struct Finding {
    Invariant invariant = Invariant::directories;
    std::string where;  ///< the same in every look, whatever the numbers
    std::string what;   ///< one line
    Excuse excuse = Excuse::none;
};

/// What one look finds.
struct DamageLook {
    std::vector<Finding> findings;
    std::array<std::uint64_t, kInvariants> checked{};  ///< how many things, by invariant
};

/// \param left as of Onlooker
DamageLook look_for_damage(const RegionView& region, bool left);

/// Looks until only what stands is left, and concludes. See audit_region() of castaway/inspect.h.
RegionAudit audit_of(const RegionView& region, bool left);

/// Id and statement of each.
std::array<AuditedRule, kInvariants> audited_rules();

/// One look in the making. Its parts lie in files of their own and fill it.
class Audit : public Onlooker {
  public:
    using Onlooker::Onlooker;

    DamageLook look;

    void count(Invariant invariant, std::uint64_t things = 1) {
        look.checked[static_cast<std::size_t>(invariant)] += things;
    }
    /// \param guards the locks under which it changes
    void report(Invariant invariant, std::string where, std::string what,
                std::initializer_list<Cell32*> guards = {}) {
        look.findings.push_back({invariant, std::move(where), std::move(what), excuse_by(guards)});
    }
    void report_excused(Invariant invariant, std::string where, std::string what, Excuse excuse) {
        look.findings.push_back({invariant, std::move(where), std::move(what), excuse});
    }

    /// What the holders of these locks, and of the recovery lock, excuse.
    [[nodiscard]] Excuse excuse_by(std::initializer_list<Cell32*> guards) const {
        Excuse excuse = excuse_of(region().header().recovery_lock);
        for (Cell32* const guard : guards) {
            excuse = excuse == Excuse::none ? excuse_of(*guard) : excuse;
        }
        return excuse;
    }
    /// The thread that holds the lock is live, or dead and has noted the lock.
    [[nodiscard]] Excuse excuse_of(Cell32& lock) const {
        const std::uint32_t word = load(lock);
        const std::uint32_t holder = lock_holder(word);
        if (holder == 0 || holder > threads()) {
            return Excuse::none;
        }
        const ThreadEntry entry = thread_entry(holder - 1);
        if (entry.state == SlotState::free ||
            (entry.generation & 0x7fffU) != (word >> 16 & 0x7fff)) {
            return Excuse::none;
        }
        if (is_alive(holder - 1)) {
            return Excuse::at_work;
        }
        const std::uint64_t offset = region().offset_of(&lock);
        for (Cell64& noted : region().thread(holder - 1).locks) {
            if (load(noted) == offset) {
                return Excuse::by_dead;
            }
        }
        return Excuse::none;
    }
};

/// Directories, threads, journals and locks.
void audit_members(Audit& audit);
/// Values, owners, queues, wake-ups and lifetimes.
void audit_objects(Audit& audit);
/// Handle tables and what they count.
void audit_handles(Audit& audit);
/// Names, procedure calls and free lists.
void audit_tables(Audit& audit);

/// "object slot 3 \"Local\\x\"".
std::string label_of(const RegionView& region, std::uint32_t slot);

}  // namespace castaway
