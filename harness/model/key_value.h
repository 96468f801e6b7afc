// One key of a key-value store: its text is got, put, or appended to.
#pragma once

#include <cstdint>
#include <string>

#include "harness/history/operation.h"
#include "harness/model/model.h"
#include "harness/model/value_table.h"

namespace castaway::harness {

enum class KeyValueAct : std::uint8_t { get, put, append };

struct KeyValueOperation {
    KeyValueAct act = KeyValueAct::get;
    ResponseStatus status = ResponseStatus::pending;
    ValueId value = 0;  ///< got, put or appended
    bool operator==(const KeyValueOperation&) const = default;
};

struct KeyValueState {
    ValueId value = ValueTable::kEmpty;
    bool operator==(const KeyValueState&) const = default;
};

class KeyValueModel {
  public:
    using State = KeyValueState;
    using Operation = KeyValueOperation;
    static constexpr bool kManyScopes = false;

    /// \param values  knows the operations' values, and learns those that appending makes;
    ///                outlives the model
    explicit KeyValueModel(ValueTable& values, ValueId initial = ValueTable::kEmpty)
        : values_(&values), initial_{initial} {}

    [[nodiscard]] State initial() const { return initial_; }
    [[nodiscard]] std::uint64_t hash(const State& state) const { return mix(state.value + 1ULL); }

    [[nodiscard]] OperationFacts facts(const Operation& operation) const {
        switch (operation.act) {
            case KeyValueAct::get:
                break;
            case KeyValueAct::put:
                return {.idles = true,
                        .blind = true,
                        .overwrites = true,
                        .alike = alike_key(1, operation.value, 0)};
            case KeyValueAct::append:
                return {.idles = operation.value == ValueTable::kEmpty,
                        .blind = true,
                        .alike = alike_key(2, operation.value, 0)};
        }
        return {.reads = true};
    }

    template <typename Allowed>
    void step(const State& state, const Operation& operation, std::int64_t /*before_ns*/,
              Allowed&& allowed) const {
        switch (operation.act) {
            case KeyValueAct::get:
                if (operation.value == state.value || operation.status == ResponseStatus::pending) {
                    allowed(state);
                }
                return;
            case KeyValueAct::put:
                allowed(State{operation.value});
                return;
            case KeyValueAct::append:
                allowed(State{values_->append(state.value, operation.value)});
                return;
        }
    }

    [[nodiscard]] bool alone(const State& /*state*/, const Operation& /*target*/) const {
        return false;
    }

    /// As with a register, what is put and not seen before the next put can be left out; but an
    /// append sees what was there.
    template <OpenOperations Open>
    [[nodiscard]] bool may_precede(const State& /*state*/, const Operation& other,
                                   const Operation& target, const Open& open) const {
        if (target.act == KeyValueAct::append) {
            return true;
        }
        return open.any([&other](const Operation& each) {
            switch (each.act) {
                case KeyValueAct::get:
                    return other.act == KeyValueAct::append || each.value == other.value;
                case KeyValueAct::append:
                    return &each != &other;
                case KeyValueAct::put:
                    break;
            }
            return false;
        });
    }

    [[nodiscard]] bool may_become(const State& state, const Operation& reader) const {
        return values_->begins_with(reader.value, state.value);
    }

    [[nodiscard]] std::string describe(const State& state) const;

  private:
    ValueTable* values_;
    State initial_;
};

}  // namespace castaway::harness
