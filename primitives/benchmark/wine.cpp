// The same calls made by a Windows program under Wine, whose objects live in a server process:
// every call is a request to it. Only where Wine and a cross compiler were found.
#include "primitives/benchmark/groups.h"

#ifdef CASTAWAY_WINE
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#endif

namespace castaway::benchmark {

#ifdef CASTAWAY_WINE

namespace {

/// What the command prints; empty when it cannot be run.
std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string text;
    std::array<char, 256> piece{};
    while (pipe && fgets(piece.data(), piece.size(), pipe.get()) != nullptr) {
        text += piece.data();
    }
    return text;
}

}  // namespace

std::vector<Row> measure_against_wine(const std::vector<Row>& uncontended) {
    // Its own prefix, so that it neither finds nor leaves anything in the user's.
    const std::string environment = "WINEDEBUG=-all WINEPREFIX=" CASTAWAY_WINE_PREFIX " ";
    // A prefix is made by the first program that runs in it, which takes some seconds.
    const std::string text = output_of(environment + "timeout 100 " CASTAWAY_WINE
                                                     " " CASTAWAY_WINE_PROGRAM " 2> /dev/null");
    output_of(environment + "timeout 20 " CASTAWAY_WINE_SERVER " -k 2> /dev/null");
    std::map<std::string, std::vector<double>> samples;
    std::istringstream in(text);
    for (std::string what; in >> what;) {
        double ns = 0;
        if (in >> ns) {
            samples[what].push_back(ns);
        }
    }
    std::vector<Row> rows;
    for (const Row& ours : uncontended) {
        Row row{"Uncontended, against Wine's server",
                ours.what,
                Unit::ns,
                ours.ours,
                "Wine",
                samples[ours.what.substr(0, ours.what.find_first_of(" ,-"))],
                ratio_at_most(1e-3),
                ""};
        rows.push_back(std::move(row));
    }
    return rows;
}

#else

std::vector<Row> measure_against_wine(const std::vector<Row>& /*uncontended*/) {
    return {{"Uncontended, against Wine's server",
             "mutex, semaphore, event",
             Unit::ns,
             {},
             "Wine",
             {},
             ratio_at_most(1e-3),
             "needs wine64 and gcc-mingw-w64-x86-64 when the build is configured"}};
}

#endif

}  // namespace castaway::benchmark
