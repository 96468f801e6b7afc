// Letting a process die at every place of an operation, and seeing that the others can go on.
//
// What a death leaves in shared memory depends on the changes that came before it and on nothing
// else: so a death before each change, and one after the last, are all the deaths that there are.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "primitives/testing/child_process.h"
#include "primitives/testing/test_hook.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {

/// An operation of a victim, and what the survivor does around it. Empty functions do nothing. For
/// each place where the victim can die, all of them run anew; check() leaves no object behind.
struct Ordeal {
    std::function<void()> set_up = {};         ///< the survivor's, before the victim is there
    std::function<void()> prepare = {};        ///< the victim's, before it may die
    std::function<void()> when_prepared = {};  ///< the survivor's; the victim acts afterwards
    std::function<void()> act = {};            ///< the victim's
    std::function<void()> when_asleep =
        {};  ///< the survivor's, if act() sleeps: before it wakes up
    /// The survivor's. \param completed act() returned before the victim ended. What the victim
    /// left may or may not have been given back yet.
    std::function<void(bool completed)> check = {};
    /// Whose changes are counted.
    TestHook::Scope scope = TestHook::Scope::calling_thread;
};

/// Where a victim dies.
struct Place {
    std::uint64_t change = 0;  ///< not 0: before the so-manieth change of shared memory
    CrashPoint point = CrashPoint::wait_before_enqueue;
    std::uint64_t passing = 0;  ///< not 0: at so many passings of that point
};

/// The calling process as the survivor. It must not have attached yet.
class Survivor {
  public:
    explicit Survivor(const TestRegion& region);

    /// The whole ordeal: death before every change of shared memory and at every crash point of
    /// act(), until it completes, with this process as the only survivor; then before every third
    /// change with another one, idle, beside it.
    void endure(const Ordeal& ordeal);

    /// A victim dies at that place, and while this process's helper is held back, a recoverer
    /// attaches and dies before its first change of shared memory, its second, and so on until it
    /// completes.
    void endure_recoverers(const Ordeal& ordeal, const Place& place);

    /// The same for a process that was attached before the victim died, does `act` afterwards, and
    /// finds a lock held by the dead. \param prepare what it does before
    void endure_bereaved(const Ordeal& ordeal, const Place& place,
                         const std::function<void()>& prepare, const std::function<void()>& act);

    /// One victim that dies at that place, reaped. False when it came through.
    bool lose_victim(const Ordeal& ordeal, const Place& place);

    /// All that the dead left has been given back, when this returns.
    void sweep() const { region_.sweep(); }
    [[nodiscard]] InspectedObject object(const std::string& name) const {
        return object_named(region_.look(), "Local\\" + name);
    }
    [[nodiscard]] TestHook& hook() { return hook_; }
    [[nodiscard]] const TestRegion& region() const { return region_; }

  private:
    void endure_changes(const Ordeal& ordeal, std::size_t processes, std::uint64_t step);
    void endure_points(const Ordeal& ordeal, std::size_t processes);
    /// False when the victim came through.
    bool endure_once(const Ordeal& ordeal, const Place& place, bool sweep_first,
                     std::size_t processes);

    const TestRegion& region_;
    TestHook& hook_;  ///< outlives the survivor: the helper thread tells it of its accesses
};

/// Holds a process's other threads back (see TestHook), none of them with a lock of the region.
void hold_helper(TestHook& hook, const TestRegion& region);

/// A process that is attached and does nothing until it is ended.
class Bystander {
  public:
    Bystander();

  private:
    Channel attached_;
    Channel end_;
    std::optional<Child> child_;
};

}  // namespace castaway::testing
