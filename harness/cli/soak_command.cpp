// castaway soak: what it counted and found, as text or JSON.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/base/words.h"
#include "harness/cli/commands.h"
#include "harness/soak/soak.h"

namespace castaway::harness {
namespace {

using soak::SoakReport;

constexpr std::size_t kFindingsShown = 10;

enum class SoakVerdict : std::uint8_t { pass, fail, inconclusive };

/// A soak in which nobody worked, or nobody died, or that was broken off, proves nothing.
SoakVerdict verdict_of(const SoakReport& report) {
    if (!report.findings.empty()) {
        return SoakVerdict::fail;
    }
    const bool proves = !report.interrupted && report.rounds > 0 && report.operations() > 0 &&
                        report.kills > 0 && report.deaths_recovered > 0;
    return proves ? SoakVerdict::pass : SoakVerdict::inconclusive;
}

std::string_view name_of(SoakVerdict verdict) {
    switch (verdict) {
        case SoakVerdict::pass:
            return "pass";
        case SoakVerdict::fail:
            return "fail";
        case SoakVerdict::inconclusive:
            break;
    }
    return "inconclusive";
}

std::string to_json_text(const SoakReport& report) {
    nlohmann::ordered_json acts;
    for (std::size_t i = 0; i < soak::kActNames.size(); ++i) {
        acts[std::string(soak::kActNames.at(i))] = report.acts.at(i);
    }
    const nlohmann::ordered_json json{
        {"subject", report.subject},
        {"seed", report.seed},
        {"processes", report.processes},
        {"seconds", report.seconds},
        {"rounds", report.rounds},
        {"operations", report.operations()},
        {"operations_by_kind", acts},
        {"started", report.started},
        {"kills", report.kills},
        {"kills_of_stopped", report.kills_of_stopped},
        {"stops", report.stops},
        {"own_ends", report.own_ends},
        {"deaths_recovered", report.deaths_recovered},
        {"abandoned_told", report.abandoned_told},
        {"deaths_in_calls", report.deaths_in_calls},
        {"late_names", report.late_names},
        {"longest_recovery_ms", report.longest_recovery_ms},
        {"longest_recovery_undisturbed_ms", report.longest_recovery_undisturbed_ms},
        {"findings", report.findings},
        {"verdict", name_of(verdict_of(report))},
    };
    return json.dump(2) + "\n";
}

std::string to_text(const SoakReport& report) {
    std::string text =
        fmt::format("soak of {}: {:.1f} s, seed {}, {} at a time, {}\n", report.subject,
                    report.seconds, report.seed, counted(report.processes, "process", "processes"),
                    counted(report.rounds, "round", "rounds"));
    text += fmt::format("  {}\n", counted(report.operations(), "operation", "operations"));
    for (std::size_t i = 0; i < soak::kActNames.size(); ++i) {
        text += fmt::format("    {:<18} {:>10}\n", soak::kActNames.at(i), report.acts.at(i));
    }
    text += fmt::format("  {} started; {}, {} of them stopped; {}; {} ended by themselves\n",
                        counted(report.started, "process", "processes"),
                        counted(report.kills, "kill", "kills"), report.kills_of_stopped,
                        counted(report.stops, "stop", "stops"), report.own_ends);
    text += fmt::format(
        "  {} recovered, the longest after {:.1f} ms ({:.1f} ms where nobody was stopped)\n",
        counted(report.deaths_recovered, "death", "deaths"), report.longest_recovery_ms,
        report.longest_recovery_undisturbed_ms);
    text += fmt::format("  {}; {} in the middle of a call on a mutex; {} late\n",
                        counted(report.abandoned_told, "abandoned notice", "abandoned notices"),
                        counted(report.deaths_in_calls, "death", "deaths"),
                        counted(report.late_names, "name", "names"));
    for (std::size_t i = 0; i < report.findings.size(); ++i) {
        if (i == kFindingsShown) {
            text += fmt::format("  and {} more\n", report.findings.size() - i);
            break;
        }
        text += "  FOUND: " + report.findings.at(i) + "\n";
    }
    text += fmt::format("{}{}\n", name_of(verdict_of(report)),
                        report.interrupted ? ": interrupted" : "");
    return text;
}

}  // namespace

ExitCode soak_command(const SoakCommandOptions& options) {
    const bool shows = !options.json && !options.quiet && isatty(STDERR_FILENO) == 1;
    const SoakReport report = soak::run_soak(
        {options.duration, options.processes, options.seed, options.subject, options.region},
        [shows](const SoakReport& so_far) {
            if (shows) {
                fmt::print(stderr, "\r\x1b[K{:.0f} s, {}, {} recovered", so_far.seconds,
                           counted(so_far.kills, "kill", "kills"), so_far.deaths_recovered);
                std::fflush(stderr);
            }
        });
    if (shows) {
        fmt::print(stderr, "\r\x1b[K");
    }
    fmt::print("{}", options.json ? to_json_text(report) : to_text(report));
    switch (verdict_of(report)) {
        case SoakVerdict::pass:
            return ExitCode::pass;
        case SoakVerdict::fail:
            return ExitCode::check_failed;
        case SoakVerdict::inconclusive:
            break;
    }
    return ExitCode::inconclusive;
}

}  // namespace castaway::harness
