// The handles that the programs of one worker hold, by the plan's names for them.
//
// Handles belong to the process, as in Win32, but several threads may make one under the same name:
// each means its own then. A thread that has made none means whatever the process has.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "harness/subject/subject.h"

namespace castaway::harness {

class HandleTable {
  public:
    explicit HandleTable(std::size_t name_count) : by_name_(name_count) {}

    void add(std::uint32_t thread, std::uint32_t name, Subject::Handle handle);
    /// 0 when there is none: the subject's answer to that goes into the history.
    [[nodiscard]] Subject::Handle find(std::uint32_t thread, std::uint32_t name) const;
    /// As find, and the table forgets it.
    Subject::Handle take(std::uint32_t thread, std::uint32_t name);
    /// All that are left, by name.
    [[nodiscard]] std::vector<std::pair<std::uint32_t, Subject::Handle>> take_all();

  private:
    struct Entry {
        std::uint32_t thread = 0;
        Subject::Handle handle = 0;
    };
    /// Position of the thread's latest entry, or else of the latest; the size when there is none.
    static std::size_t choose(const std::vector<Entry>& entries, std::uint32_t thread);

    mutable std::mutex mutex_;
    std::vector<std::vector<Entry>> by_name_;
};

}  // namespace castaway::harness
