#include "reports/view/thread_index.h"

#include <algorithm>

namespace castaway::harness {

ThreadIndex::ThreadIndex(const History& history) : history_(history) {
    std::size_t lanes = 0;
    for (const HistoryProcess& process : history.processes) {
        first_lane_.push_back(lanes);
        lanes += process.threads.size();
    }
    lanes_.resize(lanes);
    for (std::size_t i = 0; i < history.operations.size(); ++i) {
        const Operation& operation = history.operations[i];
        if (const auto found = lane(operation.process, operation.thread)) {
            lanes_[*found].push_back(i);
        }
    }
    for (std::vector<std::size_t>& each : lanes_) {
        std::stable_sort(each.begin(), each.end(), [&](std::size_t a, std::size_t b) {
            return history.operations[a].sequence < history.operations[b].sequence;
        });
    }
}

std::optional<std::size_t> ThreadIndex::lane(std::uint32_t process, std::uint32_t thread) const {
    if (process >= history_.processes.size() ||
        thread >= history_.processes[process].threads.size()) {
        return std::nullopt;
    }
    return first_lane_[process] + thread;
}

std::optional<std::size_t> ThreadIndex::find(const OperationRef& reference) const {
    const auto found = lane(reference.process, reference.thread);
    if (!found) {
        return std::nullopt;
    }
    const std::vector<std::size_t>& operations = lanes_[*found];
    const auto place = std::lower_bound(operations.begin(), operations.end(), reference.sequence,
                                        [&](std::size_t index, std::uint32_t sequence) {
                                            return history_.operations[index].sequence < sequence;
                                        });
    if (place == operations.end() || history_.operations[*place].sequence != reference.sequence) {
        return std::nullopt;
    }
    return *place;
}

}  // namespace castaway::harness
