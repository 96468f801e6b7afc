// Small programs with and without known defects, for proving that the simulator finds what it must
// and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "harness/engine/sim/sim_platform.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim::testing {

/// A world whose processes share a handful of cells and each have one program thread.
class Toy {
  public:
    explicit Toy(WorldOptions options = {});

    /// What a program gets to work with: the platform, and the cells as its process sees them.
    class Hands {
      public:
        Hands(World& world, unsigned char* base)
            : platform_(world, Mutant::none), world_(&world), base_(base) {}
        [[nodiscard]] Cell64& wide(std::size_t i) const {
            return *reinterpret_cast<Cell64*>(base_ + i * 64);
        }
        [[nodiscard]] Cell32& cell(std::size_t i) const {
            return *reinterpret_cast<Cell32*>(base_ + i * 64);
        }
        [[nodiscard]] LivenessWord& liveness(std::size_t i) const {
            return *reinterpret_cast<LivenessWord*>(base_ + i * 64);
        }
        [[nodiscard]] const SimPlatform& platform() const { return platform_; }
        [[nodiscard]] World& world() const { return *world_; }

        // A lock of the three-state futex kind: 0 free, 1 taken, 2 taken and wanted.
        void lock(std::size_t i) const;
        void unlock(std::size_t i) const;
        /// One step more than a plain one: load, then store.
        void increment(std::size_t i) const;

      private:
        SimPlatform platform_;
        World* world_;
        unsigned char* base_;
    };

    using Program = std::function<void(const Hands&)>;

    /// One more process that does this. Returns its thread.
    ThreadId add(const std::string& name, Program program, ThreadRole role = ThreadRole::program);
    /// No more programs: executions begin here.
    void ready() { world_.keep(); }

    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] std::uint32_t value(std::size_t cell) const {
        return world_.memory().read32(cell * 64);
    }

  private:
    World world_;
};

/// Each of so many processes takes and releases one futex lock so many times, and counts under it
/// in cell 1.
std::unique_ptr<Toy> locked_counter(std::size_t processes, std::size_t times);
/// The same without the lock: increments are lost.
std::unique_ptr<Toy> racy_counter(std::size_t processes);
/// One waits on a flag and one sets it; `broken`: sleeps without giving the kernel the value seen.
std::unique_ptr<Toy> flag_and_sleeper(bool broken);
/// Two locks taken in two orders.
std::unique_ptr<Toy> crossed_locks();
/// `count` philosophers, each with a fork to either side, all taking the left first.
std::unique_ptr<Toy> philosophers(std::size_t count);
/// Each of two stores to its cell and loads the other's: cells 2 and 3 tell what was loaded, plus
/// one.
std::unique_ptr<Toy> store_buffers(MemoryModel memory = MemoryModel::sc, bool fenced = false);
/// One stores data (cell 0) and then a flag (cell 1); the other loads the flag (cell 2, plus one)
/// and then the data (cell 3, plus one).
std::unique_ptr<Toy> message(MemoryModel memory);
/// Each of two stores to its cell and loads that and the other's: cells 2 and 3 tell what it found
/// of its own, cells 4 and 5 of the other's, plus one.
std::unique_ptr<Toy> own_stores_first(MemoryModel memory);
/// Peterson's lock, tried once by each of two. Who gets it counts in cell 3 and notes that in cell
/// 4 or 5. `fenced`: announces itself by a read-modify-write.
std::unique_ptr<Toy> peterson(MemoryModel memory, bool fenced);
/// One pulses (wakes whoever sleeps) and one sleeps for the pulse; if the pulse comes first, it is
/// missed.
std::unique_ptr<Toy> missed_pulse();
/// One spins on a word that nobody ever changes.
std::unique_ptr<Toy> endless_spin();

}  // namespace castaway::harness::sim::testing
