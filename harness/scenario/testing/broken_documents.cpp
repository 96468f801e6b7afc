#include "harness/scenario/testing/broken_documents.h"

#include <array>

#include "harness/base/error.h"

namespace castaway::harness::testing {
namespace {

constexpr std::string_view kSound = R"json({
  "version": 1,
  "name": "sound",
  "description": "a bit of everything",
  "rules": ["MTX-08"],
  "objects": {
    "m": {"type": "mutex"},
    "s": {"type": "semaphore", "initial": 2, "maximum": 5},
    "e": {"type": "event", "reset": "auto", "signaled": true},
    "t": {"type": "timer", "reset": "manual", "sharing": "inherit"},
    "n": {"type": "event", "opened": "by_program"}
  },
  "processes": {
    "owner": {"program": [
      {"hold": "m", "do": [{"work_us": [1, 9]}]},
      {"reach": "held"},
      {"wait": "e", "timeout_ms": 7},
      {"release": "s", "count": 2},
      {"wait_all": ["m", "e", "t"], "timeout_ms": [1, 2], "alertable": true},
      {"pulse": "e"},
      {"signal": "m", "and_wait": "s"},
      {"queue_call": "pair/0", "thread": "second"},
      {"sleep_ms": 4, "alertable": false}
    ]},
    "pair": {"count": 2, "threads": {
      "first": [
        {"set_timer": "t", "due_us": 100, "period_ms": 3, "with_routine": true},
        {"wait_any": ["e", "s"]},
        {"repeat": [2, 3], "do": [{"set": "e"}, {"reset": "e"}]},
        {"duplicate": "s", "as": "twin"},
        {"await_blocked": "owner", "count": 1}
      ],
      "second": [
        {"create": "n"}, {"open": "n"}, {"close": "n"},
        {"await": "held"},
        {"await_death": "owner"},
        {"choose": [{"weight": 2, "do": [{"cancel_timer": "t"}]}], "times": 4}
      ]
    }}
  },
  "faults": [
    {"kill": "owner", "at": {"operation": 2, "after": false}},
    {"stop": "pair/1", "when": {"blocked": "owner"}, "resume": {"reached": "held", "count": 1}},
    {"end_thread": "pair", "thread": "second", "at": {"operation": 1}},
    {"exit": "pair/0", "at": {"crash_point": "lock.acquired", "ordinal": 3}}
  ],
  "checks": ["leaks"],
  "seen": {"abandoned": {"min": 1, "max": 2}},
  "limits": {"run_ms": 5000, "quiet_ms": 500}
})json";

