// Wing and Gong's search with Lowe's cache, in its well-known form: a list of all events, lifted
// out and put back, and a cache of pairs of the set of operations that took effect and the state.
// It is what the public checkers do, and stands here to be compared with.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/linearize/testing/trace.h"

namespace castaway::harness {

template <Model M>
class ClassicSearch {
  public:
    /// Requires that all operations are answered.
    ClassicSearch(const M& model, const Trace<M>& trace) : model_(model), trace_(trace) {
        nodes_.push_back({});
        std::vector<std::uint32_t> calls(trace.size());
        each_event(trace, [&](std::uint32_t index, bool begins) {
            const auto node = static_cast<std::uint32_t>(nodes_.size());
            nodes_.push_back({index, 0, node - 1, 0});
            nodes_[node - 1].next = node;
            if (begins) {
                calls[index] = node;
            } else {
                nodes_[calls[index]].match = node;
            }
        });
    }

    bool linearizable() {
        typename M::State state = model_.initial();
        std::vector<std::uint64_t> taken((trace_.size() + 63) / 64, 0);
        std::vector<std::pair<std::uint32_t, typename M::State>> calls;
        std::uint32_t at = nodes_[0].next;
        while (nodes_[0].next != 0) {
            const Node& node = nodes_[at];
            if (node.match != 0) {
                bool allowed = false;
                typename M::State next = state;
                model_.step(state, trace_[node.index].operation, 0,
                            [&](const typename M::State& each) {
                                allowed = true;
                                next = each;
                            });
                if (allowed) {
                    taken[node.index / 64] |= std::uint64_t{1} << (node.index % 64);
                    if (remember(taken, next)) {
                        calls.emplace_back(at, state);
                        state = next;
                        lift(at);
                        at = nodes_[0].next;
                        continue;
                    }
                    taken[node.index / 64] &= ~(std::uint64_t{1} << (node.index % 64));
                }
                at = node.next;
                continue;
            }
            if (calls.empty()) {
                return false;
            }
            at = calls.back().first;
            state = calls.back().second;
            calls.pop_back();
            taken[nodes_[at].index / 64] &= ~(std::uint64_t{1} << (nodes_[at].index % 64));
            unlift(at);
            at = nodes_[at].next;
        }
        return true;
    }

  private:
    struct Node {
        std::uint32_t index = 0;
        std::uint32_t match = 0;  ///< of a call: its return; 0 for a return
        std::uint32_t previous = 0;
        std::uint32_t next = 0;
    };

    bool remember(const std::vector<std::uint64_t>& taken, const typename M::State& state) {
        std::uint64_t hash = model_.hash(state);
        for (const std::uint64_t word : taken) {
            hash = mix(hash + word);
        }
        auto& same_hash = cache_[hash];
        for (const auto& [set, other] : same_hash) {
            if (set == taken && other == state) {
                return false;
            }
        }
        same_hash.emplace_back(taken, state);
        return true;
    }

    void unlink(std::uint32_t node) {
        nodes_[nodes_[node].previous].next = nodes_[node].next;
        if (nodes_[node].next != 0) {
            nodes_[nodes_[node].next].previous = nodes_[node].previous;
        }
    }
    void relink(std::uint32_t node) {
        nodes_[nodes_[node].previous].next = node;
        if (nodes_[node].next != 0) {
            nodes_[nodes_[node].next].previous = node;
        }
    }
    void lift(std::uint32_t call) {
        unlink(call);
        unlink(nodes_[call].match);
    }
    void unlift(std::uint32_t call) {
        relink(nodes_[call].match);
        relink(call);
    }

    const M& model_;
    const Trace<M>& trace_;
    std::vector<Node> nodes_;
    std::unordered_map<std::uint64_t,
                       std::vector<std::pair<std::vector<std::uint64_t>, typename M::State>>>
        cache_;
};

}  // namespace castaway::harness
