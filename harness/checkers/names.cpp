// A name is made by one, joined by the others, and free after its last handle (NAME-03, NAME-05,
// NAME-13 to NAME-15).
//
// Histories do not tell which handle a close closes, so handles are counted by process and object.
// A process surely has one while more of its calls that give handles had returned than closes were
// invoked, and it surely lived; it may have one while more such calls were invoked than closes had
// returned, until its death was surely noticed. From this follows
//
// * made (a create without 183): wrong while somebody surely had a handle all through the call, or
//   when each of two makers surely still had its handle when the other's call returned;
// * joined (a create with 183, an open): wrong when nobody else can have had a handle at any moment
//   of the call, or nobody can have made the object before;
// * not found (an open that failed with 2): wrong when somebody surely had a handle all through it.
//
// Each is wrong for every choice of moments. An object that lives as long as the run may come to
// its processes by other ways than its name, so there only makers are compared, and only when some
// process joined it by name.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/lives.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::uint32_t kFileNotFound = 2;
constexpr std::uint32_t kAlreadyExists = 183;

bool succeeded(const Operation& operation) {
    return operation.status == ResponseStatus::ok;
}
bool may_give_handle(const Operation& operation) {
    const bool gives = operation.kind == OperationKind::create ||
                       operation.kind == OperationKind::open ||
                       operation.kind == OperationKind::duplicate;
    return gives && (succeeded(operation) || operation.pending());
}
bool made(const Operation& operation) {
    return operation.kind == OperationKind::create && succeeded(operation) &&
           operation.error != kAlreadyExists;
}
bool joined(const Operation& operation) {
    return succeeded(operation) &&
           ((operation.kind == OperationKind::create && operation.error == kAlreadyExists) ||
            operation.kind == OperationKind::open);
}

/// A time in which a handle surely was there: all moments between the two.
struct SureSpan {
    std::int64_t after = 0;
    std::int64_t before = 0;
};

struct ProcessHandles {
    std::vector<const Operation*> given;   ///< calls that may have given one, by invocation
    std::vector<const Operation*> closed;  ///< calls that may have closed one, by invocation
    /// When the latest of `closed` up to each was over.
    std::vector<std::int64_t> closed_by;
    std::vector<std::int64_t> close_returns;  ///< of those that surely closed one, in order
};

/// The handles to one object, by process.
class HandleCounts {
  public:
    HandleCounts(const Lives& lives, const std::vector<const Operation*>& of_object)
        : lives_(lives) {
        for (const Operation* operation : of_object) {
            ProcessHandles& handles = processes_[operation->process];
            if (may_give_handle(*operation)) {
                handles.given.push_back(operation);
            } else if (operation->kind == OperationKind::close &&
                       operation->status != ResponseStatus::failed) {
                const std::int64_t over = operation->pending() ? kForever : operation->returned_ns;
                handles.closed_by.push_back(
                    handles.closed_by.empty() ? over : std::max(handles.closed_by.back(), over));
                handles.closed.push_back(operation);
                if (!operation->pending()) {
                    handles.close_returns.push_back(operation->returned_ns);
                }
            }
        }
        for (auto& [process, handles] : processes_) {
            std::sort(handles.close_returns.begin(), handles.close_returns.end());
            add_sure_spans(process, handles);
        }
        merge_sure_spans();
    }

    /// Somebody surely had a handle at every moment of the call.
    [[nodiscard]] bool surely_throughout(const Operation& call) const {
        const auto found = std::lower_bound(
            sure_.begin(), sure_.end(), call.invoked_ns,
            [](const SureSpan& span, std::int64_t time) { return span.after < time; });
        return found != sure_.begin() && std::prev(found)->before > call.returned_ns;
    }

