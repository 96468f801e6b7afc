#include "harness/engine/sim/schedule.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "harness/base/error.h"

namespace castaway::harness::sim {
namespace {

constexpr std::string_view kLetters = "rkdewa";
/// The longest schedule that is read; far more than the longest execution.
constexpr std::size_t kChoicesMax = 100'000'000;

[[noreturn]] void throw_no_schedule(const std::string& where, std::string_view word) {
    throw InputError(
        where, fmt::format("\"{}\" is no choice", word),
        "write a letter of \"rkdewa\", a number, and \"*\" with a count if it repeats");
}

template <class Number>
Number number_at(const std::string& where, std::string_view word, std::size_t from,
                 std::size_t& end) {
    Number number = 0;
    const auto parsed = std::from_chars(word.data() + from, word.data() + word.size(), number);
    if (parsed.ec != std::errc{}) {
        throw_no_schedule(where, word);
    }
    end = static_cast<std::size_t>(parsed.ptr - word.data());
    return number;
}

}  // namespace

std::string to_string(const Schedule& schedule) {
    std::string text;
    for (std::size_t i = 0; i < schedule.size();) {
        std::size_t end = i + 1;
        while (end < schedule.size() && schedule[end] == schedule[i]) {
            ++end;
        }
        text += text.empty() ? "" : " ";
        text += kLetters[static_cast<std::size_t>(schedule[i].kind)];
        text += std::to_string(schedule[i].index);
        if (end - i > 1) {
            text += "*" + std::to_string(end - i);
        }
        i = end;
    }
    return text;
}

Schedule parse_schedule(std::string_view text, const std::string& where) {
    Schedule schedule;
    while (!text.empty()) {
        const std::size_t space = text.find(' ');
        const std::string_view word = text.substr(0, space);
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
        if (word.empty()) {
            continue;
        }
        const std::size_t kind = kLetters.find(word.front());
        if (kind == std::string_view::npos) {
            throw_no_schedule(where, word);
        }
        std::size_t at = 0;
        const Choice choice{static_cast<Choice::Kind>(kind),
                            number_at<std::uint16_t>(where, word, 1, at)};
        std::size_t times = 1;
        if (at < word.size() && word[at] == '*') {
            times = number_at<std::size_t>(where, word, at + 1, at);
        }
        if (at != word.size() || times > kChoicesMax - schedule.size()) {
            throw_no_schedule(where, word);
        }
        schedule.insert(schedule.end(), times, choice);
    }
    return schedule;
}

std::size_t switches_in(const Schedule& schedule) {
    std::size_t switches = 0;
    const Choice* last = nullptr;
    for (const Choice& choice : schedule) {
        if (choice.kind == Choice::Kind::run) {
            switches += last != nullptr && last->index != choice.index ? 1 : 0;
            last = &choice;
        }
    }
    return switches;
}

}  // namespace castaway::harness::sim
