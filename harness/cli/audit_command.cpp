// `castaway audit`: do the structures of a region hold together?
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "castaway/inspect.h"
#include "harness/base/words.h"
#include "harness/cli/commands.h"
#include "harness/cli/region_choice.h"

namespace castaway::harness {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::vector<AuditFinding>& findings) {
    Json list = Json::array();
    for (const AuditFinding& finding : findings) {
        list.push_back({{"rule", finding.rule}, {"what", finding.what}});
    }
    return list;
}

void print_json(const std::string& region, const RegionAudit& audit) {
    Json rules = Json::array();
    for (const AuditedRule& rule : audit.rules) {
        rules.push_back(
            {{"id", rule.id}, {"statement", rule.statement}, {"checked", rule.checked}});
    }
    const Json document{{"format", 1},
                        {"region", region},
                        {"sound", audit.wrong.empty()},
                        {"looks", audit.looks},
                        {"live_processes", audit.processes},
                        {"left_by_earlier_start", audit.left_by_earlier_start},
                        {"rules", std::move(rules)},
                        {"wrong", json_of(audit.wrong)},
                        {"in_change", json_of(audit.in_change)},
                        {"left_by_dead", json_of(audit.left_by_dead)}};
    fmt::print("{}\n", document.dump(2));
}

void print_findings(const char* title, const std::vector<AuditFinding>& findings) {
    if (findings.empty()) {
        return;
    }
    fmt::print("\n{}\n", title);
    for (const AuditFinding& finding : findings) {
        fmt::print("  {:<13}  {}\n", finding.rule, finding.what);
    }
}

void print_text(const std::string& region, const RegionAudit& audit) {
    fmt::print("region {}: {}, {}\n", region,
               counted(audit.processes, "live process", "live processes"),
               counted(audit.looks, "look", "looks"));
    if (audit.left_by_earlier_start) {
        fmt::print("left by an earlier start of the machine: nobody in it is alive\n");
    }
    for (const AuditedRule& rule : audit.rules) {
        fmt::print("  {:<13}  {:>8} checked  {}\n", rule.id, rule.checked, rule.statement);
    }
    print_findings("wrong", audit.wrong);
    print_findings("in motion while it was looked at, which is not wrong", audit.in_change);
    print_findings("left by the dead; the next process that attaches gives it back",
                   audit.left_by_dead);
    fmt::print("\n{}\n", audit.wrong.empty()
                             ? "all holds"
                             : counted(audit.wrong.size(), "thing is wrong", "things are wrong"));
}

}  // namespace

ExitCode audit_command(const AuditOptions& options) {
    const ChosenRegion region = choose_region(options.region);
    std::string problem;
    const auto audit = audit_region(region.spec, problem);
    if (!audit) {
        throw InputError(problem);
    }
    options.json ? print_json(region.title, *audit) : print_text(region.title, *audit);
    return audit->wrong.empty() ? ExitCode::pass : ExitCode::check_failed;
}

}  // namespace castaway::harness
