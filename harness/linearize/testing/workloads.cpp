#include "harness/linearize/testing/workloads.h"

#include <queue>
#include <vector>

#include "harness/base/prng.h"

namespace castaway::harness {
namespace {

constexpr std::uint64_t kCallTime = 16;

/// Runs the clients' programs against the model, in virtual time.
template <Model M>
class Runner {
  public:
    Runner(const M& model, const Workload& workload)
        : model_(model), workload_(workload), random_(workload.seed), state_(model.initial()) {}

    /// `next(random, client, last)` is a client's call after its last one, which is null at first.
    template <typename Next>
    Trace<M> run(Next&& next) {
        clients_.resize(workload_.clients);
        for (std::uint32_t i = 0; i < workload_.clients; ++i) {
            schedule(i, Phase::call, workload_.pause * kCallTime);
        }
        while (!moments_.empty()) {
            const Moment moment = moments_.top();
            moments_.pop();
            now_ = moment.at;
            Client& client = clients_[moment.client];
            switch (moment.phase) {
                case Phase::call:
                    if (trace_.size() == workload_.operations) {
                        break;
                    }
                    begin(client, next(random_, moment.client,
                                       client.called ? &trace_[client.trace].operation : nullptr));
                    schedule(moment.client, Phase::effect, kCallTime);
                    break;
                case Phase::effect:
                    attempt(moment.client);
                    break;
                case Phase::answer:
                    trace_[client.trace].end = ++time_;
                    schedule(moment.client, Phase::call, workload_.pause * kCallTime);
                    break;
            }
        }
        for (const std::uint32_t client : blocked_) {
            auto& traced = trace_[clients_[client].trace];
            traced.ending = Ending::left_open;
            traced.operation.status = ResponseStatus::pending;
        }
        return std::move(trace_);
    }

  private:
    enum class Phase : std::uint8_t { call, effect, answer };
    struct Moment {
        std::uint64_t at;
        std::uint32_t client;
        Phase phase;
        bool operator>(const Moment& other) const {
            return std::tie(at, client) > std::tie(other.at, other.client);
        }
    };
    struct Client {
        std::size_t trace = 0;  ///< its last call
        bool called = false;
    };

    void begin(Client& client, typename M::Operation call) {
        call.status = ResponseStatus::ok;
        client.called = true;
        client.trace = trace_.size();
        trace_.push_back({call, ++time_});
    }

    void schedule(std::uint32_t client, Phase phase, std::uint64_t mean) {
        moments_.push({now_ + 1 + random_.below(2 * mean + 1), client, phase});
    }

    void attempt(std::uint32_t client) {
        if (take_effect(client)) {
            // Others may go on now: one after the other, in no order.
            for (std::size_t left = blocked_.size(); left > 0 && !blocked_.empty(); --left) {
                const std::size_t chosen = random_.below(blocked_.size());
                const std::uint32_t other = blocked_[chosen];
                if (!take_effect(other)) {
                    break;
                }
                blocked_[chosen] = blocked_.back();
                blocked_.pop_back();
            }
            return;
        }
        auto& operation = trace_[clients_[client].trace].operation;
        if (operation.act == Act::wait && random_.below(100) < workload_.limited) {
            operation.status = ResponseStatus::timeout;
            take_effect(client);
        } else {
            blocked_.push_back(client);
        }
    }

    bool take_effect(std::uint32_t client) {
        auto& operation = trace_[clients_[client].trace].operation;
        if constexpr (std::is_same_v<M, SemaphoreModel>) {
            if (operation.tells_previous) {
                operation.previous = state_.count;
            }
        }
        bool allowed = false;
        model_.step(state_, operation, 0, [&](const typename M::State& next) {
            state_ = next;
            allowed = true;
        });
        if (allowed) {
            schedule(client, Phase::answer, kCallTime);
        }
        return allowed;
    }

    const M& model_;
    Workload workload_;
    Prng random_;
    typename M::State state_;
    std::vector<Client> clients_;
    std::vector<std::uint32_t> blocked_;
    std::priority_queue<Moment, std::vector<Moment>, std::greater<>> moments_;
    Trace<M> trace_;
    std::uint64_t now_ = 0;
    std::uint64_t time_ = 0;
};

bool acquired(const ObjectOperation* last) {
    return last != nullptr && last->act == Act::wait && last->status == ResponseStatus::ok;
}

ObjectOperation call_of(Act act, std::uint32_t client) {
    ObjectOperation operation;
    operation.act = act;
    operation.thread = client;
    return operation;
}

}  // namespace

Trace<MutexModel> mutex_workload(const Workload& workload) {
    const MutexModel model({.recursive = false});
    Runner<MutexModel> runner(model, workload);
    return runner.run([](Prng&, std::uint32_t client, const ObjectOperation* last) {
        return call_of(acquired(last) ? Act::release_mutex : Act::wait, client);
    });
}

Trace<SemaphoreModel> semaphore_workload(const Workload& workload, std::int32_t maximum,
                                         bool tells_previous) {
    const SemaphoreModel model(maximum, maximum);
    Runner<SemaphoreModel> runner(model, workload);
    return runner.run([tells_previous](Prng&, std::uint32_t client, const ObjectOperation* last) {
        ObjectOperation call = call_of(acquired(last) ? Act::release_semaphore : Act::wait, client);
        if (call.act == Act::release_semaphore) {
            call.count = 1;
            call.tells_previous = tells_previous;
        }
        return call;
    });
}

Trace<EventModel> event_workload(const Workload& workload, ResetKind reset) {
    const EventModel model(reset, false);
    Runner<EventModel> runner(model, workload);
    return runner.run([](Prng& random, std::uint32_t client, const ObjectOperation*) {
        if (client % 2 == 0) {
            return call_of(Act::wait, client);
        }
        return call_of(random.below(100) == 0 ? Act::reset_event : Act::set_event, client);
    });
}

}  // namespace castaway::harness
