// CreateThread and the ends of threads, for the calling thread.
//
// A thread takes part before anybody is told of it, and its creator has a handle before the routine
// begins:
//
//   creator   starts a pthread, which inherits its signal mask; sleeps
//   thread    enters the region; if it is to be suspended, says so in its slot; `entered`; sleeps
//   creator   makes the thread's object and a handle to it; `go`, or `give up` if that fails
//   thread    waits until it is resumed; runs the calls that are queued; runs the routine; notes
//   its
//             exit code; ends
//
// The two meet in memory that both hold. If the process is killed anywhere in between, the thread
// is one of its threads to whoever recovers it, as soon as it has entered.
//
// ExitThread jumps back to where the routine was called. Forced unwinding (pthread_exit) would
// destroy automatic objects, which Win32 does not do, and end the process at the first function
// that is noexcept.
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <memory>

#include "castaway/thread.h"
#include "primitives/api/created_threads.h"
#include "primitives/api/handle_calls.h"
#include "primitives/api/run_call.h"
#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

constexpr std::size_t kStackGranularity = std::size_t{64} << 10;

enum class Stage : std::uint32_t { begun, entered, refused, go, give_up };

/// What the thread is to do.
struct Work {
    LPTHREAD_START_ROUTINE routine = nullptr;
    LPVOID argument = nullptr;
    bool suspended = false;
};

/// What creator and thread say to each other.
class Start {
  public:
    explicit Start(const Work& of) : work(of) {}

    void advance(Stage stage) {
        const LinuxPlatform platform;
        platform.store(stage_, static_cast<std::uint32_t>(stage));
        platform.futex_wake(stage_, 1);
    }
    /// The stage after one of those before.
    Stage wait_beyond(Stage last) {
        const LinuxPlatform platform;
        std::uint32_t stage = 0;
        while ((stage = platform.load(stage_)) <= static_cast<std::uint32_t>(last)) {
            platform.futex_wait(stage_, stage, Deadline{});
        }
        return static_cast<Stage>(stage);
    }

    const Work work;
    OpenedThread thread{};                ///< from `entered` on
    std::uint32_t error = ERROR_SUCCESS;  ///< from `refused` on

  private:
    Cell32 stage_{};
};

/// Where ExitThread goes back to.
struct ExitPoint {
    jmp_buf place;
    volatile DWORD code;
};
thread_local ExitPoint* exit_point = nullptr;

/// How many there are, and the code of the last that has ended.
std::atomic<std::uint32_t> created_threads_code{0};
constinit Cell32 created_threads{};

void wait_to_begin(const Work& work) {
    if (work.suspended) {
        wait_for_resumption(*entered_thread());
    }
    calls::run_due_apcs(*entered_thread(), run_call);
}

/// What the routine returned, or ExitThread was given. Nothing of this frame has a destructor.
DWORD run_routine(const Work& work) {
    ExitPoint here;
    here.code = 0;
    exit_point = &here;
    if (_setjmp(here.place) == 0) {
        wait_to_begin(work);
        here.code = work.routine(work.argument);
    }
    exit_point = nullptr;
    return here.code;
}

void* run_thread(void* given) {
    const std::unique_ptr<std::shared_ptr<Start>> holder(
        static_cast<std::shared_ptr<Start>*>(given));
    Start& start = **holder;
    ActiveThread* const self = current_thread(start.error);
    if (self == nullptr) {
        start.advance(Stage::refused);
        return nullptr;
    }
    // Before any object of the program's own, so that it outlives those.
    thread_local CreatedThread counted;
    struct End {
        ~End() { counted.end(); }  // also by pthread_exit()
    } const end;
    start.thread = {own_thread(*self), self->platform.thread_id()};
    if (start.work.suspended) {
        begin_suspended(*self);
    }
    start.advance(Stage::entered);
    if (start.wait_beyond(Stage::refused) == Stage::go) {
        const DWORD code = run_routine(start.work);
        if (!counted.is_of_this_process()) {
            // The first thread of a child that the routine has forked; the helper would go on.
            std::exit(exit_of_process(code));
        }
        counted.set_exit_code(code);
        note_exit_code(*self, code);
    }
    return nullptr;
}

/// Returns an errno.
int choose_stack(pthread_attr_t& attributes, std::size_t size, bool just_so) {
    std::size_t usual = 0;
    if (const int error = pthread_attr_getstacksize(&attributes, &usual)) {
        return error;
    }
    if (size > std::numeric_limits<std::size_t>::max() / 2) {
        return ENOMEM;
    }
    const std::size_t rounded =
        (size + kStackGranularity - 1) / kStackGranularity * kStackGranularity;
    if (size == 0 || (!just_so && rounded <= usual)) {
        return 0;
    }
    return pthread_attr_setstacksize(
        &attributes, std::max(rounded, static_cast<std::size_t>(PTHREAD_STACK_MIN)));
}

