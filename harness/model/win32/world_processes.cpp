// Processes and threads: as objects, and how they begin, inherit and end.
//
// Rules PROC-01 to PROC-03; INH-01 to INH-04, INH-06, INH-07; HND-02, HND-07; NAME-14; MTX-07,
// MTX-08, MTX-16, MTX-17; SEM-08; TMR-10, TMR-15.
#include <algorithm>

#include "harness/model/win32/world.h"

namespace castaway::harness::win32 {
namespace {

constexpr std::uint32_t kStillActive = 259;

}  // namespace

void World::tell_self(Judged& judged) {
    const bool of_process = judged.call.function == Function::current_process;
    must_be(judged, static_cast<std::int64_t>(judged.response.result) == (of_process ? -1 : -2),
            "the pseudo handle of the process is -1, that of the thread -2");
}

void World::open_process(Judged& judged) {
    const Process& opened = *process(judged.call.of_process);
    open_participant(judged, opened.alive, opened.object, Type::process);
}

void World::open_thread(Judged& judged) {
    const Thread& opened = *thread({judged.call.of_process, judged.call.of_thread});
    open_participant(judged, opened.alive, opened.object, Type::thread);
}

void World::open_participant(Judged& judged, bool alive, ObjectId id, Type type) {
    if (!alive && has_handles(id)) {
        // Whether it can be opened while others hold handles of it, the page does not say.
        judged.refusals.may(errors::kInvalidParameter);
    } else if (!alive) {
        judged.refusals.add(errors::kInvalidParameter);
    }
    const Call& call = judged.call;
    judge_access(judged, type, false);
    if (!is_over(judged)) {
        add_handle(judged, call.process, judged.response.result,
                   {id, granted(type, call.access), call.inherit});
    }
}

void World::tell_id(Judged& judged) {
    const bool of_process = judged.call.function == Function::process_id;
    const auto found = of_process ? use(judged, judged.call.handle, Type::process,
                                        rights::kQueryProcessLimited, rights::kQueryProcess)
                                  : use(judged, judged.call.handle, Type::thread,
                                        rights::kQueryThreadLimited, rights::kQueryThread);
    if (is_over(judged)) {
        return;
    }
    const ThreadKey self = object(*found).self;
    const std::uint32_t id = of_process ? process(self.process)->id : thread(self)->id;
    must_be(judged, judged.response.result == id, "that is another's id");
}

void World::exit_code(Judged& judged) {
    const auto found = use(judged, judged.call.handle, Type::process, rights::kQueryProcessLimited,
                           rights::kQueryProcess);
    if (is_over(judged)) {
        return;
    }
    const Process& asked = *process(object(*found).self.process);
    const auto& told = judged.response.written;
    if (asked.alive) {
        must_be(judged, told == kStillActive, "the process has not ended (259)");
    } else if (asked.exit_code) {
        must_be(judged, told == asked.exit_code, "that is not how the process has ended");
    } else {
        must_be(judged, told.has_value() && told != kStillActive, "the process has ended");
    }
}

void World::add_process(std::uint32_t number, std::uint32_t id, std::uint32_t thread_id) {
    Object as_object;
    as_object.type = Type::process;
    as_object.self = {number, 0};
    Object first;
    first.type = Type::thread;
    first.self = {number, 0};
    Process added;
    added.id = id;
    added.object = make(std::move(as_object));
    added.threads[0] = Thread{true, thread_id, make(std::move(first)), {}};
    processes_.insert_or_assign(number, std::move(added));
}

void World::start_process(Judged& judged) {
    add_process(judged.call.process, judged.response.process_id, judged.response.thread_id);
}

void World::start_thread(Judged& judged) {
    const ThreadKey key{judged.call.process, judged.call.of_thread};
    Object as_object;
    as_object.type = Type::thread;
    as_object.self = key;
    processes_.at(key.process).threads[key.thread] =
        Thread{true, judged.response.thread_id, make(std::move(as_object)), {}};
}

void World::create_process(Judged& judged) {
    const Call& call = judged.call;
    for (const HandleArgument& listed : call.handles) {
        const auto found = find(caller(call), listed.value);
        if (call.with_list && (!found || !found->inherit)) {
            judged.refusals.add(errors::kInvalidParameter);
        }
    }
    if (is_over(judged)) {
        return;
    }
    const Response& response = judged.response;
    add_process(call.of_process, response.process_id, response.thread_id);
    Process& child = processes_.at(call.of_process);
    const auto is_listed = [&call](HandleValue value) {
        return !call.with_list ||
               std::any_of(call.handles.begin(), call.handles.end(),
                           [value](const HandleArgument& each) { return each.plain() == value; });
    };
    for (const auto& [value, handle] : processes_.at(call.process).handles) {
        if (call.inherit_handles && handle.inherit && is_listed(value)) {
            child.handles.emplace(value, handle);
        }
    }
    for (const Handle& handle : processes_.at(call.process).untold) {
        if (call.inherit_handles && handle.inherit && !call.with_list) {
            child.untold.push_back(handle);
        }
    }
    const bool inherit = call.attributes && call.inherit;
    const ObjectId first = child.threads.at(0).object;
    add_handle(judged, call.process, response.made,
               {child.object, all_rights(Type::process), inherit});
    add_handle(judged, call.process, response.made_second,
               {first, all_rights(Type::thread), false});
}

void World::terminate_process(Judged& judged) {
    const auto found = use(judged, judged.call.handle, Type::process, rights::kTerminateProcess);
    if (found && object(*found).signaled) {
        judged.refusals.add(errors::kAccessDenied);
    }
    if (is_over(judged)) {
        return;
    }
    const std::uint32_t ended = object(*found).self.process;
    must_be(judged, ended != judged.call.process, "it must not return, it ends its own process");
    end_process(ended, judged.call.code);
}

void World::end_thread(ThreadKey key) {
    Thread& ended = thread_of(key);
    ended.alive = false;
    ended.calls.clear();
    object(ended.object).signaled = true;
    for (auto& [id, each] : objects_) {
        if (each.owner == key) {
            each.owner.reset();
            each.recursion = 0;
            each.abandoned = true;
        }
        if (each.routine_next && each.setter == key) {
            each.timer.stop_unseen();
            each.setter.reset();
            each.routine_next.reset();
        }
    }
}

void World::end_process(std::uint32_t number, std::optional<std::uint32_t> code) {
    Process& ended = processes_.at(number);
    for (const auto& [thread_number, each] : ended.threads) {
        if (each.alive) {
            end_thread({number, thread_number});
        }
    }
    while (!ended.handles.empty()) {
        close(number, ended.handles.begin()->first);
    }
    while (!ended.untold.empty()) {
        const ObjectId id = ended.untold.back().object;
        ended.untold.pop_back();
        forget_if_unused(id);
    }
    ended.alive = false;
    ended.exit_code = code;
    ended.aliases.clear();
    ended.boundaries.clear();
    object(ended.object).signaled = true;
}

}  // namespace castaway::harness::win32
