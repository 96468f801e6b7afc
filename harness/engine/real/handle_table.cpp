#include "harness/engine/real/handle_table.h"

namespace castaway::harness {

std::size_t HandleTable::choose(const std::vector<Entry>& entries, std::uint32_t thread) {
    for (std::size_t i = entries.size(); i > 0; --i) {
        if (entries[i - 1].thread == thread) {
            return i - 1;
        }
    }
    return entries.empty() ? 0 : entries.size() - 1;
}

void HandleTable::add(std::uint32_t thread, std::uint32_t name, Subject::Handle handle) {
    const std::lock_guard lock(mutex_);
    by_name_.at(name).push_back({thread, handle});
}

Subject::Handle HandleTable::find(std::uint32_t thread, std::uint32_t name) const {
    const std::lock_guard lock(mutex_);
    const std::vector<Entry>& entries = by_name_.at(name);
    return entries.empty() ? 0 : entries[choose(entries, thread)].handle;
}

Subject::Handle HandleTable::take(std::uint32_t thread, std::uint32_t name) {
    const std::lock_guard lock(mutex_);
    std::vector<Entry>& entries = by_name_.at(name);
    if (entries.empty()) {
        return 0;
    }
    const std::size_t chosen = choose(entries, thread);
    const Subject::Handle handle = entries[chosen].handle;
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(chosen));
    return handle;
}

std::vector<std::pair<std::uint32_t, Subject::Handle>> HandleTable::take_all() {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::uint32_t, Subject::Handle>> all;
    for (std::uint32_t name = 0; name < by_name_.size(); ++name) {
        for (const Entry& entry : by_name_[name]) {
            all.emplace_back(name, entry.handle);
        }
        by_name_[name].clear();
    }
    return all;
}

}  // namespace castaway::harness
