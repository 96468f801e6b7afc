#include "harness/linearize/lifetimes.h"

#include <algorithm>

namespace castaway::harness {
namespace {

constexpr std::int64_t kLongAgoNs = std::numeric_limits<std::int64_t>::min();

std::int64_t noticed(std::int64_t gone_ns) {
    return gone_ns == kNeverNs ? kNeverNs : gone_ns + kNoticeNs;
}

}  // namespace

Lifetimes::Lifetimes(const History& history) : history_(history) {
    for (const HistoryProcess& process : history.processes) {
        threads_.emplace_back(process.threads.size(), kLongAgoNs);
        processes_.push_back(kLongAgoNs);
    }
    for (const Operation& operation : history.operations) {
        const std::int64_t last =
            operation.pending() ? operation.invoked_ns : operation.returned_ns;
        std::int64_t& thread = threads_.at(operation.process).at(operation.thread);
        thread = std::max(thread, last);
    }
    // A fault is noted before it strikes, so all threads lived when the first one was. A process
    // that left in order kept its threads until its last operation.
    std::vector<std::int64_t> all_lived(history.processes.size(), kNeverNs);
    for (const FaultEvent& fault : history.faults) {
        all_lived.at(fault.process) = std::min(all_lived.at(fault.process), fault.at_ns);
    }
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        const HistoryProcess& process = history.processes[i];
        std::int64_t all = kLongAgoNs;
        if (process.end == ProcessEnd::finished) {
            all = threads_[i].empty() ? kLongAgoNs
                                      : *std::max_element(threads_[i].begin(), threads_[i].end());
        } else if (process.end != ProcessEnd::crashed && all_lived[i] != kNeverNs) {
            all = all_lived[i];
        }
        for (std::size_t thread = 0; thread < threads_[i].size(); ++thread) {
            const std::int64_t lived = process.threads[thread].ended_ns.value_or(all);
            threads_[i][thread] = std::max(threads_[i][thread], lived);
            processes_[i] = std::max(processes_[i], threads_[i][thread]);
        }
    }
}

std::int64_t Lifetimes::thread_lived_at(std::uint32_t process, std::uint32_t thread) const {
    return threads_.at(process).at(thread);
}

std::int64_t Lifetimes::process_lived_at(std::uint32_t process) const {
    return processes_.at(process);
}

std::int64_t Lifetimes::thread_settled_by(std::uint32_t process, std::uint32_t thread) const {
    const HistoryProcess& told = history_.processes.at(process);
    const std::optional<std::int64_t> ended = told.threads.at(thread).ended_ns;
    return noticed(std::min(ended.value_or(kNeverNs), told.known_dead_ns.value_or(kNeverNs)));
}

std::int64_t Lifetimes::process_settled_by(std::uint32_t process) const {
    return noticed(history_.processes.at(process).known_dead_ns.value_or(kNeverNs));
}

std::int64_t Lifetimes::latest_effect(const Operation& operation) const {
    if (!operation.pending()) {
        return operation.returned_ns;
    }
    return operation.is_wait()
               ? history_.processes.at(operation.process).known_dead_ns.value_or(kNeverNs)
               : process_settled_by(operation.process);
}

std::int64_t Lifetimes::latest_signal(const Operation& operation) const {
    return operation.pending() ? process_settled_by(operation.process) : operation.returned_ns;
}

}  // namespace castaway::harness
