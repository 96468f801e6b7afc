#include "primitives/inspect/audit.h"

#include "primitives/inspect/describe.h"

namespace castaway {

std::array<AuditedRule, kInvariants> audited_rules() {
    return {{
        {"directories", "each taken slot is within those ever used and says whose it is"},
        {"threads", "each thread belongs to a process that is there, and its words are sane"},
        {"journals", "no change of several words is half-done"},
        {"locks", "no internal lock is held by a thread that is dead or was never there"},
        {"handles", "each handle names an object, and each process counts its handles"},
        {"handle-counts", "each object counts the handles that name it"},
        {"values", "each object's state is one that its type can have"},
        {"owners", "each owner of a mutex is there"},
        {"queues", "each queue is linked both ways and holds live waiters alone"},
        {"wake-ups", "nobody is left waiting for what is signaled"},
        {"lifetimes", "an object is there as long as it has a handle or a waiter"},
        {"names", "each name leads to its object, and no two objects have one name"},
        {"calls", "each procedure call is its thread's, and its timer's if it has one"},
        {"free-lists", "each slot is in use or free, once"},
    }};
}

std::string label_of(const RegionView& region, std::uint32_t slot) {
    const std::string name = shown_name_of(region, region.object(slot));
    return "object slot " + std::to_string(slot) + (name.empty() ? "" : " \"" + name + "\"");
}

DamageLook look_for_damage(const RegionView& region, bool left) {
    Audit audit(region, left);
    audit_handles(audit);
    audit_objects(audit);
    audit_tables(audit);
    audit_members(audit);
    return std::move(audit.look);
}

}  // namespace castaway
