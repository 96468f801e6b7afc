#include "harness/interchange/told_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/words.h"

namespace castaway::harness {
namespace {

using Json = nlohmann::ordered_json;

std::string on_one_line(const std::vector<std::string>& states) {
    std::string text;
    for (const std::string& state : states) {
        text += (text.empty() ? "" : ", or ") + state;
    }
    return text;
}

/// Operations below each other, each with its interval as a bar, so that what overlaps is seen.
class Timeline {
  public:
    Timeline(const ToldHistory& history, const std::vector<OperationId>& operations)
        : history_(history) {
        for (const OperationId id : operations) {
            const ToldOperation& told = history.told.at(id);
            moments_.push_back(told.invoked);
            if (told.returned) {
                moments_.push_back(*told.returned);
            }
            process_width_ = std::max(process_width_, told.process.size());
            call_width_ = std::max(call_width_, call_of(told).size());
        }
        std::sort(moments_.begin(), moments_.end());
        moments_.erase(std::unique(moments_.begin(), moments_.end()), moments_.end());
    }

    [[nodiscard]] std::string line(OperationId id) const {
        const ToldOperation& told = history_.told.at(id);
        return fmt::format("    {:<{}}  {:<{}}  {}  {}", told.process, process_width_,
                           call_of(told), call_width_, bar(told), told.where);
    }

  private:
    static std::string call_of(const ToldOperation& told) {
        return told.answer.empty() ? told.call : fmt::format("{} -> {}", told.call, told.answer);
    }

    [[nodiscard]] std::string bar(const ToldOperation& told) const {
        constexpr std::size_t kMomentsMax = 40;
        if (moments_.size() > kMomentsMax) {
            return "";
        }
        const auto column = [&](std::int64_t moment) {
            return 2 * static_cast<std::size_t>(
                           std::lower_bound(moments_.begin(), moments_.end(), moment) -
                           moments_.begin());
        };
        std::string drawn(2 * moments_.size(), ' ');
        const std::size_t begin = column(told.invoked);
        const std::size_t end = told.returned ? column(*told.returned) : drawn.size();
        for (std::size_t i = begin; i < end; ++i) {
            drawn[i] = '-';
        }
        drawn[begin] = '|';
        if (told.returned) {
            drawn[end] = '|';
        }
        return drawn;
    }

