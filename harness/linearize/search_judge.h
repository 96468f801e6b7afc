// The judge that is a search for any model.
#pragma once

#include <cstdint>

#include "harness/linearize/object_judge.h"
#include "harness/linearize/search.h"
#include "harness/linearize/witness.h"

namespace castaway::harness {

template <Model M, typename SlotSet>
class SearchJudge final : public ObjectJudge<typename M::Operation> {
  public:
    using Operation = typename M::Operation;
    using Number = std::uint64_t;

    SearchJudge(const M& model, const SearchLimits& limits)
        : model_(model), limits_(limits), search_(model_, limits) {}

    Number begin(OperationId id) override { return search_.begin(id); }
    void answer(Number number, const Operation& operation, std::int64_t until_ns) override {
        search_.answer(number, operation, until_ns);
        advance_in_batches();
    }
    void close(Number number, const Operation& operation, std::int64_t until_ns) override {
        search_.close(number, operation, until_ns);
        advance_in_batches();
    }
    void leave_open(Number number, const Operation& operation) override {
        search_.leave_open(number, operation);
    }
    void withdraw(Number number) override { search_.withdraw(number); }
    void link(Number ender, Number ended) override { search_.link(ender, ended); }
    void advance() override { search_.advance(); }
    [[nodiscard]] bool over() const override { return search_.over(); }
    [[nodiscard]] std::uint64_t remembered() const override { return search_.remembered(); }
    Judgement conclude() override { return harness::conclude(model_, limits_, search_); }

  private:
    void advance_in_batches() {
        constexpr std::uint64_t kBatch = 256;
        if (++told_ % kBatch == 0) {
            search_.advance();
        }
    }

    M model_;
    SearchLimits limits_;
    Search<M, SlotSet> search_;
    std::uint64_t told_ = 0;
};

}  // namespace castaway::harness