    /// Somebody may have had a handle, other than the one that the call gave, during the call.
    [[nodiscard]] bool possibly_during(const Operation& call) const {
        return std::any_of(processes_.begin(), processes_.end(), [&](const auto& entry) {
            const auto& [process, handles] = entry;
            const std::int64_t dead = lives_.dead_by(process);
            if (dead != kForever && dead + kDeathNoticeNs < call.invoked_ns) {
                return false;
            }
            const auto given =
                std::upper_bound(handles.given.begin(), handles.given.end(), call.returned_ns,
                                 [](std::int64_t time, const Operation* each) {
                                     return time < each->invoked_ns;
                                 }) -
                handles.given.begin();
            const auto closed = std::lower_bound(handles.close_returns.begin(),
                                                 handles.close_returns.end(), call.invoked_ns) -
                                handles.close_returns.begin();
            return given - closed > (process == call.process ? 1 : 0);
        });
    }

    /// From the call's return to the moment at which its handle may have been closed. Another
    /// thread can have used the handle before the call's return was noted.
    [[nodiscard]] SureSpan own_span(const Operation& call) const {
        const ProcessHandles& handles = processes_.at(call.process);
        const auto first =
            std::lower_bound(handles.closed_by.begin(), handles.closed_by.end(), call.invoked_ns);
        std::int64_t until = lives_.process_lived_at(call.process);
        if (first != handles.closed_by.end()) {
            const auto index = static_cast<std::size_t>(first - handles.closed_by.begin());
            until = std::min(until, handles.closed[index]->invoked_ns);
        }
        return {call.returned_ns, until};
    }

  private:
    void add_sure_spans(std::uint32_t process, const ProcessHandles& handles) {
        std::vector<std::int64_t> gained;
        for (const Operation* call : handles.given) {
            if (!call->pending()) {
                gained.push_back(call->returned_ns);
            }
        }
        std::sort(gained.begin(), gained.end());
        const std::int64_t lived_at = lives_.process_lived_at(process);
        std::size_t closes = 0;
        std::int64_t count = 0;
        std::int64_t since = 0;
        const auto close_up_to = [&](std::int64_t time) {
            for (; closes < handles.closed.size() && handles.closed[closes]->invoked_ns <= time;
                 ++closes) {
                if (--count == 0) {
                    sure_.push_back({since, handles.closed[closes]->invoked_ns});
                }
            }
        };
        for (const std::int64_t time : gained) {
            close_up_to(time);
            if (++count == 1) {
                since = time;
            }
        }
        close_up_to(kForever);
        if (count > 0) {
            sure_.push_back({since, lived_at});
        }
    }

    void merge_sure_spans() {
        std::sort(sure_.begin(), sure_.end(),
                  [](const SureSpan& a, const SureSpan& b) { return a.after < b.after; });
        std::vector<SureSpan> merged;
        for (const SureSpan& span : sure_) {
            if (span.after >= span.before) {
                continue;
            }
            if (!merged.empty() && span.after < merged.back().before) {
                merged.back().before = std::max(merged.back().before, span.before);
            } else {
                merged.push_back(span);
            }
        }
        sure_ = std::move(merged);
    }

    const Lives& lives_;
    std::map<std::uint32_t, ProcessHandles> processes_;
    std::vector<SureSpan> sure_;  ///< in order, apart from each other
};

class NameJudge {
  public:
    NameJudge(const History& history, const Lives& lives, ObjectIndex object,
              const std::vector<const Operation*>& of_object)
        : history_(history), object_(object), of_object_(of_object), handles_(lives, of_object) {}

