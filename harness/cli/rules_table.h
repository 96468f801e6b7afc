// The table of the rules that the primitives keep, as the program carries it
// (primitives/rules.json).
#pragma once

#include <string>
#include <vector>

namespace castaway::harness {

/// The file's text.
const char* rules_text();

struct Rule {
    std::string id;                  ///< "WAIT-06"
    std::string statement;           ///< what holds
    std::string source;              ///< the Win32 page, or who else says so
    std::vector<std::string> tests;  ///< "Suite.Test" of GoogleTest, or a scenario's path
    std::string not_implemented;     ///< why not; empty: it is
};

/// All rules, in the file's order. Throws InputError, naming the entry, where the text is no table.
std::vector<Rule> read_rules(const std::string& text);

}  // namespace castaway::harness
