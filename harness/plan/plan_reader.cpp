#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/plan/plan_json.h"
#include "harness/plan/plan_steps.h"
#include "harness/plan/step_words.h"
#include "harness/scenario/fault_words.h"
#include "harness/scenario/json_reader.h"
#include "harness/scenario/json_text.h"

namespace castaway::harness {
namespace {

constexpr Bounds kU32{0, std::numeric_limits<std::uint32_t>::max()};
constexpr Bounds kI32{std::numeric_limits<std::int32_t>::min(),
                      std::numeric_limits<std::int32_t>::max()};
constexpr Bounds kI64{std::numeric_limits<std::int64_t>::min(),
                      std::numeric_limits<std::int64_t>::max()};

std::uint32_t read_u32(const JsonNode& node, Bounds bounds = kU32) {
    return static_cast<std::uint32_t>(node.integer(bounds));
}

std::int32_t read_i32(const JsonNode& node) {
    return static_cast<std::int32_t>(node.integer(kI32));
}

/// Reads a plan and checks that every index in it is one, so that whoever uses it need not.
class PlanReader {
  public:
    explicit PlanReader(const JsonNode& document) : object_(document) {}

    SavedPlan read() {
        SavedPlan saved;
        if (!read_format()) {
            return saved;
        }
        text("subject", saved.subject);
        Plan& plan = saved.plan;
        text("scenario", plan.scenario);
        text("description", plan.description);
        text("file", plan.file);
        texts("rules", plan.rules);
        read_seed(plan);
        read_objects(plan);
        read_handles(plan);
        texts("points", plan.points);
        read_processes(plan);
        check_targets(plan);
        read_faults(plan);
        texts("checks", plan.checks);
        read_seen(plan);
        if (const auto limit = object_.require("run_limit_ms")) {
            plan.run_limit_ms = read_u32(*limit);
        }
        if (const auto quiet = object_.require("quiet_ms")) {
            plan.quiet_ms = read_u32(*quiet);
        }
        read_schedule(saved);
        object_.finish();
        return saved;
    }

  private:
    bool read_format() {
        if (!object_.is_object()) {
            return false;
        }
        const auto format = object_.find("format");
        if (!format || format->value() != kPlanFormat) {
            object_.node().problem("this is no plan", "name a file that a run has saved");
            return false;
        }
        const auto version = object_.require("version");
        if (!version || version->value() != kPlanVersion) {
            if (version) {
                version->problem("this version of the format is not known",
                                 "use the castaway that saved the plan, or make it again");
            }
            return false;
        }
        return true;
    }

    void text(std::string_view key, std::string& value) {
        if (const auto node = object_.require(key)) {
            value = node->text();
        }
    }

    void texts(std::string_view key, std::vector<std::string>& values) {
        if (const auto node = object_.require(key)) {
            for (const JsonNode& item : node->items(0, SIZE_MAX)) {
                values.push_back(item.text());
            }
        }
    }

    void read_schedule(SavedPlan& saved) {
        const auto node = object_.find("schedule");
        if (!node) {
            return;
        }
        JsonObject object(*node);
        if (!object.is_object()) {
            return;
        }
        SavedSchedule schedule;
        const auto read = [&](std::string_view key, std::string& value) {
            if (const auto field = object.require(key)) {
                value = field->text();
            }
        };
        read("granularity", schedule.granularity);
        // Files from before there was a choice do not have it.
        schedule.memory = "sc";
        if (const auto memory = object.find("memory")) {
            schedule.memory = memory->text();
        }
        read("trace_hash", schedule.trace_hash);
        read("problem", schedule.problem);
        read("choices", schedule.choices);
        object.finish();
        saved.schedule = std::move(schedule);
    }

    void read_seed(Plan& plan) {
        const auto seed = object_.require("seed");
        if (seed && seed->value().is_number_unsigned()) {
            plan.seed = seed->value().get<std::uint64_t>();
        } else if (seed) {
            seed->problem("this is no seed", "write a number from 0 to 2^64 - 1");
        }
    }

