#include "harness/model/win32/world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace castaway::harness::win32 {
namespace {

bool opens_or_creates_object(Function function) {
    return function <= Function::open_timer;
}

bool is_about_namespaces(Function function) {
    return function >= Function::create_boundary;
}

}  // namespace

std::string World::Refusals::describe() const {
    std::set<std::uint32_t> all = must_;
    all.insert(may_.begin(), may_.end());
    return fmt::format("{}", fmt::join(all, " or "));
}

bool World::is_over(Judged& judged) {
    const Response& response = judged.response;
    if (response.result != failure_of(judged.call.function)) {
        if (judged.refusals.must()) {
            judged.wrong = fmt::format("it must fail with error {}", judged.refusals.describe());
        }
        return judged.refusals.must();
    }
    if (judged.refusals.allow(response.error)) {
        must_be(judged, response.made == 0 && !response.written && response.delivered.empty(),
                "a call that fails changes nothing but the last error");
    } else if (judged.refusals.must()) {
        judged.wrong = fmt::format("its error must be {}", judged.refusals.describe());
    } else {
        judged.wrong = "nothing is a reason for it to fail";
    }
    return true;
}

void World::must_be(Judged& judged, bool right, const char* what) {
    if (!right && judged.wrong.empty()) {
        judged.wrong = what;
    }
}

bool World::is_alive(std::uint32_t number) const {
    const Process* const found = process(number);
    return found != nullptr && found->alive;
}

bool World::is_alive(ThreadKey key) const {
    const Thread* const found = thread(key);
    return found != nullptr && found->alive;
}

const World::Process* World::process(std::uint32_t number) const {
    const auto found = processes_.find(number);
    return found == processes_.end() ? nullptr : &found->second;
}

const World::Thread* World::thread(ThreadKey key) const {
    const Process* const its_process = process(key.process);
    if (its_process == nullptr) {
        return nullptr;
    }
    const auto found = its_process->threads.find(key.thread);
    return found == its_process->threads.end() ? nullptr : &found->second;
}

std::optional<World::Handle> World::find(ThreadKey who, HandleValue given) const {
    const Process& its_process = processes_.at(who.process);
    const HandleValue value = HandleArgument::plain(given);
    if (value == kPseudoProcess) {
        return Handle{its_process.object, all_rights(Type::process)};
    }
    if (value == kPseudoThread) {
        return Handle{its_process.threads.at(who.thread).object, all_rights(Type::thread)};
    }
    const auto found = its_process.handles.find(value);
    return found == its_process.handles.end() ? std::nullopt : std::optional(found->second);
}

const World::Object* World::find_object(ThreadKey who, HandleValue value) const {
    const auto found = find(who, value);
    return found ? &object(found->object) : nullptr;
}

bool World::may_be_untold(std::uint32_t number, const HandleArgument& handle) const {
    const Process& holder = processes_.at(number);
    const HandleValue value = handle.plain();
    return !holder.untold.empty() && value > 0 && value != HandleArgument::plain(kNeverMade) &&
           holder.handles.count(value) == 0;
}

void World::judge_access(Judged& judged, Type type, bool may_be_none) {
    const std::uint32_t wanted = judged.call.access;
    if ((wanted & rights::kSystemSecurity) != 0) {
        judged.refusals.add(errors::kPrivilegeNotHeld);
    }
    if ((wanted == 0 && !may_be_none) || asks_for_others(type, wanted)) {
        judged.refusals.add(errors::kAccessDenied);
    }
}

bool World::names_a(Type type, ThreadKey who, const HandleArgument& handle) const {
    const Object* const found = find_object(who, handle.value);
    return found != nullptr && found->type == type;
}

std::optional<World::ObjectId> World::use(Judged& judged, const HandleArgument& handle,
                                          std::optional<Type> type, std::uint32_t right,
                                          std::uint32_t or_right) const {
    const auto found = find(caller(judged.call), handle.value);
    if (!found || (type && object(found->object).type != *type)) {
        judged.refusals.add(errors::kInvalidHandle);
        return std::nullopt;
    }
    const bool permitted = (found->access & right) == right ||
                           (or_right != 0 && (found->access & or_right) == or_right);
    if (!permitted) {
        judged.refusals.add(errors::kAccessDenied);
        return std::nullopt;
    }
    return found->object;
}

World::ObjectId World::make(Object made) {
    const ObjectId id = next_object_++;
    if (!made.key.empty()) {
        names_.emplace(made.key, id);
    }
    objects_.emplace(id, std::move(made));
    return id;
}

/// Rules HND-02, HND-03.
void World::add_handle(Judged& judged, std::uint32_t number, std::uint64_t value, Handle handle) {
    const auto as_seen = static_cast<HandleValue>(value);
    auto& handles = processes_.at(number).handles;
    must_be(judged, value % 4 == 0 && value != 0 && as_seen > 0,
            "a handle must be a multiple of four, and neither NULL nor a pseudo handle");
    must_be(judged, handles.count(as_seen) == 0, "the handle is the value of another open one");
    handles.insert_or_assign(as_seen, handle);
}

