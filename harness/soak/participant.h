// One thread of a participant: does whatever a seed says, with every kind of object and in every
// way, and checks what each call returns against the board.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "castaway/win32.h"
#include "harness/base/prng.h"
#include "harness/soak/board.h"

namespace castaway::harness::soak {

/// What a participant knows of itself.
struct Place {
    Board& board;
    std::uint32_t process = 0;
    std::uint32_t processes = 1;  ///< places in use
    std::uint64_t seed = 0;       ///< of this process
    /// What it executes to begin anew or to have an heir, with the board's descriptor.
    std::string program;
    std::vector<std::string> arguments;
};

/// A handle that is closed at the end.
class OwnHandle {
  public:
    OwnHandle() = default;
    explicit OwnHandle(HANDLE value) : value_(value) {}
    OwnHandle(const OwnHandle&) = delete;
    OwnHandle& operator=(const OwnHandle&) = delete;
    ~OwnHandle() {
        if (value_ != nullptr) {
            CloseHandle(value_);
        }
    }
    [[nodiscard]] HANDLE get() const { return value_; }

  private:
    HANDLE value_ = nullptr;
};

class Participant {
  public:
    /// Opens, or makes, the shared objects. \param must_be_there the keeper has them already
    Participant(const Place& place, std::uint32_t lane, bool must_be_there);
    ~Participant();
    Participant(const Participant&) = delete;
    Participant& operator=(const Participant&) = delete;

    /// Does one thing after the other until the order to end comes, or until the thread ends by one
    /// of its own acts. It may also end the process, or never return.
    void work();

    /// The keeper's: takes each mutex once, and counts what the semaphores have left.
    void take_stock();

    /// The name of an object that the place's process makes for itself.
    [[nodiscard]] std::string own_name() const;

  private:
    enum class Told : std::uint8_t { no, yes };

    void act();
    // Of the shared objects.
    void wait_for_one();
    void wait_for_any();
    void wait_for_all();
    void signal_one();
    void signal_and_wait();
    void use_shared_timer();
    // Of objects of its own, and of others' processes.
    void use_own_timer();
    void make_and_close();
    void take_own_name();
    void duplicate();
    void duplicate_across();
    void fork_without_exec();
    void start_heir();
    // Ends.
    void end_thread();
    void end_process();

    DWORD wait(std::span<const Shared> objects, bool all, DWORD limit_ms);
    void took(std::span<const Shared> objects, bool all, DWORD result);
    void took_all_mutexes(std::span<const Shared> objects, bool told);
    void enter(Shared mutex, Told told);
    void enter_unjudged(Shared mutex, std::int64_t now);
    void use_guarded(Shared mutex);
    /// Up to the release, which follows at once.
    void prepare_release(Shared mutex);
    void release(Shared mutex);
    /// Of those that are mutexes and its own.
    void use_and_release(std::span<const Shared> objects);

    void count(Act act) const { ++cell_.acts.at(static_cast<std::size_t>(act)); }
    void begin(const Doing& doing) const { cell_.doing = doing.pack(); }
    void over() const { cell_.doing = 0; }
    [[nodiscard]] HANDLE handle_of(Shared object) const { return handles_.at(index_of(object)); }
    void expect(bool holds, const char* what) const;

    const Place& place_;
    Board& board_;
    std::uint32_t lane_;
    LaneCell& cell_;
    std::uint64_t self_;
    Prng random_;
    std::array<HANDLE, kSharedObjects> handles_{};
    bool ended_ = false;
};

}  // namespace castaway::harness::soak
