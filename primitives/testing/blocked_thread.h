// A thread of the test's process that is known to sleep in a wait.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <semaphore>
#include <thread>

#include "castaway/win32.h"
#include "primitives/testing/child_process.h"
#include "primitives/testing/test_hook.h"

namespace castaway::testing {

/// Runs `body` on a thread of its own, and returns from the constructor when it is about to sleep
/// in a wait. The process must run on a TestHook (prepare_attachment).
class BlockedThread {
  public:
    template <class Body>
    explicit BlockedThread(Body body) {
        std::packaged_task<DWORD()> task([this, body] {
            TestHook::exempt();
            TestHook::set_on_sleep([this] {
                if (!slept_.exchange(true)) {
                    asleep_.release();
                }
            });
            return body();
        });
        result_ = task.get_future();
        thread_ = std::thread(std::move(task));
        if (!asleep_.try_acquire_for(std::chrono::milliseconds(kPatienceMs))) {
            give_up("a thread that should sleep does not");
        }
    }
    BlockedThread(const BlockedThread&) = delete;
    BlockedThread& operator=(const BlockedThread&) = delete;
    ~BlockedThread() {
        if (thread_.joinable()) {
            join();
        }
    }

    /// What its body returned. Ends the process when it does not end.
    DWORD join() {
        if (result_.wait_for(std::chrono::milliseconds(kPatienceMs)) != std::future_status::ready) {
            give_up("a thread is not woken");
        }
        thread_.join();
        return result_.get();
    }

  private:
    std::atomic<bool> slept_{false};
    std::binary_semaphore asleep_{0};
    std::future<DWORD> result_;
    std::thread thread_;
};

/// A wait without limit for one object, as a body.
inline auto waits_for(HANDLE handle) {
    return [handle] { return WaitForSingleObject(handle, INFINITE); };
}

/// The same for a mutex, which is released at once.
inline auto takes_and_releases(HANDLE mutex) {
    return [mutex] {
        const DWORD result = WaitForSingleObject(mutex, INFINITE);
        return ReleaseMutex(mutex) != FALSE ? result : WAIT_FAILED;
    };
}

}  // namespace castaway::testing
