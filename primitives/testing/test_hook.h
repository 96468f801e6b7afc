// A fault hook that ends its process at a chosen place, tells when a thread is about to sleep, and
// can hold a process's helper thread back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "primitives/platform/fault_platform.h"

namespace castaway::testing {

class TestHook : public FaultHook {
  public:
    enum class Scope : std::uint8_t { calling_thread, every_thread };

    /// The process dies right before its k-th change of shared memory from here on; k > 0.
    void die_at_change(std::uint64_t k, Scope scope);
    /// The process dies at the n-th passing of that point from here on, on the calling thread; n >
    /// 0.
    void die_at_point(CrashPoint point, std::uint64_t n, Scope scope = Scope::calling_thread);
    void disarm();
    /// What a thread does right before it sleeps, queued on all its objects; each thread has its
    /// own.
    static void set_on_sleep(std::function<void()> action);

    /// From here on until release_others(), every thread but those that called exempt() stops
    /// before its next access.
    void hold_others();
    void release_others();
    static void exempt();

    void at_crash_point(CrashPoint point) override;
    void at_access() override;
    void at_change() override;
    void about_to_sleep() override;

  private:
    [[nodiscard]] bool in_scope() const;

    std::atomic<std::uint64_t> changes_{0};
    std::atomic<std::uint64_t> fatal_change_{0};
    std::atomic<std::uint64_t> passings_{0};
    std::atomic<std::uint64_t> fatal_passing_{0};
    std::atomic<CrashPoint> point_{};
    std::atomic<bool> every_thread_{false};
    std::atomic<std::uint64_t> victim_{0};
    std::atomic<bool> holding_{false};
    std::mutex gate_;  ///< held while others are held back
};

}  // namespace castaway::testing
