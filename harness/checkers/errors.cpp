// No call fails that cannot have failed (WAIT-03, HND-01, HND-02 and the error parts of the
// others).
//
// A whole-run object is opened before the programs start and stays open in every living process, so
// no call on it can find its handle invalid. What else a call may answer follows from its kind:
//
//   create, open        the subject's tables full; open: 2 where nobody holds the name (`names`
//                       judges it)
//   close, duplicate    6 where the handle may be closed already
//   wait, wait_any      6 likewise
//   release_mutex       6 likewise; 288 (`mutex_release` judges it)
//   release_semaphore   6 likewise; 298, and 87 for a count below 1 (`semaphore` judges both)
//   set, reset, cancel  6 likewise
//   set_timer           6 likewise; 87 for a negative period
//
// Only waits time out, and only waits and creates say more than yes and no. A failure without a
// code is wrong for every call.
//
// Sound: histories do not tell which handle a call used, so code 6 is let pass as soon as the
// process may have closed any handle to the object, may never have got one, or makes duplicates.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "harness/checkers/checks.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::uint32_t kFileNotFound = 2;
constexpr std::uint32_t kInvalidHandle = 6;
constexpr std::uint32_t kInvalidParameter = 87;
constexpr std::uint32_t kNotOwner = 288;
constexpr std::uint32_t kTooManyPosts = 298;
/// The subject has no room: ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY, ERROR_TOO_MANY_SEMAPHORES,
/// ERROR_DISK_FULL, ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_QUOTA.
constexpr std::array<std::uint32_t, 6> kNoRoom{8, 14, 100, 112, 1450, 1816};

bool gives_handle(OperationKind kind) {
    return kind == OperationKind::create || kind == OperationKind::open ||
           kind == OperationKind::duplicate;
}

/// Which processes may lack a handle that their calls name.
class Handles {
  public:
    explicit Handles(const History& history) : history_(history) {
        for (const Operation& operation : history.operations) {
            Doubts& doubts = doubts_[{operation.process, operation.objects.front()}];
            doubts.duplicated = doubts.duplicated || operation.kind == OperationKind::duplicate;
            const bool failed_to_open =
                gives_handle(operation.kind) && operation.status == ResponseStatus::failed;
            if ((failed_to_open || operation.kind == OperationKind::close) &&
                doubts.first.size() < 2) {
                doubts.first.push_back(&operation);
            }
        }
    }

    [[nodiscard]] bool may_lack(const Operation& operation) const {
        return std::any_of(
            operation.objects.begin(), operation.objects.end(), [&](ObjectIndex object) {
                return !history_.objects.at(object).whole_run || doubtful(operation, object);
            });
    }

  private:
    struct Doubts {
        bool duplicated = false;  ///< a call may name a duplicate that is not made yet
        /// Failures to get a handle and closes: the first two, so that there is one besides any.
        std::vector<const Operation*> first;
    };

    [[nodiscard]] bool doubtful(const Operation& operation, ObjectIndex object) const {
        const auto found = doubts_.find({operation.process, object});
        if (found == doubts_.end()) {
            return true;
        }
        return found->second.duplicated ||
               std::any_of(found->second.first.begin(), found->second.first.end(),
                           [&operation](const Operation* doubt) {
                               return doubt != &operation &&
                                      doubt->invoked_ns <= operation.returned_ns;
                           });
    }

    const History& history_;
    std::map<std::pair<std::uint32_t, ObjectIndex>, Doubts> doubts_;
};

bool may_fail_with(const History& history, const Operation& operation, const Handles& handles) {
    const std::uint32_t error = operation.error;
    if (gives_handle(operation.kind) &&
        std::find(kNoRoom.begin(), kNoRoom.end(), error) != kNoRoom.end()) {
        return true;
    }
    switch (operation.kind) {
        case OperationKind::create:
            return false;
        case OperationKind::open:
            return error == kFileNotFound &&
                   !history.objects.at(operation.objects.front()).whole_run;
        case OperationKind::release_mutex:
            if (error == kNotOwner) {
                return true;
            }
            break;
        case OperationKind::release_semaphore:
            if (error == kTooManyPosts || (error == kInvalidParameter && operation.count < 1)) {
                return true;
            }
            break;
        case OperationKind::set_timer:
            if (error == kInvalidParameter && operation.period_ms < 0) {
                return true;
            }
            break;
        default:
            break;
    }
    return error == kInvalidHandle && handles.may_lack(operation);
}

/// What is wrong with the answer; empty when nothing is.
std::string wrong_answer(const History& history, const Operation& operation,
                         const Handles& handles) {
    switch (operation.status) {
        case ResponseStatus::pending:
        case ResponseStatus::ok:
            return {};
        case ResponseStatus::abandoned:
        case ResponseStatus::timeout:
        case ResponseStatus::alerted:
            return operation.is_wait() ? std::string()
                                       : fmt::format("answered \"{}\", as only a wait can",
                                                     to_string(operation.status));
        case ResponseStatus::failed:
            break;
    }
    if (operation.error == 0) {
        return "failed and gave no reason";
    }
    return may_fail_with(history, operation, handles)
               ? std::string()
               : fmt::format("failed with error {}, for which there was no cause", operation.error);
}

}  // namespace

Verdict judge_errors(const History& history) {
    if (history.operations.empty()) {
        return not_applicable("no operation was begun");
    }
    const Handles handles(history);
    std::uint64_t failures = 0;
    for (const Operation& operation : history.operations) {
        failures += operation.status == ResponseStatus::failed ? 1U : 0U;
        if (const std::string wrong = wrong_answer(history, operation, handles); !wrong.empty()) {
            return failed(
                fmt::format("{}'s {} of {} at {} {}", thread_of(history, operation),
                            to_string(operation.kind), named(history, operation.objects.front()),
                            in_ms(operation.invoked_ns), wrong),
                {&operation});
        }
    }
    return passed(fmt::format("{}, {} of which failed as they may",
                              counted(history.operations.size(), "operation"), failures));
}

}  // namespace castaway::harness
