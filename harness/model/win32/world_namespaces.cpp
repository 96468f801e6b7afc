// Private namespaces and the boundaries by which they are found.
//
// Rules NAME-16, NAME-17 (Win32 pages "Object Namespaces", CreatePrivateNamespaceA,
// OpenPrivateNamespaceA, ClosePrivateNamespace, CreateBoundaryDescriptorA).
#include "harness/model/win32/world.h"

namespace castaway::harness::win32 {

const World::Boundary* World::boundary(const Call& call) const {
    const auto& boundaries = processes_.at(call.process).boundaries;
    const auto found = boundaries.find(call.handle.value);
    return found == boundaries.end() ? nullptr : &found->second;
}

void World::create_boundary(Judged& judged) {
    const auto& name = judged.call.name;
    if (!name || name->empty()) {
        judged.refusals.add(errors::kInvalidParameter);
    } else if (name->size() > kNameCharactersMax) {
        judged.refusals.add(errors::kNameTooLong);
    }
    if (!is_over(judged)) {
        processes_.at(judged.call.process)
            .boundaries.insert_or_assign(static_cast<HandleValue>(judged.response.result),
                                         Boundary{*name, {}});
    }
}

void World::add_sid(Judged& judged) {
    if (is_over(judged)) {
        return;
    }
    const Call& call = judged.call;
    auto& boundaries = processes_.at(call.process).boundaries;
    Boundary wider = boundaries.at(call.handle.value);
    wider.sids.emplace(call.sid_authority, call.sid_parts);
    boundaries.erase(call.handle.value);
    boundaries.insert_or_assign(static_cast<HandleValue>(judged.response.made), std::move(wider));
}

void World::join_namespace(Judged& judged) {
    const Call& call = judged.call;
    const bool creates = call.function == Function::create_namespace;
    const auto found = namespaces_.find(*boundary(call));
    auto& aliases = processes_.at(call.process).aliases;
    if (!is_alias(call.name)) {
        judged.refusals.add(errors::kInvalidParameter);
    } else if (aliases.count(*call.name) != 0) {
        judged.refusals.add(errors::kAlreadyExists);
    }
    if (creates && found != namespaces_.end()) {
        judged.refusals.add(errors::kAlreadyExists);
    }
    if (!creates && found == namespaces_.end()) {
        judged.refusals.add(errors::kPathNotFound);
    }
    if (is_over(judged)) {
        return;
    }
    ObjectId joined = 0;
    if (creates) {
        Object made;
        made.type = Type::private_namespace;
        joined = make(std::move(made));
        namespaces_.emplace(*boundary(call), joined);
    } else {
        joined = found->second;
    }
    add_handle(
        judged, call.process, judged.response.result,
        {joined, all_rights(Type::private_namespace), creates && call.attributes && call.inherit});
    aliases.emplace(*call.name, Alias{joined, static_cast<HandleValue>(judged.response.result)});
}

void World::close_namespace(Judged& judged) {
    constexpr std::uint32_t kDestroy = 1;
    const Call& call = judged.call;
    if ((call.flags & ~kDestroy) != 0) {
        judged.refusals.add(errors::kInvalidParameter);
    }
    const auto closed = use(judged, call.handle, Type::private_namespace, 0);
    if (is_over(judged)) {
        return;
    }
    if ((call.flags & kDestroy) != 0) {
        std::erase_if(namespaces_, [&closed](const auto& each) { return each.second == *closed; });
    }
    std::erase_if(processes_.at(call.process).aliases,
                  [&call](const auto& each) { return each.second.handle == call.handle.plain(); });
    close(call.process, call.handle.plain());
}

}  // namespace castaway::harness::win32
