#include "harness/checkers/call_ledger.h"

namespace castaway::harness {
namespace {

bool queues_a_call(const Operation& operation) {
    return operation.kind == OperationKind::queue_call ||
           (operation.kind == OperationKind::set_timer && operation.with_routine);
}

}  // namespace

CallLedger::CallLedger(const History& history) {
    for (const Operation& operation : history.operations) {
        if (queues_a_call(operation)) {
            calls_[{operation.process, operation.thread, operation.sequence}].by = &operation;
        }
    }
    for (const Operation& operation : history.operations) {
        if (!operation.alertable && operation.ran.empty()) {
            continue;
        }
        ThreadCalls& thread = threads_[{operation.process, operation.thread}];
        if (operation.alertable) {
            thread.alertable.push_back(&operation);
        }
        for (const CallId& ran : operation.ran) {
            if (const auto call = calls_.find(ran); call != calls_.end()) {
                call->second.runs.push_back(&operation);
                thread.runs.push_back({&call->second, &operation});
            }
        }
    }
}

const QueuedCall* CallLedger::find(const CallId& call) const {
    const auto found = calls_.find(call);
    return found == calls_.end() ? nullptr : &found->second;
}

const ThreadCalls& CallLedger::of_thread(const ThreadPlace& thread) const {
    const auto found = threads_.find({thread.process, thread.thread});
    return found == threads_.end() ? none_ : found->second;
}

ThreadPlace runner_of(const Operation& queuer) {
    return queuer.target.value_or(ThreadPlace{queuer.process, queuer.thread});
}

bool same_thread(const Operation& a, const Operation& b) {
    return a.process == b.process && a.thread == b.thread;
}

bool ran_out_after(const Operation& operation, std::int64_t moment_ns) {
    constexpr std::int64_t kNsPerMs = 1'000'000;
    const bool ran_out = operation.kind == OperationKind::sleep
                             ? operation.status == ResponseStatus::ok
                             : operation.status == ResponseStatus::timeout;
    return ran_out && operation.timeout_ms &&
           moment_ns < operation.invoked_ns + *operation.timeout_ms * kNsPerMs;
}

bool precedes(const Operation& first, const Operation& second) {
    return same_thread(first, second) ? first.sequence < second.sequence
                                      : !first.pending() && first.returned_ns < second.invoked_ns;
}

}  // namespace castaway::harness