    /// Calls read(object) for each item of the array under the key, each an object.
    template <typename Read>
    static void read_each(JsonObject& parent, std::string_view key, std::size_t most, Read read) {
        if (const auto array = parent.require(key)) {
            for (const JsonNode& item : array->items(0, most)) {
                JsonObject object(item);
                if (object.is_object()) {
                    read(object);
                    object.finish();
                }
            }
        }
    }

    void read_objects(Plan& plan) {
        constexpr std::array<std::string_view, 4> kTypes{"event", "mutex", "semaphore", "timer"};
        read_each(object_, "objects", SIZE_MAX, [&](JsonObject& object) {
            ObjectSpec& spec = plan.objects.emplace_back();
            if (const auto name = object.require("name")) {
                spec.name = name->text();
            }
            if (const auto type = object.require("type")) {
                spec.type = object_type_from(kTypes.at(type->word(kTypes))).value();
            }
            if (const auto sharing = object.require("sharing")) {
                spec.sharing = static_cast<Sharing>(sharing->word(kSharingWords));
            }
            if (const auto manual = object.require("manual_reset")) {
                spec.manual_reset = manual->boolean();
            }
            if (const auto signaled = object.require("initially_signaled")) {
                spec.initially_signaled = signaled->boolean();
            }
            if (const auto initial = object.require("initial_count")) {
                spec.initial_count = read_i32(*initial);
            }
            if (const auto maximum = object.require("maximum_count")) {
                spec.maximum_count = read_i32(*maximum);
            }
            if (const auto whole_run = object.require("whole_run")) {
                spec.whole_run = whole_run->boolean();
            }
        });
    }

    void read_handles(Plan& plan) {
        read_each(object_, "handles", SIZE_MAX, [&](JsonObject& object) {
            PlanHandle& handle = plan.handles.emplace_back();
            if (const auto name = object.require("name")) {
                handle.name = name->text();
            }
            if (const auto index = object.require("object")) {
                handle.object = read_index(*index, plan.objects.size(), "object");
            }
        });
        bool in_order = plan.handles.size() >= plan.objects.size();
        for (std::uint32_t i = 0; in_order && i < plan.objects.size(); ++i) {
            in_order = plan.handles[i].object == i;
        }
        if (!in_order) {
            object_.node().problem("the first handles are not those of the objects, in their order",
                                   "restore the file as the run saved it");
        }
    }

    static std::uint32_t read_index(const JsonNode& node, std::size_t size, std::string_view what) {
        if (size == 0) {
            node.problem("the plan has no " + std::string(what), "restore the file as it was");
            return 0;
        }
        return read_u32(node, {0, static_cast<std::int64_t>(size) - 1});
    }

    static void read_indices(const JsonNode& node, std::size_t size, std::string_view what,
                             std::vector<std::uint32_t>& indices) {
        for (const JsonNode& item : node.items(0, SIZE_MAX)) {
            indices.push_back(read_index(item, size, what));
        }
    }

    void read_processes(Plan& plan) {
        if (const auto processes = object_.find("processes");
            processes && processes->value().is_array()) {
            process_count_ = processes->value().size();
        }
        read_each(object_, "processes", SIZE_MAX, [&](JsonObject& object) {
            PlanProcess& process = plan.processes.emplace_back();
            if (const auto name = object.require("name")) {
                process.name = name->text();
            }
            if (const auto opens = object.require("opens")) {
                read_indices(*opens, plan.objects.size(), "object", process.opens);
            }
            if (const auto leaks = object.require("leaks")) {
                process.leaks = leaks->boolean();
            }
            read_each(object, "threads", SIZE_MAX, [&](JsonObject& thread) {
                PlanThread& read = process.threads.emplace_back();
                if (const auto name = thread.require("name")) {
                    read.name = name->text();
                }
                read_each(thread, "steps", kStepsPerThreadMax,
                          [&](JsonObject& step) { read.steps.push_back(read_step(step, plan)); });
            });
            if (process.threads.empty()) {
                object.node().problem("this process has no thread", "restore the file as it was");
            }
        });
    }

