#include "harness/soak/participant.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace castaway::harness::soak {
namespace {

constexpr bool is_mutex(Shared object) {
    return index_of(object) < kMutexes;
}
constexpr bool is_auto_event(Shared object) {
    return object == Shared::lone_event || object == Shared::event;
}
constexpr bool is_semaphore(Shared object) {
    return object == Shared::lone_semaphore || object == Shared::semaphore;
}

HANDLE make(Shared object) {
    const char* const name = kSharedNames.at(index_of(object));
    switch (object) {
        case Shared::lone_mutex:
        case Shared::mutex:
        case Shared::other_mutex:
            return CreateMutexA(nullptr, FALSE, name);
        case Shared::lone_event:
        case Shared::event:
            return CreateEventA(nullptr, FALSE, FALSE, name);
        case Shared::lone_semaphore:
        case Shared::semaphore:
            return CreateSemaphoreA(nullptr, kSemaphoreInitial, kSemaphoreMaximum, name);
        case Shared::gate:
            return CreateEventA(nullptr, TRUE, TRUE, name);
        case Shared::flicker:
            return CreateEventA(nullptr, TRUE, FALSE, name);
        case Shared::timer:
            return CreateWaitableTimerA(nullptr, FALSE, name);
        case Shared::manual_timer:
            return CreateWaitableTimerA(nullptr, TRUE, name);
    }
    return nullptr;
}

}  // namespace

Participant::Participant(const Place& place, std::uint32_t lane, bool must_be_there)
    : place_(place),
      board_(place.board),
      lane_(lane),
      cell_(board_.processes.at(place.process).lanes.at(lane)),
      self_(owner_id(place.process, lane, ++cell_.life)),
      random_(Prng(place.seed).fork(cell_.life * kLanes + lane)) {
    for (std::uint32_t i = 0; i < kSharedObjects; ++i) {
        handles_.at(i) = make(static_cast<Shared>(i));
        const DWORD error = GetLastError();
        count(Act::create);
        if (handles_.at(i) == nullptr || (must_be_there && error != ERROR_ALREADY_EXISTS)) {
            report(board_, fmt::format("making the {}: error {}; {}", kSharedNames.at(i), error,
                                       castaway_attach_error()));
        }
    }
}

Participant::~Participant() {
    for (const HANDLE handle : handles_) {
        CloseHandle(handle);
        count(Act::close);
    }
}

std::string Participant::own_name() const {
    return fmt::format("own {} {}", place_.process, lane_);
}

void Participant::expect(bool holds, const char* what) const {
    if (!holds) {
        report(board_, fmt::format("{} (last error {})", what, GetLastError()));
    }
}

void Participant::work() {
    while (!ended_ && static_cast<Order>(board_.order.load()) == Order::work) {
        act();
    }
}

void Participant::act() {
    // By weight; what costs a process is rare.
    const std::uint64_t draw = random_.below(1000);
    if (draw < 300) {
        wait_for_one();
    } else if (draw < 430) {
        wait_for_any();
    } else if (draw < 530) {
        wait_for_all();
    } else if (draw < 700) {
        signal_one();
    } else if (draw < 740) {
        signal_and_wait();
    } else if (draw < 790) {
        use_shared_timer();
    } else if (draw < 810) {
        use_own_timer();
    } else if (draw < 880) {
        make_and_close();
    } else if (draw < 910) {
        take_own_name();
    } else if (draw < 950) {
        duplicate();
    } else if (draw < 980) {
        duplicate_across();
    } else if (draw < 984) {
        fork_without_exec();
    } else if (draw < 988) {
        start_heir();
    } else if (draw < 994) {
        end_thread();
    } else if (draw == 999) {
        end_process();
    }
}

void Participant::wait_for_one() {
    const auto object = static_cast<Shared>(random_.below(kSharedObjects));
    // A mutex is always given up again, and the gate is open: these waits must end by themselves.
    const bool for_ever = (is_mutex(object) && random_.below(2) == 0) || object == Shared::gate;
    const std::array objects{object};
    count(Act::wait_one);
    wait(objects, false, for_ever ? INFINITE : static_cast<DWORD>(random_.below(4)));
    if (is_mutex(object) && board_[object].owner == self_) {
        if (random_.below(4) == 0) {
            // Its owner may have it twice.
            count(Act::wait_one);
            expect(WaitForSingleObject(handle_of(object), INFINITE) == WAIT_OBJECT_0 &&
                       ReleaseMutex(handle_of(object)) == TRUE,
                   "a mutex could not be taken again by its owner");
        }
        use_guarded(object);
        release(object);
    }
}

void Participant::wait_for_any() {
    std::array objects{Shared::lone_semaphore, Shared::lone_event, Shared::semaphore,
                       Shared::event,          Shared::flicker,    Shared::timer,
                       Shared::mutex,          Shared::lone_mutex};
    // Any order, any number.
    for (std::size_t i = objects.size(); i > 1; --i) {
        std::swap(objects.at(i - 1), objects.at(random_.below(i)));
    }
    const std::span chosen(objects.data(), 1 + random_.below(objects.size()));
    count(Act::wait_any);
    wait(chosen, false, static_cast<DWORD>(random_.below(6)));
    use_and_release(chosen);
}

