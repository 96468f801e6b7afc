#include "primitives/api/attachment.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <string>
#include <vector>

#include "primitives/api/child_watch.h"
#include "primitives/api/created_threads.h"
#include "primitives/api/inheritance.h"
#include "primitives/api/lasting.h"
#include "primitives/api/library_copies.h"
#include "primitives/api/private_names.h"
#include "primitives/recovery/retire.h"

namespace castaway {

namespace detail {
constinit thread_local ActiveThread* this_thread = nullptr;
}  // namespace detail

namespace {

using detail::this_thread;
using ActiveSession = Session<ActivePlatform>;

struct Attachment {
    std::mutex mutex;
    std::unique_ptr<ActiveSession> session;
    const char* error = "";                            ///< one of `errors`, or none
    std::vector<std::unique_ptr<std::string>> errors;  ///< never freed: callers have pointers
    bool forks_are_handled = false;
    bool ends_are_noted = false;  ///< the key below is there, and exit() is noted
    pthread_key_t thread_end{};
#ifdef CASTAWAY_FAULT_PLATFORM
    FaultHook* hook = nullptr;
    Mutant mutant = Mutant::none;
#endif
};

constinit Lasting<Attachment> attachment;

ActivePlatform make_platform([[maybe_unused]] const Attachment& of) {
#ifdef CASTAWAY_FAULT_PLATFORM
    return {of.hook, of.mutant};
#else
    return {};
#endif
}

/// Of a process that finds the region full of the dead, and others that do so at the same time.
constexpr int kAttachAttempts = 8;

/// How often a fork has left this process without the handles that its memory still speaks of.
constinit std::atomic<std::uint32_t> forks_after_use{0};

/// Where the attached process says how it ends; null when it is not attached.
std::atomic<Cell64*> own_exit_status{nullptr};
/// The code that ExitProcess was given, with kExitProcess; else 0.
std::atomic<std::uint64_t> exit_process_code{0};
constexpr std::uint64_t kExitProcess = std::uint64_t{1} << 32;

/// When the region's name is to be looked at next, on the coarse monotonic clock.
std::atomic<std::int64_t> next_look_ns{0};
constexpr std::int64_t kLookIntervalNs = 10'000'000;

/// Some nanoseconds' work, unlike the exact clock's.
std::int64_t coarse_now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

/// Called by exit(), on whichever thread.
void note_exit(int status, void* /*unused*/) {
    const std::uint64_t given = exit_process_code.load();
    // What exit() is given counts in its low eight bits.
    note_own_exit(given != 0 ? static_cast<std::uint32_t>(given)
                             : static_cast<std::uint32_t>(status) & 0xff);
}

/// How often the calling thread's key has had its destructor called.
constinit thread_local int end_rounds = 0;

/// The round in which the thread leaves: the last. Sanitizers end their own part in a thread then,
/// and no code of theirs may run after it, so with them it is the one before.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kLeavingRound = PTHREAD_DESTRUCTOR_ITERATIONS - 1;
#else
constexpr int kLeavingRound = PTHREAD_DESTRUCTOR_ITERATIONS;
#endif

/// The destructor of the key that is set in each thread that has entered. Whatever other
/// destructors do the thread is to leave when they have done it: C++ destroys a thread's objects
/// before the keys' destructors, and those are called in rounds as long as some key is set, so this
/// waits for the last round.
void end_thread(void* armed) {
    if (++end_rounds < kLeavingRound) {
        pthread_setspecific(attachment->thread_end, armed);
        return;
    }
    leave_region();
}

/// Requires the attachment's mutex. False when the process has no key or no memory left.
bool note_ends(Attachment& here) {
    if (!here.ends_are_noted && pthread_key_create(&here.thread_end, end_thread) == 0) {
        here.ends_are_noted = on_exit(note_exit, nullptr) == 0;
        if (!here.ends_are_noted) {
            pthread_key_delete(here.thread_end);
        }
    }
    return here.ends_are_noted;
}

/// A forked child has its parent's memory but none of its threads, and must not act as it.
void drop_in_child() {
    if (attachment->session) {
        ++forks_after_use;
        attachment->session->forget();
        // The helper it would wait for is not in this process: the rest of it is left as it is.
        attachment->session.release();  // NOLINT(bugprone-unused-return-value)
    }
    this_thread = nullptr;
    own_exit_status = nullptr;
    forget_watches();
    forget_created_threads();
    aliases_in_forked_child();
    attachment->mutex.unlock();
}

/// Before the program's first instruction, and before other objects of the program are made: a fork
/// beside the first call is handled as any other, and nothing is half-registered in its child.
[[gnu::constructor(101)]] void handle_forks() {
    attachment->forks_are_handled = pthread_atfork(
                                        [] {
                                            attachment->mutex.lock();
                                            lock_aliases();
                                        },
                                        [] {
                                            unlock_aliases();
                                            attachment->mutex.unlock();
                                        },
                                        drop_in_child) == 0;
}

/// What a parent has told its child in the environment, once: it is nothing for the child's own
/// children.
std::optional<ProcessRef> take_inheritance() {
    const char* const told = std::getenv("CASTAWAY_INHERIT");
    if (told == nullptr) {
        return std::nullopt;
    }
    const auto inherited = parse_inheritance(told);
    unsetenv("CASTAWAY_INHERIT");
    return inherited;
}

/// Requires the attachment's mutex.
void note_error(Attachment& here, const std::string& message) {
    here.error = "";
    if (message.empty()) {
        return;
    }
    // There are few that differ.
    auto known = std::find_if(here.errors.begin(), here.errors.end(),
                              [&](const auto& error) { return *error == message; });
    if (known == here.errors.end()) {
        known = here.errors.insert(known, std::make_unique<std::string>(message));
    }
    here.error = (*known)->c_str();
}

/// Attaches to the region of that file. Empty, with the reason, where that is not possible.
std::unique_ptr<ActiveSession> attach_to(RegionFile file, std::string_view spec,
                                         const std::optional<ProcessRef>& inherited,
                                         AttachFailure& failure) {
    const AttachTurn turn(spec);
    if (another_copy_takes_part(file.view())) {
        failure = {
            ERROR_ALREADY_INITIALIZED,
            "another copy of castaway in this process takes part in the region already; link "
            "all parts of the program with the shared library (castaway::shared), so that "
            "they have one"};
        return nullptr;
    }
    auto session = ActiveSession::attach(make_platform(*attachment), std::move(file), inherited,
                                         {watch_orphan, finish_ended}, failure);
    if (session) {
        mark_copy(session->region(), session->process());
    }
    return session;
}

/// Requires the attachment's mutex.
bool attach(Attachment& here, std::uint32_t& error) {
    const char* named = std::getenv("CASTAWAY_REGION");
    const std::string_view spec = named == nullptr || *named == '\0' ? "default" : named;
    const auto inherited = take_inheritance();
    AttachFailure failure;
    const bool prepared = here.forks_are_handled && note_ends(here);
    if (!prepared) {
        failure = {ERROR_NO_SYSTEM_RESOURCES,
                   "the process has no memory or no thread-specific key (pthread_key_create) left"};
    }
    for (int attempt = 0; prepared && attempt < kAttachAttempts; ++attempt) {
        FileIdentity tried;
        if (auto file = RegionFile::open(spec, Geometry{}, failure)) {
            tried = file->identity();
            here.session = attach_to(std::move(*file), spec, inherited, failure);
        }
        if (here.session || failure.error != ERROR_NO_SYSTEM_RESOURCES ||
            !retire_dead_region(spec, tried)) {
            break;
        }
    }
    next_look_ns = 0;
    if (here.session) {
        own_exit_status = &here.session->region().process(here.session->process()).exit_status;
    }
    note_error(here, failure.message);
    error = failure.error;
    return here.session != nullptr;
}

}  // namespace

#ifdef CASTAWAY_FAULT_PLATFORM
void prepare_attachment(FaultHook* hook, Mutant mutant) {
    const std::lock_guard guard(attachment->mutex);
    attachment->hook = hook;
    attachment->mutant = mutant;
}
#endif

ActiveThread* detail::enter_region(std::uint32_t& error) {
    {
        const std::lock_guard guard(attachment->mutex);
        if (!attachment->session && !attach(*attachment, error)) {
            return nullptr;
        }
    }
    ActiveThread* const entered = attachment->session->enter(error);
    // Any value that is not null: it has the destructor called.
    if (entered != nullptr && pthread_setspecific(attachment->thread_end, &attachment) != 0) {
        attachment->session->leave(entered);
        error = ERROR_NOT_ENOUGH_MEMORY;
        return nullptr;
    }
    this_thread = entered;
    return this_thread;
}

std::uint32_t check_region_in_place() {
    const std::int64_t now = coarse_now();
    if (now < next_look_ns.load(std::memory_order_relaxed)) {
        return ERROR_SUCCESS;
    }
    const RegionFile& file = attachment->session->file();
    if (file.is_in_place()) {
        next_look_ns.store(now + kLookIntervalNs, std::memory_order_relaxed);
        return ERROR_SUCCESS;
    }
    const std::lock_guard guard(attachment->mutex);
    note_error(*attachment,
               file.path() +
                   ": the region's file was removed while in use, and programs that start "
                   "now make another (by systemd-logind at log-out, see RemoveIPC= in "
                   "logind.conf, or by a cleaner of temporary files); end the programs "
                   "that use it and start them again");
    return ERROR_FILE_INVALID;
}

Membership<ActivePlatform>& current_membership() {
    return attachment->session->membership();
}

void leave_region() {
    if (this_thread != nullptr) {
        attachment->session->leave(this_thread);
        this_thread = nullptr;
    }
}

void note_own_exit(std::uint32_t code) {
    if (Cell64* const status = own_exit_status.load()) {
        LinuxPlatform{}.store(*status, ExitStatus{ToldBy::itself, code}.pack());
    }
}

int exit_of_process(std::uint32_t code) {
    exit_process_code = kExitProcess | code;
    return static_cast<int>(code & 0xff);
}

std::uint32_t forks() {
    return forks_after_use;
}

const char* attach_error() {
    const std::lock_guard guard(attachment->mutex);
    return attachment->error;
}

}  // namespace castaway