    /// Whether the process has that thread shows when all were read: see check_targets().
    void read_target(const JsonNode& node, PlanStep& step) const {
        std::vector<std::uint32_t> place;
        for (const JsonNode& number : node.items(2, 2)) {
            place.push_back(place.empty() ? read_index(number, process_count_, "process")
                                          : read_u32(number));
        }
        if (place.size() == 2) {
            step.target = ThreadPlace{place[0], place[1]};
        }
    }

    void check_targets(const Plan& plan) {
        bool there = true;
        for_each_step(plan, [&](const PlanStep& step) {
            there = there &&
                    (!step.target ||
                     (step.target->process < plan.processes.size() &&
                      step.target->thread < plan.processes[step.target->process].threads.size()));
        });
        if (!there) {
            object_.node().problem("a call is for a thread that there is not",
                                   "restore the file as it was");
        }
    }

    PlanStep read_step(JsonObject& object, const Plan& plan) const {
        PlanStep step;
        if (const auto word = object.require("do")) {
            const std::size_t found = word->word(step_words_);
            if (found < kOperationKindCount) {
                step.operation = static_cast<OperationKind>(found);
            } else {
                step.kind = kOwnStepWords.at(found - kOperationKindCount).kind;
            }
        }
        if (const auto handles = object.find("handles")) {
            read_indices(*handles, plan.handles.size(), "handle", step.handles);
        }
        if (step.kind == StepKind::call && !fits(step.operation, step.handles.size())) {
            object.node().problem("this step has not the handles that it needs",
                                  "restore the file as it was");
        }
        if (const auto made = object.find("new_handle")) {
            step.new_handle = read_index(*made, plan.handles.size(), "handle");
        }
        if (const auto timeout = object.find("timeout_ms")) {
            step.timeout_ms = read_u32(*timeout);
        }
        if (const auto alertable = object.find("alertable")) {
            step.alertable = alertable->boolean();
        }
        if (const auto routine = object.find("with_routine")) {
            step.with_routine = routine->boolean();
        }
        if (const auto target = object.find("target")) {
            read_target(*target, step);
        } else if (step.kind == StepKind::call && step.operation == OperationKind::queue_call) {
            object.node().problem("this call is for nobody", "restore the file as it was");
        }
        if (const auto count = object.find("count")) {
            step.count = read_i32(*count);
        }
        if (const auto due = object.find("due_us")) {
            step.due_us = due->integer(kI64);
        }
        if (const auto period = object.find("period_ms")) {
            step.period_ms = read_i32(*period);
        }
        if (const auto duration = object.find("duration_us")) {
            step.duration_us = duration->integer(kI64);
        }
        const bool has_point = step.kind == StepKind::reach || step.kind == StepKind::await_point;
        if (const auto point = object.find("point")) {
            step.point = read_index(*point, plan.points.size(), "point");
        } else if (has_point && plan.points.empty()) {
            object.node().problem("the plan has no point", "restore the file as it was");
        }
        if (const auto processes = object.find("processes")) {
            read_indices(*processes, process_count_, "process", step.processes);
        }
        if (const auto skip = object.find("skip_unless_satisfied")) {
            step.skip_unless_satisfied =
                read_u32(*skip, {0, static_cast<std::int64_t>(kStepsPerThreadMax)});
        }
        return step;
    }

    PlanTrigger read_trigger(JsonObject& fault, std::string_view key, const Plan& plan) const {
        constexpr std::array<std::string_view, 5> kWords{"operation", "crash_point", "blocked",
                                                         "reached", "dead"};
        const auto node = fault.require(key);
        if (!node || node->value().is_null()) {
            return {};
        }
        JsonObject object(*node);
        PlanTrigger trigger;
        const auto at = object.require("at");
        if (!at) {
            return trigger;
        }
        switch (at->word(kWords)) {
            case 0:
                trigger.when = read_at_operation(object);
                break;
            case 1:
                trigger.when = read_at_crash_point(object);
                break;
            case 2:
                trigger.when = read_when_of<PlanTrigger::WhenBlocked>(object);
                break;
            case 3:
                trigger.when = read_when_reached(object, plan);
                break;
            default:
                trigger.when = read_when_of<PlanTrigger::WhenDead>(object);
                break;
        }
        object.finish();
        return trigger;
    }

