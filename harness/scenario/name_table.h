// The names of a scenario, and complaints about names that stand for nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/json_reader.h"
#include "harness/scenario/names.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

class NameTable {
  public:
    explicit NameTable(const Scenario& scenario);

    [[nodiscard]] const std::vector<HandleName>& handles() const { return handles_; }

    /// Each complains at `pointer` when the name is unknown.
    const HandleName* require_handle(std::string_view name, const std::string& pointer,
                                     Problems& problems) const;
    std::optional<ProcessReference> require_process(std::string_view text,
                                                    const std::string& pointer,
                                                    Problems& problems) const;
    /// A point that is awaited must be announced so many times in every seed.
    void require_reaches(std::string_view point, std::int64_t count, const std::string& pointer,
                         Problems& problems) const;

  private:
    const Scenario& scenario_;
    std::vector<HandleName> handles_;
    std::vector<std::string> points_;
};

/// Complains when the process has no thread of that name; an empty name stands for its first.
void require_thread(const ProcessSpec& process, std::string_view thread, const std::string& pointer,
                    Problems& problems);

/// Complains that `count` is asked for where a seed may have only `most`.
void require_at_most(std::int64_t count, std::int64_t most, std::string_view of_what,
                     const std::string& pointer, Problems& problems);

}  // namespace castaway::harness
