// No call fails that cannot have failed (WAIT-03, WAIT-08, WAIT-17, WAIT-18, WAIT-22, HND-01,
// HND-02 and the error parts of the others).
//
// A whole-run object is opened before the programs start and stays open in every living process, so
// no call on it can find its handle invalid. What else a call may answer follows from its kind:
//
//   create, open        the subject's tables full; open: 2 where nobody holds the name (`names`
//                       judges it)
//   close, duplicate    6 where the handle may be closed already
//   wait, wait_any      6 likewise
//   wait_all            6 likewise; 87 where it names an object twice, which must fail
//   signal_and_wait     6 likewise; 288 where the first is a mutex, 298 where it is a semaphore; 6
//                       where it is a timer, which must fail
//   release_mutex       6 likewise; 288 (`mutex_release` judges it)
//   release_semaphore   6 likewise; 298, and 87 for a count below 1 (`semaphore` judges both)
//   set, reset, cancel  6 likewise
//   pulse               6 likewise
//   set_timer           6 likewise; 87 for a negative period; no room for a routine
//   queue_call          31, or 87 where it is not found any more, where the thread may have ended,
//                       which must fail where it surely has; no room
//   sleep               nothing
//
// Only waits time out, and only waits and creates say more than yes and no; calls end waits and
// sleeps alone. A failure without a code is wrong for every call.
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
#include "harness/checkers/lives.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::uint32_t kFileNotFound = 2;
constexpr std::uint32_t kInvalidHandle = 6;
constexpr std::uint32_t kGeneralFailure = 31;
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

bool needs_room(const Operation& operation) {
    return gives_handle(operation.kind) || operation.kind == OperationKind::queue_call ||
           (operation.kind == OperationKind::set_timer && operation.with_routine);
}

bool names_an_object_twice(const Operation& operation) {
    std::vector<ObjectIndex> objects = operation.objects;
    std::sort(objects.begin(), objects.end());
    return std::adjacent_find(objects.begin(), objects.end()) != objects.end();
}

/// Which processes may lack a handle that their calls name.
class Handles {
  public:
    explicit Handles(const History& history) : history_(history) {
        for (const Operation& operation : history.operations) {
            if (!operation.is_about_objects()) {
                continue;
            }
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

class Answers {
  public:
    explicit Answers(const History& history)
        : history_(history), lives_(history), handles_(history) {}

    /// What is wrong with the answer; empty when nothing is.
    [[nodiscard]] std::string wrong_with(const Operation& operation) const {
        switch (operation.status) {
            case ResponseStatus::pending:
                return {};
            case ResponseStatus::alerted:
                if (operation.kind == OperationKind::sleep) {
                    return {};
                }
                [[fallthrough]];
            case ResponseStatus::timeout:
            case ResponseStatus::abandoned:
                if (!operation.is_wait()) {
                    return fmt::format("answered \"{}\", as only a wait can",
                                       to_string(operation.status));
                }
                [[fallthrough]];
            case ResponseStatus::ok:
                return must_have_failed(operation);
            case ResponseStatus::failed:
                break;
        }
        if (operation.error == 0) {
            return "failed and gave no reason";
        }
        return may_fail(operation)
                   ? std::string()
                   : fmt::format("failed with error {}, for which there was no cause",
                                 operation.error);
    }

  private:
    /// Why the call cannot have done what it answered; empty when it can.
    [[nodiscard]] std::string must_have_failed(const Operation& operation) const {
        switch (operation.kind) {
            case OperationKind::wait_all:
                return names_an_object_twice(operation)
                           ? "did not fail, and names an object twice, for which it fails with 87"
                           : std::string();
            case OperationKind::signal_and_wait:
                return first_of(operation).type == ObjectType::timer
                           ? "did not fail, and its first object is a timer, for which it fails "
                             "with 6"
                           : std::string();
            case OperationKind::queue_call:
                return surely_ended(*operation.target, operation.invoked_ns)
                           ? "did not fail, and the thread had ended, for which it fails with 31"
                           : std::string();
            default:
                return {};
        }
    }

    [[nodiscard]] bool may_fail(const Operation& operation) const {
        const std::uint32_t error = operation.error;
        if (needs_room(operation) &&
            std::find(kNoRoom.begin(), kNoRoom.end(), error) != kNoRoom.end()) {
            return true;
        }
        switch (operation.kind) {
            case OperationKind::create:
                return false;
            case OperationKind::open:
                return error == kFileNotFound && !first_of(operation).whole_run;
            case OperationKind::queue_call:
                return (error == kGeneralFailure || error == kInvalidParameter) &&
                       lives_.thread_lived_at(operation.target->process, operation.target->thread) <
                           operation.returned_ns;
            case OperationKind::sleep:
                return false;
            default:
                return may_refuse(operation) ||
                       (error == kInvalidHandle && handles_.may_lack(operation));
        }
    }

    /// The handles are good, and the call can do nothing with the objects.
    [[nodiscard]] bool may_refuse(const Operation& operation) const {
        const std::uint32_t error = operation.error;
        switch (operation.kind) {
            case OperationKind::release_mutex:
                return error == kNotOwner;
            case OperationKind::release_semaphore:
                return error == kTooManyPosts ||
                       (error == kInvalidParameter && operation.count < 1);
            case OperationKind::set_timer:
                return error == kInvalidParameter && operation.period_ms < 0;
            case OperationKind::wait_all:
                return error == kInvalidParameter && names_an_object_twice(operation);
            case OperationKind::signal_and_wait:
                switch (first_of(operation).type) {
                    case ObjectType::event:
                        return false;
                    case ObjectType::mutex:
                        return error == kNotOwner;
                    case ObjectType::semaphore:
                        return error == kTooManyPosts;
                    case ObjectType::timer:
                        return error == kInvalidHandle;
                }
                return false;
            default:
                return false;
        }
    }

    [[nodiscard]] const HistoryObject& first_of(const Operation& operation) const {
        return history_.objects.at(operation.objects.front());
    }

    /// The thread had ended, and the subject has had time to notice.
    [[nodiscard]] bool surely_ended(ThreadPlace thread, std::int64_t at_ns) const {
        const HistoryProcess& process = history_.processes.at(thread.process);
        const std::int64_t ended =
            std::min(process.threads.at(thread.thread).ended_ns.value_or(kForever),
                     lives_.dead_by(thread.process));
        return ended < at_ns - kDeathNoticeNs;
    }

    const History& history_;
    Lives lives_;
    Handles handles_;
};

}  // namespace

Verdict judge_errors(const History& history) {
    if (history.operations.empty()) {
        return not_applicable("no operation was begun");
    }
    const Answers answers(history);
    std::uint64_t failures = 0;
    for (const Operation& operation : history.operations) {
        failures += operation.status == ResponseStatus::failed ? 1U : 0U;
        if (const std::string wrong = answers.wrong_with(operation); !wrong.empty()) {
            return failed(
                fmt::format("{}'s {} at {} {}", thread_of(history, operation),
                            call_of(history, operation), in_ms(operation.invoked_ns), wrong),
                {&operation});
        }
    }
    return passed(fmt::format("{}, {} of which failed as they may",
                              counted(history.operations.size(), "operation"), failures));
}

}  // namespace castaway::harness
