// Makes a signal that simulated code raises (a wild access, an abort) the end of that execution
// rather than of the simulator.
#pragma once

namespace castaway::harness::sim {

class World;

class SignalCatcher {
  public:
    /// While it lives, signals that the calling OS thread raises on a fiber of that world end the
    /// world's execution as a crash. Elsewhere they do what they always do.
    class Watch {
      public:
        explicit Watch(World& world);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

      private:
        World* before_;
    };
};

}  // namespace castaway::harness::sim