void Participant::wait_for_all() {
    constexpr std::array kSets{
        std::array{Shared::mutex, Shared::semaphore, Shared::gate},
        std::array{Shared::event, Shared::other_mutex, Shared::gate},
        std::array{Shared::other_mutex, Shared::mutex, Shared::gate},
        std::array{Shared::semaphore, Shared::event, Shared::manual_timer},
    };
    const auto& objects = kSets.at(random_.below(kSets.size()));
    count(Act::wait_all);
    wait(objects, true, static_cast<DWORD>(random_.below(6)));
    use_and_release(objects);
}

void Participant::signal_one() {
    const std::uint64_t draw = random_.below(10);
    if (draw < 4) {
        const Shared semaphore = random_.below(2) == 0 ? Shared::lone_semaphore : Shared::semaphore;
        const auto amount = static_cast<std::uint32_t>(1 + random_.below(3));
        board_[semaphore].given_begun += amount;
        begin({0, index_of(semaphore) + 1, amount});
        LONG before = -1;
        if (ReleaseSemaphore(handle_of(semaphore), static_cast<LONG>(amount), &before) == TRUE) {
            board_[semaphore].given += amount;
            expect(before >= 0 &&
                       before + static_cast<LONG>(amount) <= static_cast<LONG>(kSemaphoreMaximum),
                   "a semaphore was released beyond its maximum");
        } else {
            expect(GetLastError() == ERROR_TOO_MANY_POSTS, "ReleaseSemaphore failed");
        }
        over();
        count(Act::release_semaphore);
        return;
    }
    const Shared event = draw < 6 ? Shared::lone_event : draw < 8 ? Shared::event : Shared::flicker;
    const std::uint64_t how = random_.below(8);
    if (how == 0 || (event == Shared::flicker && how < 4)) {
        // Unsets at most: no signal comes of it.
        expect(ResetEvent(handle_of(event)) == TRUE, "ResetEvent failed");
        count(Act::reset);
        return;
    }
    ++board_[event].given_begun;
    if (how == 1) {
        expect(PulseEvent(handle_of(event)) == TRUE, "PulseEvent failed");
        count(Act::pulse);
    } else {
        expect(SetEvent(handle_of(event)) == TRUE, "SetEvent failed");
        count(Act::set);
    }
}

void Participant::signal_and_wait() {
    const std::array waited{random_.below(2) == 0 ? Shared::lone_semaphore : Shared::lone_event};
    const auto limit = static_cast<DWORD>(random_.below(4));
    count(Act::signal_and_wait);
    if (random_.below(2) == 0) {
        ++board_[Shared::event].given_begun;
        begin({bit_of(waited[0]), 0, 0});
        took(waited, false,
             SignalObjectAndWait(handle_of(Shared::event), handle_of(waited[0]), limit, FALSE));
        return;
    }
    const std::array mutex{Shared::other_mutex};
    wait(mutex, false, INFINITE);
    if (board_[mutex[0]].owner == self_) {
        use_guarded(mutex[0]);
        prepare_release(mutex[0]);
        begin({bit_of(waited[0]), index_of(mutex[0]) + 1, 0});
        took(waited, false,
             SignalObjectAndWait(handle_of(mutex[0]), handle_of(waited[0]), limit, FALSE));
    }
}

