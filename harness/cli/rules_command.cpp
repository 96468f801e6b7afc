// `castaway rules`: what the primitives promise, and which tests check it.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/words.h"
#include "harness/cli/commands.h"
#include "harness/cli/rules_table.h"

namespace castaway::harness {
namespace {

using Json = nlohmann::ordered_json;

const char* status_of(const Rule& rule) {
    return rule.not_implemented.empty() ? "implemented" : "not-implemented";
}

void print_json(const std::vector<Rule>& shown, std::size_t all, std::size_t implemented) {
    Json rules = Json::array();
    for (const Rule& rule : shown) {
        Json& entry = rules.emplace_back(Json{{"id", rule.id},
                                              {"statement", rule.statement},
                                              {"source", rule.source},
                                              {"status", status_of(rule)},
                                              {"tests", rule.tests}});
        if (!rule.not_implemented.empty()) {
            entry["reason"] = rule.not_implemented;
        }
    }
    const Json document{
        {"format", 1},
        {"counts",
         {{"all", all}, {"implemented", implemented}, {"not_implemented", all - implemented}}},
        {"rules", std::move(rules)}};
    fmt::print("{}\n", document.dump(2));
}

void print_text(const std::vector<Rule>& shown, std::size_t all, std::size_t implemented) {
    for (const Rule& rule : shown) {
        fmt::print("{:<8}  {} ({})\n", rule.id, rule.statement, rule.source);
        if (!rule.not_implemented.empty()) {
            fmt::print("          not implemented: {}\n", rule.not_implemented);
        }
        for (const std::string& test : rule.tests) {
            fmt::print("          {}\n", test);
        }
    }
    fmt::print("\n{}: {} implemented, {} not\n", counted(all, "rule", "rules"), implemented,
               all - implemented);
}

}  // namespace

std::vector<Rule> read_rules(const std::string& text) {
    const Json document = Json::parse(text, nullptr, false);
    if (!document.is_object() || !document.contains("rules") || !document["rules"].is_array()) {
        throw InputError("primitives/rules.json", "it is no object with a list of rules");
    }
    std::vector<Rule> rules;
    for (const Json& entry : document["rules"]) {
        try {
            rules.push_back({entry.at("id"), entry.at("statement"), entry.at("source"),
                             entry.value("tests", std::vector<std::string>{}),
                             entry.value("not_implemented", std::string())});
        } catch (const Json::exception& error) {
            throw InputError(fmt::format("primitives/rules.json: /rules/{}", rules.size()),
                             error.what());
        }
    }
    return rules;
}

ExitCode rules_command(const RulesOptions& options) {
    const std::vector<Rule> all = read_rules(rules_text());
    std::vector<Rule> shown;
    std::copy_if(all.begin(), all.end(), std::back_inserter(shown), [&](const Rule& rule) {
        return options.status.empty() || options.status == status_of(rule);
    });
    const auto implemented = static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](const Rule& rule) { return rule.not_implemented.empty(); }));
    options.json ? print_json(shown, all.size(), implemented)
                 : print_text(shown, all.size(), implemented);
    return ExitCode::pass;
}

}  // namespace castaway::harness
