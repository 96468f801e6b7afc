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
using conformance::Discovery;

/// Calls of which none was judged prove nothing.
ExitCode exit_code_of(const ConformanceReport& report) {
    if (!report.found.empty()) {
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
        {"subject", report.options.implementation.name()},
        {"seed", report.options.seed},
        {"programs", report.programs},
        {"calls_of_each", report.options.calls},
        {"judged", report.judged()},
        {"left_open", report.left_open},
        {"functions", functions},
        {"verdict", verdict_of(report)},
    };
    for (const Discovery& each : report.found) {
        json["found"].push_back({
            {"kind", kind_of(each.trial)},
            {"wrong", each.trial.finding->wrong},
            {"times", each.times},
            {"program", nlohmann::ordered_json::parse(to_json_text(each.shortest))},
        });
    }
    return json.dump(2) + "\n";
}

std::string to_text(const ConformanceReport& report) {
    std::string text = fmt::format(
        "conformance of {}: {}, {} judged, {} left open by the interface\n",
        report.options.implementation.name(), counted(report.programs, "program", "programs"),
        counted(report.judged(), "call", "calls"), report.left_open);
    for (const auto& [function, tally] : report.tallies) {
        text += fmt::format("    {:<24} {:>9} {:>9} refused\n", win32::name_of(function),
                            tally.judged, tally.refused);
    }
    for (const Discovery& each : report.found) {
        const std::string times = each.times == 1 ? "" : fmt::format(" ({} times)", each.times);
        text += fmt::format("FOUND, in the program of seed {}, made short{}:\n{}", each.drawn.seed,
                            times, describe(each.trial));
    }
    if (report.found.size() > 1) {
        text += fmt::format("{} kinds of findings\n", report.found.size());
    }
    text += fmt::format("{}\n", verdict_of(report));
    return text;
}

/// What drew the programs is told by the report; of one from a file, nothing did.
ConformanceReport report_on(const conformance::Program& program,
                            const conformance::Implementation& implementation) {
    ConformanceReport report;
    report.options.implementation = implementation;
    report.options.seed = program.seed;
    report.options.calls = static_cast<std::uint32_t>(program.calls.size());
    report.programs = 1;
    conformance::Trial trial = conformance::try_program(program, implementation);
    report.tallies = trial.tallies;
    report.left_open = trial.left_open;
    if (trial.finding) {
        report.found.push_back({program, program, std::move(trial)});
    }
    return report;
}

conformance::Implementation implementation_in(const ConformOptions& options) {
    constexpr std::uint32_t kTickMs = 20;
    constexpr std::int64_t kNsPerMs = 1'000'000;
    if (options.caller.empty()) {
        return {options.subject, {}, {}};
    }
    return {{}, options.caller, {options.tick_ms.value_or(kTickMs) * kNsPerMs, true}};
}

ConformanceReport drawn(const ConformOptions& options) {
    conformance::ConformanceOptions wanted;
    wanted.implementation = implementation_in(options);
    const bool ours = options.caller.empty();
    wanted.processes = options.processes.value_or(ours ? conformance::kProcessesMax : 1);
    wanted.keep_going = options.keep_going;
    wanted.seed = options.seed;
    wanted.programs = options.programs;
    wanted.calls = options.calls;
    const std::uint32_t cores = std::max(1U, std::thread::hardware_concurrency());
    wanted.jobs = options.jobs != 0 ? options.jobs : (ours ? cores : 1);
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
        options.program
            ? report_on(conformance::read_program(*options.program), implementation_in(options))
            : drawn(options);
    if (options.out) {
        write_file(*options.out / "conformance.json", to_json_text(report));
        for (std::size_t i = 0; i < report.found.size(); ++i) {
            const Discovery& each = report.found[i];
            const std::string number = i == 0 ? "" : fmt::format("-{}", i + 1);
            write_file(*options.out / ("program" + number + ".json"), to_json_text(each.shortest));
            write_file(*options.out / ("drawn" + number + ".json"), to_json_text(each.drawn));
        }
    }
    fmt::print("{}", options.json ? to_json_text(report) : to_text(report));
    return exit_code_of(report);
}

}  // namespace castaway::harness
