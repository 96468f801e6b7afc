// What tests expect of verdicts.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/verdict.h"

namespace castaway::harness {

/// For test output.
// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
inline void PrintTo(const OperationRef& operation, std::ostream* out) {
    *out << "p" << operation.process << "." << operation.thread << "#" << operation.sequence;
}
// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
inline void PrintTo(const Verdict& verdict, std::ostream* out) {
    *out << to_string(verdict.kind) << ": " << verdict.message;
}

}  // namespace castaway::harness

namespace castaway::harness::testing {

MATCHER(Passes, "") {
    return arg.kind == VerdictKind::pass && !arg.message.empty() && arg.witness.empty();
}
MATCHER(IsInconclusive, "") {
    return arg.kind == VerdictKind::inconclusive && !arg.message.empty() && arg.witness.empty();
}
MATCHER(IsNotApplicable, "") {
    return arg.kind == VerdictKind::not_applicable && !arg.message.empty() && arg.witness.empty();
}
MATCHER_P(FailsSaying, words, "") {
    return arg.kind == VerdictKind::fail && arg.message.find(words) != std::string::npos &&
           arg.message.find('\n') == std::string::npos;
}

/// A failure with these words, shown by exactly these operations in this order.
MATCHER_P2(FailsSayingWith, words, witness, "") {
    *result_listener << "witness " << ::testing::PrintToString(arg.witness);
    return arg.kind == VerdictKind::fail && arg.message.find(words) != std::string::npos &&
           arg.witness == witness;
}
inline std::vector<OperationRef> these(std::initializer_list<OperationRef> operations) {
    return operations;
}

}  // namespace castaway::harness::testing
