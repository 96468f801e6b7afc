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
        text += (text.empty() ? "" : ", or ") + printable(state);
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
            process_width_ = std::max(process_width_, printable(told.process).size());
            call_width_ = std::max(call_width_, call_of(told).size());
        }
        std::sort(moments_.begin(), moments_.end());
        moments_.erase(std::unique(moments_.begin(), moments_.end()), moments_.end());
    }

    [[nodiscard]] std::string line(OperationId id) const {
        const ToldOperation& told = history_.told.at(id);
        return fmt::format("    {:<{}}  {:<{}}  {}  {}", printable(told.process), process_width_,
                           call_of(told), call_width_, bar(told), told.where);
    }

  private:
    static std::string call_of(const ToldOperation& told) {
        return printable(told.answer.empty() ? told.call
                                             : fmt::format("{} -> {}", told.call, told.answer));
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
    const auto add_lines = [&](const std::vector<OperationId>& operations,
                               const std::string& at_impossible) {
        const Timeline timeline(history, operations);
        for (const OperationId id : operations) {
            text += timeline.line(id) + (id == witness.impossible ? at_impossible : "") + "\n";
        }
    };
    if (!witness.context.empty()) {
        text += "    what returned before, the last of it:\n";
        add_lines(witness.context, "");
    }
    const ToldOperation& last = history.told.at(witness.impossible);
    const std::string answer =
        last.answer.starts_with('"') ? printable(last.answer) : '"' + printable(last.answer) + '"';
    const std::string answered =
        last.answer.empty() ? std::string("have happened") : "have been answered " + answer;
    text += fmt::format(
        "    state then: {}\n    these calls have no order, each taking effect once "
        "between its bars:\n",
        on_one_line(witness.states_before));
    add_lines(witness.core, "  <- cannot " + answered);
    text += fmt::format("    why: the others explained, the state can only have been {} by then\n",
                        witness.states_after.empty() ? on_one_line(witness.states_before)
                                                     : on_one_line(witness.states_after));
    if (!witness.beside.empty()) {
        text += "    beside them, and no help, whether they took effect or not:\n";
        add_lines(witness.beside, "");
    }
    if (witness.others > witness.beside.size()) {
        text += fmt::format("    and {} more\n", witness.others - witness.beside.size());
    }
    return text;
}

std::string order_in_words(const ToldHistory& history, const std::vector<OperationId>& order) {
    std::string text = "    an order that explains it:";
    for (const OperationId id : order) {
        const ToldOperation& told = history.told.at(id);
        text += printable(fmt::format(" {} {}{};", told.process, told.call,
                                      told.answer.empty() ? "" : " -> " + told.answer));
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
                           {"others", judgement.witness->others},
                           {"beside", list(judgement.witness->beside)}};
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

std::string printable(std::string_view text) {
    std::string plain;
    for (const char each : text) {
        const auto byte = static_cast<unsigned char>(each);
        constexpr unsigned char kDelete = 0x7f;
        if (byte < ' ' || byte == kDelete) {
            plain += fmt::format("\\x{:02x}", byte);
        } else {
            plain += each;
        }
    }
    return plain;
}

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
