// What an executable sequential specification is: a value for the state, and the states that an
// operation with its answer may lead to.
//
// A model knows nothing of time order, threads that wait, or search. It answers one question: if
// this operation took effect now, in this state, at one instant, could it have been answered so,
// and what is the state then? Several answers are allowed where the rules leave a choice, none
// where the answer cannot be.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

namespace castaway::harness {

/// What holds of an operation in every state. Each flag that is set lets the search look at fewer
/// orders; a flag that could be set and is not only costs time.
struct OperationFacts {
    /// It never changes any state. (A reader that has no answer tells nothing at all.)
    bool reads = false;
    /// Some states allow it and stay as they are.
    bool idles = false;
    /// Every state allows it, so its answer tells nothing.
    bool blind = false;
    /// Blind, and the state afterwards is the same whatever it was before (within its scopes).
    bool overwrites = false;
    /// It is ended by others, and may_precede() takes that into account; asked of the operation
    /// itself as the target, that tells whether it matters at all.
    bool end_is_foreseen = false;
    /// Operations with the same value, other than 0, are allowed in the same states and lead to the
    /// same states.
    std::uint64_t alike = 0;
    /// The parts of the state that it reads or changes, one bit each.
    std::uint64_t scopes = 1;
};

/// Whether any operation that is open and has not taken effect is as the predicate says. Models are
/// handed one of these to tell an order that matters from one that nobody can see.
template <typename Open>
concept OpenOperations = requires(const Open& open) {
    {
        open.any([](const auto&) { return true; })
        } -> std::convertible_to<bool>;
};

/// \par A model M has
/// * `State`: a small value with == ; `hash(state)`.
/// * `Operation`: a call and its answer, a small value.
/// * `initial()`: the state before the first operation.
/// * `facts(operation)`.
/// * `step(state, operation, before_ns, allowed)`: calls `allowed(next)` for each state that the
///   operation may lead to; not at all when it cannot have been answered so. It takes effect before
///   `before_ns`, which matters only to what depends on the clock.
/// * `alone(state, target)`: requires that `target` is allowed in the state. True when no other
///   operation that is open ever needs to take effect before it; false when that is not known.
/// * `may_precede(state, other, target, open)`: `other`, which is allowed in the state and changes
///   it, may have to take effect between now and `target`, which is about to return. False only
///   when every order in which it comes first can be changed into one in which it does not, with
///   the same answers.
/// * `kManyScopes`: whether operations differ in their scopes.
/// * `describe(state)`, `describe(operation)`: for people.
template <typename M>
concept Model = requires(const M& model, const typename M::State& state,
                         const typename M::Operation& operation) {
    requires std::equality_comparable<typename M::State>;
    requires std::copyable<typename M::State>;
    { model.initial() } -> std::same_as<typename M::State>;
    { model.hash(state) } -> std::same_as<std::uint64_t>;
    { model.facts(operation) } -> std::same_as<OperationFacts>;
    model.step(state, operation, std::int64_t{}, [](const typename M::State&) {});
    { model.alone(state, operation) } -> std::same_as<bool>;
    { M::kManyScopes } -> std::convertible_to<bool>;
    { model.describe(state) } -> std::same_as<std::string>;
};

/// \par A model whose states grow may have
/// * `may_become(state, reader)`: the reader can be allowed in this state, or in one that comes
/// from
///   it by operations that do not overwrite. Only readers with an answer are asked for, and the
///   states that an operation that overwrites leads to are asked for apart.
template <typename M>
concept ForeseeingModel = Model<M> &&
    requires(const M& model, const typename M::State& state, const typename M::Operation& reader) {
    { model.may_become(state, reader) } -> std::same_as<bool>;
};

/// Spreads a word's bits over the whole word.
constexpr std::uint64_t mix(std::uint64_t word) {
    word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93U;
    word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93U;
    return word ^ (word >> 32);
}

/// A value for OperationFacts::alike that is not 0.
constexpr std::uint64_t alike_key(std::uint64_t kind, std::uint64_t first, std::uint64_t second) {
    return mix(mix(mix(kind + 1) + first) + second) | 1U;
}

}  // namespace castaway::harness
