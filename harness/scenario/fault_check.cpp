#include "harness/scenario/fault_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/scenario/bounds.h"
#include "harness/scenario/fault_words.h"
#include "harness/scenario/nearest.h"

namespace castaway::harness {
namespace {

class FaultCheck {
  public:
    FaultCheck(const Scenario& scenario, const NameTable& names, const Vocabulary& vocabulary,
               Problems& problems)
        : scenario_(scenario), names_(names), vocabulary_(vocabulary), problems_(problems) {}

    void check(const FaultSpec& fault, const std::string& pointer) {
        const std::string target = member_pointer(pointer, fault_word(fault.kind));
        const auto process = names_.require_process(fault.process, target, problems_);
        if (process) {
            check_thread(fault, scenario_.processes[process->group], pointer);
            check_operation(fault, scenario_.processes[process->group], pointer);
        }
        check_trigger(fault.trigger, pointer);
        check_trigger(fault.resume, pointer + "/resume");
    }

  private:
    void check_thread(const FaultSpec& fault, const ProcessSpec& process,
                      const std::string& pointer) {
        if (fault.thread.empty()) {
            return;
        }
        require_thread(process, fault.thread, pointer + "/thread", problems_);
        const bool from_outside =
            std::holds_alternative<Trigger::WhenBlocked>(fault.trigger.when) ||
            std::holds_alternative<Trigger::WhenReached>(fault.trigger.when) ||
            std::holds_alternative<Trigger::WhenDead>(fault.trigger.when);
        if (from_outside) {
            problems_.add(pointer + "/thread", "this fault strikes the whole process from outside",
                          "leave \"thread\" out");
        }
    }

    /// A thread that is through before the fault's operation comes would never trip it.
    void check_operation(const FaultSpec& fault, const ProcessSpec& process,
                         const std::string& pointer) {
        const auto* at = std::get_if<Trigger::AtOperation>(&fault.trigger.when);
        const auto thread = std::find_if(
            process.threads.begin(), process.threads.end(), [&fault](const ThreadSpec& each) {
                return fault.thread.empty() || each.name == fault.thread;
            });
        if (at != nullptr && thread != process.threads.end()) {
            require_at_most(at->operation.high, least_calls(*thread),
                            "operations that the thread surely begins", pointer + "/at/operation",
                            problems_);
        }
    }

    /// \param pointer  of the fault, or of its "resume"
    void check_trigger(const Trigger& trigger, const std::string& pointer) {
        const bool resume = pointer.ends_with("/resume");
        const std::string when = resume ? pointer : pointer + "/when";
        if (const auto* place = std::get_if<Trigger::AtCrashPoint>(&trigger.when)) {
            check_crash_point(place->name, pointer + "/at/crash_point");
        } else if (const auto* blocked = std::get_if<Trigger::WhenBlocked>(&trigger.when)) {
            const auto process =
                names_.require_process(blocked->process, when + "/blocked", problems_);
            if (process) {
                require_at_most(blocked->count.high, least_threads(scenario_, *process),
                                "threads that can be blocked", when + "/blocked", problems_);
            }
        } else if (const auto* reached = std::get_if<Trigger::WhenReached>(&trigger.when)) {
            names_.require_reaches(reached->point, reached->count.high, when + "/reached",
                                   problems_);
        } else if (const auto* dead = std::get_if<Trigger::WhenDead>(&trigger.when)) {
            const auto process = names_.require_process(dead->process, when + "/dead", problems_);
            if (process) {
                require_at_most(dead->count.high, least_deaths(scenario_, *process),
                                "processes that a fault surely ends", when + "/dead", problems_);
            }
        }
    }

    void check_crash_point(const std::string& name, const std::string& pointer) {
        const auto& known = vocabulary_.crash_points;
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            problems_.add(pointer, fmt::format("unknown crash point \"{}\"", name),
                          mend_word(name, known));
        }
    }

    const Scenario& scenario_;
    const NameTable& names_;
    const Vocabulary& vocabulary_;
    Problems& problems_;
};

}  // namespace

void check_faults(const Scenario& scenario, const NameTable& names, const Vocabulary& vocabulary,
                  Problems& problems) {
    FaultCheck check(scenario, names, vocabulary, problems);
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
        check.check(scenario.faults[i], item_pointer("/faults", i));
    }
}

}  // namespace castaway::harness