void Participant::use_shared_timer() {
    const std::array timer{random_.below(2) == 0 ? Shared::timer : Shared::manual_timer};
    LARGE_INTEGER due;
    due.QuadPart = -static_cast<LONGLONG>(random_.below(40'000));
    expect(SetWaitableTimer(handle_of(timer[0]), &due, static_cast<LONG>(random_.below(4)), nullptr,
                            nullptr, FALSE) == TRUE,
           "SetWaitableTimer failed");
    count(Act::set_timer);
    count(Act::wait_one);
    wait(timer, false, static_cast<DWORD>(random_.below(5)));
    if (random_.below(3) == 0) {
        expect(CancelWaitableTimer(handle_of(timer[0])) == TRUE, "CancelWaitableTimer failed");
        count(Act::cancel_timer);
    }
}

DWORD Participant::wait(std::span<const Shared> objects, bool all, DWORD limit_ms) {
    std::array<HANDLE, kSharedObjects> handles{};
    Doing doing;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        handles.at(i) = handle_of(objects[i]);
        doing.waits_for |= bit_of(objects[i]);
    }
    const std::int64_t from = monotonic_ns();
    begin(doing);
    const DWORD result = objects.size() == 1 && !all
                             ? WaitForSingleObject(handles[0], limit_ms)
                             : WaitForMultipleObjects(static_cast<DWORD>(objects.size()),
                                                      handles.data(), all ? TRUE : FALSE, limit_ms);
    took(objects, all, result);
    if (result == WAIT_TIMEOUT &&
        (limit_ms == INFINITE || monotonic_ns() - from < limit_ms * kNsPerMs)) {
        report(board_, fmt::format("a wait of {} ms timed out before that", limit_ms));
    }
    return result;
}

void Participant::took(std::span<const Shared> objects, bool all, DWORD result) {
    const auto size = static_cast<DWORD>(objects.size());
    const bool abandoned = result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + size;
    if (abandoned || result < WAIT_OBJECT_0 + size) {
        const DWORD index = abandoned ? result - WAIT_ABANDONED_0 : result - WAIT_OBJECT_0;
        const std::span taken = all ? objects : objects.subspan(index, 1);
        for (const Shared object : taken) {
            if (is_auto_event(object) || is_semaphore(object)) {
                ++board_[object].taken;
            }
        }
        if (all) {
            took_all_mutexes(objects, abandoned);
        } else if (is_mutex(taken[0])) {
            enter(taken[0], abandoned ? Told::yes : Told::no);
        } else {
            expect(!abandoned, "an object that is no mutex is abandoned");
        }
    } else if (result != WAIT_TIMEOUT) {
        report(board_,
               fmt::format("a wait returned {:#x} (last error {})", result, GetLastError()));
    }
    over();
}

/// A wait for all tells that some mutex was abandoned, not that all of them were.
void Participant::took_all_mutexes(std::span<const Shared> objects, bool told) {
    const std::int64_t now = monotonic_ns();
    Notice notice{0, now, now};
    bool somebody_died = false;
    for (const Shared object : objects) {
        if (is_mutex(object)) {
            notice.mutexes |= bit_of(object);
            notice.from_ns = std::min(notice.from_ns, board_[object].acquired_ns.load());
            somebody_died = somebody_died || board_[object].owner != 0;
        }
    }
    if (somebody_died && !told) {
        report(board_, "a wait for all took the mutex of an owner that is gone, and was not told");
    }
    if (told && !somebody_died) {
        note(board_, notice);
    }
    for (const Shared object : objects) {
        if (is_mutex(object)) {
            board_[object].told += told && board_[object].owner != 0 ? 1U : 0U;
            enter_unjudged(object, now);
        }
    }
}

void Participant::enter(Shared mutex, Told told) {
    ObjectCell& cell = board_[mutex];
    const std::int64_t now = monotonic_ns();
    const bool somebody_died = cell.owner != 0;
    if (told == Told::yes) {
        ++cell.told;
        if (!somebody_died) {
            note(board_, {bit_of(mutex), cell.acquired_ns, now});
        }
    } else if (somebody_died) {
        report(board_, fmt::format("the {} was had by two at once, or its owner's death was not "
                                   "told",
                                   kSharedNames.at(index_of(mutex))));
    }
    enter_unjudged(mutex, now);
}

void Participant::enter_unjudged(Shared mutex, std::int64_t now) {
    ObjectCell& cell = board_[mutex];
    const bool was_owned = cell.owner.exchange(self_) != 0;
    cell.acquired_ns = now;
    const std::uint64_t first = cell.first;
    const std::uint64_t second = cell.second;
    if (was_owned && first == second + 1) {
        // The dead owner was between the two.
        cell.second = first;
    } else if (first != second) {
        report(board_, fmt::format("the counters that the {} guards are {} and {}",
                                   kSharedNames.at(index_of(mutex)), first, second));
    }
}

void Participant::use_guarded(Shared mutex) {
    ObjectCell& cell = board_[mutex];
    // No atomic additions: who is inside at the same time spoils them.
    cell.first = cell.first + 1;
    const std::uint64_t turns = random_.below(60);
    for (std::uint64_t i = 0; i < turns; ++i) {
        expect(cell.owner == self_, "a mutex was had by two at once");
    }
    cell.second = cell.second + 1;
    ++cell.entries;
}

void Participant::use_and_release(std::span<const Shared> objects) {
    for (const Shared object : objects) {
        if (is_mutex(object) && board_[object].owner == self_) {
            use_guarded(object);
            release(object);
        }
    }
}

void Participant::prepare_release(Shared mutex) {
    ObjectCell& cell = board_[mutex];
    begin({0, index_of(mutex) + 1, 0});
    std::uint64_t owner = self_;
    expect(cell.first == cell.second, "the guarded counters differ inside");
    expect(cell.owner.compare_exchange_strong(owner, 0), "a mutex was had by two at once");
}

void Participant::release(Shared mutex) {
    prepare_release(mutex);
    expect(ReleaseMutex(handle_of(mutex)) == TRUE, "ReleaseMutex failed");
    over();
    count(Act::release_mutex);
}

void Participant::take_stock() {
    constexpr DWORD kStockWaitMs = 10'000;
    for (const Shared mutex : {Shared::lone_mutex, Shared::mutex, Shared::other_mutex}) {
        const std::array objects{mutex};
        wait(objects, false, kStockWaitMs);
        use_and_release(objects);
    }
    for (const Shared semaphore : {Shared::lone_semaphore, Shared::semaphore}) {
        std::uint32_t left = 0;
        while (left <= kSemaphoreMaximum &&
               WaitForSingleObject(handle_of(semaphore), 0) == WAIT_OBJECT_0) {
            ++left;
        }
        board_[semaphore].stock = left;
    }
}

}  // namespace castaway::harness::soak