void World::close(std::uint32_t number, HandleValue value) {
    auto& handles = processes_.at(number).handles;
    const auto found = handles.find(value);
    const ObjectId id = found->second.object;
    handles.erase(found);
    forget_if_unused(id);
}

bool World::has_handles(ObjectId id) const {
    return std::any_of(processes_.begin(), processes_.end(), [id](const auto& each) {
        const auto& [number, holder] = each;
        return std::any_of(holder.handles.begin(), holder.handles.end(),
                           [id](const auto& handle) { return handle.second.object == id; }) ||
               std::any_of(holder.untold.begin(), holder.untold.end(),
                           [id](const Handle& handle) { return handle.object == id; });
    });
}

/// Rule NAME-13.
void World::forget_if_unused(ObjectId id) {
    const Object& unused = object(id);
    const bool lives_on =
        (unused.type == Type::process || unused.type == Type::thread) && !unused.signaled;
    if (lives_on || has_handles(id)) {
        return;
    }
    if (!unused.key.empty()) {
        names_.erase(unused.key);
    }
    if (unused.type == Type::private_namespace) {
        std::erase_if(namespaces_, [id](const auto& each) { return each.second == id; });
    }
    if (unused.routine_next) {
        orphaned_routines_.insert_or_assign(unused.set_by, *unused.setter);
    }
    // Who asks later for a process's or a thread's id finds that it has ended.
    if (unused.type != Type::process && unused.type != Type::thread) {
        objects_.erase(id);
    }
}

Meaning World::meaning(const Call& call) const {
    return meaning_of(
        call.name, call.wide, [&](std::u16string_view alias) -> std::optional<ObjectId> {
            const auto& aliases = processes_.at(call.process).aliases;
            const auto found = aliases.find(std::u16string(alias));
            return found == aliases.end() ? std::nullopt : std::optional(found->second.object);
        });
}

std::string World::name_left_open(const Call& call) const {
    const Meaning name = meaning(call);
    constexpr std::array kBeyondPages{errors::kNameTooLong, errors::kInvalidName, errors::kBadPath,
                                      errors::kNoTranslation};
    const bool beyond_pages =
        std::find(kBeyondPages.begin(), kBeyondPages.end(), name.error) != kBeyondPages.end() ||
        (call.name &&
         (call.name->size() > kNameCharactersMax || call.name->starts_with(u"Session\\")));
    return name.kind == Meaning::Kind::not_promised || (standard_.pages_alone && beyond_pages)
               ? "such a name"
               : "";
}

bool World::leads_through_object(const Call& call) const {
    if (!call.name) {
        return false;
    }
    Call shorter = call;
    shorter.name->resize(std::min(call.name->rfind(u'\\'), call.name->size()));
    return names_.count(meaning(shorter).key) != 0;
}

std::string World::leaves_open(const Call& call) const {
    if (call.function == Function::start_process) {
        return process(call.process) != nullptr ? "the process has been started" : "";
    }
    if (!is_alive(call.process)) {
        return "the process is not there";
    }
    if (call.function == Function::kill_process) {
        return "";
    }
    if (!is_alive(caller(call))) {
        return "the thread is not there";
    }
    const ThreadKey who = caller(call);
    const auto may_be_untold_here = [&](const HandleArgument& handle) {
        return may_be_untold(call.process, handle);
    };
    if (!takes_boundary(call.function) &&
        (may_be_untold_here(call.handle) || may_be_untold_here(call.second) ||
         may_be_untold_here(call.target_process) ||
         std::any_of(call.handles.begin(), call.handles.end(), may_be_untold_here))) {
        return "a value that a handle may have which nobody was told";
    }
    if (!is_about_namespaces(call.function) && call.function != Function::create_process) {
        bool used = names_a(Type::private_namespace, who, call.handle) ||
                    names_a(Type::private_namespace, who, call.second);
        for (const HandleArgument& each : call.handles) {
            used = used || names_a(Type::private_namespace, who, each);
        }
        if (used) {
            return "a private namespace is for its own functions";
        }
    }
    if (opens_or_creates_object(call.function)) {
        const bool opens = call.function >= Function::open_event;
        if (standard_.pages_alone && (opens || call.extended) &&
            !is_defined(type_named_by(call.function), call.access)) {
            return "an access mask of nothing, or with bits that the type has not";
        }
        if (standard_.pages_alone && opens && call.name && call.name->empty()) {
            return "an empty name to open";
        }
        return name_left_open(call);
    }
    switch (call.function) {
        case Function::open_process:
            return process(call.of_process) == nullptr ? "no such process"
                   : standard_.pages_alone && !is_defined(Type::process, call.access)
                       ? "such an access mask"
                       : "";
        case Function::open_thread:
            return thread({call.of_process, call.of_thread}) == nullptr ? "no such thread"
                   : standard_.pages_alone && !is_defined(Type::thread, call.access)
                       ? "such an access mask"
                       : "";
        case Function::wait:
        case Function::wait_several:
        case Function::signal_and_wait:
        case Function::sleep:
            return would_block(call);
        case Function::get_handle_information:
        case Function::set_handle_information:
            return call.handle.is_pseudo() ? "flags of a pseudo handle"
                   : ((call.mask | call.flags) & ~std::uint32_t{3}) != 0 ? "other flags"
                                                                         : "";
        case Function::duplicate_handle:
            return duplication_left_open(call);
        case Function::create_process:
            if (process(call.of_process) != nullptr) {
                return "the process has been started";
            }
            if (call.with_list && (!call.inherit_handles || call.handles.empty())) {
                return "a list without bInheritHandles, or an empty one";
            }
            return std::any_of(call.handles.begin(), call.handles.end(),
                               [](const HandleArgument& each) { return each.is_pseudo(); })
                       ? "a pseudo handle to inherit"
                       : "";
        case Function::start_thread:
            return thread({call.process, call.of_thread}) != nullptr ? "the thread has been started"
                                                                     : "";
        case Function::exit_thread:
            return call.thread == 0 ? "the end of a first thread alone" : "";
        case Function::create_boundary:
            return call.flags != 0 ? "flags of a boundary" : "";
        case Function::add_sid:
        case Function::delete_boundary:
        case Function::create_namespace:
        case Function::open_namespace:
            return boundary(call) == nullptr ? "not a boundary of this process" : "";
        case Function::close_namespace: {
            const auto found = find(who, call.handle.value);
            return found && found->protect ? "a protected handle of a namespace" : "";
        }
        default:
            return "";
    }
}

