#include "primitives/benchmark/table.h"

#include <gnu/libc-version.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>

namespace castaway::benchmark {

namespace {

std::string formatted(const char* format, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

/// Three significant digits or so, in the unit that suits the size.
std::string amount(double value, Unit unit) {
    struct Scale {
        double from;
        double size;
        const char* suffix;
    };
    static constexpr std::array<Scale, 4> kTime{
        {{1e9, 1e9, " s"}, {1e6, 1e6, " ms"}, {1e4, 1e3, " us"}, {0, 1, " ns"}}};
    static constexpr std::array<Scale, 4> kMemory{{{1 << 30, 1 << 30, " GiB"},
                                                   {1 << 20, 1 << 20, " MiB"},
                                                   {1 << 10, 1 << 10, " KiB"},
                                                   {0, 1, " B"}}};
    if (unit == Unit::count) {
        return formatted("%.0f", value);
    }
    for (const Scale& scale : unit == Unit::ns ? kTime : kMemory) {
        if (value >= scale.from) {
            const double scaled = value / scale.size;
            return formatted(scaled < 100 ? "%.1f" : "%.0f", scaled) + scale.suffix;
        }
    }
    return {};
}

std::string with_spread(const std::vector<double>& samples, Unit unit) {
    const Spread spread = spread_of(samples);
    const std::string median = amount(spread.median, unit);
    return samples.size() < 2 ? median
                              : median + " (" + amount(spread.lower, unit) + " - " +
                                    amount(spread.upper, unit) + ")";
}

std::string ratio_text(double ratio) {
    return ratio >= 0.01 ? formatted("%.2f", ratio) : formatted("%.5f", ratio);
}

std::string ratio_cell(const Row& row) {
    if (row.ours.empty() || row.peer.empty()) {
        return "";
    }
    const Spread ratio = row.ratio();
    return ratio_text(ratio.median) + " (" + ratio_text(ratio.lower) + " - " +
           ratio_text(ratio.upper) + ")";
}

std::string target_cell(const Row& row) {
    if (!row.target) {
        return "";
    }
    const Target& target = *row.target;
    return std::string(target.bound == Target::Bound::at_most ? "at most " : "at least ") +
           (target.of == Target::Of::ratio ? ratio_text(target.limit) + " x"
                                           : amount(target.limit, row.unit));
}

std::string verdict_cell(const Row& row) {
    const auto met = row.met();
    if (met) {
        return *met ? "met" : "**missed**";
    }
    return row.target ? "not measured" : "";
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        // Nothing here has control characters but line ends of a failed program's output.
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + '"';
}

std::string number(double value) {
    return std::isfinite(value) ? formatted("%.9g", value) : "null";
}

std::string numbers(const std::vector<double>& values) {
    std::string out;
    for (const double value : values) {
        out += (out.empty() ? "" : ", ") + number(value);
    }
    return "[" + out + "]";
}

std::string spread_json(const Spread& spread) {
    return "{\"median\": " + number(spread.median) +
           ", \"lower_quartile\": " + number(spread.lower) +
           ", \"upper_quartile\": " + number(spread.upper) + "}";
}

std::string unit_name(Unit unit) {
    return unit == Unit::ns ? "ns" : unit == Unit::bytes ? "bytes" : "count";
}

std::string row_json(const Row& row) {
    std::string out = "{\"group\": " + quoted(row.group) + ", \"what\": " + quoted(row.what) +
                      ", \"unit\": " + quoted(unit_name(row.unit)) +
                      ", \"ours\": " + spread_json(spread_of(row.ours)) +
                      ", \"ours_samples\": " + numbers(row.ours);
    if (!row.peer_name.empty()) {
        out += ", \"peer\": {\"name\": " + quoted(row.peer_name) +
               ", \"value\": " + spread_json(spread_of(row.peer)) +
               ", \"samples\": " + numbers(row.peer) + "}, \"ratio\": " + spread_json(row.ratio());
    }
    if (row.target) {
        const auto met = row.met();
        out += ", \"target\": {\"of\": ";
        out += row.target->of == Target::Of::ratio ? "\"ratio\"" : "\"ours\"";
        out += row.target->bound == Target::Bound::at_most ? ", \"at_most\": " : ", \"at_least\": ";
        out += number(row.target->limit) + ", \"met\": ";
        out += met ? (*met ? "true}" : "false}") : "null}";
    }
    return out + ", \"note\": " + quoted(row.note) + "}";
}

/// Those of one group together, groups in the order in which they come first.
std::vector<Row> by_group(std::vector<Row> rows) {
    for (auto first = rows.begin(); first != rows.end();) {
        first = std::stable_partition(first, rows.end(), [group = first->group](const Row& row) {
            return row.group == group;
        });
    }
    return rows;
}

/// The value behind the first "key : value" of /proc/cpuinfo.
std::string cpu_model() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "unknown";
}

}  // namespace

MachineFacts machine_facts() {
    utsname system{};
    uname(&system);
    return {{"CPU", cpu_model()},
            {"cores", std::to_string(get_nprocs())},
            {"kernel", std::string(system.sysname) + " " + system.release},
            {"glibc", gnu_get_libc_version()},
            {"compiler", std::string("g++ ") + __VERSION__}};
}

std::string markdown(const MachineFacts& facts, const std::vector<Row>& rows) {
    std::string out;
    for (const auto& [name, value] : facts) {
        out.append(out.empty() ? "" : "; ").append(name).append(": ").append(value);
    }
    out += "\n";
    std::string group;
    for (const Row& row : by_group(rows)) {
        if (row.group != group) {
            group = row.group;
            out += "\n**" + group +
                   "**\n\n| what | castaway | compared with | ratio | target | | |\n"
                   "| --- | --- | --- | --- | --- | --- | --- |\n";
        }
        const std::string peer =
            row.peer_name.empty()
                ? ""
                : row.peer_name + (row.peer.empty() ? "" : ": " + with_spread(row.peer, row.unit));
        out += "| " + row.what + " | " + (row.ours.empty() ? "" : with_spread(row.ours, row.unit)) +
               " | " + peer + " | " + ratio_cell(row) + " | " + target_cell(row) + " | " +
               verdict_cell(row) + " | " + row.note + " |\n";
    }
    return out + "\nMedians, quartiles in brackets; a ratio is that of neighbouring repetitions.\n";
}

std::string json(const MachineFacts& facts, const std::vector<Row>& rows) {
    std::string out = "{\n  \"machine\": {";
    for (std::size_t i = 0; i < facts.size(); ++i) {
        out += (i == 0 ? "" : ", ") + quoted(facts[i].first) + ": " + quoted(facts[i].second);
    }
    out += "},\n  \"rows\": [\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out += "    " + row_json(rows[i]) + (i + 1 == rows.size() ? "\n" : ",\n");
    }
    return out + "  ]\n}\n";
}

}  // namespace castaway::benchmark
