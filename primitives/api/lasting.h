// What the calls keep in the process, from before its first instruction to its last.
#pragma once

namespace castaway {

/// A global object that is there when the program is loaded and never ends: constant-initialized,
/// so that no thread makes it while another forks, and not destroyed, as threads may call until the
/// process is gone.
template <class T>
union Lasting {
    constexpr Lasting() : value_() {}
    Lasting(const Lasting&) = delete;
    Lasting& operator=(const Lasting&) = delete;
    ~Lasting() {}  // NOLINT(modernize-use-equals-default): the value's is not called

    T* operator->() { return &value_; }
    T& operator*() { return value_; }

  private:
    T value_;
};

}  // namespace castaway