std::string World::judge(const Call& call, const Response& response) {
    Judged judged{call, response, {}, {}};
    switch (call.function) {
        case Function::create_event:
        case Function::create_mutex:
        case Function::create_semaphore:
        case Function::create_timer:
            create(judged, type_named_by(call.function));
            break;
        case Function::open_event:
        case Function::open_mutex:
        case Function::open_semaphore:
        case Function::open_timer:
            open(judged, type_named_by(call.function));
            break;
        case Function::set_event:
        case Function::reset_event:
        case Function::pulse_event:
            change_event(judged);
            break;
        case Function::release_mutex:
            release_mutex(judged);
            break;
        case Function::release_semaphore:
            release_semaphore(judged);
            break;
        case Function::set_timer:
            set_timer(judged);
            break;
        case Function::cancel_timer:
            cancel_timer(judged);
            break;
        case Function::wait:
            wait(judged);
            break;
        case Function::wait_several:
            wait_several(judged);
            break;
        case Function::signal_and_wait:
            signal_and_wait(judged);
            break;
        case Function::sleep:
            sleep(judged);
            break;
        case Function::queue_call:
            queue_call(judged);
            break;
        case Function::close_handle:
            close_handle(judged);
            break;
        case Function::duplicate_handle:
            duplicate_handle(judged);
            break;
        case Function::get_handle_information:
            get_handle_information(judged);
            break;
        case Function::set_handle_information:
            set_handle_information(judged);
            break;
        case Function::compare_handles:
            compare_handles(judged);
            break;
        case Function::current_process:
        case Function::current_thread:
            tell_self(judged);
            break;
        case Function::open_process:
            open_process(judged);
            break;
        case Function::open_thread:
            open_thread(judged);
            break;
        case Function::process_id:
        case Function::thread_id:
            tell_id(judged);
            break;
        case Function::exit_code:
            exit_code(judged);
            break;
        case Function::create_process:
            create_process(judged);
            break;
        case Function::terminate_process:
            terminate_process(judged);
            break;
        case Function::exit_process:
            judged.wrong = "it must not return";
            break;
        case Function::kill_process:
            end_process(call.process, std::nullopt);
            break;
        case Function::start_process:
            start_process(judged);
            break;
        case Function::start_thread:
            start_thread(judged);
            break;
        case Function::exit_thread:
            end_thread(caller(call));
            break;
        case Function::create_boundary:
            create_boundary(judged);
            break;
        case Function::add_sid:
            add_sid(judged);
            break;
        case Function::delete_boundary:
            processes_.at(call.process).boundaries.erase(call.handle.value);
            break;
        case Function::create_namespace:
        case Function::open_namespace:
            join_namespace(judged);
            break;
        case Function::close_namespace:
            close_namespace(judged);
            break;
    }
    // Rule WAIT-16; waits have judged theirs.
    must_be(judged, is_wait(call.function) || response.delivered.empty(),
            "only alertable waits run calls");
    return judged.wrong;
}

std::string World::judge_end(const Call& call) {
    if (call.function == Function::exit_process) {
        end_process(call.process, call.code);
        return "";
    }
    if (call.function == Function::terminate_process) {
        const auto found = find(caller(call), call.handle.value);
        const bool itself = found && found->object == process(call.process)->object &&
                            (found->access & rights::kTerminateProcess) != 0;
        if (itself) {
            end_process(call.process, call.code);
            return "";
        }
    }
    return "its process must not end";
}

}  // namespace castaway::harness::win32
