// A register that is read, written, and compared and set.
#pragma once

#include <cstdint>
#include <string>

#include "harness/history/operation.h"
#include "harness/model/model.h"
#include "harness/model/value_table.h"

namespace castaway::harness {

enum class RegisterAct : std::uint8_t { read, write, compare_and_set };

struct RegisterOperation {
    RegisterAct act = RegisterAct::read;
    /// compare_and_set: ok when it was set, failed when the value was another.
    ResponseStatus status = ResponseStatus::pending;
    ValueId value = 0;     ///< read or written; compare_and_set: to be set
    ValueId expected = 0;  ///< compare_and_set
    bool operator==(const RegisterOperation&) const = default;
};

struct RegisterState {
    ValueId value = 0;
    bool operator==(const RegisterState&) const = default;
};

class RegisterModel {
  public:
    using State = RegisterState;
    using Operation = RegisterOperation;
    static constexpr bool kManyScopes = false;

    /// \param values  for describing; outlives the model
    RegisterModel(const ValueTable& values, ValueId initial)
        : values_(&values), initial_{initial} {}

    [[nodiscard]] State initial() const { return initial_; }
    [[nodiscard]] std::uint64_t hash(const State& state) const { return mix(state.value + 1ULL); }

    [[nodiscard]] OperationFacts facts(const Operation& operation) const {
        switch (operation.act) {
            case RegisterAct::write:
                return {.idles = true,
                        .blind = true,
                        .overwrites = true,
                        .alike = alike_key(1, operation.value, 0)};
            case RegisterAct::compare_and_set:
                if (operation.status == ResponseStatus::failed ||
                    operation.expected == operation.value) {
                    break;
                }
                // Without an answer it may have found another value, and then did nothing.
                return {.idles = operation.status == ResponseStatus::pending,
                        .blind = operation.status == ResponseStatus::pending,
                        .alike = alike_key(operation.status == ResponseStatus::pending ? 2 : 3,
                                           operation.value, operation.expected)};
            case RegisterAct::read:
                break;
        }
        return {.reads = true};
    }

    template <typename Allowed>
    void step(const State& state, const Operation& operation, std::int64_t /*before_ns*/,
              Allowed&& allowed) const {
        switch (operation.act) {
            case RegisterAct::read:
                if (operation.value == state.value || operation.status == ResponseStatus::pending) {
                    allowed(state);
                }
                return;
            case RegisterAct::write:
                allowed(State{operation.value});
                return;
            case RegisterAct::compare_and_set: {
                const bool equal = operation.expected == state.value;
                const bool answered_so = equal ? operation.status != ResponseStatus::failed
                                               : operation.status != ResponseStatus::ok;
                if (answered_so) {
                    allowed(equal ? State{operation.value} : state);
                }
                return;
            }
        }
    }

    [[nodiscard]] bool alone(const State& /*state*/, const Operation& /*target*/) const {
        return false;
    }

    /// A written value that nobody sees before the next write can as well be left out: the write
    /// then counts as made just before that one. Whoever sees it must be open, or be the target,
    /// and must not be allowed in the state as it is.
    template <OpenOperations Open>
    [[nodiscard]] bool may_precede(const State& state, const Operation& other,
                                   const Operation& /*target*/, const Open& open) const {
        if (other.act != RegisterAct::write) {
            return true;
        }
        return open.any([&](const Operation& each) {
            switch (each.act) {
                case RegisterAct::read:
                    return each.value == other.value;
                case RegisterAct::compare_and_set:
                    return each.status == ResponseStatus::failed ? each.expected == state.value
                                                                 : each.expected == other.value;
                case RegisterAct::write:
                    break;
            }
            return false;
        });
    }

    [[nodiscard]] std::string describe(const State& state) const;

  private:
    const ValueTable* values_;
    State initial_;
};

}  // namespace castaway::harness