    const ToldHistory& history_;
    std::vector<std::int64_t> moments_;
    std::size_t process_width_ = 0;
    std::size_t call_width_ = 0;
};

std::string witness_in_words(const ToldHistory& history, const Witness& witness) {
    std::string text;
    if (!witness.context.empty()) {
        text += "    before it, the last that returned:\n";
        const Timeline timeline(history, witness.context);
        for (const OperationId id : witness.context) {
            text += timeline.line(id) + "\n";
        }
    }
    text += fmt::format("    state then: {}\n    these calls cannot all have been answered so:\n",
                        on_one_line(witness.states_before));
    const Timeline timeline(history, witness.core);
    for (const OperationId id : witness.core) {
        text += timeline.line(id) + (id == witness.impossible ? "  <- impossible" : "") + "\n";
    }
    const ToldOperation& last = history.told.at(witness.impossible);
    text += fmt::format("    why: when {}'s {} was answered {}, the state can only have been: {}\n",
                        last.process, last.call,
                        last.answer.empty() ? std::string("at all") : '"' + last.answer + '"',
                        witness.states_after.empty() ? on_one_line(witness.states_before)
                                                     : on_one_line(witness.states_after));
    if (witness.others > 0) {
        text += fmt::format(
            "    {} more of the same window do not matter, whether they took effect or not\n",
            witness.others);
    }
    return text;
}

std::string order_in_words(const ToldHistory& history, const std::vector<OperationId>& order) {
    std::string text = "    an order that explains it:";
    for (const OperationId id : order) {
        const ToldOperation& told = history.told.at(id);
        text += fmt::format(" {} {}{};", told.process, told.call,
                            told.answer.empty() ? "" : " -> " + told.answer);
    }
    text.back() = '\n';
    return text;
}

Json operation_json(const ToldHistory& history, OperationId id) {
    const ToldOperation& told = history.told.at(id);
    return {{"operation", id},
            {"process", told.process},
            {"call", told.call},
            {"answer", told.answer.empty() ? Json() : Json(told.answer)},
            {"where", told.where}};
}

Json part_json(const ToldHistory& history, const ToldPart& part) {
    const Judgement& judgement = part.judgement;
    Json json{{"objects", part.objects},
              {"verdict", to_string(judgement.finding)},
              {"operations", judgement.operations},
              {"left_aside", judgement.left_aside}};
    const auto list = [&](const std::vector<OperationId>& ids) {
        Json all = Json::array();
        for (const OperationId id : ids) {
            all.push_back(operation_json(history, id));
        }
        return all;
    };
    if (!judgement.reason.empty()) {
        json["reason"] = judgement.reason;
    }
    if (judgement.linearization) {
        json["linearization"] = list(*judgement.linearization);
    }
    if (judgement.witness) {
        json["witness"] = {{"states_before", judgement.witness->states_before},
                           {"core", list(judgement.witness->core)},
                           {"impossible", judgement.witness->impossible},
                           {"states_after", judgement.witness->states_after},
                           {"context", list(judgement.witness->context)},
                           {"others", judgement.witness->others}};
    }
    return json;
}

std::string_view as_verdict(Finding finding) {
    switch (finding) {
        case Finding::linearizable:
            return "linearizable";
        case Finding::not_linearizable:
            return "NOT linearizable";
        case Finding::inconclusive:
            break;
    }
    return "inconclusive";
}

}  // namespace

Finding overall(const ToldHistory& history) {
    Finding finding = history.operations == 0 ? Finding::inconclusive : Finding::linearizable;
    for (const ToldPart& part : history.parts) {
        if (part.judgement.finding == Finding::not_linearizable) {
            return Finding::not_linearizable;
        }
        if (part.judgement.finding == Finding::inconclusive) {
            finding = Finding::inconclusive;
        }
    }
    return finding;
}

std::string in_words(const ToldHistory& history) {
    constexpr std::size_t kOrderMax = 24;
    std::string text =
        fmt::format("{}: {}\n  {}\n", history.name, as_verdict(overall(history)), history.subject);
    if (history.operations == 0) {
        text += "  there is nothing to judge\n";
    }
    for (const ToldPart& part : history.parts) {
        const Judgement& judgement = part.judgement;
        const bool order_told =
            judgement.linearization && judgement.linearization->size() <= kOrderMax &&
            history.operations <= kOrderMax && !judgement.linearization->empty();
        if (judgement.finding == Finding::linearizable && !order_told) {
            continue;
        }
        text += fmt::format("  {}{}: {}\n", as_verdict(judgement.finding),
                            part.objects.empty() ? "" : ", " + part.objects,
                            counted(judgement.operations, "operation", "operations"));
        if (judgement.finding == Finding::inconclusive) {
            text += fmt::format("    {}\n", judgement.reason);
        } else if (judgement.witness) {
            text += witness_in_words(history, *judgement.witness);
        } else if (order_told) {
            text += order_in_words(history, *judgement.linearization);
        }
    }
    return text;
}

std::string in_json(const std::vector<ToldHistory>& histories) {
    Json all = Json::array();
    for (const ToldHistory& history : histories) {
        Json parts = Json::array();
        for (const ToldPart& part : history.parts) {
            parts.push_back(part_json(history, part));
        }
        all.push_back({{"history", history.name},
                       {"verdict", to_string(overall(history))},
                       {"subject", history.subject},
                       {"operations", history.operations},
                       {"parts", parts}});
    }
    return Json{{"castaway_check", 1}, {"histories", all}}.dump(2, ' ', false,
                                                                Json::error_handler_t::replace) +
           "\n";
}

}  // namespace castaway::harness
