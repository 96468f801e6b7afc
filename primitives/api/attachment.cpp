#include "primitives/api/attachment.h"

#include <pthread.h>

#include <atomic>
#include <cstdlib>

#include "primitives/api/child_watch.h"
#include "primitives/api/inheritance.h"
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
    std::string error;
#ifdef CASTAWAY_FAULT_PLATFORM
    FaultHook* hook = nullptr;
    Mutant mutant = Mutant::none;
#endif
};

/// Never destroyed: threads may call until the process is gone, and its death gives everything
/// back.
Attachment& attachment() {
    static Attachment* const the_one = new Attachment;
    return *the_one;
}

ActivePlatform make_platform([[maybe_unused]] const Attachment& of) {
#ifdef CASTAWAY_FAULT_PLATFORM
    return {of.hook, of.mutant};
#else
    return {};
#endif
}

/// Of a process that finds the region full of the dead, and others that do so at the same time.
constexpr int kAttachAttempts = 8;

/// Where the attached process says how it ends; null when it is not attached.
std::atomic<Cell64*> own_exit_status{nullptr};
/// The code that ExitProcess was given, with kExitProcess; else 0.
std::atomic<std::uint64_t> exit_process_code{0};
constexpr std::uint64_t kExitProcess = std::uint64_t{1} << 32;

/// Called by exit(), on whichever thread.
void note_exit(int status, void* /*unused*/) {
    const std::uint64_t given = exit_process_code.load();
    // What exit() is given counts in its low eight bits.
    note_own_exit(given != 0 ? static_cast<std::uint32_t>(given)
                             : static_cast<std::uint32_t>(status) & 0xff);
}

/// Tells the session when the thread ends. Apart from the pointer, which stays usable while other
/// thread-local objects are destroyed.
struct ThreadEnd {
    bool armed = false;
    ThreadEnd() = default;
    ThreadEnd(const ThreadEnd&) = delete;
    ThreadEnd& operator=(const ThreadEnd&) = delete;
    ~ThreadEnd() {
        if (this_thread != nullptr) {
            attachment().session->leave(this_thread);
            this_thread = nullptr;
        }
    }
};
thread_local ThreadEnd this_thread_end;

/// A forked child has its parent's memory but none of its threads, and must not act as it.
void drop_in_child() {
    Attachment& here = attachment();
    if (here.session) {
        here.session->forget();
        // The helper it would wait for is not in this process: the rest of it is left as it is.
        here.session.release();  // NOLINT(bugprone-unused-return-value)
    }
    this_thread = nullptr;
    own_exit_status = nullptr;
    here.mutex.unlock();
}

void handle_forks() {
    static const int registered = pthread_atfork(
        [] { attachment().mutex.lock(); }, [] { attachment().mutex.unlock(); }, drop_in_child);
    static_cast<void>(registered);
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
bool attach(Attachment& here, std::uint32_t& error) {
    const char* named = std::getenv("CASTAWAY_REGION");
    const std::string_view spec = named == nullptr || *named == '\0' ? "default" : named;
    const auto inherited = take_inheritance();
    AttachFailure failure;
    for (int attempt = 0; attempt < kAttachAttempts; ++attempt) {
        FileIdentity tried;
        if (auto file = RegionFile::open(spec, Geometry{}, failure)) {
            tried = identity_of(*file);
            here.session = ActiveSession::attach(make_platform(here), std::move(*file), inherited,
                                                 watch_orphan, failure);
        }
        if (here.session || failure.error != ERROR_NO_SYSTEM_RESOURCES ||
            !retire_dead_region(spec, tried)) {
            break;
        }
    }
    if (here.session) {
        static const int registered = on_exit(note_exit, nullptr);
        static_cast<void>(registered);
        own_exit_status = &here.session->region().process(here.session->process()).exit_status;
    }
    here.error = failure.message;
    error = failure.error;
    return here.session != nullptr;
}

}  // namespace

#ifdef CASTAWAY_FAULT_PLATFORM
void prepare_attachment(FaultHook* hook, Mutant mutant) {
    Attachment& here = attachment();
    const std::lock_guard guard(here.mutex);
    here.hook = hook;
    here.mutant = mutant;
}
#endif

ActiveThread* detail::enter_region(std::uint32_t& error) {
    handle_forks();
    Attachment& here = attachment();
    {
        const std::lock_guard guard(here.mutex);
        if (!here.session && !attach(here, error)) {
            return nullptr;
        }
    }
    this_thread = here.session->enter(error);
    this_thread_end.armed = true;  // the first use registers its destructor
    return this_thread;
}

Membership<ActivePlatform>& current_membership() {
    return attachment().session->membership();
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

std::string attach_error() {
    Attachment& here = attachment();
    const std::lock_guard guard(here.mutex);
    return here.error;
}

}  // namespace castaway
