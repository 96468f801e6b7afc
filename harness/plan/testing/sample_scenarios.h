// Scenarios for the tests of planning.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "harness/scenario/scenario_json.h"

namespace castaway::harness::testing {

inline Scenario scenario_from(std::string_view text) {
    static constexpr std::array<std::string_view, 2> kChecks{"mutual_exclusion", "leaks"};
    static constexpr std::array<std::string_view, 2> kCrashPoints{"handoff.committed",
                                                                  "lock.acquired"};
    return parse_scenario(text, "sample.json", {kChecks, kCrashPoints});
}

/// Has every kind of object, step, trigger and fault, and ranges wherever the form allows one.
inline Scenario rich_scenario() {
    return scenario_from(R"json({
        "version": 1, "name": "rich", "description": "a bit of \"everything\"\nin two lines",
        "rules": ["MTX-08", "SEM-06"],
        "objects": {
            "m": {"type": "mutex"},
            "s": {"type": "semaphore", "initial": 2, "maximum": 9, "sharing": "inherit"},
            "e": {"type": "event", "reset": "manual", "signaled": true},
            "t": {"type": "timer", "reset": "manual"},
            "n": {"type": "event", "opened": "by_program"}
        },
        "processes": {
            "owner": {"count": [2, 4], "program": [
                {"hold": "m", "timeout_ms": [100, 900], "do": [
                    {"work_us": [0, 500]},
                    {"hold": "s", "do": [{"wait": "e", "timeout_ms": 0}]}
                ]},
                {"reach": "held"},
                {"repeat": [3, 9], "do": [
                    {"choose": [
                        {"weight": 3, "do": [{"wait": "s", "timeout_ms": [0, 9]},
                                             {"release": "s", "count": [1, 5]}]},
                        {"weight": 1, "do": [{"set": "e"}, {"reset": "e"}]}
                    ], "times": [1, 3]}
                ]}
            ]},
            "pair": {"count": 4, "threads": {
                "first": [
                    {"set_timer": "t", "due_us": [1000, 9000], "period_ms": [0, 5]},
                    {"wait_any": ["e", "t", "m"], "timeout_ms": [1, 50]},
                    {"cancel_timer": "t"},
                    {"duplicate": "m", "as": "twin"},
                    {"hold": "twin", "do": [{"work_us": 5}]},
                    {"close": "twin"}
                ],
                "second": [
                    {"create": "n"}, {"open": "n"}, {"close": "n"},
                    {"await": "held", "count": [1, 2]},
                    {"await_blocked": "owner", "count": 1},
                    {"await_death": "pair", "count": [1, 3]}
                ]
            }}
        },
        "faults": [
            {"kill": "pair", "thread": "second", "at": {"operation": [1, 3], "after": true}},
            {"kill": "pair/2", "thread": "first", "at": {"operation": 2, "access": [1, 40]}},
            {"exit": "pair", "when": {"reached": "held", "count": [1, 2]}},
            {"end_thread": "owner", "at": {"operation": 1}},
            {"stop": "owner/0", "at": {"crash_point": "handoff.committed", "ordinal": [1, 3]},
             "resume": {"blocked": "pair", "count": [1, 2]}},
            {"stop": "pair/3", "when": {"dead": "pair/2"}, "resume": {"dead": "pair", "count": [1, 3]}},
            {"leak": "pair"}
        ],
        "checks": ["mutual_exclusion"],
        "seen": {"abandoned": {"min": 1}, "timeouts": {"max": 7}},
        "limits": {"run_ms": 7000, "quiet_ms": 700}
    })json");
}

/// Procedure calls, and operations on several objects.
inline Scenario scenario_of_calls() {
    return scenario_from(R"json({
        "version": 1, "name": "calls", "description": "procedure calls, and several objects at once",
        "objects": {"m": {"type": "mutex"}, "e": {"type": "event"}, "t": {"type": "timer"}},
        "processes": {
            "called": {"count": 2, "threads": {
                "main": [{"wait_all": ["m", "e"], "timeout_ms": 5, "alertable": true}],
                "other": [{"sleep_ms": [3, 9], "alertable": true}, {"wait": "e"}]
            }},
            "caller": {"program": [
                {"queue_call": "called/1", "thread": "other"}, {"queue_call": "caller"},
                {"set_timer": "t", "due_us": 5, "with_routine": true},
                {"pulse": "e"}, {"signal": "m", "and_wait": "t"}
            ]}
        }
    })json");
}

}  // namespace castaway::harness::testing
