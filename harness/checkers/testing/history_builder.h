// Short ways to write histories by hand. All times are in milliseconds.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "harness/checkers/verdict.h"
#include "harness/history/history.h"

namespace castaway::harness::testing {

/// A thread, by its indices.
struct Thread {
    std::uint32_t process = 0;
    std::uint32_t index = 0;
};

/// From invocation to return; without a return the call is pending.
struct At {
    std::int64_t invoked_ms = 0;
    std::optional<std::int64_t> returned_ms;
};

/// How a call ended. Of a pending one only the beginning is kept.
struct How {
    ResponseStatus status = ResponseStatus::ok;
    std::uint32_t error = 0;
};
inline constexpr How kOk{};
inline constexpr How kAbandoned{ResponseStatus::abandoned};
inline constexpr How kTimeout{ResponseStatus::timeout};
constexpr How failed_with(std::uint32_t error) {
    return {ResponseStatus::failed, error};
}

class HistoryBuilder {
  public:
    ObjectIndex event(const std::string& name, bool signaled = false);
    ObjectIndex manual_event(const std::string& name, bool signaled = false);
    ObjectIndex mutex(const std::string& name);
    ObjectIndex semaphore(const std::string& name, std::int32_t initial, std::int32_t maximum);
    ObjectIndex timer(const std::string& name);
    ObjectIndex manual_timer(const std::string& name);
    /// From here on the object can vanish with its last handle.
    void by_program(ObjectIndex object) { history_.objects.at(object).whole_run = false; }

    /// A process "p0", "p1", ... with one thread.
    Thread process();
    /// One more thread of that process.
    Thread thread(Thread of);

    // Each returns the operation, to be changed where need be.
    Operation& call(OperationKind kind, Thread by, ObjectIndex object, At at, How how = kOk);
    Operation& wait(Thread by, ObjectIndex object, At at, How how = kOk);
    Operation& wait_any(Thread by, std::vector<ObjectIndex> objects, At at,
                        std::uint32_t satisfied_by = 0, How how = kOk);
    Operation& wait_all(Thread by, std::vector<ObjectIndex> objects, At at, How how = kOk);
    Operation& signal_and_wait(Thread by, ObjectIndex signaled, ObjectIndex waited, At at,
                               How how = kOk);
    /// Makes a wait or sleep one that these calls ended, or that they began in while it is pending.
    static Operation& alerted(Operation& operation, std::vector<CallId> ran);
    /// Alertable, without a time limit unless one is given.
    Operation& sleep(Thread by, At at, std::optional<std::uint32_t> timeout_ms = std::nullopt,
                     How how = kOk);
    Operation& queue_call(Thread by, Thread target, At at, How how = kOk);
    Operation& release(Thread by, ObjectIndex mutex, At at, How how = kOk);
    Operation& release(Thread by, ObjectIndex semaphore, std::int32_t count, At at,
                       std::int32_t previous, How how = kOk);
    Operation& set(Thread by, ObjectIndex event, At at);
    Operation& reset(Thread by, ObjectIndex event, At at);
    Operation& set_timer(Thread by, ObjectIndex timer, At at, std::int64_t due_ms,
                         std::int32_t period_ms = 0);
    Operation& cancel(Thread by, ObjectIndex timer, At at);
    Operation& create(Thread by, ObjectIndex object, At at, std::uint32_t error = 0);
    Operation& open(Thread by, ObjectIndex object, At at, How how = kOk);
    Operation& close(Thread by, ObjectIndex object, At at);

    void killed(Thread any_of, std::int64_t known_ms);
    void ended(Thread thread, std::int64_t at_ms);
    /// The process stood still, and the harness ended it after the run.
    void stuck(Thread any_of);

    /// A snapshot at quiescence that says nothing of any object yet.
    Snapshot& quiescence(std::int64_t at_ms);
    /// Tells of an object in it.
    ObjectState& state(Snapshot& snapshot, ObjectIndex object);
    /// An empty snapshot at the end.
    Snapshot& end(std::int64_t at_ms);

    History& raw() { return history_; }
    /// Throws HarnessError when what was written is no sound history.
    [[nodiscard]] History build() const;

  private:
    ObjectIndex add_object(HistoryObject object);

    History history_;
    std::deque<Operation> operations_;
    std::deque<Snapshot> snapshots_;
};

OperationRef ref(const Operation& operation);
/// The procedure call that the operation had queued.
CallId call_by(const Operation& operation);

}  // namespace castaway::harness::testing
