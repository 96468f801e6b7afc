// The Win32 calls about processes and about handles as such, made by a given thread; see calls.h.
#pragma once

#include "primitives/api/calls.h"
#include "primitives/objects/handles.h"
#include "primitives/objects/thread_object.h"

namespace castaway::calls {

inline constexpr std::intptr_t kCurrentProcess = -1;
inline constexpr std::intptr_t kCurrentThread = -2;

/// A call that either of two rights allows. \param call right -> Win32 error
template <class Call>
std::uint32_t with_either_right(std::uint32_t one, std::uint32_t other, Call call) {
    const std::uint32_t error = call(one);
    return error != ERROR_ACCESS_DENIED ? error : call(other);
}

/// \param pid 0 is nobody's
template <class P>
std::uint32_t open_process(Thread<P>& thread, std::uint32_t pid, std::uint32_t access, bool inherit,
                           HANDLE& handle) {
    free_names_of_dead(thread);
    const auto found = find_process(thread, pid);
    if (!found) {
        return ERROR_INVALID_PARAMETER;
    }
    const std::uint32_t refusal = refusal_of(ObjectKind::process, access);
    return refusal != ERROR_SUCCESS
               ? refusal
               : castaway::open_process(thread, *found, granted(ObjectKind::process, access),
                                        inherit, handle);
}

/// The process that a handle stands for, the pseudo handle too. \param access the rights it needs
template <class P>
std::uint32_t process_by(Thread<P>& thread, HANDLE handle, std::uint32_t access,
                         ProcessRef& process) {
    if (reinterpret_cast<std::intptr_t>(handle) == kCurrentProcess) {
        process = own_process(thread);
        return ERROR_SUCCESS;
    }
    return detail::operate(thread, handle, access, is_one<ObjectKind::process>,
                           [&](const Target& target) {
                               process = process_of(thread, target);
                               return std::uint32_t{ERROR_SUCCESS};
                           });
}

template <class P>
std::uint32_t get_exit_code(Thread<P>& thread, HANDLE handle, std::uint32_t& code) {
    if (reinterpret_cast<std::intptr_t>(handle) == kCurrentProcess) {
        code = STILL_ACTIVE;
        return ERROR_SUCCESS;
    }
    return with_either_right(
        PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_QUERY_INFORMATION, [&](std::uint32_t access) {
            return detail::operate(
                thread, handle, access, is_one<ObjectKind::process>,
                [&](const Target& target) { return exit_code_of(thread, target, code); });
        });
}

/// What comes before a process is killed. Returns a Win32 error: it has ended, or is of another pid
/// namespace, where its pid means nothing to the caller's kernel (5).
template <class P>
std::uint32_t terminate(Thread<P>& thread, HANDLE handle, std::uint32_t code, ProcessRef& process) {
    if (reinterpret_cast<std::intptr_t>(handle) == kCurrentProcess) {
        process = own_process(thread);
        return ERROR_SUCCESS;
    }
    return detail::operate(
        thread, handle, PROCESS_TERMINATE, is_one<ObjectKind::process>,
        [&](const Target& target) -> std::uint32_t {
            process = process_of(thread, target);
            if (is_foreign(thread.platform, ProcessEntry::unpack(process.entry).identity)) {
                return ERROR_ACCESS_DENIED;
            }
            return note_termination(thread, target, code) ? ERROR_SUCCESS : ERROR_ACCESS_DENIED;
        });
}

/// \param id 0 is nobody's
template <class P>
std::uint32_t open_thread(Thread<P>& thread, std::uint32_t id, std::uint32_t access, bool inherit,
                          HANDLE& handle) {
    const auto found = find_thread(thread, id);
    if (!found) {
        return ERROR_INVALID_PARAMETER;
    }
    const std::uint32_t refusal = refusal_of(ObjectKind::thread, access);
    return refusal != ERROR_SUCCESS
               ? refusal
               : castaway::open_thread(thread, *found, granted(ObjectKind::thread, access), inherit,
                                       handle);
}

/// The thread that a handle stands for, the pseudo handle too. \param access the rights it needs
template <class P>
std::uint32_t thread_by(Thread<P>& thread, HANDLE handle, std::uint32_t access,
                        OpenedThread& found) {
    if (reinterpret_cast<std::intptr_t>(handle) == kCurrentThread) {
        found = {own_thread(thread), thread.platform.thread_id()};
        return ERROR_SUCCESS;
    }
    return detail::operate(thread, handle, access, is_one<ObjectKind::thread>,
                           [&](const Target& target) {
                               found = thread_of(thread, target);
                               return std::uint32_t{ERROR_SUCCESS};
                           });
}

template <class P>
std::uint32_t queue_user_apc(Thread<P>& thread, HANDLE target, const ApcRoutine& routine) {
    OpenedThread found;
    const auto error = thread_by(thread, target, THREAD_SET_CONTEXT, found);
    return error == ERROR_SUCCESS ? queue_apc(thread, found.ref, routine) : error;
}

/// \param before how often it was suspended
template <class P>
std::uint32_t resume_thread(Thread<P>& thread, HANDLE target, std::uint32_t& before) {
    OpenedThread found;
    const auto error = thread_by(thread, target, THREAD_SUSPEND_RESUME, found);
    before = error == ERROR_SUCCESS ? resume(thread, found.ref) : 0;
    return error;
}

/// Needs one of the two query rights (rule THR-03).
template <class P>
std::uint32_t get_thread_exit_code(Thread<P>& thread, HANDLE handle, std::uint32_t& code) {
    if (reinterpret_cast<std::intptr_t>(handle) == kCurrentThread) {
        code = STILL_ACTIVE;
        return ERROR_SUCCESS;
    }
    return with_either_right(
        THREAD_QUERY_LIMITED_INFORMATION, THREAD_QUERY_INFORMATION, [&](std::uint32_t access) {
            return detail::operate(thread, handle, access, is_one<ObjectKind::thread>,
                                   [&](const Target& target) {
                                       code = exit_code_of_thread(thread, target);
                                       return std::uint32_t{ERROR_SUCCESS};
                                   });
        });
}

template <class P>
std::uint32_t get_handle_flags(Thread<P>& thread, HANDLE handle, HandleFlags& flags) {
    return change_flags(thread, handle, [&](HandleFlags now) { return flags = now; });
}

/// Changes the flags in `mask` alone (rule HND-04).
template <class P>
std::uint32_t set_handle_flags(Thread<P>& thread, HANDLE handle, std::uint32_t mask,
                               std::uint32_t flags) {
    if (((mask | flags) & ~(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE)) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    if (thread.platform.mutated(Mutant::flags_beyond_mask_change)) {
        flags &= mask;
        mask = HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE;
    }
    return change_flags(thread, handle, [&](HandleFlags now) {
        if ((mask & HANDLE_FLAG_INHERIT) != 0) {
            now.inherit = (flags & HANDLE_FLAG_INHERIT) != 0;
        }
        if ((mask & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0) {
            now.protect = (flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
        }
        return now;
    });
}

namespace detail {

/// Whether the object stands for the calling process or thread, as the pseudo handle does.
template <class P>
bool is_behind_pseudo_handle(const Thread<P>& thread, HANDLE pseudo, const Target& target) {
    if (reinterpret_cast<std::intptr_t>(pseudo) == kCurrentThread) {
        return target.kind == ObjectKind::thread &&
               thread_of(thread, target).ref == own_thread(thread);
    }
    return target.kind == ObjectKind::process && process_of(thread, target) == own_process(thread);
}

}  // namespace detail

/// Returns a Win32 error; 1656 when they stand for different objects (rule HND-06).
template <class P>
std::uint32_t compare_handles(Thread<P>& thread, HANDLE first, HANDLE second) {
    Target one;
    Target other;
    const bool pseudo_first = is_pseudo_handle(first);
    const bool pseudo_second = is_pseudo_handle(second);
    if (const auto error = pseudo_first ? 0U : look_up(thread, first, 0, one)) {
        return error;
    }
    if (const auto error = pseudo_second ? 0U : look_up(thread, second, 0, other)) {
        return error;
    }
    bool same = false;
    if (pseudo_first && pseudo_second) {
        same = first == second;
    } else if (pseudo_first || pseudo_second) {
        same = pseudo_first ? detail::is_behind_pseudo_handle(thread, first, other)
                            : detail::is_behind_pseudo_handle(thread, second, one);
    } else {
        same = one.object == other.object && one.generation == other.generation;
    }
    return same || thread.platform.mutated(Mutant::handles_always_equal) ? ERROR_SUCCESS
                                                                         : ERROR_NOT_SAME_OBJECT;
}

/// A duplicate that is asked for.
struct Duplication {
    ProcessRef from;
    HANDLE source = nullptr;
    ProcessRef to;
    std::optional<std::uint32_t> access{};  ///< as granted() takes it; empty: the source's
    bool inherit = false;
};

/// Rules DUP-01, DUP-02, DUP-10. Any process of the region may give itself every right of its type:
/// all are one user's, who owns the objects.
template <class P>
std::uint32_t duplicate(Thread<P>& thread, const Duplication& wanted, HANDLE& made) {
    Source source;
    if (const auto error = look_up_in(thread, wanted.from, wanted.source, source)) {
        return error;
    }
    const ObjectKind kind = source.target.kind;
    if (const auto refusal = wanted.access ? refusal_of_duplicate(kind, *wanted.access) : 0) {
        return refusal;
    }
    std::uint32_t access = wanted.access ? granted(kind, *wanted.access) : source.access;
    if (thread.platform.mutated(Mutant::duplicate_gets_all_rights)) {
        access = all_access(kind);
    }
    const bool inherit =
        wanted.inherit && !thread.platform.mutated(Mutant::duplicate_not_inheritable);
    return add_handle_to(thread, wanted.to, source.target, access, inherit, made);
}

/// The same of the pseudo handle of the calling process or thread (rule DUP-06).
template <class P>
std::uint32_t duplicate_pseudo_handle(Thread<P>& thread, Duplication wanted, HANDLE& made) {
    const bool of_thread = reinterpret_cast<std::intptr_t>(wanted.source) == kCurrentThread;
    const ObjectKind kind = of_thread ? ObjectKind::thread : ObjectKind::process;
    const std::uint32_t asked = wanted.access.value_or(GENERIC_ALL);
    if (const auto refusal = refusal_of_duplicate(kind, asked)) {
        return refusal;
    }
    const std::uint32_t access = granted(kind, asked);
    const bool to_itself = wanted.to.slot == thread.process;
    const bool inherit = to_itself && wanted.inherit;
    const std::uint32_t opened =
        of_thread
            ? castaway::open_thread(thread, own_thread(thread), access, inherit, wanted.source)
            : castaway::open_process(thread, own_process(thread), access, inherit, wanted.source);
    if (opened != ERROR_SUCCESS) {
        return opened;
    }
    if (to_itself) {
        made = wanted.source;
        return ERROR_SUCCESS;
    }
    const std::uint32_t error = duplicate(thread, wanted, made);
    close(thread, wanted.source);
    return error;
}

}  // namespace castaway::calls
