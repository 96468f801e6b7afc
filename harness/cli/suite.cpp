#include "harness/cli/suite.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include "harness/checkers/checkers.h"
#include "harness/cli/output_folder.h"
#include "harness/cli/requirements.h"
#include "harness/engine/engine.h"
#include "harness/plan/plan_json.h"
#include "harness/result/assess.h"
#include "harness/result/result_json.h"
#include "harness/subject/subject.h"
#include "reports/reports.h"

namespace castaway::harness {
namespace {

/// Set by a signal to end. A second one ends the program at once: its workers die with it.
volatile std::sig_atomic_t end_requested = 0;

void watch_for_end() {
    struct sigaction action {};
    action.sa_handler = [](int) { end_requested = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

MachineFacts machine_facts() {
    utsname names{};
    MachineFacts facts;
    if (uname(&names) == 0) {
        facts.kernel = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
    }
    facts.cores = std::thread::hardware_concurrency();
    return facts;
}

class Suite {
  public:
    explicit Suite(const SuiteOptions& options)
        : options_(options),
          subject_(find_subject(options.subject)),
          engine_(make_engine(options.engine)) {
        result_.tool_version = tool_version;
        result_.started_utc = utc_now();
        result_.command = options.command;
        result_.machine = machine_facts();
        prepare_output();
    }

    ExitCode run(const std::vector<Plan>& plans) {
        watch_for_end();
        say(fmt::format("castaway {}: {} {} on {}, results in {}", tool_version, plans.size(),
                        plans.size() == 1 ? "run" : "runs", subject_->name(), folder_.string()));
        for (std::size_t i = 0; i < plans.size(); ++i) {
            result_.runs.push_back(run_one(plans[i], i + 1, plans.size()));
        }
        // The verdicts are told even where there is no room for files.
        std::optional<HarnessError> unwritten;
        try {
            write_results();
        } catch (const HarnessError& error) {
            unwritten = error;
        }
        std::fflush(stderr);
        fmt::print("{}",
                   summary_text(result_, {.folder = unwritten ? std::string() : folder_.string()}));
        std::fflush(stdout);
        if (unwritten) {
            throw HarnessError(*unwritten);
        }
        return exit_code_of(overall(result_));
    }

  private:
    void say(const std::string& line) const {
        if (!options_.output.quiet) {
            fmt::print(stderr, "{}\n", line);
        }
    }

    void prepare_output() {
        const OutputOptions& output = options_.output;
        const auto check = [&](const auto& file, const char* option) {
            if (file) {
                require_writable(*file, output.overwrite, option);
            }
        };
        check(output.json, "--json");
        check(output.junit, "--junit");
        check(output.html, "--html");
        folder_ = output.out ? *output.out : unused_output_folder(result_.started_utc);
        make_output_folder(folder_);
    }

    RunIdentity identity_of(const Plan& plan, const std::filesystem::path& plan_file) const {
        RunIdentity identity;
        identity.subject = subject_->name();
        identity.engine = options_.engine;
        identity.token =
            to_string(ReplayToken{plan.scenario, plan.seed, subject_->name(), plan_digest(plan)});
        // The saved plan replays the run whatever becomes of the scenario; a token needs it.
        identity.replay_command = fmt::format(
            "{} replay {}", shell_quoted(options_.program),
            plan.file.empty() ? shell_quoted(plan_file.string())
                              : fmt::format("{} --scenarios {}", shell_quoted(identity.token),
                                            shell_quoted(plan.file)));
        return identity;
    }

    RunResult run_one(const Plan& plan, std::size_t number, std::size_t of) {
        const std::filesystem::path run_folder = new_run_folder(plan);
        const std::filesystem::path plan_file = run_folder / "plan.json";
        const RunIdentity identity = identity_of(plan, plan_file);
        if (end_requested != 0) {
            RunResult result = skipped_run(plan, identity, "not run: the suite was ended");
            result.outcome = Outcome::inconclusive;
            return result;
        }
        say(fmt::format("[{}/{}] {} (seed {})\n        {}\n        replay: {}", number, of,
                        plan.scenario, plan.seed, identity.token, identity.replay_command));
        const std::vector<std::string> missing =
            missing_capabilities(plan, subject_->capabilities());
        if (!missing.empty()) {
            return told(skipped_run(
                plan, identity,
                fmt::format("{} cannot do {}", subject_->name(), fmt::join(missing, ", "))));
        }
        std::filesystem::create_directories(run_folder);
        write_file(plan_file, plan_to_json_text(plan, subject_->name()));
        return told(execute(plan, identity, run_folder / "raw"));
    }

    RunResult execute(const Plan& plan, const RunIdentity& identity,
                      const std::filesystem::path& raw_folder) {
        const auto elapsed = [start = std::chrono::steady_clock::now()] {
            return std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
        };
        try {
            History history = engine_->run(plan, *subject_, {raw_folder, options_.output.timeout});
            const std::int64_t duration_ns = elapsed();
            std::vector<Verdict> verdicts = judge(history, plan.checks);
            RunResult result =
                assess(plan, std::move(history), std::move(verdicts), identity, duration_ns);
            // The raw files say what the result says. Where something is wrong they are kept.
            if (result.outcome == Outcome::pass) {
                std::error_code error;
                std::filesystem::remove_all(raw_folder, error);
            }
            return result;
        } catch (const HarnessError& error) {
            return harness_error_run(plan, identity, error.what(), elapsed());
        }
    }

    RunResult told(RunResult result) const {
        say(fmt::format("        {} in {:.2f} s{}", to_string(result.outcome),
                        static_cast<double>(result.duration_ns) / 1e9,
                        result.note.empty() ? "" : ": " + result.note));
        return result;
    }

    /// Each run's folder is named after its scenario, and after its seed where that is not enough.
    std::filesystem::path new_run_folder(const Plan& plan) {
        std::string name = plan.scenario;
        if (!run_folders_.insert(name).second) {
            name = fmt::format("{}-{}", plan.scenario, plan.seed);
            run_folders_.insert(name);
        }
        return folder_ / "runs" / name;
    }

    void write_results() const {
        const auto write = [this](const char* name, const auto& copy, const std::string& text) {
            write_file(folder_ / name, text);
            if (copy) {
                write_file(*copy, text);
            }
        };
        write("result.json", options_.output.json, to_json_text(result_));
        write("junit.xml", options_.output.junit, junit_xml(result_));
        write("report.html", options_.output.html, html_page(result_));
    }

    const SuiteOptions& options_;
    std::unique_ptr<SubjectAdapter> subject_;
    std::unique_ptr<Engine> engine_;
    std::filesystem::path folder_;
    std::set<std::string> run_folders_;
    SuiteResult result_;
};

}  // namespace

ExitCode run_suite(const std::vector<Plan>& plans, const SuiteOptions& options) {
    return Suite(options).run(plans);
}

}  // namespace castaway::harness