constexpr std::array kForm{
    // Steps about several objects and procedure calls.
    Mistake{R"({"signal": "m", "and_wait": "s"})", R"({"signal": "m"})",
            R"(/processes/owner/program/6: "and_wait" is missing; add "and_wait")"},
    Mistake{R"(["m", "e", "t"])", R"([])",
            "/processes/owner/program/4/wait_all: this array is too short; write at least 1 in it"},
    Mistake{R"("alertable": false)", R"("alertable": 1)",
            "/processes/owner/program/8/alertable: this is an integer; write true or false"},
    Mistake{R"("sleep_ms": 4)", R"("sleep_ms": -1)",
            "/processes/owner/program/8/sleep_ms: -1 is out of range; write a number from 0 to "
            "3600000"},
    // The head.
    Mistake{R"("version": 1)", R"("version": 2)",
            "/version: this version of the format is not known; write 1"},
    Mistake{R"("version": 1,)", R"()", R"("version" is missing; add "version")"},
    Mistake{R"("name": "sound")", R"("name": 5)", "/name: this is an integer; write a string"},
    Mistake{
        R"("name": "sound")", R"("name": "two words")",
        R"(/name: "two words" is no name; write a letter, then at most 63 letters, digits and underscores)"},
    Mistake{R"("description")", R"("descripton")",
            R"("description" is missing; add "description")"},
    Mistake{R"(["MTX-08"])", R"(["mutex 8"])",
            R"(/rules/0: "mutex 8" is no rule; write an id such as "MTX-08")"},
    Mistake{R"(["MTX-08"])", R"(["MTX-08", "MTX-08"])",
            R"(/rules/1: "MTX-08" is named twice; keep one of the two)"},
    Mistake{R"("checks": )", R"("check": )", R"(unknown key "check"; did you mean "checks"?)"},
    // Objects.
    Mistake{R"({"type": "mutex"})", R"({"type": "mutxe"})",
            R"(/objects/m/type: "mutxe" is not known here; did you mean "mutex"?)"},
    Mistake{R"({"type": "mutex"})", R"({"type": true})",
            "/objects/m/type: this is true or false; write a string"},
    Mistake{R"({"type": "mutex"})", R"({})", R"(/objects/m: "type" is missing; add "type")"},
    Mistake{R"({"type": "mutex"})", R"("mutex")", "/objects/m: this is a string; write an object"},
    Mistake{R"({"type": "mutex"})", R"({"type": "mutex", "signaled": true})",
            R"(/objects/m: unknown key "signaled"; write one of type, sharing, opened)"},
    Mistake{R"("maximum": 5)", R"("maximum": 0)",
            "/objects/s/maximum: 0 is out of range; write a number from 1 to 2147483647"},
    Mistake{R"(, "maximum": 5)", R"()", R"(/objects/s: "maximum" is missing; add "maximum")"},
    Mistake{R"("initial": 2)", R"("initial": 1.5)",
            "/objects/s/initial: this is no integer; write an integer"},
    Mistake{R"("initial": 2)", R"("initial": -1)",
            "/objects/s/initial: -1 is out of range; write a number from 0 to 2147483647"},
    Mistake{R"("initial": 2)", R"("initial": 18446744073709551615)",
            "/objects/s/initial: 18446744073709551615 is out of range; write a number from 0 to "
            "2147483647"},
    Mistake{R"("initial": 2)", R"("initial": 99999999999999999999999)",
            "/objects/s/initial: this is no integer; write an integer"},
    Mistake{R"("signaled": true)", R"("signaled": 1)",
            "/objects/e/signaled: this is an integer; write true or false"},
    Mistake{R"("reset": "auto")", R"("reset": "automatic")",
            R"(/objects/e/reset: "automatic" is not known here; write one of auto, manual)"},
    Mistake{R"("sharing": "inherit")", R"("sharing": "inherited")",
            R"(/objects/t/sharing: "inherited" is not known here; did you mean "inherit"?)"},
    Mistake{R"("opened": "by_program")", R"("opened": "by_programs")",
            R"(/objects/n/opened: "by_programs" is not known here; did you mean "by_program"?)"},
    Mistake{
        R"("m": {"type": "mutex"})", R"("m/1": {"type": "mutex"})",
        R"(/objects/m~11: "m/1" is no name; write a letter, then at most 63 letters, digits and underscores)"},
    // Processes.
    Mistake{R"("pair": {"count": 2, "threads")", R"("pair": {"count": 2, "thread")",
            R"(/processes/pair: this process has no program; add "program" or "threads")"},
    Mistake{R"("pair": {"count": 2,)", R"("pair": {"count": 2, "program": [{"reach": "a"}],)",
            R"(/processes/pair: both "program" and "threads" are given; keep one of them)"},
    Mistake{R"({"count": 2,)", R"({"count": 0,)",
            "/processes/pair/count: 0 is out of range; write a number from 1 to 4096"},
    Mistake{R"({"count": 2,)", R"({"count": [1, 2, 3],)",
            "/processes/pair/count: this array is too long; write at most 2 in it"},
    Mistake{R"({"count": 2,)", R"({"count": [1],)",
            "/processes/pair/count: this array is too short; write at least 2 in it"},
    Mistake{R"({"count": 2,)", R"({"count": "2",)",
            "/processes/pair/count: this is a string; write an integer or [low, high]"},
    Mistake{R"({"count": 2,)", R"({"count": [1, "2"],)",
            "/processes/pair/count/1: this is a string; write an integer"},
    // Steps.
    Mistake{R"({"set": "e"}, {"reset": "e"})", R"()",
            "/processes/pair/threads/first/2/do: this array is too short; write at least 1 in it"},
    Mistake{R"({"reach": "held"})", R"({"raech": "held"})",
            R"(/processes/owner/program/1: unknown step "raech"; did you mean "reach"?)"},
    Mistake{R"({"reach": "held"})", R"({"reach": "held", "wait": "e"})",
            R"(/processes/owner/program/1: "wait" and "reach" in one step; write two steps)"},
    Mistake{R"({"reach": "held"})", R"({"reach": "held", "timeout_ms": 5})",
            R"(/processes/owner/program/1: unknown key "timeout_ms"; write "reach")"},
    Mistake{R"({"reach": "held"})", R"("reach")",
            "/processes/owner/program/1: this is a string; write an object"},
    Mistake{R"("timeout_ms": 7})", R"("timeout": 7})",
            R"(/processes/owner/program/2: unknown key "timeout"; did you mean "timeout_ms"?)"},
    Mistake{R"("timeout_ms": 7)", R"("timeout_ms": 3600001)",
            "/processes/owner/program/2/timeout_ms: 3600001 is out of range; write a number from 0 "
            "to 3600000"},
    Mistake{R"("timeout_ms": 7)", R"("timeout_ms": null)",
            "/processes/owner/program/2/timeout_ms: this is null; write an integer or [low, high]"},
    Mistake{R"({"hold": "m", "do": [{"work_us": [1, 9]}]})", R"({"hold": "m"})",
            R"(/processes/owner/program/0: "do" is missing; add "do")"},
    Mistake{R"("due_us": 100, )", R"()",
            R"(/processes/pair/threads/first/0: "due_us" is missing; add "due_us")"},
    Mistake{R"(["e", "s"])", R"([])",
            "/processes/pair/threads/first/1/wait_any: this array is too short; write at least 1 "
            "in it"},
    Mistake{R"(["e", "s"])", R"(["e", 5])",
            "/processes/pair/threads/first/1/wait_any/1: this is an integer; write a string"},
    Mistake{R"("repeat": [2, 3])", R"("repeat": 0)",
            "/processes/pair/threads/first/2/repeat: 0 is out of range; write a number from 1 to "
            "1000000"},
    Mistake{R"(, "as": "twin")", R"()",
            R"(/processes/pair/threads/first/3: "as" is missing; add "as")"},
    Mistake{
        R"("await_blocked": "owner")", R"("await_blocked": "owner/x")",
        R"(/processes/pair/threads/first/4/await_blocked: "owner/x" names no process; write a group ("owner") or one process of it ("owner/0"))"},
    Mistake{R"("weight": 2)", R"("weight": 0)",
            "/processes/pair/threads/second/5/choose/0/weight: 0 is out of range; write a number "
            "from 1 to 1000000"},
    Mistake{R"({"weight": 2, "do": [{"cancel_timer": "t"}]})", R"({"weight": 2})",
            R"(/processes/pair/threads/second/5/choose/0: "do" is missing; add "do")"},
    // Faults.
    Mistake{R"({"kill": "owner", "at")", R"({"kil": "owner", "at")",
            R"(/faults/0: unknown fault "kil"; did you mean "kill"?)"},
    Mistake{R"({"kill": "owner", "at": {"operation": 2, "after": false}})", R"({})",
            "/faults/0: this fault is empty; write one of kill, exit, end_thread, leak, stop"},
    Mistake{R"({"kill": "owner", "at": {"operation": 2, "after": false}})", R"({"kill": "owner"})",
            R"(/faults/0: nothing says when it strikes; add "at" or "when")"},
    Mistake{R"({"kill": "owner", "at")", R"({"kill": "owner", "exit": "owner", "at")",
            R"(/faults/0: "kill" and "exit" in one fault; write two faults)"},
    Mistake{R"({"kill": "owner", "at")", R"({"kill": "owner", "when": {"reached": "held"}, "at")",
            R"(/faults/0: both "at" and "when" are given; keep one of them)"},
    Mistake{R"("after": false)", R"("access": 3, "after": false)",
            R"(/faults/0/at: "after" and "access" are two places; keep one of them)"},
    Mistake{
        R"({"operation": 2, "after": false})", R"({"after": false})",
        R"(/faults/0/at: this names no place; write {"operation": 3} or {"crash_point": "handoff.committed"})"},
    Mistake{R"({"operation": 2, "after": false})", R"({"operation": 0})",
            "/faults/0/at/operation: 0 is out of range; write a number from 1 to 1000000"},
    Mistake{
        R"({"blocked": "owner"})", R"({"count": 1})",
        R"(/faults/1/when: this names no condition; write {"blocked": "contender"} or {"reached": "held"})"},
    Mistake{R"(, "resume": {"reached": "held", "count": 1})", R"()",
            R"(/faults/1: "resume" is missing; add "resume")"},
    Mistake{R"("thread": "second", "at": {"operation": 1})",
            R"("thread": "second", "when": {"reached": "held"})",
            R"(/faults/2/when: a thread cannot be ended from outside; write "at" instead)"},
    Mistake{
        R"("at": {"operation": 1})", R"("at": {"operation": 1, "access": 4})",
        R"(/faults/2/at: a thread can only be ended between its operations; write {"operation": 3} without "access")"},
    Mistake{
        R"("at": {"operation": 1})", R"("at": {"crash_point": "lock.acquired"})",
        R"(/faults/2/at: a thread can only be ended between its operations; write {"operation": 3} without "access")"},
    Mistake{
        R"({"exit": "pair/0", "at": {"crash_point": "lock.acquired", "ordinal": 3}})",
        R"({"leak": "pair/0", "at": {"operation": 1}})",
        R"(/faults/3/at: a leak strikes when its process has done its program; leave "at" out)"},
    // The end.
    Mistake{R"(["leaks"])", R"([])", "/checks: this array is too short; write at least 1 in it"},
    Mistake{R"({"abandoned": {"min": 1, "max": 2}})", R"({"abandonned": {"min": 1}})",
            R"(/seen: unknown key "abandonned"; did you mean "abandoned"?)"},
    Mistake{R"({"min": 1, "max": 2})", R"({})",
            R"(/seen/abandoned: this demands nothing; add "min", "max" or both)"},
    Mistake{R"({"min": 1, "max": 2})", R"(1)",
            "/seen/abandoned: this is an integer; write an object"},
    Mistake{R"("run_ms": 5000)", R"("run_ms": 0)",
            "/limits/run_ms: 0 is out of range; write a number from 1 to 3600000"},
};

