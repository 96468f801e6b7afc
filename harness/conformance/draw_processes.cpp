// What calls about processes, threads and private namespaces are given.
#include "harness/conformance/draw.h"

namespace castaway::harness::conformance {

bool Draw::fill_in_process(Call& call, Process& caller) {
    switch (call.function) {
        case Function::open_process:
            call.of_process = static_cast<std::uint32_t>(random_.below(next_process_));
            call.access = access_to(Type::process);
            call.inherit = one_in(2);
            note(call, Type::process, call.inherit, call.of_process);
            return true;
        case Function::open_thread: {
            const auto& [process, thread] = any_of(threads_);
            call.of_process = process;
            call.of_thread = thread;
            call.access = access_to(Type::thread);
            call.inherit = one_in(2);
            note(call, Type::thread, call.inherit, process);
            return true;
        }
        case Function::create_process: {
            if (next_process_ >= processes_max_) {
                return false;
            }
            call.of_process = next_process_++;
            call.inherit_handles = !one_in(4);
            call.attributes = one_in(2);
            call.inherit = one_in(2);
            call.with_list = call.inherit_handles && one_in(2);
            std::vector<Made> inherited;
            for (const Made& each : made_) {
                const bool listed = call.with_list && each.process == call.process &&
                                    (each.inherit ? one_in(2) : one_in(30));
                if (listed && !each.closed) {
                    call.handles.push_back(argument(each));
                }
                if (call.inherit_handles && each.process == call.process && each.inherit &&
                    (listed || !call.with_list)) {
                    inherited.push_back(each);
                    inherited.back().process = call.of_process;
                }
            }
            call.with_list = !call.handles.empty();
            made_.insert(made_.end(), inherited.begin(), inherited.end());
            note(call, Type::process, call.attributes && call.inherit, call.of_process);
            note(call, Type::thread, false, call.of_process, HandleArgument::Source::made_second);
            threads_.emplace_back(call.of_process, 0);
            add_drawn(call.of_process, call.process);
            return true;
        }
        case Function::start_process:
            if (next_process_ >= processes_max_) {
                return false;
            }
            call.process = next_process_++;
            call.thread = 0;
            threads_.emplace_back(call.process, 0);
            add_drawn(call.process);
            return true;
        case Function::terminate_process:
        case Function::exit_process:
        case Function::kill_process: {
            if (processes_.size() < 2) {
                return false;
            }
            constexpr std::array<std::uint32_t, 3> kCodes{0, 7, 259 + 3};
            call.code = any_of(kCodes);
            std::uint32_t gone = call.process;
            if (call.function == Function::terminate_process) {
                call.handle = handle_of(call.process, Type::process);
                const Made* const found = made_as(Type::process, call.handle);
                if (found == nullptr) {
                    return true;
                }
                gone = found->about;
            }
            ended(gone);
            return true;
        }
        case Function::start_thread:
            if (caller.next_thread == kThreadsMax) {
                return false;
            }
            call.of_thread = caller.next_thread++;
            caller.threads.push_back(call.of_thread);
            threads_.emplace_back(caller.number, call.of_thread);
            return true;
        case Function::exit_thread:
            if (call.thread == 0) {
                return false;
            }
            std::erase(caller.threads, call.thread);
            return true;
        default:
            return true;
    }
}

std::uint32_t Draw::known_boundary(const std::u16string& as_text) {
    const auto found = std::find(boundaries_.begin(), boundaries_.end(), as_text);
    const auto known = static_cast<std::uint32_t>(found - boundaries_.begin());
    if (found == boundaries_.end()) {
        boundaries_.push_back(as_text);
    }
    return known;
}

void Draw::fill_in_boundary(Call& call, Process& caller) {
    constexpr std::array<std::u16string_view, 4> kBoundaries{u"boundary", u"boundary", u"Boundary",
                                                             u"b\\2"};
    call.name = std::u16string(any_of(kBoundaries));
    if (one_in(16)) {
        call.name = one_in(2) ? std::u16string(260, u'b') : std::u16string();
        return;
    }
    caller.boundaries.push_back({call.number, known_boundary(*call.name)});
}

bool Draw::fill_in_namespace(Call& call, Process& caller) {
    if (call.function == Function::close_namespace) {
        call.handle = handle_of(call.process, Type::private_namespace);
        call.flags = static_cast<std::uint32_t>(random_.below(2)) | (one_in(20) ? 2U : 0);
        const Made* const found = made_as(Type::private_namespace, call.handle);
        if (found != nullptr && call.flags == 1) {
            directory_.erase(found->about);
        }
        return true;
    }
    if (call.function == Function::create_boundary || caller.boundaries.empty()) {
        call.function = Function::create_boundary;
        fill_in_boundary(call, caller);
        return true;
    }
    Boundary& boundary = caller.boundaries[random_.below(caller.boundaries.size())];
    call.handle = {HandleArgument::Source::made, boundary.by, 0};
    if (call.function == Function::add_sid) {
        call.sid_authority = static_cast<std::uint8_t>(random_.between(1, 2));
        call.sid_parts.assign(random_.below(3), 5);
        const std::u16string sid{static_cast<char16_t>(call.sid_authority),
                                 static_cast<char16_t>(call.sid_parts.size())};
        boundary.known = known_boundary(boundaries_[boundary.known] + u'\\' + sid);
        return true;
    }
    if (call.function == Function::delete_boundary) {
        std::erase_if(caller.boundaries,
                      [&call](const Boundary& each) { return each.by == call.handle.of; });
        return true;
    }
    join_namespace(call, caller, boundary.known);
    return true;
}

void Draw::join_namespace(Call& call, Process& caller, std::uint32_t known) {
    constexpr std::array<std::u16string_view, 5> kAliases{u"ns", u"ns", u"NS", u"other", u"third"};
    constexpr std::array<std::u16string_view, 3> kOdd{u"Local", u"x\\y", u""};
    if (!one_in(8)) {
        call.function =
            directory_.count(known) != 0 ? Function::open_namespace : Function::create_namespace;
    }
    const bool odd = one_in(16);
    call.name = std::u16string(odd ? any_of(kOdd) : any_of(kAliases));
    call.attributes = one_in(2);
    call.inherit = one_in(2);
    const bool creates = call.function == Function::create_namespace;
    if (odd || creates == (directory_.count(known) != 0) ||
        !caller.aliases.insert(*call.name).second) {
        return;
    }
    directory_.insert(known);
    note(call, Type::private_namespace, false, known);
}

}  // namespace castaway::harness::conformance
