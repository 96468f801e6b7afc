#include "harness/cli/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace castaway::harness {
namespace {

constexpr std::chrono::milliseconds kRedrawn{200};
constexpr std::chrono::milliseconds kPlain{10'000};

}  // namespace

ProgressLine::ProgressLine(bool wanted)
    : wanted_(wanted),
      terminal_(isatty(STDERR_FILENO) == 1),
      every_(terminal_ ? kRedrawn : kPlain) {}

void ProgressLine::show(const std::function<std::string()>& text) {
    const auto now = std::chrono::steady_clock::now();
    if (!wanted_ || now - shown_ < every_) {
        return;
    }
    shown_ = now;
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", text(), terminal_ ? "" : "\n");
    std::fflush(stderr);
}

void ProgressLine::clear() {
    if (wanted_ && terminal_) {
        fmt::print(stderr, "\r\x1b[K");
        std::fflush(stderr);
    }
}

}  // namespace castaway::harness
