// The table of rules: it is whole, and what it names is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "harness/base/error.h"
#include "harness/cli/rules_table.h"
#include "harness/cli/testing/program.h"

namespace castaway::harness::testing {
namespace {

using Complaints = std::vector<std::string>;
using ::testing::IsEmpty;

std::filesystem::path root() {
    return scenarios_folder().parent_path();
}

/// "Suite.Test" of every test in the tree.
std::set<std::string> tests_in_the_tree() {
    std::set<std::string> tests;
    const std::regex macro(R"(\nTEST(_F|_P)?\(\s*(\w+),\s*(\w+)\))");
    for (const char* folder : {"primitives", "harness", "reports"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root() / folder)) {
            if (!entry.path().string().ends_with("_test.cpp")) {
                continue;
            }
            const std::string text = text_of(entry.path());
            for (std::sregex_iterator each(text.begin(), text.end(), macro);
                 each != std::sregex_iterator(); ++each) {
                tests.insert(each->str(2) + "." + each->str(3));
            }
        }
    }
    return tests;
}

TEST(Rules, AreEachThereOnceAndWhole) {
    const std::vector<Rule> rules = read_rules(rules_text());
    EXPECT_EQ(rules.size(), 143U);
    const std::regex form("(NAME|EVT|MTX|SEM|TMR|WAIT|HND|DUP|INH|PROC|THR|ACC|CONC)-[0-9]{2}");
    std::set<std::string> ids;
    Complaints complaints;
    for (const Rule& rule : rules) {
        if (!std::regex_match(rule.id, form) || !ids.insert(rule.id).second) {
            complaints.push_back(rule.id + ": no id, or twice");
        }
        if (rule.statement.empty() || rule.source.empty()) {
            complaints.push_back(rule.id + ": says nothing");
        }
        if (rule.not_implemented.empty() && rule.tests.empty()) {
            complaints.push_back(rule.id + ": is implemented and no test checks it");
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

TEST(Rules, NameTestsAndScenariosThatAreThere) {
    const std::set<std::string> tests = tests_in_the_tree();
    ASSERT_GT(tests.size(), 300U);
    Complaints complaints;
    for (const Rule& rule : read_rules(rules_text())) {
        for (const std::string& test : rule.tests) {
            if (!tests.contains(test) && !std::filesystem::exists(root() / test)) {
                complaints.push_back(rule.id + ": there is no test " + test);
            }
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

TEST(Rules, AreThoseThatScenariosAndTestsName) {
    std::set<std::string> ids;
    for (const Rule& rule : read_rules(rules_text())) {
        ids.insert(rule.id);
    }
    const std::regex id(R"(\b(NAME|EVT|MTX|SEM|TMR|WAIT|HND|DUP|INH|PROC|THR|ACC|CONC)-[0-9]{2}\b)");
    Complaints complaints;
    std::size_t named = 0;
    for (const char* folder : {"primitives", "scenarios"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root() / folder)) {
            const std::string path = entry.path();
            if (!path.ends_with(".json") && !path.ends_with("_test.cpp")) {
                continue;
            }
            const std::string text = text_of(path);
            for (std::sregex_iterator each(text.begin(), text.end(), id);
                 each != std::sregex_iterator(); ++each, ++named) {
                if (!ids.contains(each->str())) {
                    complaints.push_back(path + " names " + each->str());
                }
            }
        }
    }
    EXPECT_GT(named, 300U);
    EXPECT_THAT(complaints, IsEmpty());
}

TEST(Rules, OfABrokenTableAreRefused) {
    EXPECT_THROW(read_rules("[]"), InputError);
    EXPECT_THROW(read_rules(R"({"rules": [{"id": "X"}]})"), InputError);
}

}  // namespace
}  // namespace castaway::harness::testing