    [[nodiscard]] std::optional<Verdict> judge_makers() const {
        std::vector<std::pair<SureSpan, const Operation*>> makers;
        for (const Operation* operation : of_object_) {
            if (made(*operation)) {
                makers.emplace_back(handles_.own_span(*operation), operation);
            }
        }
        std::sort(makers.begin(), makers.end(), [](const auto& a, const auto& b) {
            return std::pair(a.first.after, a.first.before) <
                   std::pair(b.first.after, b.first.before);
        });
        const std::pair<SureSpan, const Operation*>* last = nullptr;
        for (const auto& maker : makers) {
            if (maker.first.after > maker.first.before) {
                continue;
            }
            if (last != nullptr && last->first.before > maker.first.after &&
                maker.first.before > last->first.after) {
                return failed(
                    fmt::format("{} and {} both made {}, by {} and by {}, and the first "
                                "still had its handle when the second made it",
                                thread_of(history_, *last->second),
                                thread_of(history_, *maker.second), named(history_, object_),
                                in_ms(last->second->returned_ns), in_ms(maker.second->returned_ns)),
                    {last->second, maker.second});
            }
            if (last == nullptr || maker.first.before >= last->first.before) {
                last = &maker;
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Verdict> judge_calls() const {
        const Operation* first_maker = nullptr;
        for (const Operation* operation : of_object_) {
            if (made(*operation) ||
                (operation->kind == OperationKind::create && operation->pending())) {
                first_maker = operation;
                break;
            }
        }
        for (const Operation* operation : of_object_) {
            const std::string wrong = wrong_with(*operation, first_maker);
            if (!wrong.empty()) {
                return failed(
                    fmt::format("{}'s {} of {} from {} to {} {}", thread_of(history_, *operation),
                                to_string(operation->kind), named(history_, object_),
                                in_ms(operation->invoked_ns), in_ms(operation->returned_ns), wrong),
                    {last_before(*operation), operation});
            }
        }
        return std::nullopt;
    }

  private:
    [[nodiscard]] std::string wrong_with(const Operation& call,
                                         const Operation* first_maker) const {
        if (made(call) && handles_.surely_throughout(call)) {
            return "made it anew, and somebody had a handle to it all the while";
        }
        if (joined(call)) {
            if (first_maker == nullptr || first_maker->invoked_ns > call.returned_ns) {
                return "found it, and nobody had made it";
            }
            if (!handles_.possibly_during(call)) {
                return "found it, and nobody had a handle to it any more";
            }
        }
        const bool not_found = call.kind == OperationKind::open &&
                               call.status == ResponseStatus::failed && call.error == kFileNotFound;
        if (not_found && handles_.surely_throughout(call)) {
            return "did not find it, and somebody had a handle to it all the while";
        }
        return {};
    }

    /// The last call that gave or closed a handle and returned before this one began.
    [[nodiscard]] const Operation* last_before(const Operation& call) const {
        const Operation* last = nullptr;
        for (const Operation* operation : of_object_) {
            const bool matters =
                may_give_handle(*operation) || operation->kind == OperationKind::close;
            if (matters && !operation->pending() && operation->returned_ns < call.invoked_ns &&
                (last == nullptr || last->returned_ns < operation->returned_ns)) {
                last = operation;
            }
        }
        return last;
    }

    const History& history_;
    ObjectIndex object_;
    const std::vector<const Operation*>& of_object_;
    HandleCounts handles_;
};

}  // namespace

Verdict judge_names(const History& history) {
    const Lives lives(history);
    const auto by_object = operations_by_object(history);
    std::uint64_t calls = 0;
    for (ObjectIndex object = 0; object < history.objects.size(); ++object) {
        const std::vector<const Operation*>& of_object = by_object[object];
        const bool whole_run = history.objects[object].whole_run;
        const bool joined_by_name =
            std::any_of(of_object.begin(), of_object.end(),
                        [](const Operation* each) { return joined(*each); });
        if (whole_run && !joined_by_name) {
            continue;
        }
        const NameJudge names(history, lives, object, of_object);
        if (auto wrong = names.judge_makers()) {
            return *std::move(wrong);
        }
        if (!whole_run) {
            if (auto wrong = names.judge_calls()) {
                return *std::move(wrong);
            }
        }
        calls += static_cast<std::uint64_t>(
            std::count_if(of_object.begin(), of_object.end(), [](const Operation* each) {
                return each->kind == OperationKind::create || each->kind == OperationKind::open;
            }));
    }
    if (calls == 0) {
        return not_applicable("no object was opened by its name by more than one");
    }
    return passed(fmt::format("{} by name, each as the handles of the others have it",
                              counted(calls, "call")));
}

}  // namespace castaway::harness
