#include "harness/engine/sim/ordered_work.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace castaway::harness::sim {
namespace {

/// Units of each thread that may be done before their turn: results take memory.
constexpr std::uint64_t kAheadMax = 8;
constexpr std::chrono::milliseconds kTick{100};

/// What the threads share.
class Progress {
  public:
    Progress(std::uint64_t count, std::uint64_t ahead) : count_(count), ahead_(ahead) {}

    /// The next unit to be done; `count` when there is none. Waits while too many are done already.
    std::uint64_t next() {
        std::unique_lock guard(mutex_);
        room_.wait(guard,
                   [this] { return stopped_ || next_ < taken_ + ahead_ || next_ == count_; });
        return stopped_ ? count_ : next_ == count_ ? count_ : next_++;
    }
    void done(std::uint64_t unit, std::exception_ptr failure) {
        const std::lock_guard guard(mutex_);
        done_.emplace(unit, std::move(failure));
        news_.notify_one();
    }
    /// Whether the unit was done within a tick. Throws what it threw.
    bool await(std::uint64_t unit) {
        std::unique_lock guard(mutex_);
        if (!news_.wait_for(guard, kTick, [&] { return done_.contains(unit); })) {
            return false;
        }
        if (done_.at(unit)) {
            std::rethrow_exception(done_.at(unit));
        }
        return true;
    }
    void took(std::uint64_t unit) {
        const std::lock_guard guard(mutex_);
        done_.erase(unit);
        taken_ = unit + 1;
        room_.notify_all();
    }
    void stop() {
        const std::lock_guard guard(mutex_);
        stopped_ = true;
        room_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable news_;
    std::uint64_t count_;
    std::uint64_t ahead_;
    std::uint64_t next_ = 0;
    std::uint64_t taken_ = 0;
    bool stopped_ = false;
    std::map<std::uint64_t, std::exception_ptr> done_;
};

}  // namespace

void OrderedWork::run(std::uint64_t count, const Work& work, const Take& take) {
    unwanted_ = false;
    if (workers_ > 1 && count > 1) {
        run_on_threads(count, work, take);
        return;
    }
    for (std::uint64_t unit = 0; unit < count; ++unit) {
        work(0, unit);
        if (!take(unit)) {
            return;
        }
    }
}

void OrderedWork::run_on_threads(std::uint64_t count, const Work& work, const Take& take) {
    Progress progress(count, kAheadMax * workers_);
    const auto labour = [&](std::uint32_t worker) {
        for (std::uint64_t unit = progress.next(); unit < count; unit = progress.next()) {
            std::exception_ptr failure;
            try {
                work(worker, unit);
            } catch (...) {
                failure = std::current_exception();
            }
            progress.done(unit, std::move(failure));
        }
    };
    std::vector<std::jthread> threads;
    // However this ends, the threads are told before they are joined.
    struct Stop {
        Progress& progress;
        std::atomic<bool>& unwanted;
        Stop(Progress& of, std::atomic<bool>& flag) : progress(of), unwanted(flag) {}
        Stop(const Stop&) = delete;
        Stop& operator=(const Stop&) = delete;
        ~Stop() {
            unwanted = true;
            progress.stop();
        }
    } const stop(progress, unwanted_);
    for (std::uint32_t i = 0; i < workers_ && i < count; ++i) {
        threads.emplace_back(labour, i);
    }
    for (std::uint64_t unit = 0; unit < count; ++unit) {
        while (!progress.await(unit)) {
            tick_();
        }
        const bool more = take(unit);
        progress.took(unit);
        if (!more) {
            return;
        }
    }
}

}  // namespace castaway::harness::sim
