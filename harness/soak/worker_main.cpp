// castaway-soak-worker: a participant of a soak, or its keeper, or an heir; only castaway soak
// starts it.
//
//   castaway-soak-worker participant BOARD-FD PLACE PLACES LANES SEED SUBJECT
//   castaway-soak-worker keeper BOARD-FD PLACE PLACES LANES SEED SUBJECT
//   castaway-soak-worker heir HANDLE
//
// A participant that executes itself finds its place as its predecessor left it.
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "harness/engine/real/futex.h"
#include "harness/soak/participant.h"
#ifdef CASTAWAY_FAULT_PLATFORM
#include "primitives/api/attachment.h"
#include "primitives/platform/mutants.h"
#endif

namespace castaway::harness::soak {
namespace {

std::uint64_t number_in(const char* text) {
    std::uint64_t number = 0;
    const std::string_view digits(text);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

/// Gives the subject its seeded defect, where this program is made for that.
void break_subject([[maybe_unused]] std::string_view mutant) {
#ifdef CASTAWAY_FAULT_PLATFORM
    for (const MutantName& known : kMutants) {
        if (known.name == mutant) {
            prepare_attachment(nullptr, known.mutant);
        }
    }
#endif
}

int be_heir(const char* value) {
    const auto handle = reinterpret_cast<HANDLE>(number_in(value));
    return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0 && ResetEvent(handle) == TRUE &&
                   WaitForSingleObject(handle, 0) == WAIT_TIMEOUT
               ? 0
               : 1;
}

void await_order(Board& board, Order order) {
    for (std::uint32_t now = board.order; now != static_cast<std::uint32_t>(order);
         now = board.order) {
        futex_wait_until(board.order, now, monotonic_ns() + 100 * kNsPerMs);
    }
}

void keep(const Place& place) {
    Board& board = place.board;
    Participant keeper(place, 0, false);
    board.processes.at(place.process).pid = static_cast<std::uint32_t>(getpid());
    board.keeper_is_ready = 1;
    await_order(board, Order::take_stock);
    keeper.take_stock();
    board.stock_is_taken = 1;
    await_order(board, Order::leave);
}

/// Starts a thread, later if the machine has none to give now.
template <class Body>
std::thread start_thread(Body body) {
    constexpr int kAttempts = 500;
    for (int attempt = 1;; ++attempt) {
        try {
            return std::thread(body);
        } catch (const std::system_error&) {
            if (attempt == kAttempts) {
                throw;
            }
            static const std::atomic<std::uint32_t> kNobodyWakes{0};
            futex_wait_until(kNobodyWakes, 0, monotonic_ns() + 10 * kNsPerMs);
        }
    }
}

void participate(const Place& place, std::uint32_t lanes) {
    std::vector<std::thread> running;
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        running.push_back(start_thread([&place, lane] {
            // One thread after the other.
            while (static_cast<Order>(place.board.order.load()) == Order::work) {
                start_thread([&place, lane] {
                    Participant self(place, lane, true);
                    place.board.processes.at(place.process).pid =
                        static_cast<std::uint32_t>(getpid());
                    self.work();
                }).join();
            }
        }));
    }
    for (std::thread& lane : running) {
        lane.join();
    }
}

int run(const std::vector<const char*>& arguments) {
    const std::string_view role = arguments.at(1);
    if (role == "heir") {
        return be_heir(arguments.at(2));
    }
    // exit() in another thread leaves these as they are: the threads go on until the end.
    const Descriptor memory(static_cast<int>(number_in(arguments.at(2))));
    const Mapping mapping(memory, kBoardBytes, MappingAccess::read_write);
    Place place{board_in(mapping),
                static_cast<std::uint32_t>(number_in(arguments.at(3))),
                static_cast<std::uint32_t>(number_in(arguments.at(4))),
                0,
                arguments.at(0),
                {arguments.begin(), arguments.end()}};
    break_subject(arguments.at(7));
    ProcessCell& cell = place.board.processes.at(place.process);
    account_for_dead(place.board, place.process);  // of the predecessor that executed this
    cell.ends_ns = 0;
    // Each image of a place has its own: the lanes' lives go on counting.
    place.seed = number_in(arguments.at(6));
    if (role == "keeper") {
        keep(place);
    } else {
        participate(place, static_cast<std::uint32_t>(number_in(arguments.at(5))));
    }
    return 0;
}

}  // namespace
}  // namespace castaway::harness::soak

int main(int argc, char** argv) {
    try {
        return castaway::harness::soak::run({argv, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "castaway-soak-worker: %s\n", error.what());
        return 3;
    }
}
