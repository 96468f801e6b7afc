// castaway_benchmark [--out FOLDER] [GROUP...]: measures, prints the table, and writes it to
// FOLDER/speed.md and FOLDER/speed.json. Exit code: 0 measured, whatever was met; 2 usage; 3 the
// files could not be written.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "primitives/benchmark/groups.h"
#include "primitives/benchmark/support.h"
#include "primitives/benchmark/table.h"

namespace {

using namespace castaway::benchmark;  // NOLINT(google-build-using-namespace): it is its program

constexpr int kUsage = 2;
constexpr int kFailed = 3;
const std::set<std::string> group_names{"uncontended", "pingpong",   "waits",   "deaths",
                                        "names",       "contention", "capacity"};

struct Options {
    std::string out = ".";
    std::set<std::string> groups;
};

bool parse(int count, char** arguments, Options& options) {
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--out" && i + 1 < count) {
            options.out = arguments[++i];
        } else if (group_names.contains(argument)) {
            options.groups.insert(argument);
        } else {
            std::fprintf(stderr,
                         "%s: no option or group of that name; groups are:", argument.c_str());
            for (const std::string& group : group_names) {
                std::fprintf(stderr, " %s", group.c_str());
            }
            std::fputs("; --out FOLDER says where the files go\n", stderr);
            return false;
        }
    }
    return true;
}

std::vector<Row> measure(const std::set<std::string>& groups) {
    std::vector<Row> rows;
    const auto wanted = [&groups](const char* group) {
        const bool yes = groups.empty() || groups.contains(group);
        if (yes) {
            std::fprintf(stderr, "measuring %s\n", group);
        }
        return yes;
    };
    const auto add = [&rows](const std::vector<Row>& more) {
        rows.insert(rows.end(), more.begin(), more.end());
    };
    // This process attaches to this one; those that it forks, each to its group's.
    const Region own;
    own.use();
    if (wanted("uncontended")) {
        add(measure_uncontended());
        add(measure_against_wine(rows));
    }
    if (wanted("waits")) {
        add(measure_waits());
    }
    if (wanted("pingpong")) {
        add(measure_ping_pong());
    }
    if (wanted("contention")) {
        add(measure_contention());
    }
    if (wanted("deaths")) {
        add(measure_deaths());
    }
    if (wanted("names")) {
        add(measure_names());
    }
    if (wanted("capacity")) {
        add(measure_capacity());
    }
    return rows;
}

bool write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path);
    out << text;
    out.close();
    if (!out) {
        std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
    }
    return static_cast<bool>(out);
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    if (!parse(count, arguments, options)) {
        return kUsage;
    }
    const std::vector<Row> rows = measure(options.groups);
    const MachineFacts facts = machine_facts();
    const std::string table = markdown(facts, rows);
    std::fputs(table.c_str(), stdout);
    std::error_code ignored;
    std::filesystem::create_directories(options.out, ignored);
    const std::filesystem::path folder = options.out;
    return write_file(folder / "speed.md", table) &&
                   write_file(folder / "speed.json", json(facts, rows))
               ? EXIT_SUCCESS
               : kFailed;
}
