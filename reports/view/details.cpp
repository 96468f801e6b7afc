#include "reports/view/details.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "reports/view/plain_text.h"
#include "reports/view/suite_view.h"
#include "reports/view/words.h"

namespace castaway::harness {
namespace {

/// So many stuck threads are told, and their stacks so deep; result.json has all.
constexpr std::size_t kStuckMax = 4;
constexpr std::size_t kFramesMax = 12;

class Lines {
  public:
    void add(int indent, std::string text) { lines_.push_back({indent, std::move(text)}); }
    std::vector<DetailLine> take() { return std::move(lines_); }

  private:
    std::vector<DetailLine> lines_;
};

void add_verdicts(const RunResult& run, const ThreadIndex& index, Lines& lines) {
    for (const Verdict& verdict : run.verdicts) {
        if (verdict.kind != VerdictKind::fail && verdict.kind != VerdictKind::inconclusive) {
            continue;
        }
        lines.add(0,
                  fmt::format("{}{}: {}", plain_line(verdict.check),
                              verdict.kind == VerdictKind::inconclusive ? " could not decide" : "",
                              plain_line(verdict.message)));
        for (const WitnessLine& line : witness_lines(run.history, index, verdict)) {
            lines.add(1, line.moments.empty() ? line.words
                                              : fmt::format("{} ({})", line.words, line.moments));
        }
    }
}

/// The function's qualified name: without parameters and template arguments, which fill lines and
/// tell a reader nothing. result.json has all.
std::string frame_name(std::string_view frame) {
    constexpr std::string_view kUnnamed = "(anonymous namespace)::";
    std::string name;
    int depth = 0;
    const std::string line = plain_line(frame);
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line.compare(i, kUnnamed.size(), kUnnamed) == 0) {
            i += kUnnamed.size() - 1;
            continue;
        }
        const bool opens = line[i] == '<' || line[i] == '(';
        const bool closes = line[i] == '>' || line[i] == ')';
        depth += opens ? 1 : 0;
        if (depth == 0) {
            name += line[i];
        }
        depth -= closes && depth > 0 ? 1 : 0;
    }
    return name;
}

void add_stuck(const RunResult& run, const ThreadIndex& index, Lines& lines) {
    const std::vector<StuckThread>& all = run.history.stuck;
    for (std::size_t thread = 0; thread < std::min(all.size(), kStuckMax); ++thread) {
        const StuckThread& stuck = all[thread];
        lines.add(0, "stuck: " + stuck_line(run.history, index, stuck));
        for (std::size_t i = 0; i < stuck.stack.size() && i < kFramesMax; ++i) {
            lines.add(1, "at " + frame_name(stuck.stack[i]));
        }
    }
    if (all.size() > kStuckMax) {
        lines.add(0, fmt::format("stuck: {} more", all.size() - kStuckMax));
    }
}

void add_unmet(const RunResult& run, Lines& lines) {
    for (const HistoryProcess& process : run.history.processes) {
        if (process.end == ProcessEnd::crashed) {
            lines.add(0, fmt::format("{} {}", plain_line(process.name), end_words(process)));
        }
    }
    for (const ArmedFault& fault : run.faults) {
        if (!fault.fired) {
            lines.add(0, "never fired: " + plain_line(fault.what));
        }
    }
    for (const Seen& seen : run.seen) {
        if (!seen.met()) {
            lines.add(0, fmt::format("{}: seen {}, wanted {}", plain_line(seen.what), seen.count,
                                     demand_words(seen)));
        }
    }
}

void add_fact(std::string_view name, std::string_view value, Lines& lines) {
    if (!value.empty()) {
        lines.add(0, fmt::format("{}: {}", name, plain_line(value)));
    }
}

}  // namespace

std::vector<DetailLine> problem_lines(const RunResult& run) {
    Lines lines;
    const ThreadIndex index(run.history);
    add_verdicts(run, index, lines);
    add_stuck(run, index, lines);
    // A note names these already, or says that the run was not made.
    if (run.note.empty()) {
        add_unmet(run, lines);
    }
    return lines.take();
}

std::vector<DetailLine> fact_lines(const RunResult& run) {
    Lines lines;
    add_fact("description", run.description, lines);
    add_fact("file", run.file, lines);
    add_fact("rules", fmt::format("{}", fmt::join(run.rules, " ")), lines);
    add_fact("subject", run.subject, lines);
    add_fact("engine", run.engine, lines);
    add_fact("seed", std::to_string(run.seed), lines);
    add_fact("token", run.token, lines);
    add_fact("replay", run.replay_command, lines);
    for (const ArmedFault& fault : run.faults) {
        add_fact(fault.fired ? "fault fired" : "fault never fired", fault.what, lines);
    }
    add_fact("seen", seen_line(run), lines);
    return lines.take();
}

std::string joined_lines(const std::vector<DetailLine>& lines) {
    std::string text;
    for (const DetailLine& line : lines) {
        text.append(static_cast<std::size_t>(line.indent) * 2, ' ');
        text += line.text;
        text += '\n';
    }
    return text;
}

}  // namespace castaway::harness
