// Checks on the source itself: what a compiler does not see and a reader would have to watch for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "harness/tidy/include_rules.h"

namespace castaway::harness {
namespace {

using Complaints = std::vector<std::string>;
using ::testing::IsEmpty;

struct SourceFile {
    std::string path;  ///< from the root
    std::string text;
    std::vector<std::string> lines;
    std::vector<std::string> code;  ///< the lines without their comments
};

const std::filesystem::path& root() {
    static const std::filesystem::path folder = CASTAWAY_SOURCE_FOLDER;
    return folder;
}

std::string read(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

/// The files below the root with one of the endings, sorted by path.
std::vector<SourceFile> files_with(const std::vector<std::string>& endings) {
    std::vector<SourceFile> files;
    for (const char* top : {"primitives", "harness", "reports", "scenarios"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root() / top)) {
            const std::string ending = entry.path().extension();
            if (std::find(endings.begin(), endings.end(), ending) == endings.end()) {
                continue;
            }
            SourceFile file{entry.path().lexically_relative(root()), read(entry.path()), {}, {}};
            std::istringstream in(file.text);
            for (std::string line; std::getline(in, line);) {
                file.lines.push_back(line);
                file.code.push_back(line.substr(0, line.find("//")));
            }
            files.push_back(std::move(file));
        }
    }
    std::sort(files.begin(), files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

const std::vector<SourceFile>& cpp_files() {
    static const std::vector<SourceFile> found = files_with({".cpp", ".h", ".hpp"});
    return found;
}

bool is_test(const std::string& path) {
    return path.find("_test.cpp") != std::string::npos ||
           path.find("/testing/") != std::string::npos;
}

bool lies_under(std::string_view path, std::string_view folder) {
    return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

const IncludeRule* rule_for(std::string_view path) {
    const IncludeRule* best = nullptr;
    for (const IncludeRule& rule : kIncludeRules) {
        if (lies_under(path, rule.folder) &&
            (best == nullptr || rule.folder.size() > best->folder.size())) {
            best = &rule;
        }
    }
    return best;
}

bool may_include(const IncludeRule& rule, const std::string& included) {
    std::istringstream allowed{std::string(rule.may_include)};
    for (std::string folder; allowed >> folder;) {
        if (lies_under(included, folder)) {
            return true;
        }
    }
    return lies_under(included, rule.folder);
}

TEST(Tidy, FindsTheSource) {
    EXPECT_GT(cpp_files().size(), 100U);
}

TEST(Tidy, IncludesPointDownwards) {
    Complaints complaints;
    const std::regex include(R"re(^#include "([^"]+)")re");
    for (const SourceFile& file : cpp_files()) {
        const IncludeRule* rule = rule_for(file.path);
        if (rule == nullptr) {
            complaints.push_back(file.path + ": no include rule is for it");
            continue;
        }
        // A test may use what helps it; what it tests may not.
        if (is_test(file.path)) {
            continue;
        }
        for (const std::string& line : file.lines) {
            std::smatch match;
            if (std::regex_search(line, match, include) &&
                match.str(1).find('/') != std::string::npos &&
                match.str(1).find("castaway/") != 0 && !may_include(*rule, match.str(1))) {
                complaints.push_back(file.path + " includes " + match.str(1));
            }
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

TEST(Tidy, FilesAreShort) {
    constexpr std::size_t kLinesMax = 520;
    Complaints complaints;
    for (const SourceFile& file : files_with({".cpp", ".h", ".hpp", ".js", ".css", ".sh"})) {
        if (file.lines.size() > kLinesMax) {
            complaints.push_back(file.path + ": " + std::to_string(file.lines.size()) + " lines");
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

/// A pattern that must not stand in code, where it may all the same, and why not.
struct Banned {
    const char* pattern;
    const char* allowed;  ///< regular expression over paths; empty: nowhere
    const char* reason;
};

const std::vector<Banned> all_banned{
    // The call by its bare or global name; a member of that name is somebody else's. Signal 0 is
    // none.
    {R"((^|[^\w.>:]|[^\w]::)kill\((?!.*, 0\)))",
     "tidy_test|harness/checkers/testing/model_run|harness/engine/sim/(world|schedule)",
     "signals go through pidfds"},
    {R"(\bkillpg\()", "", "signals go through pidfds"},
    {R"(\b(TODO|FIXME|XXX|HACK)\b)", "tidy_test", "finish it, or say what is not promised"},
    // Programs that may be missing, and conditions that a system may not let a test make:
    // namespaces, filters, limits, other users; under sanitizers, ends of threads that they do not
    // see.
    {R"(DISABLED_|GTEST_SKIP)",
     "tidy_test|browser_test|recovery/"
     "(full_memory|group_region|host_limits|pid_namespaces|"
     "removed_region|sandbox|thread_end)_test",
     "a test that does not run proves nothing"},
    {R"(random_device)", "harness/cli/options.cpp|tidy_test",
     "randomness comes from the plan's seed"},
    {R"(\b(mt19937|default_random_engine|std::rand|srand)\b)", "tidy_test",
     "randomness comes from harness/base/prng.h"},
    // The last takes moments of that clock and does not read it.
    {R"(system_clock|\bstd::time\(|gettimeofday)",
     "harness/cli/output_folder.cpp|tidy_test|include/castaway/sync.hpp",
     "no wall clock may reach a plan, a history or a verdict"},
    {R"(\bsleep_for|\bsleep_until|\busleep\(|\bnanosleep\()",
     // Locks of files, which have no time limit; kills at random moments; a look that is due once
     // in
     // a while.
     "tidy_test|real/run.cpp|real_engine_death_test|cli/testing/program|region_file.cpp|retire.cpp|"
     "pid_namespaces_test|removed_region_test",
     "a sleep hides a race; wait for what is awaited"},
    {R"(FUTEX_\w*PRIVATE)", "tidy_test", "a private futex is deaf to other processes"},
    {R"(notify_one|notify_all|std::condition_variable)",
     "tidy_test|harness/engine/sim/ordered_work",  // whose threads are of one process
     "the standard library waits on private futexes"},
    {R"(\bnew [A-Z]\w*[({])", "primitives/recovery/session.h", "no owning raw pointers"},
    {R"(/work/)", "tidy_test", "no path of one machine"},
};

TEST(Tidy, BannedWordsDoNotStandInCode) {
    Complaints complaints;
    for (const Banned& banned : all_banned) {
        const std::regex pattern(banned.pattern);
        const std::regex allowed(*banned.allowed == '\0' ? "$^" : banned.allowed);
        for (const SourceFile& file : cpp_files()) {
            if (std::regex_search(file.path, allowed)) {
                continue;
            }
            for (std::size_t i = 0; i < file.lines.size(); ++i) {
                // A comment may speak of what code may not do.
                if (std::regex_search(file.code[i], pattern)) {
                    complaints.push_back(file.path + ":" + std::to_string(i + 1) + ": " +
                                         file.lines[i] + " (" + banned.reason + ")");
                }
            }
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

TEST(Tidy, HeadersSayWhatTheyAre) {
    Complaints complaints;
    for (const SourceFile& file : cpp_files()) {
        if (file.path.ends_with(".cpp")) {
            continue;
        }
        if (!file.text.starts_with("//") || file.text.find("#pragma once") == std::string::npos) {
            complaints.push_back(file.path + ": begins with no comment, or has no #pragma once");
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

/// The folder of the nearest CMakeLists.txt above the file.
std::filesystem::path build_folder_of(const std::string& path) {
    std::filesystem::path folder = (root() / path).parent_path();
    while (!std::filesystem::exists(folder / "CMakeLists.txt")) {
        folder = folder.parent_path();
    }
    return folder;
}

std::string build_text_of(const std::string& path) {
    return read(build_folder_of(path) / "CMakeLists.txt");
}

TEST(Tidy, EveryBuildFolderIsReached) {
    Complaints complaints;
    std::set<std::filesystem::path> folders;
    for (const SourceFile& file : cpp_files()) {
        folders.insert(build_folder_of(file.path));
    }
    ASSERT_GT(folders.size(), 5U);
    for (const std::filesystem::path& folder : folders) {
        const std::filesystem::path above = folder.parent_path() / "CMakeLists.txt";
        const std::string line = "add_subdirectory(" + folder.filename().string() + ")";
        if (read(above).find(line) == std::string::npos) {
            complaints.push_back(above.string() + ": no " + line);
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

TEST(Tidy, EverySourceIsBuilt) {
    Complaints complaints;
    for (const SourceFile& file : cpp_files()) {
        const std::string name = std::filesystem::path(file.path).filename();
        if (file.path.ends_with(".cpp") &&
            build_text_of(file.path).find(name) == std::string::npos) {
            complaints.push_back(file.path + ": no target has it");
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

/// The enumerators between `enum class NAME` and its end.
std::vector<std::string> enumerators(const std::string& text, const std::string& name) {
    const std::size_t begin = text.find("enum class " + name);
    const std::size_t end = text.find("};", begin);
    const std::string body =
        text.substr(text.find('{', begin) + 1, end - text.find('{', begin) - 1);
    const std::regex word(R"(([a-z][a-z0-9_]*)\s*,)");
    std::vector<std::string> names;
    for (std::sregex_iterator each(body.begin(), body.end(), word); each != std::sregex_iterator();
         ++each) {
        names.push_back(each->str(1));
    }
    return names;
}

/// The enumerators that no algorithm of the primitives mentions.
Complaints unused(const std::string& header, const std::string& name) {
    Complaints complaints;
    const std::vector<std::string> names = enumerators(read(root() / header), name);
    EXPECT_GT(names.size(), 5U);
    const std::string scope = name + "::";
    for (const std::string& each : names) {
        const std::regex use(std::string(scope).append(each).append(R"(\b)"));
        const bool used =
            each == "none" ||
            std::any_of(cpp_files().begin(), cpp_files().end(), [&](const SourceFile& file) {
                return file.path != header && !is_test(file.path) &&
                       file.path.starts_with("primitives/") && std::regex_search(file.text, use);
            });
        if (!used) {
            complaints.push_back(each);
        }
    }
    return complaints;
}

TEST(Tidy, EveryCrashPointIsPassed) {
    EXPECT_THAT(unused("primitives/platform/crash_points.h", "CrashPoint"), IsEmpty());
}

TEST(Tidy, EveryMutantHasItsSite) {
    EXPECT_THAT(unused("primitives/platform/mutants.h", "Mutant"), IsEmpty());
}

/// The rules that a text names: "EVT-03", and of "MTX-07 to MTX-09" those between, too.
std::set<std::string> rules_named(const std::string& text) {
    std::set<std::string> named;
    const std::regex one(
        R"(\b([A-Z]{3,4})-(\d\d)(?:\s+(?://\s+)?to\s+(?://\s+)?(?:[A-Z]{3,4}-)?(\d\d))?)");
    for (std::sregex_iterator each(text.begin(), text.end(), one); each != std::sregex_iterator();
         ++each) {
        const int first = std::stoi(each->str(2));
        const int last = each->str(3).empty() ? first : std::stoi(each->str(3));
        for (int number = first; number <= last; ++number) {
            named.insert(each->str(1) + (number < 10 ? "-0" : "-") + std::to_string(number));
        }
    }
    return named;
}

TEST(Tidy, TheModelNamesEveryRule) {
    std::set<std::string> stated;
    for (const SourceFile& file : files_with({".h", ".cpp", ".md"})) {
        if (file.path.starts_with("harness/model/") &&
            file.path.find("_test.") == std::string::npos) {
            stated.merge(rules_named(file.text));
        }
    }
    Complaints complaints;
    const std::set<std::string> catalogue = rules_named(read(root() / "primitives/rules.json"));
    for (const std::string& rule : catalogue) {
        if (stated.count(rule) == 0) {
            complaints.push_back(rule + " is not named in harness/model");
        }
    }
    EXPECT_EQ(catalogue.size(), 143U);
    EXPECT_THAT(complaints, IsEmpty());
}

TEST(Tidy, WhatReadmesPointToIsThere) {
    Complaints complaints;
    std::vector<SourceFile> pages = files_with({".md"});
    pages.push_back({"README.md", read(root() / "README.md"), {}, {}});
    const std::regex link(R"(\]\(([^)#:]+)\))");
    for (const SourceFile& page : pages) {
        const std::filesystem::path folder = (root() / page.path).parent_path();
        for (std::sregex_iterator each(page.text.begin(), page.text.end(), link);
             each != std::sregex_iterator(); ++each) {
            if (!std::filesystem::exists(folder / each->str(1))) {
                complaints.push_back(page.path + " points to " + each->str(1));
            }
        }
    }
    EXPECT_THAT(complaints, IsEmpty());
}

}  // namespace
}  // namespace castaway::harness
