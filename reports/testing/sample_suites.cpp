#include "reports/testing/sample_suites.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "reports/testing/history_builder.h"

namespace castaway::harness {
namespace {

using Kind = OperationKind;
using Who = HistoryBuilder::Who;

Verdict verdict(const std::string& check, VerdictKind kind, const std::string& message) {
    return {check, kind, message, {}};
}

/// Rounds of wait, work and release on object 0, by all processes in turn.
void take_turns(HistoryBuilder& builder, std::uint32_t processes, int rounds, std::int64_t at_us) {
    const std::int64_t asleep = std::int64_t{40} * processes;
    for (int round = 0; round < rounds; ++round) {
        for (std::uint32_t p = 0; p < processes; ++p) {
            const std::int64_t work = 60 + 17 * ((round + static_cast<int>(p)) % 5);
            builder.slept({p, 0}, 0, at_us - asleep, at_us);
            builder.call({p, 0}, Kind::release_mutex, 0, at_us + work, at_us + work + 4);
            at_us += work + 9;
        }
        at_us += asleep;
    }
}

}  // namespace

RunResult named_run(const std::string& scenario, const std::string& description,
                    std::uint64_t seed) {
    RunResult run;
    run.scenario = scenario;
    run.description = description;
    run.file = "scenarios/" + scenario + ".json";
    run.subject = "castaway";
    run.engine = "real";
    run.seed = seed;
    run.token = fmt::format("castaway1:{}:{}:castaway:5d41402abc4b2a76", scenario, seed);
    run.replay_command = "castaway replay " + run.token + " --scenarios " + run.file;
    run.outcome = Outcome::pass;
    return run;
}

RunResult passing_run() {
    RunResult run = named_run("mutex-abandoned-by-killed-owner",
                              "Several processes contend for a mutex. Its owner is killed while "
                              "holding it; one survivor is told, and the work goes on.",
                              42);
    run.rules = {"MUT-09", "MUT-10"};
    HistoryBuilder builder;
    builder.mutex("counter")
        .process("owner/0")
        .process("worker/0")
        .process("worker/1")
        .process("worker/2");
    builder.call({0, 0}, Kind::wait, 0, 180, 184);
    for (std::uint32_t p = 1; p < 4; ++p) {
        builder.slept({p, 0}, 0, 190 + 30 * p, 2440 + 130 * p).status =
            p == 1 ? ResponseStatus::abandoned : ResponseStatus::ok;
        builder.call({p, 0}, Kind::release_mutex, 0, 2540 + 130 * p, 2545 + 130 * p);
    }
    for (std::uint32_t round = 0; round < 12; ++round) {
        for (std::uint32_t p = 1; p < 4; ++p) {
            const std::int64_t at = 3200 + 420 * round + 120 * p;
            builder.slept({p, 0}, 0, at - 90, at);
            builder.call({p, 0}, Kind::release_mutex, 0, at + 70, at + 74);
        }
    }
    builder.ended(0, ProcessEnd::killed, 2480);
    for (std::uint32_t p = 1; p < 4; ++p) {
        builder.ended(p, ProcessEnd::finished, 8600 + 20 * p);
    }
    builder.history().faults.push_back({0, 0, 2'405'000, "kill owner/0 as soon as 3 threads wait"});
    run.history = builder.take();
    run.faults = {{"kill owner/0 as soon as 3 threads wait", true}};
    run.verdicts = {
        verdict("mutual_exclusion", VerdictKind::pass, "40 holds of 1 mutex, never two at once"),
        verdict("abandonment", VerdictKind::pass, "1 death told once"),
        verdict("progress", VerdictKind::pass, "all threads of the 3 living processes ended"),
        verdict("semaphore_count", VerdictKind::not_applicable, ""),
        verdict("timers", VerdictKind::not_applicable, "")};
    run.seen = {{"abandoned", 1, 1, 1}, {"satisfied_waits", 40, 10},
                {"timeouts", 0},        {"blocked_waits", 39, 3},
                {"deaths", 1, 1},       {"faults_fired", 1},
                {"operations", 79},     {"pending", 0},
                {"failed", 0},          {"already_existed", 0}};
    run.duration_ns = 48'300'000;
    return run;
}

RunResult failing_run() {
    RunResult run = named_run("mutex-handed-over-in-turn",
                              "Four processes take turns at a mutex for a while; nobody ever sees "
                              "another one inside.",
                              7);
    run.rules = {"MUT-02"};
    HistoryBuilder builder;
    builder.mutex("turn").event("go");
    builder.process("worker/0")
        .process("worker/1")
        .process("worker/2")
        .process("worker/3")
        .thread("watcher");
    take_turns(builder, 4, 14, 500);
    const auto last = static_cast<std::uint32_t>(28);
    builder.call({0, 0}, Kind::wait, 0, 9'800, 9'803);
    builder.call({2, 0}, Kind::wait, 0, 9'830, 9'834);
    builder.call({0, 0}, Kind::release_mutex, 0, 9'920, 9'924);
    builder.call({2, 0}, Kind::release_mutex, 0, 9'951, 9'955);
    builder.call({3, 1}, Kind::wait, 1, 300, 10'300).status = ResponseStatus::timeout;
    for (std::uint32_t p = 0; p < 4; ++p) {
        builder.ended(p, ProcessEnd::finished, 10'600 + 10 * p);
    }
    builder.history().operations.back().timeout_ms = 10;
    run.history = builder.take();
    run.verdicts = {verdict("mutual_exclusion", VerdictKind::fail,
                            "main of worker/2 took mutex \"turn\" while main of worker/0 held it"),
                    verdict("progress", VerdictKind::pass, "all threads came to their end"),
                    verdict("lost_wakeup", VerdictKind::pass, "nobody sleeps")};
    run.verdicts[0].witness = {{0, 0, last}, {2, 0, last}, {0, 0, last + 1}};
    run.outcome = Outcome::fail;
    run.seen = {{"satisfied_waits", 58, 10},
                {"blocked_waits", 56, 1},
                {"operations", 117},
                {"timeouts", 1}};
    run.duration_ns = 31'250'000;
    return run;
}

RunResult stuck_run() {
    RunResult run = named_run("event-auto-reset-wakes-one",
                              "Each set of an auto-reset event lets exactly one waiter go.", 1003);
    run.rules = {"EVT-04"};
    HistoryBuilder builder;
    builder.event("ready").process("setter/0").process("waiter/0").thread("second");
    builder.slept({1, 0}, 0, 150, 1'204);
    builder.call({0, 0}, Kind::set_event, 0, 1'180, 1'186);
    builder.pending({1, 1}, 0, 170);
    builder.call({0, 0}, Kind::set_event, 0, 2'300, 2'305);
    builder.ended(0, ProcessEnd::finished, 1'002'400).ended(1, ProcessEnd::stuck, 1'003'100);
    builder.history().stuck.push_back(
        {1,
         1,
         0,
         "event \"ready\"",
         "futex(0x7f31c4a01240, FUTEX_WAIT_BITSET, 2)",
         {"syscall",
          "castaway::WaitOutcome castaway::wait_any<castaway::LinuxPlatform>(castaway::Deadline)",
          "WaitForSingleObject"}});
    builder.history().went_quiet = true;
    run.history = builder.take();
    run.verdicts = {verdict("lost_wakeup", VerdictKind::fail,
                            "waiter/0.second sleeps on event \"ready\", which is set"),
                    verdict("progress", VerdictKind::fail,
                            "1 thread had not come to an end when nothing could move any more")};
    run.verdicts[0].witness = {{0, 0, 1}, {1, 1, 0}};
    run.verdicts[1].witness = {{1, 1, 0}};
    run.outcome = Outcome::fail;
    run.seen = {{"blocked_waits", 2, 2}, {"operations", 4}, {"pending", 1}};
    run.duration_ns = 1'041'000'000;
    return run;
}

RunResult crashed_run() {
    RunResult run = named_run("semaphore-pool", "Workers share three places.", 5);
    HistoryBuilder builder;
    builder.semaphore("places", 3).process("worker/0");
    builder.call({0, 0}, Kind::wait, 0, 100, 103);
    builder.call({0, 0}, Kind::release_semaphore, 0, 140, 142).previous_count = 2;
    builder.ended(0, ProcessEnd::crashed, 800, "SIGSEGV");
    run.history = builder.take();
    run.verdicts = {verdict("semaphore_count", VerdictKind::pass, "2 changes of the count")};
    run.outcome = Outcome::fail;
    run.note = "worker/0 crashed: SIGSEGV";
    run.seen = {{"operations", 2}};
    run.duration_ns = 12'000'000;
    return run;
}

RunResult inconclusive_run() {
    RunResult run = named_run("timer-period-survives-its-setter",
                              "A periodic timer goes on when the process that set it dies.", 9);
    HistoryBuilder builder;
    builder.timer("tick").event("stop").process("setter/0").process("waiter/0");
    Operation& set = builder.call({0, 0}, Kind::set_timer, 0, 90, 97);
    set.due_ns = 2'000'000;
    set.period_ms = 2;
    for (int i = 0; i < 5; ++i) {
        builder.slept({1, 0}, 0, 120 + 2000 * i, 2'098 + 2000 * i);
    }
    Operation& any = builder.call({1, 0}, Kind::wait_any, 0, 10'150, 15'160);
    any.objects = {1, 0};
    any.status = ResponseStatus::timeout;
    any.timeout_ms = 5;
    Operation& release = builder.call({1, 0}, Kind::release_mutex, 1, 15'200, 15'201);
    release.status = ResponseStatus::failed;
    release.error = 6;
    builder.ended(0, ProcessEnd::finished, 15'900).ended(1, ProcessEnd::finished, 15'940);
    run.history = builder.take();
    run.faults = {{"kill setter/0 at crash point set_timer_armed", false}};
    run.verdicts = {verdict("timers", VerdictKind::pass, "5 periods kept"),
                    verdict("leaks", VerdictKind::inconclusive, "the subject takes no snapshots")};
    run.outcome = Outcome::inconclusive;
    run.note =
        "the fault \"kill setter/0 at crash point set_timer_armed\" never fired; deaths: 0 seen, "
        "at least 1 demanded; leaks could not decide";
    run.seen = {{"deaths", 0, 1}, {"operations", 8}, {"timeouts", 1}, {"failed", 1}};
    run.duration_ns = 60'400'000;
    return run;
}

RunResult skipped_run() {
    RunResult run = named_run("handles-duplicated", "A duplicate outlives its origin.", 2);
    run.outcome = Outcome::skipped;
    run.note = "castaway cannot do sharing by duplicate";
    return run;
}

RunResult calls_run() {
    RunResult run = named_run("calls-run-in-alertable-waits",
                              "Procedure calls end alertable waits; others wait for all.", 11);
    HistoryBuilder builder;
    builder.event("ready").mutex("m").timer("tick").process("worker/0").process("caller/0");
    builder.thread("helper");
    const HistoryBuilder::Who worker{0, 0};
    const HistoryBuilder::Who caller{1, 0};
    const HistoryBuilder::Who helper{1, 1};
    const auto about_none = [&](HistoryBuilder::Who who, Kind kind, std::int64_t from,
                                std::int64_t to) -> Operation& {
        Operation& operation = builder.call(who, kind, 0, from, to);
        operation.objects.clear();
        return operation;
    };
    const auto ran = [](Operation& operation, std::vector<CallId> calls) {
        operation.alertable = true;
        operation.status = ResponseStatus::alerted;
        operation.ran = std::move(calls);
    };
    Operation& armed = builder.call(worker, Kind::set_timer, 2, 10, 20);
    armed.due_ns = 300'000;
    armed.period_ms = 1;
    armed.with_routine = true;
    about_none(caller, Kind::queue_call, 30, 40).target = ThreadPlace{0, 0};
    about_none(helper, Kind::queue_call, 50, 60).target = ThreadPlace{0, 0};
    ran(builder.slept(worker, 0, 25, 70), {{1, 0, 0}, {1, 1, 0}});
    Operation& sleep = about_none(worker, Kind::sleep, 80, 330);
    sleep.timeout_ms = 20;
    ran(sleep, {{0, 0, 0}});
    Operation& all = builder.slept(caller, 0, 90, 200);
    all.kind = Kind::wait_all;
    all.objects = {0, 1};
    all.timeout_ms = 5;
    builder.call(helper, Kind::pulse_event, 0, 100, 110);
    Operation& swap = builder.slept(caller, 1, 220, 400);
    swap.kind = Kind::signal_and_wait;
    swap.objects = {1, 0};
    swap.alertable = true;
    Operation& late = about_none(helper, Kind::queue_call, 410, 420);
    late.target = ThreadPlace{1, 0};
    late.status = ResponseStatus::failed;
    late.error = 31;
    Operation& last = about_none(worker, Kind::sleep, 340, 0);
    last.alertable = true;
    last.status = ResponseStatus::pending;
    last.ran = {{0, 0, 0}};
    builder.ended(0, ProcessEnd::killed, 500);
    about_none(helper, Kind::sleep, 430, 2'430).timeout_ms = 2;
    run.history = builder.take();
    run.verdicts = {
        verdict("calls", VerdictKind::pass,
                "2 of 2 queued procedure calls ran, timers' routines ran 2 times; where "
                "they may, in order and in time")};
    run.seen = {{"alerted", 2, 1}, {"calls", 4, 3}, {"operations", 11}};
    run.duration_ns = 3'100'000;
    return run;
}

RunResult harness_error_run() {
    RunResult run = named_run("thousand-waiters", "A thousand threads wait at once.", 3);
    run.outcome = Outcome::harness_error;
    run.note = "cannot start worker 812: Resource temporarily unavailable";
    run.duration_ns = 2'400'000'000;
    return run;
}

SuiteResult suite_of(std::vector<RunResult> runs) {
    SuiteResult suite;
    suite.tool_version = "0.1.0";
    suite.started_utc = "2026-01-31T12:00:00";
    suite.command = "castaway run scenarios/default --seed 42 --out out";
    suite.machine = {"Linux 6.1.0 x86_64", 2};
    suite.runs = std::move(runs);
    return suite;
}

SuiteResult sample_suite() {
    return suite_of({passing_run(), failing_run(), stuck_run(), crashed_run(), inconclusive_run(),
                     skipped_run(), calls_run(), harness_error_run()});
}

SuiteResult hostile_suite() {
    const std::string evil =
        "</script><img src=x onerror=\"document.title='broken'\"> ]]> &amp; {{body}} "
        "\x1b[31mred\x1b[0m \x01 \xff\xc0 \xed\xa0\x80 '\"\n\tend";
    RunResult run = failing_run();
    for (std::string* text : {&run.scenario, &run.description, &run.file, &run.subject, &run.engine,
                              &run.token, &run.replay_command, &run.note}) {
        *text = evil;
    }
    run.rules = {evil};
    for (Verdict& each : run.verdicts) {
        each.check = each.message = evil;
    }
    run.seen.push_back({evil, 1, 2});
    run.faults = {{evil, false}, {evil, true}};
    run.history.faults = {{1, 1, 2'000'000, evil}};
    for (HistoryObject& object : run.history.objects) {
        object.name = evil;
    }
    for (HistoryProcess& process : run.history.processes) {
        process.name = process.end_detail = evil;
        process.threads[0].name = evil;
    }
    run.history.stuck = {{0, 0, 1, evil, evil, {evil}}};
    RunResult skipped = skipped_run();
    skipped.note = skipped.scenario = evil;
    SuiteResult suite = suite_of({run, skipped});
    suite.tool_version = suite.started_utc = suite.command = suite.machine.kernel = evil;
    return suite;
}

}  // namespace castaway::harness
