#include "harness/engine/sim/testing/toys.h"

#include <utility>

namespace castaway::harness::sim::testing {
namespace {

constexpr std::uint32_t kAll = 1000;

}  // namespace

Toy::Toy(WorldOptions options) : world_(options) {}

void Toy::Hands::lock(std::size_t i) const {
    std::uint32_t word = 0;
    if (platform_.cas(cell(i), word, 1)) {
        return;
    }
    if (word != 2) {
        word = platform_.exchange(cell(i), 2);
    }
    while (word != 0) {
        platform_.futex_wait(cell(i), 2, {});
        word = platform_.exchange(cell(i), 2);
    }
}

void Toy::Hands::unlock(std::size_t i) const {
    if (platform_.exchange(cell(i), 0) == 2) {
        platform_.futex_wake(cell(i), 1);
    }
}

void Toy::Hands::increment(std::size_t i) const {
    platform_.store(cell(i), platform_.load(cell(i)) + 1);
}

ThreadId Toy::add(const std::string& name, Program program, ThreadRole role) {
    const ProcessId process = world_.add_process(name);
    const Hands hands(world_, world_.processes()[process].base);
    return world_.add_thread(process, name, role,
                             [hands, program = std::move(program)] { program(hands); });
}

std::unique_ptr<Toy> locked_counter(std::size_t processes, std::size_t times) {
    auto toy = std::make_unique<Toy>();
    for (std::size_t i = 0; i < processes; ++i) {
        toy->add("counter/" + std::to_string(i), [times](const Toy::Hands& hands) {
            for (std::size_t n = 0; n < times; ++n) {
                hands.lock(0);
                hands.increment(1);
                hands.unlock(0);
            }
        });
    }
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> racy_counter(std::size_t processes) {
    auto toy = std::make_unique<Toy>();
    for (std::size_t i = 0; i < processes; ++i) {
        toy->add("counter/" + std::to_string(i),
                 [](const Toy::Hands& hands) { hands.increment(1); });
    }
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> flag_and_sleeper(bool broken) {
    auto toy = std::make_unique<Toy>();
    toy->add("sleeper", [broken](const Toy::Hands& hands) {
        const SimPlatform& platform = hands.platform();
        while (platform.load(hands.cell(0)) == 0) {
            // The broken one looks again and believes what it sees, instead of what it saw.
            const std::uint32_t expected = broken ? platform.load(hands.cell(0)) : 0;
            platform.futex_wait(hands.cell(0), expected, {});
        }
    });
    toy->add("setter", [](const Toy::Hands& hands) {
        hands.platform().store(hands.cell(0), 1);
        hands.platform().futex_wake(hands.cell(0), kAll);
    });
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> crossed_locks() {
    auto toy = std::make_unique<Toy>();
    for (const std::size_t first : {std::size_t{0}, std::size_t{1}}) {
        toy->add(first == 0 ? "a then b" : "b then a", [first](const Toy::Hands& hands) {
            hands.lock(first);
            hands.lock(1 - first);
            hands.unlock(1 - first);
            hands.unlock(first);
        });
    }
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> philosophers(std::size_t count) {
    auto toy = std::make_unique<Toy>();
    for (std::size_t i = 0; i < count; ++i) {
        toy->add("philosopher/" + std::to_string(i), [i, count](const Toy::Hands& hands) {
            hands.lock(i);
            hands.lock((i + 1) % count);
            hands.unlock((i + 1) % count);
            hands.unlock(i);
        });
    }
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> store_buffers(MemoryModel memory, bool fenced) {
    auto toy = std::make_unique<Toy>(WorldOptions{.memory = memory});
    for (const std::size_t mine : {std::size_t{0}, std::size_t{1}}) {
        toy->add(mine == 0 ? "x then y" : "y then x", [mine, fenced](const Toy::Hands& hands) {
            const SimPlatform& platform = hands.platform();
            if (fenced) {
                platform.exchange(hands.cell(mine), 1);
            } else {
                platform.store(hands.cell(mine), 1);
            }
            const std::uint32_t other = platform.load(hands.cell(1 - mine));
            platform.store(hands.cell(2 + mine), other + 1);
        });
    }
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> message(MemoryModel memory) {
    auto toy = std::make_unique<Toy>(WorldOptions{.memory = memory});
    toy->add("sender", [](const Toy::Hands& hands) {
        hands.platform().store(hands.cell(0), 1);
        hands.platform().store(hands.cell(1), 1);
    });
    toy->add("receiver", [](const Toy::Hands& hands) {
        const std::uint32_t flag = hands.platform().load(hands.cell(1));
        const std::uint32_t data = hands.platform().load(hands.cell(0));
        hands.platform().store(hands.cell(2), flag + 1);
        hands.platform().store(hands.cell(3), data + 1);
    });
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> own_stores_first(MemoryModel memory) {
    auto toy = std::make_unique<Toy>(WorldOptions{.memory = memory});
    for (const std::size_t mine : {std::size_t{0}, std::size_t{1}}) {
        toy->add(mine == 0 ? "x" : "y", [mine](const Toy::Hands& hands) {
            const SimPlatform& platform = hands.platform();
            platform.store(hands.cell(mine), 1);
            const std::uint32_t own = platform.load(hands.cell(mine));
            const std::uint32_t other = platform.load(hands.cell(1 - mine));
            platform.store(hands.cell(2 + mine), own + 1);
            platform.store(hands.cell(4 + mine), other + 1);
        });
    }
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> peterson(MemoryModel memory, bool fenced) {
    auto toy = std::make_unique<Toy>(WorldOptions{.memory = memory});
    for (const std::uint32_t me : {0U, 1U}) {
        toy->add(me == 0 ? "one" : "other", [me, fenced](const Toy::Hands& hands) {
            const SimPlatform& platform = hands.platform();
            const std::uint32_t other = 1 - me;
            platform.store(hands.cell(me), 1);
            if (fenced) {
                platform.exchange(hands.cell(2), other);
            } else {
                platform.store(hands.cell(2), other);
            }
            if (platform.load(hands.cell(other)) == 0 || platform.load(hands.cell(2)) != other) {
                hands.increment(3);
                platform.store(hands.cell(4 + me), 1);
            }
            platform.store(hands.cell(me), 0);
        });
    }
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> missed_pulse() {
    auto toy = std::make_unique<Toy>();
    toy->add("waiter",
             [](const Toy::Hands& hands) { hands.platform().futex_wait(hands.cell(0), 0, {}); });
    toy->add("pulser",
             [](const Toy::Hands& hands) { hands.platform().futex_wake(hands.cell(0), kAll); });
    toy->ready();
    return toy;
}

std::unique_ptr<Toy> endless_spin() {
    WorldOptions options;
    options.steps_max = 1000;
    auto toy = std::make_unique<Toy>(options);
    toy->add("spinner", [](const Toy::Hands& hands) {
        while (hands.platform().load(hands.cell(0)) == 0) {
            hands.platform().pause();
        }
    });
    toy->ready();
    return toy;
}

}  // namespace castaway::harness::sim::testing
