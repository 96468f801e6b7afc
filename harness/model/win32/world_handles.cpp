// Handles: closing, duplicating, their flags, and whether two are of one object.
//
// Rules HND-01 to HND-07, HND-10, HND-11; DUP-01 to DUP-11.
#include "harness/model/win32/world.h"

namespace castaway::harness::win32 {
namespace {

constexpr std::uint32_t kCloseSource = 1;
constexpr std::uint32_t kSameAccess = 2;
constexpr std::uint32_t kInherit = 1;
constexpr std::uint32_t kProtectFromClose = 2;

/// DUPLICATE_CLOSE_SOURCE without a process for the duplicate.
bool only_closes(const Call& call) {
    return (call.flags & kCloseSource) != 0 && call.target_process.value == 0;
}

}  // namespace

void World::close_handle(Judged& judged) {
    const HandleValue value = judged.call.handle.plain();
    if (judged.call.handle.is_pseudo()) {
        must_be(judged, judged.response.result != 0, "closing a pseudo handle succeeds");
        return;
    }
    const auto found = find(caller(judged.call), value);
    if (!found || found->protect) {
        judged.refusals.add(errors::kInvalidHandle);
    }
    if (!is_over(judged)) {
        close(judged.call.process, value);
    }
}

std::optional<std::uint32_t> World::process_by(Judged& judged, const HandleArgument& handle,
                                               std::uint32_t right) const {
    const auto found = use(judged, handle, Type::process, right);
    return found ? std::optional(object(*found).self.process) : std::nullopt;
}

std::string World::duplication_left_open(const Call& call) const {
    if ((call.flags & ~(kCloseSource | kSameAccess)) != 0) {
        return "other options";
    }
    const bool closes = (call.flags & kCloseSource) != 0;
    const Object* const from = find_object(caller(call), call.second.value);
    if (from == nullptr || from->type != Type::process) {
        return "";
    }
    if (call.handle.is_pseudo()) {
        if (closes || from->self.process != call.process) {
            return "a pseudo handle to be closed, or of another process";
        }
    }
    if (may_be_untold(from->self.process, call.handle)) {
        return "a value that a handle may have which nobody was told";
    }
    const auto source = find({from->self.process, call.thread}, call.handle.value);
    if (!source || !process(from->self.process)->alive) {
        return "";
    }
    if (object(source->object).type == Type::private_namespace) {
        return "a private namespace is for its own functions";
    }
    if (closes && source->protect) {
        return "a protected handle to be closed as a source";
    }
    const bool same = (call.flags & kSameAccess) != 0 || only_closes(call);
    return same || !standard_.pages_alone || call.access == 0 ||
                   is_defined(object(source->object).type, call.access)
               ? ""
               : "such an access mask";
}

void World::duplicate_handle(Judged& judged) {
    const Call& call = judged.call;
    const auto from = process_by(judged, call.second, rights::kDuplicateHandles);
    const bool from_lives = from && process(*from)->alive;
    std::optional<Handle> source;
    if (from_lives) {
        source = call.handle.is_pseudo() ? find(caller(call), call.handle.value)
                                         : find({*from, 0}, call.handle.value);
    }
    if (from && !from_lives) {
        judged.refusals.add(errors::kAccessDenied);
        judged.refusals.add(errors::kInvalidHandle);
    } else if (from && !source) {
        judged.refusals.add(errors::kInvalidHandle);
    }
    std::optional<std::uint32_t> to;
    if (!only_closes(call)) {
        to = process_by(judged, call.target_process, rights::kDuplicateHandles);
        if (to && !process(*to)->alive) {
            judged.refusals.add(errors::kAccessDenied);
            judged.refusals.add(errors::kInvalidHandle);
        }
    }
    if (source && !only_closes(call) && (call.flags & kSameAccess) == 0) {
        judge_access(judged, object(source->object).type, true);
        if ((call.access & rights::kSystemSecurity) != 0) {
            judged.refusals.add(errors::kAccessDenied);  // the rule does not tell it from others
        }
    }
    const bool refused = is_over(judged);
    if (!judged.wrong.empty()) {
        return;
    }
    // Whatever the outcome. The duplicate may get the value that has become free by it, so the
    // source is no more when that is looked at, but its object is, which the duplicate may keep.
    const bool closes = source && (call.flags & kCloseSource) != 0;
    if (closes) {
        processes_.at(*from).handles.erase(call.handle.plain());
    }
    if (!refused && to) {
        const Type type = object(source->object).type;
        const std::uint32_t access =
            (call.flags & kSameAccess) != 0 ? source->access : granted(type, call.access);
        const Handle duplicate{source->object, access, call.inherit};
        if (call.null_pointer) {
            processes_.at(*to).untold.push_back(duplicate);
        } else {
            add_handle(judged, *to, judged.response.made, duplicate);
        }
    } else {
        must_be(judged, judged.response.made == 0, "where no duplicate is made NULL must be told");
    }
    if (closes) {
        forget_if_unused(source->object);
    }
}

void World::get_handle_information(Judged& judged) {
    const auto found = find(caller(judged.call), judged.call.handle.value);
    if (!found) {
        judged.refusals.add(errors::kInvalidHandle);
    }
    if (!is_over(judged)) {
        const std::uint32_t flags =
            (found->inherit ? kInherit : 0) | (found->protect ? kProtectFromClose : 0);
        must_be(judged, judged.response.written == flags, "those are not the handle's flags");
    }
}

void World::set_handle_information(Judged& judged) {
    const Call& call = judged.call;
    auto& handles = processes_.at(call.process).handles;
    const auto found = handles.find(call.handle.plain());
    if (found == handles.end()) {
        judged.refusals.add(errors::kInvalidHandle);
    }
    if (is_over(judged)) {
        return;
    }
    if ((call.mask & kInherit) != 0) {
        found->second.inherit = (call.flags & kInherit) != 0;
    }
    if ((call.mask & kProtectFromClose) != 0) {
        found->second.protect = (call.flags & kProtectFromClose) != 0;
    }
}

void World::compare_handles(Judged& judged) {
    const auto one = find(caller(judged.call), judged.call.handle.value);
    const auto other = find(caller(judged.call), judged.call.second.value);
    if (!one || !other) {
        judged.refusals.add(errors::kInvalidHandle);
    } else if (one->object != other->object) {
        judged.refusals.add(errors::kNotSameObject);
    }
    is_over(judged);
}

}  // namespace castaway::harness::win32
