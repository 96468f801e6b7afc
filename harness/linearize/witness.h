// From a history that is not linearizable to the few operations that show it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "harness/linearize/judgement.h"
#include "harness/linearize/search.h"
#include "harness/linearize/stretch.h"

namespace castaway::harness {

/// Makes a stretch that fails smaller, and tells it.
template <Model M, typename SlotSet>
class WitnessFinder {
  public:
    WitnessFinder(const M& model, const SearchLimits& limits, Stretch<M> stretch)
        : model_(model), stretch_(std::move(stretch)), steps_left_(limits.witness_steps_max) {}

    Witness find() {
        end_earlier();
        begin_later();
        leave_out_what_does_not_matter();
        return told();
    }

  private:
    /// Windows with more operations are told whole: one search for each would take too long.
    static constexpr std::size_t kTriedMax = 400;

    Search<M, SlotSet> search_of(const Stretch<M>& stretch) const {
        return search_of(stretch, steps_left_);
    }
    Search<M, SlotSet> search_of(const Stretch<M>& stretch, std::uint64_t steps) const {
        SearchLimits limits;
        limits.steps_max = steps;
        Search<M, SlotSet> search(model_, limits);
        for (const auto& event : stretch.events) {
            const auto& item = stretch.items[event.item];
            if (!event.begins) {
                if (item.ending == Ending::answered) {
                    search.answer(event.item, item.operation, item.until_ns);
                } else {
                    search.close(event.item, item.operation, item.until_ns);
                }
                continue;
            }
            search.begin(item.id);
            if (item.ends != Stretch<M>::kNobody) {
                search.link(event.item, item.ends);
            }
        }
        for (std::size_t i = 0; i < stretch.items.size(); ++i) {
            if (stretch.items[i].ending == Ending::left_open) {
                search.leave_open(i, stretch.items[i].operation);
            }
        }
        search.start_from(stretch.roots, stretch.roots_at);
        return search;
    }

    /// At the event that fails when nothing is given up before, if that is found soon.
    void end_earlier() {
        if constexpr (ForeseeingModel<M>) {
            constexpr std::uint64_t kPart = 8;
            Search<M, SlotSet> search = search_of(stretch_, steps_left_ / kPart);
            search.look_not_ahead();
            search.advance();
            steps_left_ -= std::min(steps_left_, search.judgement().steps);
            if (search.failed()) {
                stretch_ = search.failing_stretch();
            }
        }
    }

    /// The place where the fewest operations are open before the one that fails begins; of several
    /// the last.
    [[nodiscard]] std::size_t best_cut() const {
        std::size_t open = stretch_.roots_at;
        std::size_t best = stretch_.roots_at;
        std::size_t best_open = open;
        const std::uint32_t failing = stretch_.events.back().item;
        for (std::size_t i = stretch_.roots_at; i < stretch_.events.size(); ++i) {
            if (stretch_.events[i].begins && stretch_.events[i].item == failing) {
                return open <= best_open ? i : best;
            }
            open = stretch_.events[i].begins ? open + 1 : open - 1;
            if (open <= best_open) {
                best_open = open;
                best = i + 1;
            }
        }
        return best;
    }

    void begin_later() {
        const std::size_t cut = best_cut();
        if (cut == stretch_.roots_at) {
            return;
        }
        std::vector<OperationId> before;
        for (std::size_t i = stretch_.roots_at; i < cut; ++i) {
            if (!stretch_.events[i].begins) {
                before.push_back(stretch_.items[stretch_.events[i].item].id);
            }
        }
        Search<M, SlotSet> search = search_of(stretch_);
        Stretch<M> rest;
        if (search.settle_at(cut, steps_left_, rest)) {
            constexpr std::size_t kContext = 4;
            std::vector<OperationId> context = stretch_.context;
            context.insert(context.end(), before.begin(), before.end());
            const std::size_t told = std::min(kContext, context.size());
            rest.context.assign(context.end() - static_cast<std::ptrdiff_t>(told), context.end());
            stretch_ = std::move(rest);
        }
    }

    bool still_fails() {
        Search<M, SlotSet> search = search_of(stretch_);
        search.advance();
        const Judgement judgement = search.judgement();
        steps_left_ -= std::min(steps_left_, judgement.steps);
        return search.failed();
    }

    /// An operation does not matter when the rest cannot be even if it may have happened or not.
    void leave_out_what_does_not_matter() {
        matters_.assign(stretch_.items.size(), false);
        const std::uint32_t failing = stretch_.events.back().item;
        for (std::uint32_t i = 0; i < stretch_.items.size(); ++i) {
            auto& item = stretch_.items[i];
            if (item.ending != Ending::answered) {
                continue;
            }
            matters_[i] = true;
            if (i == failing || steps_left_ == 0 || stretch_.items.size() > kTriedMax) {
                continue;
            }
            item.ending = Ending::closed;
            if (still_fails()) {
                matters_[i] = false;
            } else {
                item.ending = Ending::answered;
            }
        }
    }

    /// An operation without an answer that took effect in no order does not matter either.
    [[nodiscard]] Witness told() {
        Witness witness;
        const auto add = [this](std::vector<std::string>& texts, const typename M::State& state) {
            std::string text = model_.describe(state);
            if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
                texts.push_back(std::move(text));
            }
        };
        for (const auto& root : stretch_.roots) {
            add(witness.states_before, root.state);
        }
        const std::uint32_t failing = stretch_.events.back().item;
        witness.impossible = stretch_.items[failing].id;
        tell_operations(witness);
        tell_context(witness);
        steps_left_ = std::max<std::uint64_t>(steps_left_, 100'000);
        Search<M, SlotSet> search = search_of(stretch_);
        search.look_not_ahead();
        search.advance();
        for (const auto& state : search.last_states()) {
            add(witness.states_after, state);
        }
        return witness;
    }

    /// Each once, though it be at two moments, of which one may matter and the other not.
    void tell_operations(Witness& witness) const {
        constexpr std::size_t kBesideMax = 8;
        std::unordered_set<OperationId> told;
        for (const bool matters : {true, false}) {
            for (std::uint32_t i = 0; i < stretch_.items.size(); ++i) {
                const OperationId id = stretch_.items[i].id;
                if (matters_[i] != matters || !told.insert(id).second) {
                    continue;
                }
                if (matters) {
                    witness.core.push_back(id);
                } else if (++witness.others <= kBesideMax) {
                    witness.beside.push_back(id);
                }
            }
        }
    }

    void tell_context(Witness& witness) const {
        for (const OperationId id : stretch_.context) {
            if (std::find(witness.context.begin(), witness.context.end(), id) ==
                witness.context.end()) {
                witness.context.push_back(id);
            }
        }
    }

    const M& model_;
    Stretch<M> stretch_;
    std::uint64_t steps_left_;
    std::vector<bool> matters_;
};

/// The judgement of a search to which the whole history was told, with a witness if it fails.
template <Model M, typename SlotSet>
Judgement conclude(const M& model, const SearchLimits& limits, Search<M, SlotSet>& search) {
    Judgement judgement = search.judgement();
    if (judgement.finding == Finding::not_linearizable) {
        judgement.witness =
            WitnessFinder<M, SlotSet>(model, limits, search.failing_stretch()).find();
    }
    return judgement;
}

}  // namespace castaway::harness
