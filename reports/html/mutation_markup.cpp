#include "reports/html/mutation_markup.h"

#include <fmt/format.h>

#include "reports/html/markup.h"
#include "reports/view/words.h"

namespace castaway::harness {
namespace {

std::string heading_cells(const std::vector<std::string>& names) {
    std::string cells;
    for (const std::string& name : names) {
        cells += element("th", "up", name);
    }
    return cells;
}

std::string table(const std::string& head, const std::string& rows) {
    return "<div class=\"wide\"><table class=\"mutants\">\n<thead><tr><th>Mutant</th>" + head +
           "</tr></thead>\n<tbody>\n" + rows + "</tbody>\n</table></div>\n";
}

std::string name_cell(const SubjectReport& mutant) {
    return fmt::format("<td class=\"k\" title=\"{}\"><code>{}</code></td>",
                       escaped(mutant.description), escaped(short_name(mutant)));
}

std::string kill_matrix(const MutationReport& report) {
    const std::vector<std::string> columns = kill_columns();
    std::string rows;
    for (const SubjectReport& mutant : report.mutants) {
        rows += mutant.found == 0 ? "<tr class=\"unmet\">" : "<tr>";
        rows += name_cell(mutant);
        for (const std::string& column : columns) {
            const auto count = mutant.checks.find(column);
            rows += element(
                "td", "n",
                count == mutant.checks.end() ? std::string() : std::to_string(count->second));
        }
        rows += "</tr>\n";
    }
    return table(heading_cells(columns), rows);
}

std::string number_or_dash(const std::optional<std::uint64_t>& number) {
    return number ? std::to_string(*number) : "-";
}

/// Mutants of one set of strategies after the other: some are hunted on real processes alone.
std::string detections(const MutationReport& report) {
    std::vector<std::vector<std::string>> sets;
    std::vector<std::string> rows;
    for (const SubjectReport& mutant : report.mutants) {
        std::vector<std::string> strategies;
        std::string row = "<tr>" + name_cell(mutant);
        for (const Detection& each : mutant.detections) {
            strategies.push_back(each.strategy);
            row +=
                element("td", "n",
                        number_or_dash(each.median) + " / " + number_or_dash(each.percentile_95));
        }
        std::size_t set = 0;
        while (set < sets.size() && sets[set] != strategies) {
            ++set;
        }
        if (set == sets.size()) {
            sets.push_back(strategies);
            rows.emplace_back();
        }
        rows[set] += row + "</tr>\n";
    }
    std::string tables;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        std::string head;
        for (const std::string& strategy : sets[i]) {
            head += element("th", "n", strategy);
        }
        tables += table(head, rows[i]);
    }
    return tables;
}

std::string survivors(const MutationReport& report) {
    std::string items;
    for (const SubjectReport& mutant : report.mutants) {
        if (mutant.found == 0) {
            items += "<li>" + element("code", "", short_name(mutant)) +
                     element("span", "", " survived: " + mutant.description) + "</li>\n";
        }
    }
    return items.empty() ? items : "<ul class=\"fail\">\n" + items + "</ul>\n";
}

std::string analysis(const MutationReport& report) {
    std::string all =
        "<section class=\"card\">\n" +
        element("h3", "", report.engine == "sim" ? "In the simulator" : "On real processes");
    for (const std::string& line : mutation_lines(report)) {
        all += element("p", "", line) + "\n";
    }
    if (!report.mutants.empty()) {
        all += survivors(report) + "<details><summary>Kill matrix: in how many of the hunts each " +
               "check saw the mutant</summary>\n" + kill_matrix(report) +
               "</details>\n<details><summary>Executions to detection: median / 95th percentile " +
               "over the seeds</summary>\n" + detections(report) + "</details>\n";
    }
    return all + "</section>\n";
}

}  // namespace

std::string mutation_markup(const std::vector<MutationReport>& reports) {
    std::string all;
    for (const MutationReport& report : reports) {
        all += analysis(report);
    }
    return all.empty()
               ? all
               : "<div class=\"mutation\">\n<h2>Are the checks any good?</h2>\n" + all + "</div>\n";
}

}  // namespace castaway::harness