/// Returns a Win32 error.
std::uint32_t start_pthread(const std::shared_ptr<Start>& start, std::size_t stack, bool just_so) {
    auto holder = std::make_unique<std::shared_ptr<Start>>(start);
    pthread_attr_t attributes;
    if (pthread_getattr_default_np(&attributes) != 0) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    int error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (error == 0) {
        error = choose_stack(attributes, stack, just_so);
    }
    pthread_t thread{};
    if (error == 0) {
        error = pthread_create(&thread, &attributes, run_thread, holder.get());
    }
    pthread_attr_destroy(&attributes);
    if (error == 0) {
        holder.release();  // NOLINT(bugprone-unused-return-value): the thread has it
        return ERROR_SUCCESS;
    }
    return error == EINVAL ? ERROR_INVALID_PARAMETER : ERROR_NOT_ENOUGH_MEMORY;
}

/// What is asked for, apart from what the thread does.
struct Wanted {
    std::size_t stack = 0;
    bool just_so = false;
    bool inheritable = false;
};

std::uint32_t create_thread(ActiveThread& creator, const std::shared_ptr<Start>& start,
                            const Wanted& wanted, LPDWORD thread_id, HANDLE& handle) {
    if (const auto error = start_pthread(start, wanted.stack, wanted.just_so)) {
        return error;
    }
    if (start->wait_beyond(Stage::begun) == Stage::refused) {
        return start->error;
    }
    const std::uint32_t error = castaway::open_thread(creator, start->thread.ref, THREAD_ALL_ACCESS,
                                                      wanted.inheritable, handle);
    if (error == ERROR_SUCCESS && thread_id != nullptr) {
        *thread_id = start->thread.id;
    }
    start->advance(error == ERROR_SUCCESS ? Stage::go : Stage::give_up);
    return error;
}

}  // namespace

namespace castaway {

CreatedThread::CreatedThread() : process_(getpid()) {
    LinuxPlatform{}.fetch_add(created_threads, 1);
}

bool CreatedThread::is_of_this_process() const {
    return process_ == getpid();
}

CreatedThread::~CreatedThread() {
    if (!ends_ || !is_of_this_process()) {
        return;
    }
    const LinuxPlatform platform;
    created_threads_code = exit_code_;
    if (platform.fetch_add(created_threads, static_cast<std::uint32_t>(-1)) == 1) {
        platform.futex_wake(created_threads, 1);
    }
}

std::uint32_t wait_for_created_threads(std::uint32_t otherwise) {
    const LinuxPlatform platform;
    bool waited = false;
    while (const std::uint32_t running = platform.load(created_threads)) {
        waited = true;
        platform.futex_wait(created_threads, running, Deadline{});
    }
    return waited ? created_threads_code.load() : otherwise;
}

void forget_created_threads() {
    LinuxPlatform{}.store(created_threads, 0);
}

}  // namespace castaway

HANDLE CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack_size,
                    LPTHREAD_START_ROUTINE routine, LPVOID argument, DWORD flags,
                    LPDWORD thread_id) {
    if (routine == nullptr ||
        (flags & ~(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) != 0) {
        return failed<HANDLE>(ERROR_INVALID_PARAMETER);
    }
    const auto start =
        std::make_shared<Start>(Work{routine, argument, (flags & CREATE_SUSPENDED) != 0});
    const Wanted wanted{stack_size, (flags & STACK_SIZE_PARAM_IS_A_RESERVATION) != 0,
                        attributes != nullptr && attributes->bInheritHandle != FALSE};
    HANDLE handle = nullptr;
    const std::uint32_t error = with_thread([&](ActiveThread& creator) {
        return create_thread(creator, start, wanted, thread_id, handle);
    });
    return error == ERROR_SUCCESS ? handle : failed<HANDLE>(error);
}

void ExitThread(DWORD exit_code) {
    if (exit_point != nullptr) {
        exit_point->code = exit_code;
        _longjmp(exit_point->place, 1);
    }
    if (ActiveThread* const self = entered_thread()) {
        note_exit_code(*self, exit_code);
    }
    if (gettid() != getpid()) {
        pthread_exit(nullptr);
    }
    leave_region();
    std::exit(exit_of_process(wait_for_created_threads(exit_code)));
}

BOOL GetExitCodeThread(HANDLE thread, LPDWORD exit_code) {
    if (exit_code == nullptr) {
        return failed<BOOL>(ERROR_NOACCESS);
    }
    return succeeded_or(with_thread([&](ActiveThread& caller) {
        return calls::get_thread_exit_code(caller, thread, *exit_code);
    }));
}
