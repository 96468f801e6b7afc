// A region of one run: a file without a name, so that nothing of it can outlive its users.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/subject/subject.h"

namespace castaway::harness {

class CastawaySpace final : public SubjectSpace {
  public:
    /// Throws HarnessError when there is no memory for it.
    CastawaySpace();
    ~CastawaySpace() override;
    CastawaySpace(const CastawaySpace&) = delete;
    CastawaySpace& operator=(const CastawaySpace&) = delete;

    [[nodiscard]] std::vector<int> descriptors() const override { return {descriptor_}; }
    [[nodiscard]] std::vector<std::string> environment() const override {
        return {"CASTAWAY_REGION=" + region_};
    }
    /// Objects by name and type, handles by process. Throws HarnessError when the region cannot be
    /// read.
    std::optional<Snapshot> observe(std::span<const std::int64_t> pids) override;
    /// Throws HarnessError when the sweep cannot take part in the region.
    void settle_after_all_died() override;
    [[nodiscard]] std::string describe_address(std::uint64_t file_offset) override;

  private:
    int descriptor_;
    std::string region_;  ///< "fd:N"
};

}  // namespace castaway::harness
