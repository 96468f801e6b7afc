// How far a long command is, for whoever waits for it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace castaway::harness {

/// On a terminal one line of standard error that is written over; elsewhere a plain line now and
/// then, so that a log tells it, too, and a short run says nothing.
class ProgressLine {
  public:
    explicit ProgressLine(bool wanted);
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() { clear(); }

    /// May be called as often as one likes: the text is made only when it is due.
    void show(const std::function<std::string()>& text);
    /// Makes room for other output.
    void clear();

  private:
    bool wanted_;
    bool terminal_;
    std::chrono::milliseconds every_;
    std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

}  // namespace castaway::harness
