// The worker's side of our primitives: each operation is the Win32 call of its name.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "harness/subject/subject.h"
#include "primitives/platform/mutants.h"

namespace castaway::harness {

/// One at a time in a process. All that live one after the other share the process's attachment,
/// which has the mutant of the first.
class CastawaySubject final : public Subject {
  public:
    /// Attaches to the region that CASTAWAY_REGION names. Throws HarnessError.
    /// \param inheritance what another process's bequeath() said; null: it inherits nothing
    CastawaySubject(SubjectObserver& observer, Mutant mutant, const char* inheritance = nullptr);
    ~CastawaySubject() override;
    CastawaySubject(const CastawaySubject&) = delete;
    CastawaySubject& operator=(const CastawaySubject&) = delete;

    Response create(const ObjectSpec& object, Handle& handle) override;
    Response open(const ObjectSpec& object, Handle& handle) override;
    Response close(Handle handle) override;
    Response duplicate(Handle handle, Handle& duplicate) override;
    Response wait(Handle handle, const WaitTerms& terms) override;
    Response wait_any(std::span<const Handle> handles, const WaitTerms& terms) override;
    Response wait_all(std::span<const Handle> handles, const WaitTerms& terms) override;
    Response signal_and_wait(Handle signaled, Handle awaited, const WaitTerms& terms) override;
    Response release_mutex(Handle handle) override;
    Response release_semaphore(Handle handle, std::int32_t count) override;
    Response set_event(Handle handle) override;
    Response reset_event(Handle handle) override;
    Response pulse_event(Handle handle) override;
    Response set_timer(Handle handle, const TimerSetting& setting) override;
    Response cancel_timer(Handle handle) override;
    std::uint32_t introduce_thread() override;
    Response queue_call(std::uint32_t thread, std::uint64_t argument) override;
    Response sleep(const WaitTerms& terms) override;
    std::string bequeath() override;
    Response give(Handle handle, std::int64_t os_pid, Handle& given) override;

  private:
    SubjectObserver& observer_;
};

}  // namespace castaway::harness
