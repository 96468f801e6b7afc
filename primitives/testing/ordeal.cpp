#include "primitives/testing/ordeal.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "primitives/api/attachment.h"

namespace castaway::testing {

namespace {

constexpr std::uint64_t kPlacesMax = 3000;

void run(const std::function<void()>& step) {
    if (step) {
        step();
    }
}

/// The calling process is attached from here on.
bool attach() {
    return CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr)) != FALSE;
}

/// The one of a surviving process. Its helper thread has a pointer to it and runs until the process
/// has ended (at the end of an ordeal it is busy with the death of the last bystander), so it is
/// never destroyed.
TestHook& lasting_hook() {
    static TestHook& hook = *std::make_unique<TestHook>().release();
    return hook;
}

/// What victim and survivor say to each other.
struct Talk {
    Channel from_victim;  ///< 'p' prepared, 's' about to sleep
    Channel to_victim;    ///< 'a' act
};

/// The victim's life. It ends with 0 if the victim comes through.
int live_and_die(const Ordeal& ordeal, const Place& place, const Talk& talk) {
    static TestHook hook;  // outlives the threads that this function leaves behind
    prepare_attachment(&hook, Mutant::none);
    run(ordeal.prepare);
    if (ordeal.when_prepared) {
        talk.from_victim.send('p');
        static_cast<void>(talk.to_victim.receive());
    }
    if (ordeal.when_asleep) {
        TestHook::set_on_sleep([&talk, told = false]() mutable {
            if (!told) {
                told = true;
                talk.from_victim.send('s');
            }
        });
    }
    if (place.change != 0) {
        hook.die_at_change(place.change, ordeal.scope);
    } else {
        hook.die_at_point(place.point, place.passing, ordeal.scope);
    }
    run(ordeal.act);
    hook.disarm();
    return ::testing::Test::HasFailure() ? 1 : 0;
}

}  // namespace

Survivor::Survivor(const TestRegion& region) : region_(region), hook_(lasting_hook()) {
    prepare_attachment(&hook_, Mutant::none);
}

bool Survivor::lose_victim(const Ordeal& ordeal, const Place& place) {
    Talk talk;
    Child victim([&] { return live_and_die(ordeal, place, talk); });
    talk.from_victim.close_sender();
    if (ordeal.when_prepared) {
        EXPECT_EQ(talk.from_victim.receive(), 'p');
        ordeal.when_prepared();
        talk.to_victim.send('a');
    }
    if (ordeal.when_asleep && talk.from_victim.receive()) {
        ordeal.when_asleep();
    }
    const Ending ending = victim.wait();
    if (!ending.killed) {
        EXPECT_EQ(ending, kDone);
    }
    return ending.killed;
}

bool Survivor::endure_once(const Ordeal& ordeal, const Place& place, bool sweep_first,
                           std::size_t processes) {
    run(ordeal.set_up);
    const bool died = lose_victim(ordeal, place);
    if (sweep_first) {
        sweep();
    }
    ordeal.check(!died);
    region_.expect_clean(processes);
    return died;
}

void Survivor::endure_changes(const Ordeal& ordeal, std::size_t processes, std::uint64_t step) {
    for (std::uint64_t k = 1; k <= kPlacesMax; k += step) {
        SCOPED_TRACE("death before change " + std::to_string(k));
        const bool died = endure_once(ordeal, {.change = k}, k % 2 == 0, processes);
        if (!died || ::testing::Test::HasFailure()) {
            return;
        }
    }
    ADD_FAILURE() << "the operation never completes";
}

void Survivor::endure_points(const Ordeal& ordeal, std::size_t processes) {
    for (const CrashPointName& point : kCrashPoints) {
        for (std::uint64_t n = 1;; ++n) {
            SCOPED_TRACE("death at passing " + std::to_string(n) + " of " +
                         std::string(point.name));
            const bool died =
                endure_once(ordeal, {.point = point.point, .passing = n}, n % 2 == 0, processes);
            if (!died || ::testing::Test::HasFailure()) {
                break;
            }
        }
    }
}

void Survivor::endure(const Ordeal& ordeal) {
    attach();
    endure_changes(ordeal, 1, 1);
    endure_points(ordeal, 1);
    const Bystander bystander;
    SCOPED_TRACE("with another process");
    endure_changes(ordeal, 2, 3);
}

void Survivor::endure_recoverers(const Ordeal& ordeal, const Place& place) {
    attach();
    for (std::uint64_t k = 1; k <= kPlacesMax; ++k) {
        SCOPED_TRACE("death of the recoverer before change " + std::to_string(k));
        run(ordeal.set_up);
        hold_helper(hook_, region_);
        EXPECT_TRUE(lose_victim(ordeal, place)) << "the victim does not pass there";
        Child recoverer([k] {
            static TestHook hook;
            prepare_attachment(&hook, Mutant::none);
            hook.die_at_change(k, TestHook::Scope::every_thread);
            attach();
            hook.disarm();
            return 0;
        });
        const bool died = recoverer.wait().killed;
        hook_.release_others();
        if (k % 2 == 0) {
            sweep();
        }
        ordeal.check(false);
        region_.expect_clean(1);
        if (!died || ::testing::Test::HasFailure()) {
            return;
        }
    }
    ADD_FAILURE() << "the recovery never completes";
}

void Survivor::endure_bereaved(const Ordeal& ordeal, const Place& place,
                               const std::function<void()>& prepare,
                               const std::function<void()>& act) {
    attach();
    for (std::uint64_t k = 1; k <= kPlacesMax; ++k) {
        SCOPED_TRACE("death of the bereaved before change " + std::to_string(k));
        run(ordeal.set_up);
        Talk talk;
        Child bereaved([&] {
            static TestHook hook;
            prepare_attachment(&hook, Mutant::none);
            TestHook::exempt();
            attach();
            run(prepare);
            hold_helper(hook, region_);
            talk.from_victim.send('p');
            static_cast<void>(talk.to_victim.receive());
            hook.die_at_change(k, TestHook::Scope::calling_thread);
            act();
            hook.disarm();
            return ::testing::Test::HasFailure() ? 1 : 0;
        });
        talk.from_victim.close_sender();
        EXPECT_EQ(talk.from_victim.receive(), 'p');
        hold_helper(hook_, region_);
        EXPECT_TRUE(lose_victim(ordeal, place)) << "the victim does not pass there";
        talk.to_victim.send('a');
        const Ending ending = bereaved.wait();
        EXPECT_TRUE(ending.killed || ending == kDone);
        hook_.release_others();
        ordeal.check(!ending.killed);
        region_.expect_clean(1);
        if (!ending.killed || ::testing::Test::HasFailure()) {
            return;
        }
    }
    ADD_FAILURE() << "the operation never completes";
}

void hold_helper(TestHook& hook, const TestRegion& region) {
    TestHook::exempt();
    for (int attempt = 0; attempt < 10'000; ++attempt) {
        hook.hold_others();
        // Nobody else is at work, so damage can only be what the held one was about.
        if (region.look().damage.empty()) {
            return;
        }
        hook.release_others();
        std::this_thread::yield();
    }
    give_up("the helper thread never comes to rest");
}

Bystander::Bystander() {
    child_.emplace([this] {
        prepare_attachment(nullptr, Mutant::none);
        attached_.send(attach() ? 'a' : 'f');
        static_cast<void>(end_.receive());
        return 0;
    });
    EXPECT_EQ(attached_.receive(), 'a');
}

}  // namespace castaway::testing
