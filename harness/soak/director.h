// One round of a soak: starts participants, strikes them, replaces them, watches, and judges.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "castaway/inspect.h"
#include "harness/base/prng.h"
#include "harness/soak/scene.h"
#include "harness/soak/soak.h"

namespace castaway::harness::soak {

class Director {
  public:
    /// \param report what it finds and counts is added to this
    Director(const SoakOptions& options, const SoakRegion& region, std::uint32_t round,
             SoakReport& report);

    /// The whole round; it is judged unless a finding or a signal ends it before.
    /// \param until when it begins to end, CLOCK_MONOTONIC
    void run(std::int64_t until_ns, const std::function<void()>& every_tick);

    /// What it counted so far; the board's counts are added at the round's end.
    [[nodiscard]] std::uint64_t operations() const;

  private:
    /// A place and who has it now.
    struct Post {
        std::unique_ptr<Member> member;
        std::int64_t goes_on_ns = 0;  ///< of one that is stopped
        bool dies_stopped = false;
        std::uint64_t acts = 0;      ///< when it was last seen to have got on,
        std::int64_t got_on_ns = 0;  ///< which was then
    };
    /// Dead, and perhaps not yet recovered.
    struct Mourned {
        std::uint32_t pid;
        std::int64_t since_ns;
        std::uint32_t stops;  ///< when it died
        bool all_ran;
    };

    void start(std::uint32_t place, const char* role);
    void act(std::int64_t now);
    void strike(std::uint32_t place, std::int64_t now);
    void stop(std::uint32_t place, std::int64_t now);
    void look_after_stopped(std::int64_t now);
    void tick(bool replace);
    void reap(std::uint32_t place, bool replace);
    void judge_ending(std::uint32_t place, const Ending& ending);
    void watch_progress(std::int64_t now);
    void watch_region(std::int64_t now);
    void watch_recoveries(const RegionPicture& picture, std::int64_t now);
    void watch_lone_objects(const RegionPicture& picture, std::int64_t now);

    void end_participants();
    void end_keeper();
    void expect_nothing_left();
    void add_counts();

    /// False, with a finding, when the condition does not come true in time.
    bool await(const std::function<bool()>& condition, const char* what);
    void give_order(Order order);
    void find(const std::string& what);
    [[nodiscard]] bool failed() const;
    [[nodiscard]] std::uint64_t acts_of(std::uint32_t place) const;

    const SoakOptions& options_;
    const SoakRegion& region_;
    SoakReport& report_;
    Prng random_;
    std::string mutant_;
    std::filesystem::path worker_;
    Descriptor memory_;
    Mapping mapping_;
    Board& board_;
    Descriptor log_;
    std::vector<Post> posts_;  ///< the keeper's is the last
    std::vector<Mourned> mourned_;
    std::int64_t next_act_ns_ = 0;
    std::int64_t next_look_ns_ = 0;
    std::array<std::int64_t, kSharedObjects> forgotten_since_ns_{};
    bool ending_ = false;
};

}  // namespace castaway::harness::soak
