#include "harness/interchange/bench/told_events.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/interchange/history_reader.h"
#include "harness/interchange/operations.h"
#include "harness/linearize/object_judge.h"

namespace castaway::harness {
namespace {

template <typename Operation>
Operation operation_of(const Call& call, const std::optional<Answer>& answer) {
    if constexpr (std::is_same_v<Operation, RegisterOperation>) {
        return register_operation(call, answer);
    } else {
        return key_value_operation(call, answer);
    }
}

template <typename M>
class Events final : public ToldEvents {
  public:
    using Operation = typename M::Operation;

    Events(HistoryReader& reader, const std::filesystem::path& file) {
        while (const std::optional<HistoryEvent> event = reader.next()) {
            if (event->kind == EventKind::death) {
                throw InputError(file.string() +
                                 ": a process dies, which the comparison cannot "
                                 "tell of");
            }
            take(*event);
        }
        for (Extent& extent : extents_) {
            extent.most_open = std::max(extent.most_open, std::size_t{1});
        }
        values_ = reader.values();
        initial_ = values_.of(reader.model().initial_value);
    }

    [[nodiscard]] std::uint64_t operations() const override { return operations_.size(); }

    void prepare(std::size_t judgements) override { tables_.assign(judgements, values_); }

    Finding judge() override {
        ValueTable& values = tables_.back();
        const M model(values, initial_);
        std::vector<std::unique_ptr<ObjectJudge<Operation>>> judges;
        judges.reserve(extents_.size());
        SearchLimits limits;
        limits.witness_steps_max = 0;  // others do not look for the smallest witness
        for (const Extent& extent : extents_) {
            judges.push_back(judge_of(model, limits, extent));
        }
        for (const Event& event : events_) {
            ObjectJudge<Operation>& judge = *judges[event.object];
            if (judge.over()) {
                continue;
            }
            const Told& told = operations_[event.operation];
            if (!event.begins && told.ending == Ending::withdrawn) {
                judge.withdraw(told.number);
            } else if (!event.begins) {
                judge.answer(told.number, told.operation, 0);
            }
            if (!event.begins) {
                continue;
            }
            judge.begin(event.operation);
            if (told.ending == Ending::left_open) {
                judge.leave_open(told.number, told.operation);
            }
        }
        Finding found = Finding::linearizable;
        for (const auto& judge : judges) {
            const Finding one = judge->conclude().finding;
            found = one == Finding::linearizable ? found : one;
            if (found == Finding::not_linearizable) {
                break;  // as others do: one is enough
            }
        }
        tables_.pop_back();
        return found;
    }

  private:
    enum class Ending : std::uint8_t { answered, withdrawn, left_open };
    struct Told {
        Operation operation{};
        std::uint64_t number = 0;  ///< at its object's judge
        Ending ending = Ending::left_open;
    };
    struct Event {
        std::uint32_t operation;
        std::uint32_t object;
        bool begins;
    };

    void take(const HistoryEvent& event) {
        extents_.resize(std::max<std::size_t>(extents_.size(), event.object + 1));
        open_.resize(extents_.size());
        Extent& extent = extents_[event.object];
        const auto operation = static_cast<std::uint32_t>(event.operation);
        if (event.kind == EventKind::invoke) {
            operations_.resize(std::max<std::size_t>(operations_.size(), operation + 1));
            operations_[operation] = {operation_of<Operation>(event.call, std::nullopt),
                                      extent.operations++, Ending::left_open};
            extent.most_open = std::max(extent.most_open, ++open_[event.object]);
            events_.push_back({operation, event.object, true});
        } else if (event.answer.kind != AnswerKind::unknown) {
            operations_[operation].operation = operation_of<Operation>(event.call, event.answer);
            const bool nothing_done =
                event.answer.kind == AnswerKind::failed && event.call.verb != Verb::compare_and_set;
            operations_[operation].ending = nothing_done ? Ending::withdrawn : Ending::answered;
            --open_[event.object];
            events_.push_back({operation, event.object, false});
        }
    }

    std::vector<Told> operations_;
    std::vector<Event> events_;
    std::vector<Extent> extents_;
    std::vector<std::size_t> open_;
    ValueTable values_;
    ValueId initial_ = 0;
    std::vector<ValueTable> tables_;
};

}  // namespace

std::unique_ptr<ToldEvents> read_events(const std::filesystem::path& file) {
    HistoryReader reader(file, std::nullopt);
    switch (reader.model().kind) {
        case ModelKind::register_cell:
            return std::make_unique<Events<RegisterModel>>(reader, file);
        case ModelKind::key_value:
            return std::make_unique<Events<KeyValueModel>>(reader, file);
        default:
            throw InputError(file.string() + ": only registers and key-value stores are compared");
    }
}

}  // namespace castaway::harness
