// castaway conform: what was made and found, as text or JSON.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/base/words.h"
#include "harness/cli/commands.h"
#include "harness/cli/output_folder.h"
#include "harness/conformance/conform.h"

namespace castaway::harness {
namespace {

using conformance::ConformanceReport;

/// Calls of which none was judged prove nothing.
ExitCode exit_code_of(const ConformanceReport& report) {
    if (report.shown) {
        return ExitCode::check_failed;
    }
    return report.judged() == 0 ? ExitCode::inconclusive : ExitCode::pass;
}

std::string_view verdict_of(const ConformanceReport& report) {
    switch (exit_code_of(report)) {
        case ExitCode::pass:
            return "pass";
        case ExitCode::check_failed:
            return "fail";
        default:
            return "inconclusive";
    }
}

std::string to_json_text(const ConformanceReport& report) {
    nlohmann::ordered_json functions;
    for (const auto& [function, tally] : report.tallies) {
        functions[win32::name_of(function)] = {{"judged", tally.judged},
                                               {"refused", tally.refused}};
    }
    nlohmann::ordered_json json{
        {"subject", report.options.subject},
        {"seed", report.options.seed},
        {"programs", report.programs},
        {"calls_of_each", report.options.calls},
        {"judged", report.judged()},
        {"left_open", report.left_open},
        {"functions", functions},
        {"verdict", verdict_of(report)},
    };
    if (report.shown) {
        json["wrong"] = report.shown->finding->wrong;
        json["program"] = nlohmann::ordered_json::parse(to_json_text(*report.shortest));
    }
    return json.dump(2) + "\n";
}

std::string to_text(const ConformanceReport& report) {
    std::string text =
        fmt::format("conformance of {}: {}, {} judged, {} left open by the interface\n",
                    report.options.subject, counted(report.programs, "program", "programs"),
                    counted(report.judged(), "call", "calls"), report.left_open);
    for (const auto& [function, tally] : report.tallies) {
        text += fmt::format("    {:<24} {:>9} {:>9} refused\n", win32::name_of(function),
                            tally.judged, tally.refused);
    }
    if (report.shown) {
        text += fmt::format("FOUND, in the program of seed {}, made short:\n{}",
                            report.failing->seed, describe(*report.shown));
    }
    text += fmt::format("{}\n", verdict_of(report));
    return text;
}

/// What drew the programs is told by the report; of one from a file, nothing did.
ConformanceReport report_on(const conformance::Program& program, const std::string& subject) {
    ConformanceReport report;
    report.options.subject = subject;
    report.options.seed = program.seed;
    report.options.calls = static_cast<std::uint32_t>(program.calls.size());
    report.programs = 1;
    conformance::Trial trial = conformance::try_program(program, subject);
    report.tallies = trial.tallies;
    report.left_open = trial.left_open;
    if (trial.finding) {
        report.failing = report.shortest = program;
        report.shown = std::move(trial);
    }
    return report;
}

ConformanceReport drawn(const ConformOptions& options) {
    conformance::ConformanceOptions wanted;
    wanted.subject = options.subject;
    wanted.seed = options.seed;
    wanted.programs = options.programs;
    wanted.calls = options.calls;
    wanted.jobs =
        options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
    const bool shows = !options.json && !options.quiet && isatty(STDERR_FILENO) == 1;
    ConformanceReport report = conform(wanted, [&](std::uint64_t over) {
        if (shows) {
            fmt::print(stderr, "\r\x1b[K{} of {} programs", over, wanted.programs);
            std::fflush(stderr);
        }
    });
    if (shows) {
        fmt::print(stderr, "\r\x1b[K");
    }
    return report;
}

}  // namespace

ExitCode conform_command(const ConformOptions& options) {
    if (options.out) {
        make_output_folder(*options.out);
    }
    const ConformanceReport report =
        options.program ? report_on(conformance::read_program(*options.program), options.subject)
                        : drawn(options);
    if (options.out) {
        write_file(*options.out / "conformance.json", to_json_text(report));
        if (report.shown) {
            write_file(*options.out / "program.json", to_json_text(*report.shortest));
            write_file(*options.out / "drawn.json", to_json_text(*report.failing));
        }
    }
    fmt::print("{}", options.json ? to_json_text(report) : to_text(report));
    return exit_code_of(report);
}

}  // namespace castaway::harness
