// The handles that the calls of a program have made, by which later calls are filled in.
#pragma once

#include <cstdint>
#include <map>

#include "harness/model/win32/call.h"

namespace castaway::harness {

class MadeHandles {
  public:
    /// Gives every handle argument its value.
    void fill_in(win32::Call& call) const;
    /// Requires a call that was answered.
    void remember(const win32::Call& call, const win32::Response& response);
    /// False when the call needs a boundary, which is a pointer, and names something else.
    [[nodiscard]] bool has_its_boundary(const win32::Call& call) const;

  private:
    /// What a call has made, and in which process.
    struct Made {
        std::uint32_t process = 0;
        bool boundary = false;
        std::uint64_t first = 0;
        std::uint64_t second = 0;
    };

    void resolve(win32::HandleArgument& argument) const;

    std::map<std::uint32_t, Made> made_;  ///< by the call's number
};

}  // namespace castaway::harness
