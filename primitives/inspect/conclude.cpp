// The audit's conclusion from several looks.
//
// A change of a live thread lasts microseconds, so what is found in every one of many looks is no
// change in motion; and what a live thread holds a lock for is its business as long as it does.
// What the dead left is given back by live processes within milliseconds; so long an audit waits.
#include <poll.h>

#include <algorithm>
#include <map>
#include <utility>

#include "primitives/inspect/audit.h"

namespace castaway {

namespace {

constexpr std::uint32_t kLooksMin = 20;
constexpr std::int64_t kRecoveryPatienceNs = 3'000'000'000;

using Key = std::pair<Invariant, std::string>;
using Findings = std::map<Key, Finding>;

Findings by_key(const std::vector<Finding>& found) {
    Findings findings;
    for (const Finding& finding : found) {
        Key key{finding.invariant, finding.where};
        findings.try_emplace(std::move(key), finding);
    }
    return findings;
}

std::uint32_t live_processes(const RegionView& region, bool left) {
    const Onlooker onlooker(region, left);
    std::vector<bool> live(onlooker.processes(), false);
    for (std::uint32_t slot = 0; slot < onlooker.threads(); ++slot) {
        const ThreadEntry entry = onlooker.thread_entry(slot);
        if (entry.state == SlotState::live && entry.process < live.size() &&
            onlooker.is_alive(slot)) {
            live[entry.process] = true;
        }
    }
    return static_cast<std::uint32_t>(std::count(live.begin(), live.end(), true));
}

}  // namespace

RegionAudit audit_of(const RegionView& region, bool left) {
    const std::int64_t begin = LinuxPlatform{}.now(Clock::monotonic);
    RegionAudit audit;
    audit.left_by_earlier_start = left;
    Findings seen;      // in any look, as last seen
    Findings standing;  // in every look
    DamageLook last;
    for (;;) {
        last = look_for_damage(region, left);
        audit.processes = live_processes(region, left);
        Findings now = by_key(last.findings);
        if (audit.looks++ == 0) {
            standing = now;
        } else {
            std::erase_if(standing, [&](const auto& each) { return !now.contains(each.first); });
        }
        bool awaited = false;
        for (auto& [key, finding] : now) {
            if (const auto stands = standing.find(key); stands != standing.end()) {
                stands->second = finding;
                awaited = awaited || (finding.excuse == Excuse::by_dead && audit.processes != 0);
            }
            seen.insert_or_assign(key, std::move(finding));
        }
        const std::int64_t spent = LinuxPlatform{}.now(Clock::monotonic) - begin;
        if (standing.empty() ||
            (audit.looks >= kLooksMin && (!awaited || spent > kRecoveryPatienceNs))) {
            break;
        }
        // So that those who are in motion move on.
        poll(nullptr, 0, 1);
    }
    const auto rules = audited_rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        audit.rules.push_back({rules[i].id, rules[i].statement, last.checked[i]});
    }
    for (auto& [key, finding] : seen) {
        const AuditFinding told{rules[static_cast<std::size_t>(key.first)].id, finding.what};
        if (!standing.contains(key) || finding.excuse == Excuse::at_work) {
            audit.in_change.push_back(told);
        } else if (finding.excuse == Excuse::by_dead && audit.processes == 0) {
            audit.left_by_dead.push_back(told);
        } else {
            audit.wrong.push_back(told);
        }
    }
    return audit;
}

}  // namespace castaway
