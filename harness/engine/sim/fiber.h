// A fiber: a stack of its own, and where it was left. Nothing here knows of steps or schedules.
//
// A fiber that is not to go on is simply never switched to again: no destructor runs on its stack,
// as none runs in a killed process. What runs on fibers must therefore own no heap memory at the
// places where it can be left. Exceptions must not leave a fiber's entry.
#pragma once

#include <boost/context/detail/fcontext.hpp>

#include <cstddef>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace castaway::harness::sim {

/// The bytes of a fiber's stack, between two pages that must not be touched.
class FiberStack {
  public:
    static constexpr std::size_t kBytes = std::size_t{128} * 1024;

    FiberStack();
    ~FiberStack();
    FiberStack(const FiberStack&) = delete;
    FiberStack& operator=(const FiberStack&) = delete;
    [[nodiscard]] unsigned char* top() const { return bottom_ + kBytes; }
    [[nodiscard]] unsigned char* bottom() const { return bottom_; }

    /// AddressSanitizer's marks between what lay on it: before the stack is copied, written over or
    /// given back as a whole.
    void forget_red_zones();

  private:
    unsigned char* bottom_;
};

/// Also stands for the context that the fibers were started from, which has a stack of its own
/// already.
class FiberContext {
  public:
    FiberContext() = default;
    FiberContext(const FiberContext&) = delete;
    FiberContext& operator=(const FiberContext&) = delete;
    ~FiberContext() = default;

    /// Leaves the running context, which `from` stands for, and goes on where `to` was left.
    /// Returns when somebody switches to `from`.
    static void switch_to(FiberContext& from, FiberContext& to);

  protected:
    friend class Fiber;
    struct Handover {
        FiberContext* from;
        FiberContext* to;
    };
    static void arrive(boost::context::detail::transfer_t transfer);

    boost::context::detail::fcontext_t context_ = nullptr;
    // For AddressSanitizer, which wants to know what stack it is on.
    const void* stack_bottom_ = nullptr;
    std::size_t stack_bytes_ = 0;
    void* fake_stack_ = nullptr;
};

inline void FiberContext::arrive(boost::context::detail::transfer_t transfer) {
    const auto* handover = static_cast<const Handover*>(transfer.data);
    handover->from->context_ = transfer.fctx;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(handover->to->fake_stack_, &handover->from->stack_bottom_,
                                    &handover->from->stack_bytes_);
#endif
}

inline void FiberContext::switch_to(FiberContext& from, FiberContext& to) {
    Handover handover{&from, &to};
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&from.fake_stack_, to.stack_bottom_, to.stack_bytes_);
#endif
    arrive(boost::context::detail::jump_fcontext(to.context_, &handover));
}

class Fiber : public FiberContext {
  public:
    using Entry = void (*)(void* argument);

    Fiber();

    /// Forgets whatever ran on it. The next switch to it calls the entry, which must not return.
    void begin(Entry entry, void* argument);

    /// Remembers the stack and where the fiber was left, for revert(). Requires that it is not
    /// running.
    void keep();
    /// Goes back to what keep() remembered, whatever ran since.
    void revert();

    [[nodiscard]] const unsigned char* stack_top() const { return stack_.top(); }

  private:
    static void enter(boost::context::detail::transfer_t transfer);

    FiberStack stack_;
    Entry entry_ = nullptr;
    void* argument_ = nullptr;

    boost::context::detail::fcontext_t kept_context_ = nullptr;
    std::vector<unsigned char> kept_stack_;
};

}  // namespace castaway::harness::sim
