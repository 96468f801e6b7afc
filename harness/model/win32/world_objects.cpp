// Making, opening and changing events, mutexes, semaphores and timers.
//
// Rules NAME-02 to NAME-06, NAME-09, NAME-10, NAME-13; EVT-03, EVT-04, EVT-09 to EVT-13; MTX-03,
// MTX-04, MTX-06, MTX-13, MTX-14; SEM-01, SEM-03 to SEM-05, SEM-09; TMR-03, TMR-05 to TMR-07,
// TMR-11 to TMR-16; HND-08, HND-09, HND-11.
#include "harness/model/win32/world.h"

namespace castaway::harness::win32 {

World::Object World::new_object(const Call& call, Type type, Refusals& refusals) const {
    constexpr std::uint32_t kManualReset = 1;
    Object made;
    made.type = type;
    std::uint32_t flags = 0;  // that there are
    switch (type) {
        case Type::event:
            flags = 3;
            made.manual_reset =
                call.extended ? (call.flags & kManualReset) != 0 : call.manual_reset;
            made.signaled = call.extended ? (call.flags & 2) != 0 : call.initially;
            break;
        case Type::mutex:
            flags = 1;
            if (call.extended ? (call.flags & 1) != 0 : call.initially) {
                made.owner = caller(call);
                made.recursion = 1;
            }
            break;
        case Type::semaphore:
            made.count = call.count;
            made.maximum = call.maximum;
            break;
        default:
            flags = 3;
            made.manual_reset =
                call.extended ? (call.flags & kManualReset) != 0 : call.manual_reset;
            break;
    }
    if (call.extended && (call.flags & ~flags) != 0) {
        refusals.add(errors::kInvalidParameter);
    }
    return made;
}

void World::create(Judged& judged, Type type) {
    const Call& call = judged.call;
    const Meaning name = meaning(call);
    if (name.kind == Meaning::Kind::refused) {
        judged.refusals.add(name.error);
        if (standard_.pages_alone && leads_through_object(call)) {
            judged.refusals.may(errors::kInvalidHandle);
        }
    }
    Object made = new_object(call, type, judged.refusals);
    const auto found = names_.find(name.key);
    const bool exists = name.kind == Meaning::Kind::named && found != names_.end();
    if (exists && object(found->second).type != type) {
        judged.refusals.add(errors::kInvalidHandle);
    }
    if (type == Type::semaphore &&
        (made.maximum <= 0 || made.count < 0 || made.count > made.maximum)) {
        // The page has counts ignored if the semaphore exists; Windows looks at them first.
        if (exists) {
            judged.refusals.may(errors::kInvalidParameter);
        } else {
            judged.refusals.add(errors::kInvalidParameter);
        }
    }
    if (call.extended) {
        // A new object's handle may have no right, and has none of those that its type has not.
        if (exists) {
            judge_access(judged, type, false);
        } else if ((call.access & rights::kSystemSecurity) != 0) {
            judged.refusals.add(errors::kPrivilegeNotHeld);
        }
    }
    if (is_over(judged)) {
        return;
    }
    must_be(judged, judged.response.error == (exists ? errors::kAlreadyExists : errors::kSuccess),
            exists ? "the last error must say that the object existed (183)"
                   : "the last error must be 0, the object is new");
    made.key = name.key;
    const ObjectId id = exists ? found->second : make(std::move(made));
    const std::uint32_t access = call.extended ? granted(type, call.access) : all_rights(type);
    add_handle(judged, call.process, judged.response.result,
               {id, access, call.attributes && call.inherit});
}

void World::open(Judged& judged, Type type) {
    const Call& call = judged.call;
    const Meaning name = meaning(call);
    const auto found = names_.find(name.key);
    if (!call.name) {
        judged.refusals.add(errors::kInvalidParameter);
    } else if (name.kind == Meaning::Kind::refused) {
        judged.refusals.add(name.error);
        if (standard_.pages_alone && leads_through_object(call)) {
            judged.refusals.may(errors::kInvalidHandle);
            judged.refusals.may(errors::kFileNotFound);
        }
    } else if (call.name->empty()) {
        judged.refusals.add(errors::kInvalidHandle);
    } else if (found == names_.end()) {
        judged.refusals.add(errors::kFileNotFound);
    } else if (object(found->second).type != type) {
        judged.refusals.add(errors::kInvalidHandle);
    }
    judge_access(judged, type, false);
    if (!is_over(judged)) {
        add_handle(judged, call.process, judged.response.result,
                   {found->second, granted(type, call.access), call.inherit});
    }
}

void World::change_event(Judged& judged) {
    const auto event = use(judged, judged.call.handle, Type::event, rights::kModifyState);
    if (!is_over(judged)) {
        // Nobody waits, so a pulse leaves it as a reset does.
        object(*event).signaled = judged.call.function == Function::set_event;
    }
}

void World::release_mutex(Judged& judged) {
    const auto mutex = use(judged, judged.call.handle, Type::mutex, 0);
    if (mutex && object(*mutex).owner != caller(judged.call)) {
        judged.refusals.add(errors::kNotOwner);
    }
    if (!is_over(judged) && --object(*mutex).recursion == 0) {
        object(*mutex).owner.reset();
    }
}

void World::release_semaphore(Judged& judged) {
    const Call& call = judged.call;
    const auto semaphore = use(judged, call.handle, Type::semaphore, rights::kModifyState);
    if (call.count <= 0) {
        judged.refusals.add(errors::kInvalidParameter);
    } else if (semaphore && call.count > object(*semaphore).maximum - object(*semaphore).count) {
        judged.refusals.add(errors::kTooManyPosts);
    }
    if (is_over(judged)) {
        return;
    }
    const auto before = static_cast<std::uint32_t>(object(*semaphore).count);
    must_be(judged, call.null_pointer || judged.response.written == before,
            "the count before must be told");
    object(*semaphore).count += call.count;
}

void World::set_timer(Judged& judged) {
    const Call& call = judged.call;
    const auto timer = use(judged, call.handle, Type::timer, rights::kModifyState);
    if (call.due == Due::null_pointer) {
        judged.refusals.add(errors::kNoAccess);
    }
    if (call.period_ms < 0) {
        judged.refusals.add(errors::kInvalidParameter);
    }
    if (is_over(judged)) {
        return;
    }
    // No machine is woken for it.
    const bool told = judged.response.error == errors::kNotSupported ||
                      (standard_.pages_alone && (judged.response.error == kErrorUntouched ||
                                                 judged.response.error == errors::kSuccess));
    must_be(judged, !call.resume || told, "the last error must say that nothing is resumed (50)");
    Expiry expiry = Expiry::of(call, judged.response);
    expiry.late += standard_.tick_ns;
    Object& set = object(*timer);
    set.timer.set(expiry);
    set.setter.reset();
    set.routine_next.reset();
    if (call.with_routine) {
        set.setter = caller(call);
        set.set_by = call.number;
        set.routine_next = expiry;
    }
}

void World::cancel_timer(Judged& judged) {
    const auto timer = use(judged, judged.call.handle, Type::timer, rights::kModifyState);
    if (!is_over(judged)) {
        object(*timer).timer.cancel(judged.response);
        object(*timer).setter.reset();
        object(*timer).routine_next.reset();
    }
}

}  // namespace castaway::harness::win32
