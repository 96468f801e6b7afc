#include "harness/engine/sim/signal_catcher.h"

#include <fmt/format.h>
#include <ucontext.h>

#include <array>
#include <csignal>
#include <cstring>
#include <memory>

#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {
namespace {

// A handler has no argument of ours: what it needs must be where it can find it.
thread_local World* watched = nullptr;

#if defined(__SANITIZE_ADDRESS__)  // which tells more about a wild access than we could
constexpr std::array kSignals{SIGABRT};
#else
constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
#endif
constexpr std::size_t kHandlerStackBytes = std::size_t{64} * 1024;

[[noreturn]] void escape(int signal) {
    const char* name = sigabbrev_np(signal);
    World& world = *watched;
    world.end_from_inside(Outcome::crash,
                          fmt::format("{} raised SIG{}", world.thread_name(world.current()),
                                      name == nullptr ? "?" : name));
}

void handle(int signal, siginfo_t* /*info*/, void* machine) {
    const Fiber* fiber = watched == nullptr ? nullptr : watched->current_fiber();
    if (fiber == nullptr) {
        // Not ours: the instruction runs again, or abort() goes on, and the default action strikes.
        struct sigaction standard {};
        standard.sa_handler = SIG_DFL;
        sigaction(signal, &standard, nullptr);
        return;
    }
    // The fiber goes on in escape(), at the top of its stack: what lies there is of no use any
    // more, and after an overflow there would be no room elsewhere.
    auto& registers = static_cast<ucontext_t*>(machine)->uc_mcontext.gregs;
    constexpr std::uintptr_t kCallAlignment = 16;
    registers[REG_RSP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(fiber->stack_top()) /
                                                 kCallAlignment * kCallAlignment -
                                             sizeof(void*));
    registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(&escape));
    registers[REG_RDI] = signal;
}

void install() {
    struct sigaction action {};
    action.sa_sigaction = &handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (const int signal : kSignals) {
        sigaction(signal, &action, nullptr);
    }
}

/// A stack for handlers, since that of the fiber may be what overflowed.
class HandlerStack {
  public:
    HandlerStack() : bytes_(new std::byte[kHandlerStackBytes]) {
        stack_t stack{};
        stack.ss_sp = bytes_.get();
        stack.ss_size = kHandlerStackBytes;
        sigaltstack(&stack, nullptr);
        install();
    }
    HandlerStack(const HandlerStack&) = delete;
    HandlerStack& operator=(const HandlerStack&) = delete;
    ~HandlerStack() {
        stack_t none{};
        none.ss_flags = SS_DISABLE;
        sigaltstack(&none, nullptr);
    }

  private:
    std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace

SignalCatcher::Watch::Watch(World& world) : before_(watched) {
    thread_local const HandlerStack kStack;  // NOLINT(readability-identifier-naming): has state
    watched = &world;
}

SignalCatcher::Watch::~Watch() {
    watched = before_;
}

}  // namespace castaway::harness::sim
