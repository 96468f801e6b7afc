// Objects that the processes of a simulated plan share otherwise than by their names. As in the
// real engine (real/gifts.h) the first process makes them and gives them to the others, while the
// world is set up: by inheritance into a slot that it prepares, or by duplicates.
#include <algorithm>

#include "harness/base/error.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/sim_calls.h"

namespace castaway::harness::sim {
namespace {

constexpr std::uint32_t kGiver = 0;

void expect(bool done, const char* what) {
    if (!done) {
        throw HarnessError(std::string("simulated processes cannot share by ") + what);
    }
}

}  // namespace

bool PlanWorld::shares_by(Sharing sharing) const {
    return std::any_of(plan_.objects.begin(), plan_.objects.end(),
                       [sharing](const ObjectSpec& object) { return object.sharing == sharing; });
}

bool PlanWorld::receives(Place me, std::uint32_t object) const {
    return me.process != kGiver && plan_.objects[object].sharing != Sharing::name;
}

/// By the first thread of a process. Returns a Win32 error.
std::uint32_t PlanWorld::attach(Place me) {
    const PlanProcessState& process = processes_[me.process];
    while (me.process != kGiver && shares_by(Sharing::inherit) && !process.inheritance) {
        world_.sleep_on(kGiftWords + me.process);
    }
    const std::uint32_t error = members_[me.process].attach(process.inheritance);
    world_.wake_on(kGiftWords + me.process);
    return error;
}

void PlanWorld::await_gifts(Place me) {
    const bool shares = shares_by(Sharing::inherit) || shares_by(Sharing::duplicate);
    while (me.process != kGiver && shares && !processes_[me.process].gifts_there) {
        world_.sleep_on(kGiftWords + me.process);
    }
}

void PlanWorld::give_all(Place me) {
    for (std::uint32_t process = kGiver + 1; me.process == kGiver && process < processes_.size();
         ++process) {
        PlanProcessState& receiver = processes_[process];
        if (shares_by(Sharing::inherit)) {
            ProcessRef heir;
            expect(members_[kGiver].bequeath(part(me), heir) == ERROR_SUCCESS, "inheritance");
            receiver.inheritance = heir;
            world_.wake_on(kGiftWords + process);
        }
        for (std::uint32_t object = 0; object < plan_.objects.size(); ++object) {
            if (plan_.objects[object].sharing != Sharing::name) {
                give(me, object, process);
            }
        }
        receiver.gifts_there = true;
        world_.wake_on(kGiftWords + process);
    }
}

void PlanWorld::give(Place me, std::uint32_t object, std::uint32_t process) {
    const Handle own = find_handle(me, object);
    if (plan_.objects[object].sharing == Sharing::inherit) {
        given_[process][object] = own;  // rule INH-01: the same value
        return;
    }
    while (!members_[process].attached()) {
        world_.sleep_on(kGiftWords + process);
    }
    Handle target = 0;
    const std::uint32_t pid = world_.processes()[process].identity.pid;
    const bool done =
        open_process(part(me), pid, target).status == ResponseStatus::ok &&
        duplicate_into(part(me), own, target, given_[process][object]).status == ResponseStatus::ok;
    sim::close(part(me), target);
    expect(done, "duplication");
}

}  // namespace castaway::harness::sim
