// Two processes that wake each other in turn: the cost of a hand-over between processes, most of
// which is the kernel's. The peer does the same with two bare words and the futex call, which is
// the least that any implementation can do.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "primitives/benchmark/groups.h"
#include "primitives/benchmark/runner.h"
#include "primitives/benchmark/support.h"

namespace castaway::benchmark {

namespace {

constexpr const char* kGroup = "Ping-pong between two processes, per round trip";
constexpr std::uint64_t kRounds = 200;

/// One direction: a word that is 1 while the ball lies there.
class FutexLane {
  public:
    void send() {
        word_.store(1);
        syscall(SYS_futex, &word_, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
    void receive() {
        while (word_.exchange(0) == 0) {
            syscall(SYS_futex, &word_, FUTEX_WAIT, 0, nullptr, nullptr, 0);
        }
    }

  private:
    std::atomic<std::uint32_t> word_{0};
};

struct Lanes {
    FutexLane there;
    FutexLane back;
};

/// The side that begins; the other one is the same with the calls swapped.
template <class Send, class Receive>
Answer play(Send send, Receive receive) {
    const std::uint64_t begin = now_ns();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
        send();
        receive();
    }
    return (now_ns() - begin) / kRounds;
}

enum Task : std::size_t { futexes, events };

Worker player(Lanes& lanes, bool begins, int core) {
    const auto setup = [core] {
        pin_to(core);
        return std::pair(CreateEventA(nullptr, FALSE, FALSE, "there"),
                         CreateEventA(nullptr, FALSE, FALSE, "back"));
    };
    return Worker({[&lanes, begins, core](std::uint64_t) {
                       pin_to(core);
                       FutexLane& out = begins ? lanes.there : lanes.back;
                       FutexLane& in = begins ? lanes.back : lanes.there;
                       return begins ? play([&] { out.send(); }, [&] { in.receive(); })
                                     : play([&] { in.receive(); }, [&] { out.send(); });
                   },
                   [begins, setup](std::uint64_t) {
                       static const auto both = setup();
                       HANDLE out = begins ? both.first : both.second;
                       HANDLE in = begins ? both.second : both.first;
                       const auto send = [out] { SetEvent(out); };
                       const auto receive = [in] { WaitForSingleObject(in, INFINITE); };
                       return begins ? play(send, receive) : play(receive, send);
                   }});
}

Side side(const char* name, const Worker& first, const Worker& second, Task task) {
    return {name, [&first, &second, task](State& state) {
                for (auto each : state) {
                    static_cast<void>(each);
                    second.start(task);
                    first.start(task);
                    state.SetIterationTime(static_cast<double>(first.finish()) * 1e-9);
                    static_cast<void>(second.finish());
                }
            }};
}

}  // namespace

std::vector<Row> measure_ping_pong() {
    constexpr Effort kEffort{1, 101, true};
    const Region region;
    region.use();
    const SharedMemory memory(sizeof(Lanes));
    Lanes& lanes = *memory.as<Lanes>();
    const Worker first = player(lanes, true, 0);
    const Worker same_core = player(lanes, false, 0);
    const Worker other_core = player(lanes, false, 1);
    std::vector<Comparison> comparisons{
        {kGroup, "two auto-reset events, one core", side("castaway", first, same_core, events),
         side("two futex words", first, same_core, futexes), kEffort, ratio_at_most(1.15)}};
    if (core_count() > 1) {
        comparisons.push_back({kGroup, "two auto-reset events, two cores",
                               side("castaway", first, other_core, events),
                               side("two futex words", first, other_core, futexes), kEffort,
                               ratio_at_most(1.15)});
    }
    return run(comparisons);
}

}  // namespace castaway::benchmark