constexpr std::array kBeyondTheSchema{
    Mistake{R"({"count": 2,)", R"({"count": [3, 2],)",
            "/processes/pair/count: the range [3, 2] is empty; write the lower number first"},
    Mistake{R"([{"work_us": [1, 9]}])",
            R"([{"repeat": 1, "do": [{"repeat": 1, "do": [{"repeat": 1, "do": [{"repeat": 1, "do": [
               {"repeat": 1, "do": [{"repeat": 1, "do": [{"repeat": 1, "do": [{"repeat": 1, "do": [
               {"repeat": 1, "do": [{"repeat": 1, "do": [{"repeat": 1, "do": [{"repeat": 1, "do": [
               {"repeat": 1, "do": [{"repeat": 1, "do": [{"repeat": 1, "do": [{"work_us": 1}]}]}]}
               ]}]}]}]}]}]}]}]}]}]}]}]}])",
            "/processes/owner/program/0/do/0/do/0/do/0/do/0/do/0/do/0/do/0/do/0/do/0/do/0/do/0/do/0"
            "/do/0/do/0/do/0/do: blocks are nested more than 16 deep; write a flatter program"},
};

constexpr std::array kMeaning{
    Mistake{
        R"({"pulse": "e"})", R"({"pulse": "s"})",
        R"(/processes/owner/program/5/pulse: "s" is a semaphore, and "pulse" does not fit it; name an event)"},
    Mistake{
        R"({"signal": "m",)", R"({"signal": "t",)",
        R"(/processes/owner/program/6/signal: "t" is a timer, and "signal" does not fit it; name an event, a mutex or a semaphore)"},
    Mistake{R"("and_wait": "s")", R"("and_wait": "x")",
            R"(/processes/owner/program/6/and_wait: unknown object "x"; did you mean "m"?)"},
    Mistake{
        R"({"queue_call": "pair/0",)", R"({"queue_call": "pair",)",
        R"(/processes/owner/program/7/queue_call: "pair" may be several processes; name one, as "pair/0")"},
    Mistake{
        R"({"queue_call": "pair/0", "thread": "second"})",
        R"({"queue_call": "pair/0", "thread": "secnod"})",
        R"(/processes/owner/program/7/thread: "pair" has no thread "secnod"; did you mean "second"?)"},
    Mistake{R"("initial": 2)", R"("initial": 6)",
            "/objects/s/initial: 6 is above the maximum, 5; write a number from 0 to the maximum"},
    Mistake{
        R"("opened": "by_program")", R"("opened": "by_program", "sharing": "inherit")",
        R"(/objects/n/sharing: programs open an object by its name only; write "name", or leave "opened" out)"},
    Mistake{
        R"({"wait": "e", "timeout_ms": 7})", R"({"wait": "event", "timeout_ms": 7})",
        R"(/processes/owner/program/2/wait: unknown object "event"; write one of m, s, e, t, n, twin)"},
    Mistake{
        R"(["e", "s"])", R"(["e", "tiwn"])",
        R"(/processes/pair/threads/first/1/wait_any/1: unknown object "tiwn"; did you mean "twin"?)"},
    Mistake{
        R"({"hold": "m", "do")", R"({"hold": "e", "do")",
        R"(/processes/owner/program/0/hold: "e" is an event, and "hold" does not fit it; name a mutex or a semaphore)"},
    Mistake{
        R"({"release": "s", "count": 2})", R"({"release": "e"})",
        R"(/processes/owner/program/3/release: "e" is an event, and "release" does not fit it; name a mutex or a semaphore)"},
    Mistake{
        R"({"release": "s", "count": 2})", R"({"release": "m", "count": 2})",
        R"(/processes/owner/program/3/release: a mutex is released without a count; leave "count" out)"},
    Mistake{
        R"({"set": "e"})", R"({"set": "m"})",
        R"(/processes/pair/threads/first/2/do/0/set: "m" is a mutex, and "set" does not fit it; name an event)"},
    Mistake{
        R"({"reset": "e"})", R"({"reset": "t"})",
        R"(/processes/pair/threads/first/2/do/1/reset: "t" is a timer, and "reset" does not fit it; name an event)"},
    Mistake{
        R"({"set_timer": "t",)", R"({"set_timer": "s",)",
        R"(/processes/pair/threads/first/0/set_timer: "s" is a semaphore, and "set_timer" does not fit it; name a timer)"},
    Mistake{
        R"({"cancel_timer": "t"})", R"({"cancel_timer": "e"})",
        R"(/processes/pair/threads/second/5/choose/0/do/0/cancel_timer: "e" is an event, and "cancel_timer" does not fit it; name a timer)"},
    Mistake{
        R"({"create": "n"})", R"({"create": "e"})",
        R"(/processes/pair/threads/second/0/create: "e" is opened before the programs start and closed after them; add "opened": "by_program" to the object, or leave the step out)"},
    Mistake{
        R"({"wait": "e", "timeout_ms": 7})", R"({"wait": "n", "timeout_ms": 7})",
        R"(/processes/owner/program/2/wait: this process never makes the handle "n"; add a "create" or "open" step to it)"},
    Mistake{
        R"({"wait": "e", "timeout_ms": 7})", R"({"wait": "twin", "timeout_ms": 7})",
        R"(/processes/owner/program/2/wait: this process never makes the handle "twin"; add a "duplicate" step to it)"},
    Mistake{
        R"("as": "twin")", R"("as": "m")",
        R"(/processes/pair/threads/first/3/as: "m" is an object already; give the duplicate another name)"},
    Mistake{
        R"({"reach": "held"})", R"({"duplicate": "m", "as": "twin"})",
        R"(/processes/pair/threads/first/3/as: "twin" is a duplicate of "m" elsewhere; give one of the two another name)"},
    Mistake{
        R"({"await": "held"})", R"({"await": "helt"})",
        R"(/processes/pair/threads/second/3/await: no step reaches "helt"; did you mean "held"?)"},
    Mistake{
        R"({"await": "held"})", R"({"await": "held", "count": 2})",
        R"(/processes/pair/threads/second/3/await: this asks for 2, but a seed may have only 1 ("held" is reached); write at most 1)"},
    Mistake{R"("await_blocked": "owner", "count": 1)", R"("await_blocked": "owner", "count": 2)",
            "/processes/pair/threads/first/4/await_blocked: this asks for 2, but a seed may have "
            "only 1 (threads that can be blocked); write at most 1"},
    Mistake{R"("await_death": "owner")", R"("await_death": "pair/1")",
            "/processes/pair/threads/second/4/await_death: this asks for 1, but a seed may have "
            "only 0 (processes that a fault surely ends); leave it out"},
    Mistake{
        R"("await_death": "owner")", R"("await_death": "onwer")",
        R"(/processes/pair/threads/second/4/await_death: unknown process "onwer"; did you mean "owner"?)"},
    Mistake{R"({"exit": "pair/0")", R"({"exit": "nobody")",
            R"(/faults/3/exit: unknown process "nobody"; write one of owner, pair)"},
    Mistake{
        R"({"stop": "pair/1")", R"({"stop": "pair/2")",
        R"(/faults/1/stop: there may be no "pair/2": the group has 2 at least; write a number below 2 after the slash)"},
    Mistake{R"({"operation": 2, "after": false})", R"({"operation": [1, 10]})",
            "/faults/0/at/operation: this asks for 10, but a seed may have only 9 (operations that "
            "the thread surely begins); write at most 9"},
    Mistake{R"("thread": "second", "at")", R"("thread": "third", "at")",
            R"(/faults/2/thread: "pair" has no thread "third"; write one of first, second)"},
    Mistake{
        R"({"stop": "pair/1", "when")", R"({"stop": "pair/1", "thread": "first", "when")",
        R"(/faults/1/thread: this fault strikes the whole process from outside; leave "thread" out)"},
    Mistake{
        R"("lock.acquired")", R"("lock.aquired")",
        R"(/faults/3/at/crash_point: unknown crash point "lock.aquired"; did you mean "lock.acquired"?)"},
    Mistake{R"({"blocked": "owner"})", R"({"blocked": "owner", "count": 2})",
            "/faults/1/when/blocked: this asks for 2, but a seed may have only 1 (threads that can "
            "be blocked); write at most 1"},
    Mistake{R"({"blocked": "owner"})", R"({"dead": "owner", "count": 2})",
            "/faults/1/when/dead: this asks for 2, but a seed may have only 1 (processes that a "
            "fault surely ends); write at most 1"},
    Mistake{R"({"reached": "held", "count": 1})", R"({"dead": "hell"})",
            R"(/faults/1/resume/dead: unknown process "hell"; write one of owner, pair)"},
    Mistake{R"({"reached": "held", "count": 1})", R"({"reached": "hell"})",
            R"(/faults/1/resume/reached: no step reaches "hell"; did you mean "held"?)"},
    Mistake{R"(["leaks"])", R"(["leeks"])",
            R"(/checks/0: unknown check "leeks"; did you mean "leaks"?)"},
    Mistake{R"({"min": 1, "max": 2})", R"({"min": 3, "max": 2})",
            R"(/seen/abandoned: "min" 3 is above "max" 2; write the lower number as "min")"},
    Mistake{R"("quiet_ms": 500)", R"("quiet_ms": 5001)",
            R"(/limits/quiet_ms: 5001 is above the run's limit, 5000; write less than "run_ms")"},
};

}  // namespace

std::string_view sound_document() {
    return kSound;
}

std::span<const Mistake> mistakes_of_form() {
    return kForm;
}

std::span<const Mistake> mistakes_beyond_the_schema() {
    return kBeyondTheSchema;
}

std::span<const Mistake> mistakes_of_meaning() {
    return kMeaning;
}

std::string broken_by(const Mistake& mistake) {
    std::string text(kSound);
    const std::size_t found = text.find(mistake.before);
    if (found == std::string::npos || text.find(mistake.before, found + 1) != std::string::npos) {
        throw HarnessError("the text to replace is not there once: " + std::string(mistake.before));
    }
    return text.replace(found, mistake.before.size(), mistake.after);
}

}  // namespace castaway::harness::testing
