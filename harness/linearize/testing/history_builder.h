// Short ways to write histories of several processes by hand, and to have them judged.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/linearize/judge_history.h"
#include "harness/linearize/linearizable_check.h"

namespace castaway::harness {

/// Processes of one thread each, objects, and operations in order of time.
class HistoryBuilder {
  public:
    explicit HistoryBuilder(std::size_t processes) {
        for (std::size_t i = 0; i < processes; ++i) {
            HistoryProcess process;
            process.name = std::string("p/") + std::to_string(i);
            process.threads.push_back({process.name + ".main", std::nullopt});
            history_.processes.push_back(process);
        }
        next_.resize(processes, 0);
    }

    ObjectIndex object(const HistoryObject& object) {
        history_.objects.push_back(object);
        return static_cast<ObjectIndex>(history_.objects.size() - 1);
    }

    Operation& call(std::uint32_t process, OperationKind kind, std::vector<ObjectIndex> objects,
                    std::int64_t from, std::int64_t to,
                    ResponseStatus status = ResponseStatus::ok) {
        Operation operation;
        operation.process = process;
        operation.sequence = next_.at(process)++;
        operation.kind = kind;
        operation.objects = std::move(objects);
        operation.invoked_ns = from;
        operation.returned_ns = to;
        operation.status = status;
        history_.operations.push_back(operation);
        return history_.operations.back();
    }

    /// A second thread of the process.
    void add_thread(std::uint32_t process) {
        HistoryProcess& told = history_.processes.at(process);
        told.threads.push_back({told.name + ".second", std::nullopt});
    }

    /// A call of the second thread that has no answer.
    void second_thread_calls(std::uint32_t process, OperationKind kind, ObjectIndex object,
                             std::int64_t from) {
        call(process, kind, {object}, from, 0, ResponseStatus::pending);
        history_.operations.back().thread = 1;
    }

    void thread_ends(std::uint32_t process, std::uint32_t thread, std::int64_t at) {
        history_.processes.at(process).threads.at(thread).ended_ns = at;
    }

    void dies(std::uint32_t process, std::int64_t known_ns) {
        history_.processes.at(process).end = ProcessEnd::killed;
        history_.processes.at(process).known_dead_ns = known_ns;
    }

    Finding finding() {
        EXPECT_EQ(normalise(history_), "");
        judgement_ = judge_history(history_);
        return overall(judgement_);
    }
    [[nodiscard]] const HistoryJudgement& judgement() const { return judgement_; }
    [[nodiscard]] Verdict verdict() const { return judge_linearizable(history_); }

  private:
    History history_;
    std::vector<std::uint32_t> next_;
    HistoryJudgement judgement_;
};

inline HistoryObject of_type(std::string name, ObjectType type) {
    HistoryObject object;
    object.name = std::move(name);
    object.type = type;
    object.maximum_count = 10;
    return object;
}

}  // namespace castaway::harness
