#include "harness/conformance/made_handles.h"

namespace castaway::harness {
using win32::Call;
using win32::Function;
using win32::HandleArgument;

void MadeHandles::resolve(HandleArgument& argument) const {
    if (argument.source == HandleArgument::Source::value) {
        return;
    }
    const auto found = made_.find(argument.of);
    const bool second = argument.source == HandleArgument::Source::made_second;
    const std::uint64_t value =
        found == made_.end() ? 0 : (second ? found->second.second : found->second.first);
    argument.value =
        value == 0 ? win32::kNeverMade : static_cast<std::int64_t>(value | argument.tag);
}

void MadeHandles::fill_in(Call& call) const {
    resolve(call.handle);
    resolve(call.second);
    resolve(call.target_process);
    for (HandleArgument& handle : call.handles) {
        resolve(handle);
    }
}

bool MadeHandles::has_its_boundary(const Call& call) const {
    if (!takes_boundary(call.function)) {
        return true;
    }
    if (call.handle.source == HandleArgument::Source::value) {
        return call.handle.value == 0;
    }
    const auto found = made_.find(call.handle.of);
    return call.handle.source == HandleArgument::Source::made && found != made_.end() &&
           found->second.boundary && found->second.process == call.process;
}

void MadeHandles::remember(const Call& call, const win32::Response& response) {
    const bool boundary =
        call.function == Function::create_boundary || call.function == Function::add_sid;
    made_[call.number] = {call.process, boundary,
                          results_in_handle(call.function) ? response.result : response.made,
                          response.made_second};
}

}  // namespace castaway::harness