    static PlanTrigger::AtOperation read_at_operation(JsonObject& object) {
        PlanTrigger::AtOperation when;
        if (const auto operation = object.require("operation")) {
            when.operation = read_u32(*operation);
        }
        if (const auto after = object.require("after")) {
            when.after = after->boolean();
        }
        if (const auto access = object.find("access")) {
            when.access = read_u32(*access);
        }
        return when;
    }

    static PlanTrigger::AtCrashPoint read_at_crash_point(JsonObject& object) {
        PlanTrigger::AtCrashPoint when;
        if (const auto name = object.require("name")) {
            when.name = name->text();
        }
        if (const auto ordinal = object.require("ordinal")) {
            when.ordinal = read_u32(*ordinal);
        }
        return when;
    }

    /// So many of some processes.
    template <typename When>
    [[nodiscard]] When read_when_of(JsonObject& object) const {
        When when;
        if (const auto processes = object.require("processes")) {
            read_indices(*processes, process_count_, "process", when.processes);
        }
        if (const auto count = object.require("count")) {
            when.count = read_u32(*count);
        }
        return when;
    }

    static PlanTrigger::WhenReached read_when_reached(JsonObject& object, const Plan& plan) {
        PlanTrigger::WhenReached when;
        if (const auto point = object.require("point")) {
            when.point = read_index(*point, plan.points.size(), "point");
        }
        if (const auto count = object.require("count")) {
            when.count = read_u32(*count);
        }
        return when;
    }

    void read_faults(Plan& plan) {
        std::array<std::string_view, kFaultWords.size()> words;
        std::transform(kFaultWords.begin(), kFaultWords.end(), words.begin(),
                       [](const FaultWord& each) { return each.word; });
        read_each(object_, "faults", SIZE_MAX, [&](JsonObject& object) {
            PlanFault& fault = plan.faults.emplace_back();
            if (const auto kind = object.require("kind")) {
                fault.kind = kFaultWords.at(kind->word(words)).kind;
            }
            if (const auto process = object.require("process")) {
                fault.process = read_index(*process, plan.processes.size(), "process");
            }
            const auto thread = object.require("thread");
            if (thread && fault.process < plan.processes.size()) {
                fault.thread =
                    read_index(*thread, plan.processes[fault.process].threads.size(), "thread");
            }
            fault.trigger = read_trigger(object, "trigger", plan);
            fault.resume = read_trigger(object, "resume", plan);
            if (const auto what = object.require("what")) {
                fault.what = what->text();
            }
        });
    }

    void read_seen(Plan& plan) {
        read_each(object_, "seen", SIZE_MAX, [&](JsonObject& object) {
            SeenSpec& seen = plan.seen.emplace_back();
            if (const auto what = object.require("what")) {
                seen.what = what->text();
            }
            if (const auto minimum = object.require("minimum")) {
                seen.minimum = minimum->integer(kI64);
            }
            if (const auto maximum = object.require("maximum")) {
                seen.maximum = maximum->integer(kI64);
            }
        });
    }

    JsonObject object_;
    std::vector<std::string_view> step_words_ = planned_step_words();
    std::size_t process_count_ = 0;
};

}  // namespace

SavedPlan read_plan(const std::filesystem::path& file) {
    const Json document = parse_json(read_text(file), file.string());
    Problems problems;
    SavedPlan saved = PlanReader(JsonNode(document, "", problems)).read();
    problems.throw_first(file.string());
    return saved;
}

}  // namespace castaway::harness
