// Which function is called next, by whom, and what the simpler ones are given.
#include "harness/conformance/draw.h"

namespace castaway::harness::conformance {
namespace {

using win32::Function;
using win32::HandleArgument;
using win32::Type;

struct Weighted {
    Function function;
    std::uint32_t weight;
};

// What is most often wrong in implementations comes most often.
constexpr std::array kWeights{
    Weighted{Function::create_event, 6},
    Weighted{Function::create_mutex, 6},
    Weighted{Function::create_semaphore, 5},
    Weighted{Function::create_timer, 4},
    Weighted{Function::open_event, 3},
    Weighted{Function::open_mutex, 3},
    Weighted{Function::open_semaphore, 2},
    Weighted{Function::open_timer, 2},
    Weighted{Function::set_event, 4},
    Weighted{Function::reset_event, 2},
    Weighted{Function::pulse_event, 2},
    Weighted{Function::release_mutex, 6},
    Weighted{Function::release_semaphore, 4},
    Weighted{Function::set_timer, 6},
    Weighted{Function::cancel_timer, 2},
    Weighted{Function::wait, 14},
    Weighted{Function::wait_several, 8},
    Weighted{Function::signal_and_wait, 4},
    Weighted{Function::sleep, 3},
    Weighted{Function::queue_call, 3},
    Weighted{Function::close_handle, 6},
    Weighted{Function::duplicate_handle, 8},
    Weighted{Function::get_handle_information, 3},
    Weighted{Function::set_handle_information, 4},
    Weighted{Function::compare_handles, 2},
    Weighted{Function::current_process, 1},
    Weighted{Function::current_thread, 1},
    Weighted{Function::open_process, 4},
    Weighted{Function::open_thread, 3},
    Weighted{Function::process_id, 1},
    Weighted{Function::thread_id, 1},
    Weighted{Function::exit_code, 3},
    Weighted{Function::create_process, 4},
    Weighted{Function::terminate_process, 1},
    Weighted{Function::exit_process, 1},
    Weighted{Function::kill_process, 1},
    Weighted{Function::start_process, 1},
    Weighted{Function::start_thread, 3},
    Weighted{Function::exit_thread, 2},
    Weighted{Function::create_boundary, 2},
    Weighted{Function::add_sid, 1},
    Weighted{Function::delete_boundary, 1},
    Weighted{Function::create_namespace, 4},
    Weighted{Function::open_namespace, 4},
    Weighted{Function::close_namespace, 3},
};

/// Of the object that the function is for, where it is for one.
std::optional<Type> type_needed(Function function) {
    switch (function) {
        case Function::set_event:
        case Function::reset_event:
        case Function::pulse_event:
            return Type::event;
        case Function::release_mutex:
            return Type::mutex;
        case Function::release_semaphore:
            return Type::semaphore;
        case Function::set_timer:
        case Function::cancel_timer:
            return Type::timer;
        case Function::terminate_process:
            return Type::process;
        case Function::close_namespace:
            return Type::private_namespace;
        default:
            return std::nullopt;
    }
}
Function maker_of(Type type) {
    switch (type) {
        case Type::process:
            return Function::open_process;
        case Type::thread:
            return Function::open_thread;
        case Type::private_namespace:
            return Function::create_boundary;
        default:
            return static_cast<Function>(type);
    }
}
static_assert(static_cast<int>(Type::event) == static_cast<int>(Function::create_event) &&
              static_cast<int>(Type::timer) == static_cast<int>(Function::create_timer));

}  // namespace

Draw::Draw(std::uint64_t seed, std::uint32_t calls, std::uint32_t processes)
    : random_(seed), processes_max_(processes) {
    program_.seed = seed;
    add_process(0);
    while (program_.calls.size() < calls) {
        if (program_.calls.size() == 3 && processes_max_ > 1) {
            add_process(next_process_);
            continue;
        }
        add_any();
    }
}

Function Draw::any_function() {
    std::uint32_t sum = 0;
    for (const Weighted& each : kWeights) {
        sum += each.weight;
    }
    std::uint64_t drawn = random_.below(sum);
    for (const Weighted& each : kWeights) {
        if (drawn < each.weight) {
            return each.function;
        }
        drawn -= each.weight;
    }
    return Function::wait;
}

void Draw::add_any() {
    if (processes_.empty()) {
        add_process(next_process_);
        return;
    }
    Process& caller = processes_[random_.below(processes_.size())];
    Call call = new_call(any_function());
    call.process = caller.number;
    call.thread = one_in(2) ? caller.threads.front() : any_of(caller.threads);
    const std::optional<Type> needed = type_needed(call.function);
    if (call.function == Function::exit_thread) {
        call.thread = caller.threads.back();
    }
    if (needed && any_made(caller.number, &*needed, false) == nullptr && !one_in(8)) {
        call.function = maker_of(*needed);
    }
    call.wide = one_in(2);
    if (fill_in(call, caller)) {
        program_.calls.push_back(call);
    }
}

HandleArgument Draw::handle_of(std::uint32_t process, const Type* type) {
    if (one_in(40)) {
        return odd_handle();
    }
    if (const auto parent = parent_of(process); parent && one_in(5)) {
        // What a child has not inherited is none of its handles.
        if (const Made* const found = any_made(*parent, nullptr, false)) {
            return argument(*found);
        }
    }
    const bool any_type = one_in(20);
    const Made* found = any_made(process, any_type ? nullptr : type, one_in(40));
    if (found == nullptr) {
        found = any_made(process, nullptr, false);
    }
    if (one_in(60) && !made_.empty()) {
        found = &any_of(made_);  // its value in another process
    }
    return found == nullptr ? odd_handle() : argument(*found);
}

std::vector<HandleArgument> Draw::handles_to_wait_for(std::uint32_t process, std::size_t count,
                                                      bool each_once) {
    // Most calls are to be judged by what they wait for: so handles that can be waited for, and
    // where that matters of different objects, as far as is known.
    std::vector<const Made*> fit;
    for (const Made& each : made_) {
        const bool same = each_once && std::any_of(fit.begin(), fit.end(), [&](const Made* other) {
                              return other->object == each.object;
                          });
        if (each.process == process && !each.closed && each.waitable && !same) {
            fit.push_back(&each);
        }
    }
    std::vector<HandleArgument> handles;
    if (fit.empty() && !one_in(8)) {
        return handles;
    }
    while (handles.size() < count) {
        if (fit.empty()) {
            handles.push_back(handle_of(process, waited_type()));
            continue;
        }
        const std::size_t next = random_.below(fit.size());
        handles.push_back(argument(*fit[next]));
        if (each_once || one_in(4)) {
            fit.erase(fit.begin() + static_cast<std::ptrdiff_t>(next));
        }
        if (fit.empty() && each_once && one_in(2)) {
            break;
        }
    }
    if (!handles.empty() && one_in(10)) {
        const HandleArgument odd = one_in(2) ? odd_handle() : handle_of(process, waited_type());
        handles[random_.below(handles.size())] = odd;
    }
    return handles;
}

bool Draw::fill_in(Call& call, Process& caller) {
    const std::uint32_t process = call.process;
    switch (call.function) {
        case Function::set_event:
        case Function::reset_event:
        case Function::pulse_event:
            call.handle = handle_of(process, Type::event);
            return true;
        case Function::release_mutex:
            call.handle = handle_of(process, Type::mutex);
            return true;
        case Function::release_semaphore:
            call.handle = handle_of(process, Type::semaphore);
            call.count = static_cast<std::int32_t>(random_.between(one_in(6) ? -1 : 1, 3));
            call.null_pointer = one_in(4);
            return true;
        case Function::set_timer:
            call.handle = handle_of(process, Type::timer);
            fill_in_timer(call);
            return true;
        case Function::cancel_timer:
            call.handle = handle_of(process, Type::timer);
            return true;
        case Function::wait:
            call.handle = handle_of(process, waited_type());
            call.milliseconds = time_limit();
            call.alertable = one_in(3);
            return true;
        case Function::wait_several: {
            constexpr std::array<std::size_t, 9> kCounts{1, 2, 2, 2, 3, 3, 4, 5, 64};
            constexpr std::array<std::size_t, 2> kBadCounts{0, 65};
            const std::size_t count = one_in(16) ? any_of(kBadCounts) : any_of(kCounts);
            call.wait_all = one_in(2);
            call.handles = handles_to_wait_for(process, count, call.wait_all);
            if (call.handles.empty() && count != 0) {
                call.function = Function::create_event;
                call.wait_all = false;
                fill_in_object(call);
                return true;
            }
            call.milliseconds = time_limit();
            call.alertable = one_in(3);
            return true;
        }
        case Function::signal_and_wait:
            call.handle = handle_of(process, waited_type());
            call.second = handle_of(process, waited_type());
            call.milliseconds = static_cast<std::uint32_t>(random_.below(3));
            call.alertable = one_in(3);
            return true;
        case Function::sleep:
            call.milliseconds = static_cast<std::uint32_t>(random_.below(5));
            call.alertable = !one_in(4);
            return true;
        case Function::queue_call:
            call.handle = one_in(3) ? HandleArgument{HandleArgument::Source::value, 0, -2}
                                    : handle_of(process, Type::thread);
            call.code = call.number;
            return true;
        case Function::close_handle: {
            call.handle = handle_of(process, nullptr);
            for (Made& each : made_) {
                each.closed = each.closed || (each.process == process && is_of(each, call.handle));
            }
            return true;
        }
        case Function::duplicate_handle:
            fill_in_duplicate(call);
            return true;
        case Function::get_handle_information:
            call.handle = handle_of(process, nullptr);
            return true;
        case Function::set_handle_information: {
            call.handle = handle_of(process, nullptr);
            call.mask = static_cast<std::uint32_t>(random_.between(0, 3));
            call.flags = static_cast<std::uint32_t>(random_.between(0, 3));
            for (Made& each : made_) {
                if ((call.mask & 1) != 0 && each.process == process && is_of(each, call.handle)) {
                    each.inherit = (call.flags & 1) != 0;
                }
            }
            return true;
        }
        case Function::compare_handles:
            call.handle = handle_of(process, nullptr);
            call.second = one_in(3) ? call.handle : handle_of(process, nullptr);
            return true;
        case Function::process_id:
        case Function::exit_code:
            call.handle = process_handle(process);
            return true;
        case Function::thread_id:
            call.handle = one_in(3) ? HandleArgument{HandleArgument::Source::value, 0, -2}
                                    : handle_of(process, Type::thread);
            return true;
        case Function::current_process:
        case Function::current_thread:
            return true;
        default:
            break;
    }
    if (call.function <= Function::open_timer) {
        fill_in_object(call);
        return true;
    }
    return call.function >= Function::create_boundary ? fill_in_namespace(call, caller)
                                                      : fill_in_process(call, caller);
}

Program draw_program(std::uint64_t seed, std::uint32_t calls, std::uint32_t processes) {
    return Draw(seed, calls, processes).take();
}

}  // namespace castaway::harness::conformance
