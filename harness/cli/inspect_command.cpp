// `castaway inspect`: a region in use, for people and for programs. It looks and does not touch.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/base/words.h"
#include "harness/cli/commands.h"
#include "harness/cli/region_choice.h"
#include "harness/cli/region_words.h"

namespace castaway::harness {
namespace {

using Json = nlohmann::ordered_json;

/// Of the JSON form, which the README of primitives/ describes: fields are added, none is changed.
constexpr int kFormat = 1;

Json json_of(const InspectedHandle& handle) {
    return {{"value", handle.value},
            {"object", handle.object},
            {"access", fmt::format("0x{:x}", handle.access)},
            {"inherit", handle.inherit},
            {"protect_from_close", handle.protect}};
}

Json json_of(const InspectedProcess& process) {
    Json handles = Json::array();
    for (const InspectedHandle& handle : process.open) {
        handles.push_back(json_of(handle));
    }
    Json lacks = Json::array();
    for (const Lack lack : process.lacks) {
        lacks.push_back(name_of(lack));
    }
    return {{"slot", process.slot},
            {"pid", process.pid},
            {"start_time", process.start_time},
            {"pid_namespace", process.pid_namespace},
            {"state", word_for(process.state)},
            {"threads", process.threads},
            {"lacks", std::move(lacks)},
            {"handles", std::move(handles)}};
}

Json json_of(const InspectedThread& thread) {
    Json json{{"slot", thread.slot},
              {"process", thread.process},
              {"pid", thread.pid},
              {"state", word_for(thread.state)},
              {"waits_for", thread.waits_for}};
    if (!thread.waits_for.empty()) {
        json["waits_for_all"] = thread.wait_all;
    }
    return json;
}

Json json_of(const InspectedObject& object) {
    Json json{{"slot", object.slot},
              {"type", word_for(object.type)},
              {"name", object.name.empty() ? Json() : Json(object.name)},
              {"signaled", object.signaled},
              {"handles", object.handles},
              {"waiters", object.waiting_threads}};
    if (object.type == InspectedType::event || object.type == InspectedType::timer) {
        json["manual_reset"] = object.manual_reset;
    } else if (object.type == InspectedType::semaphore) {
        json["count"] = object.count;
        json["maximum"] = object.maximum;
    } else if (object.type == InspectedType::mutex) {
        json["abandoned"] = object.abandoned;
        json["depth"] = object.depth;
        json["owner"] = object.owner_thread ? Json(*object.owner_thread) : Json();
    }
    return json;
}

Json json_of(const WaitEdge& edge) {
    return {{"thread", edge.thread}, {"mutex", edge.mutex}, {"owner", edge.owner}};
}

Json json_of(const std::vector<WaitEdge>& edges) {
    Json json = Json::array();
    for (const WaitEdge& edge : edges) {
        json.push_back(json_of(edge));
    }
    return json;
}

template <class Thing>
Json list_of(const std::vector<Thing>& things) {
    Json list = Json::array();
    for (const Thing& thing : things) {
        list.push_back(json_of(thing));
    }
    return list;
}

/// \param others files of other regions of that name
Json json_of(const std::string& region, const RegionPicture& picture,
             const std::vector<std::string>& others) {
    Json deadlocks = Json::array();
    for (const Deadlock& deadlock : picture.deadlocks) {
        deadlocks.push_back({{"cycle", json_of(deadlock.cycle)}, {"blocked", deadlock.blocked}});
    }
    return {{"format", kFormat},
            {"region", region},
            {"left_by_earlier_start", picture.left_by_earlier_start},
            {"regions_of_others", others},
            {"processes", list_of(picture.processes)},
            {"threads", list_of(picture.threads)},
            {"objects", list_of(picture.objects)},
            {"wait_graph", json_of(wait_graph(picture))},
            {"deadlocks", std::move(deadlocks)}};
}

std::string state_of(const RegionPicture& picture, const InspectedObject& object) {
    if (object.type == InspectedType::semaphore) {
        return fmt::format("{} of {}", object.count, object.maximum);
    }
    if (object.type == InspectedType::process || object.type == InspectedType::thread) {
        return object.signaled ? "ended" : "runs";
    }
    if (object.type == InspectedType::private_namespace) {
        return "holds names";
    }
    if (object.type != InspectedType::mutex) {
        return fmt::format("{}, {} reset", object.signaled ? "signaled" : "not signaled",
                           object.manual_reset ? "manual" : "auto");
    }
    if (object.owner_thread) {
        return fmt::format("owned {} by {}", counted(object.depth, "time", "times"),
                           describe_thread(picture, *object.owner_thread));
    }
    return object.abandoned ? "abandoned" : "free";
}

void print_objects(const RegionPicture& picture) {
    fmt::print("\n{}\n", counted(picture.objects.size(), "object", "objects"));
    for (const InspectedObject& object : picture.objects) {
        fmt::print("  {}: {}; {}\n", describe(object), state_of(picture, object),
                   counted(object.handles, "handle", "handles"));
        for (const std::uint32_t waiter : object.waiting_threads) {
            fmt::print("    waited for by {}\n", describe_thread(picture, waiter));
        }
    }
}

bool has_several_pid_namespaces(const RegionPicture& picture) {
    return std::any_of(picture.processes.begin(), picture.processes.end(),
                       [&](const InspectedProcess& process) {
                           return process.pid_namespace != picture.processes.front().pid_namespace;
                       });
}

void print_processes(const RegionPicture& picture) {
    fmt::print("{}\n", counted(picture.processes.size(), "process", "processes"));
    const bool several = has_several_pid_namespaces(picture);
    for (const InspectedProcess& process : picture.processes) {
        fmt::print("  {} {}{}, started at tick {}: {}, {}\n", word_for(process.state), process.pid,
                   several ? fmt::format(" of pid namespace {}", process.pid_namespace) : "",
                   process.start_time, counted(process.threads, "thread", "threads"),
                   counted(process.open.size(), "handle", "handles"));
        for (const Lack lack : process.lacks) {
            fmt::print("    without {}: {}\n", name_of(lack), consequence_of(lack));
        }
        for (const InspectedHandle& handle : process.open) {
            const InspectedObject* const object = object_in(picture, handle.object);
            fmt::print("    {:>6}  access 0x{:06x}{}{}  {}\n", handle.value, handle.access,
                       handle.inherit ? ", inherit" : "",
                       handle.protect ? ", protect from close" : "",
                       object != nullptr ? describe(*object) : "an object that is gone");
        }
    }
}

void print_waits(const RegionPicture& picture) {
    if (const auto edges = wait_graph(picture); !edges.empty()) {
        fmt::print("\nwho waits for whom\n");
        for (const WaitEdge& edge : edges) {
            fmt::print("  {}\n", describe(picture, edge));
        }
    }
    for (const Deadlock& deadlock : picture.deadlocks) {
        fmt::print("\nDEADLOCK of {}\n", counted(deadlock.cycle.size(), "thread", "threads"));
        for (const WaitEdge& edge : deadlock.cycle) {
            fmt::print("  {}\n", describe(picture, edge));
        }
        for (const std::uint32_t thread : deadlock.blocked) {
            fmt::print("  behind it: {}\n", describe_thread(picture, thread));
        }
    }
}

}  // namespace

ExitCode inspect_command(const InspectOptions& options) {
    const ChosenRegion region = choose_region(options.region);
    const bool redraw = options.watch && !options.json && isatty(STDOUT_FILENO) != 0;
    for (std::uint32_t look = 0;;) {
        std::string problem;
        const auto picture = inspect_region(region.spec, problem);
        const std::vector<std::string> others = regions_of_others(region.spec);
        if (!picture) {
            for (const std::string& other : others) {
                problem += fmt::format("; {} is another region of that name", other);
            }
            throw InputError(problem);
        }
        if (redraw) {
            fmt::print("\x1b[H\x1b[2J");
        }
        if (options.json) {
            fmt::print("{}\n",
                       json_of(region.title, *picture, others).dump(options.watch ? -1 : 2));
        } else {
            fmt::print("{}region {}\n", look == 0 || redraw ? "" : "\n", region.title);
            for (const std::string& other : others) {
                fmt::print("{} is another region of that name, with objects of its own\n", other);
            }
            if (picture->left_by_earlier_start) {
                fmt::print("left by an earlier start of the machine: nobody in it is alive\n");
            }
            print_processes(*picture);
            print_objects(*picture);
            print_waits(*picture);
        }
        std::fflush(stdout);
        if (!options.watch || ++look == options.count) {
            return ExitCode::pass;
        }
        poll(nullptr, 0, 1000);
    }
}

}  // namespace castaway::harness
