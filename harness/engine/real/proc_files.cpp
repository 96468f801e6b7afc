#include "harness/engine/real/proc_files.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace castaway::harness {
namespace {

/// Takes the text up to the next separator off the front.
std::string_view take(std::string_view& text, char separator) {
    const std::size_t at = text.find(separator);
    const std::string_view word = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return word;
}

std::uint64_t number_in(std::string_view word, int base) {
    std::uint64_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value, base);
    return value;
}

std::string_view without_leading_spaces(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

}  // namespace

std::vector<MappedRange> parse_maps(std::string_view text) {
    std::vector<MappedRange> ranges;
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        MappedRange range;
        range.begin = number_in(take(line, '-'), 16);
        range.end = number_in(take(line, ' '), 16);
        take(line, ' ');  // the permissions
        range.file_offset = number_in(take(line, ' '), 16);
        const auto major = static_cast<unsigned>(number_in(take(line, ':'), 16));
        const auto minor = static_cast<unsigned>(number_in(take(line, ' '), 16));
        range.device = makedev(major, minor);
        range.inode = number_in(take(line, ' '), 10);
        if (range.end > range.begin) {
            ranges.push_back(range);
        }
    }
    return ranges;
}

std::optional<BlockedCall> parse_syscall(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') {
        return std::nullopt;  // "running", or "-1 ..." for a thread that is blocked elsewhere
    }
    std::string_view line = take(text, '\n');
    BlockedCall call;
    call.number = static_cast<std::int64_t>(number_in(take(line, ' '), 10));
    // Six arguments, then the stack pointer and the program counter.
    for (int i = 0; i < 6 && line.starts_with("0x"); ++i) {
        call.arguments.push_back(number_in(take(line, ' ').substr(2), 16));
    }
    return call;
}

char parse_state(std::string_view text) {
    // "pid (name) state ...", and the name may hold anything.
    const std::size_t name_end = text.rfind(") ");
    return name_end == std::string_view::npos || name_end + 2 >= text.size() ? '?'
                                                                             : text[name_end + 2];
}

std::vector<ThreadStack> parse_stacks(std::string_view text) {
    std::vector<ThreadStack> stacks;
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        if (line.starts_with("TID ")) {
            line.remove_prefix(4);
            stacks.push_back({static_cast<std::int64_t>(number_in(take(line, ':'), 10)), {}});
        } else if (line.starts_with("#") && !stacks.empty()) {
            take(line, ' ');  // "#3"
            line = without_leading_spaces(line);
            take(line, ' ');  // the address
            const std::string_view name = without_leading_spaces(line);
            stacks.back().frames.emplace_back(name.empty() ? "?" : name);
        }
    }
    return stacks;
}

std::string read_proc_file(const std::string& path) {
    // Of a thread that ends meanwhile the file is there and cannot be read: the stream has its
    // error, where an iterator over its buffer would throw.
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

bool thread_runs(std::int64_t os_thread) {
    return parse_state(read_proc_file(fmt::format("/proc/{}/stat", os_thread))) == 'R';
}

bool all_threads_sleep(std::int64_t pid) {
    std::error_code gone;
    std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", pid), gone);
    if (gone) {
        return false;
    }
    for (; tasks != std::filesystem::directory_iterator(); tasks.increment(gone)) {
        if (parse_state(read_proc_file(tasks->path() / "stat")) != 'S') {
            return false;
        }
    }
    return !gone;
}

}  // namespace castaway::harness
