// Makes histories from a model: clients run random programs, calls take effect as the model allows,
// clients die, calls stay open.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "harness/base/prng.h"
#include "harness/linearize/testing/trace.h"

namespace castaway::harness {

template <Model M>
struct GeneratorOptions {
    std::uint32_t clients = 3;
    std::uint32_t operations = 6;
    /// Of a thousand moments, those at which a client dies.
    std::uint32_t deaths = 0;
    /// Of a thousand calls, those whose answer never comes though the client goes on under another
    /// name, as clients with time-outs do.
    std::uint32_t lost_answers = 0;
    /// A call for a client: all the answers that it can have.
    std::function<std::vector<typename M::Operation>(Prng&, std::uint32_t client)> call;
    /// The answer, where it tells the state before; empty where `call` knows all answers.
    std::function<typename M::Operation(typename M::Operation, const typename M::State&)> tell;
    /// What a death does besides; empty where it does nothing.
    std::function<typename M::Operation(std::uint32_t client)> death;
    /// The call as it is known when no answer came.
    std::function<typename M::Operation(typename M::Operation)> without_answer;
};

template <Model M>
class TraceGenerator {
  public:
    TraceGenerator(const M& model, const GeneratorOptions<M>& options, std::uint64_t seed)
        : model_(model), options_(options), random_(seed), state_(model.initial()) {
        for (std::uint32_t i = 0; i < options.clients; ++i) {
            Client client;
            client.name = i;
            clients_.push_back(std::move(client));
        }
    }

    Trace<M> make() {
        std::uint32_t idle_rounds = 0;
        while (idle_rounds < 200 * options_.clients) {
            const bool moved = move(clients_[random_.below(clients_.size())]);
            idle_rounds = moved ? 0 : idle_rounds + 1;
        }
        for (Client& client : clients_) {
            if (client.open >= 0 && !client.dead) {
                leave_open(client);
            }
        }
        return std::move(trace_);
    }

  private:
    struct Client {
        std::uint32_t name = 0;
        std::int32_t open = -1;  ///< its call in the trace
        bool effective = false;
        bool dead = false;
        std::vector<typename M::Operation> answers;
    };

    bool move(Client& client) {
        if (client.dead) {
            return false;
        }
        if (random_.below(1000) < options_.deaths) {
            die(client);
            return true;
        }
        if (client.open < 0) {
            if (trace_.size() >= options_.operations) {
                return false;
            }
            client.answers = options_.call(random_, client.name);
            client.open = static_cast<std::int32_t>(trace_.size());
            client.effective = false;
            trace_.push_back({client.answers.front(), ++time_});
            return true;
        }
        if (!client.effective) {
            return take_effect(client);
        }
        auto& traced = trace_[static_cast<std::size_t>(client.open)];
        if (random_.below(1000) < options_.lost_answers) {
            leave_open(client);
            client.name = next_name_++;
        } else {
            traced.end = ++time_;
        }
        client.open = -1;
        return true;
    }

    bool take_effect(Client& client) {
        // Any of the answers that the state allows.
        std::vector<std::pair<typename M::Operation, typename M::State>> possible;
        for (const auto& answer : client.answers) {
            model_.step(state_, answer, 0, [&](const typename M::State& next) {
                possible.emplace_back(answer, next);
            });
        }
        if (possible.empty()) {
            return false;
        }
        const auto& [answer, next] = possible[random_.below(possible.size())];
        trace_[static_cast<std::size_t>(client.open)].operation =
            options_.tell ? options_.tell(answer, state_) : answer;
        state_ = next;
        client.effective = true;
        return true;
    }

    void leave_open(Client& client) {
        auto& traced = trace_[static_cast<std::size_t>(client.open)];
        traced.ending = Ending::left_open;
        traced.operation = options_.without_answer(traced.operation);
    }

    void die(Client& client) {
        client.dead = true;
        const std::uint64_t last_sign = ++time_;
        if (client.open >= 0) {
            auto& traced = trace_[static_cast<std::size_t>(client.open)];
            traced.ending = Ending::closed;
            traced.operation = options_.without_answer(traced.operation);
            traced.end = ++time_;
        }
        if (options_.death) {
            TracedOperation<M> death{options_.death(client.name), last_sign, ++time_};
            death.ends = client.open;
            model_.step(state_, death.operation, 0,
                        [&](const typename M::State& next) { state_ = next; });
            trace_.push_back(death);
        }
    }

    const M& model_;
    const GeneratorOptions<M>& options_;
    Prng random_;
    typename M::State state_;
    std::vector<Client> clients_;
    Trace<M> trace_;
    std::uint64_t time_ = 0;
    std::uint32_t next_name_ = options_.clients;
};

}  // namespace castaway::harness
