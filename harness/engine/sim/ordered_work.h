// Numbered units of work on several OS threads, whose results are taken in the order of the
// numbers: what is taken does not depend on how many threads there are or which was quicker.
//
// A unit must depend on nothing but its number. Each OS thread has a number, too, so that units can
// use a world that no other unit uses at the same time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace castaway::harness::sim {

class OrderedWork {
  public:
    using Work = std::function<void(std::uint32_t worker, std::uint64_t unit)>;
    /// False: no unit after this one is wanted.
    using Take = std::function<bool(std::uint64_t unit)>;

    /// \param workers at least 1; with 1 everything is done by the calling thread
    /// \param tick called by the thread that called run(), now and then while it waits for others
    OrderedWork(std::uint32_t workers, std::function<void()> tick)
        : workers_(workers), tick_(std::move(tick)) {}

    [[nodiscard]] std::uint32_t workers() const { return workers_; }

    /// Does units 0, 1 ... and takes each in turn, on the calling thread, until one is the last or
    /// no more are wanted. Units that nobody wants are dropped: see unwanted(). What a unit throws
    /// is thrown when its turn comes. No thread is left when this returns.
    void run(std::uint64_t count, const Work& work, const Take& take);

    /// By a unit: what it does is of no use any more, so that it may end as it likes.
    [[nodiscard]] bool unwanted() const { return unwanted_.load(std::memory_order_relaxed); }

  private:
    void run_on_threads(std::uint64_t count, const Work& work, const Take& take);

    std::uint32_t workers_;
    std::function<void()> tick_;
    std::atomic<bool> unwanted_ = false;
};

}  // namespace castaway::harness::sim
