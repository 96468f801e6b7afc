// Writes histories by hand, a call at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/history/history.h"

namespace castaway::harness {

class HistoryBuilder {
  public:
    /// The thread is called "main".
    HistoryBuilder& process(const std::string& name);
    HistoryBuilder& thread(const std::string& name);
    HistoryBuilder& event(const std::string& name);
    HistoryBuilder& mutex(const std::string& name);
    HistoryBuilder& semaphore(const std::string& name, std::int32_t count);
    HistoryBuilder& timer(const std::string& name);

    struct Who {
        std::uint32_t process = 0;
        std::uint32_t thread = 0;
    };
    /// A call of that thread from one moment to another, in microseconds, that answered ok. The
    /// reference is good until the next call.
    Operation& call(Who who, OperationKind kind, ObjectIndex object, std::int64_t from_us,
                    std::int64_t to_us);
    /// A wait that slept and took its object.
    Operation& slept(Who who, ObjectIndex object, std::int64_t from_us, std::int64_t to_us);
    /// A wait without a response.
    Operation& pending(Who who, ObjectIndex object, std::int64_t from_us);

    HistoryBuilder& ended(std::uint32_t process, ProcessEnd end, std::int64_t dead_us,
                          const std::string& detail = {});

    [[nodiscard]] History& history() { return history_; }
    /// Ordered as History promises. Throws std::logic_error when it is not sound.
    History take();

  private:
    History history_;
};

}  // namespace castaway::harness
