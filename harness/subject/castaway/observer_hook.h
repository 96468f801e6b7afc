// Carries news from inside the primitives to the subject's observer.
//
// The primitives keep their hook until the process has ended: their helper thread lives so long,
// and each thread's last act there comes when its program is over. An observer does not live so
// long. So the hook has the process's lifetime, and an observer is put in and taken out. A thread
// in a call of the subject reaches its observer without a lock, for the subject outlives the call;
// any other thread holds off the observer's departure while it speaks to it.
#pragma once

#include <mutex>

#include "harness/subject/subject.h"
#include "primitives/platform/fault_platform.h"

namespace castaway::harness {

class ObserverHook final : public FaultHook {
  public:
    /// False when there is an observer already.
    bool put_in(SubjectObserver& observer);
    void take_out();

    /// Marks the calling thread as being in a call of the subject that has this observer.
    class Call {
      public:
        explicit Call(SubjectObserver& observer);
        ~Call();
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;
    };

    void at_crash_point(CrashPoint point) override;
    void at_access() override;
    void about_to_sleep() override;
    /// A procedure call of the subject's runs on this thread.
    void runs_call(std::uint64_t argument);

  private:
    template <typename News>
    void tell(News news);

    std::mutex mutex_;
    SubjectObserver* observer_ = nullptr;
};

/// The process's own, which is never destroyed.
ObserverHook& observer_hook();

}  // namespace castaway::harness
