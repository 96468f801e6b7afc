#include "primitives/api/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "castaway/win32.h"
#include "primitives/region/utf16.h"

namespace castaway {

namespace {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// Takes the first word off the front.
std::string take_program(std::string_view& text) {
    const bool quoted = text.starts_with('"');
    text.remove_prefix(quoted ? 1 : 0);
    std::size_t length = 0;
    while (length < text.size() && (quoted ? text[length] != '"' : !is_blank(text[length]))) {
        ++length;
    }
    std::string word(text.substr(0, length));
    text.remove_prefix(quoted && length < text.size() ? length + 1 : length);
    return word;
}

/// Takes a word other than the first off the front, which is no blank.
std::string take_word(std::string_view& text) {
    std::string word;
    bool quoted = false;
    while (!text.empty() && (quoted || !is_blank(text.front()))) {
        std::size_t backslashes = 0;
        while (backslashes < text.size() && text[backslashes] == '\\') {
            ++backslashes;
        }
        const bool before_quote = backslashes < text.size() && text[backslashes] == '"';
        word.append(before_quote ? backslashes / 2 : backslashes, '\\');
        text.remove_prefix(backslashes);
        if (!before_quote) {
            if (backslashes == 0) {
                word += text.front();
                text.remove_prefix(1);
            }
            continue;
        }
        text.remove_prefix(1);
        if (backslashes % 2 != 0) {
            word += '"';
        } else if (quoted && text.starts_with('"')) {
            word += '"';
            text.remove_prefix(1);
            quoted = false;
        } else {
            quoted = !quoted;
        }
    }
    return word;
}

/// Whether that is a file that may be executed; else why not.
std::uint32_t judge_program(const std::string& path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
        return error_of_execution(errno);
    }
    if (!S_ISREG(found.st_mode) || access(path.c_str(), X_OK) != 0) {
        return ERROR_ACCESS_DENIED;
    }
    return ERROR_SUCCESS;
}

/// The directory of the calling program, with its slash; empty when it cannot be told.
std::string own_directory() {
    std::array<char, PATH_MAX> path{};
    // Not /proc/self, which leads nowhere once the process's first thread has ended.
    const ssize_t length = readlink("/proc/thread-self/exe", path.data(), path.size());
    const std::string_view text(path.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
    return std::string(text.substr(0, text.rfind('/') + 1));
}

/// The directories of PATH, each with its slash.
std::vector<std::string> search_path() {
    std::vector<std::string> directories;
    const char* const variable = std::getenv("PATH");
    std::string_view rest = variable == nullptr ? "" : variable;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        // An empty entry means the current directory, which is not searched.
        if (rest.starts_with('/')) {
            directories.push_back(std::string(rest.substr(0, end)) + "/");
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return directories;
}

template <class Char, class Convert>
std::optional<std::vector<std::string>> split_block(const Char* block, Convert convert) {
    std::vector<std::string> strings;
    while (*block != 0) {
        const std::basic_string_view<Char> text(block);
        const auto converted = convert(text);
        if (!converted) {
            return std::nullopt;
        }
        strings.push_back(*converted);
        block += text.size() + 1;
    }
    return strings;
}

}  // namespace

std::vector<std::string> words_of(std::string_view command_line) {
    std::vector<std::string> words;
    words.push_back(take_program(command_line));
    for (;;) {
        while (!command_line.empty() && is_blank(command_line.front())) {
            command_line.remove_prefix(1);
        }
        if (command_line.empty()) {
            return words;
        }
        words.push_back(take_word(command_line));
    }
}

std::optional<std::vector<std::string>> strings_of_block(const char* block) {
    return split_block(block,
                       [](std::string_view text) { return std::optional<std::string>(text); });
}

std::optional<std::vector<std::string>> strings_of_block(const char16_t* block) {
    return split_block(block, to_utf8);
}

std::uint32_t find_program(const std::string& name, bool searched, std::string& path) {
    if (name.empty()) {
        return ERROR_INVALID_PARAMETER;
    }
    if (name.find('/') == std::string::npos && searched) {
        std::vector<std::string> directories = search_path();
        directories.insert(directories.begin(), own_directory());
        std::uint32_t worst = ERROR_FILE_NOT_FOUND;
        for (const std::string& directory : directories) {
            path = directory + name;
            const std::uint32_t error =
                directory.empty() ? ERROR_FILE_NOT_FOUND : judge_program(path);
            if (error == ERROR_SUCCESS) {
                return error;
            }
            worst = error == ERROR_ACCESS_DENIED ? error : worst;
        }
        return worst;
    }
    path = name;
    if (!name.starts_with('/')) {
        // The child may enter another directory first.
        std::array<char, PATH_MAX> here{};
        if (getcwd(here.data(), here.size()) == nullptr) {
            return error_of_execution(errno);
        }
        path = std::string(here.data()) + "/" + name;
    }
    return judge_program(path);
}

std::uint32_t error_of_execution(int error) {
    switch (error) {
        case ENOENT:
            return ERROR_FILE_NOT_FOUND;
        case ENOTDIR:
        case ELOOP:
            return ERROR_PATH_NOT_FOUND;
        case EACCES:
        case EPERM:
            return ERROR_ACCESS_DENIED;
        case ENOEXEC:
        case ELIBBAD:
        case EINVAL:
            return ERROR_BAD_EXE_FORMAT;
        case ETXTBSY:
            return ERROR_SHARING_VIOLATION;
        case ENAMETOOLONG:
        case E2BIG:
            return ERROR_FILENAME_EXCED_RANGE;
        case ENOMEM:
            return ERROR_NOT_ENOUGH_MEMORY;
        case EMFILE:
        case ENFILE:
            return ERROR_TOO_MANY_OPEN_FILES;
        case EAGAIN:
            return ERROR_NO_SYSTEM_RESOURCES;
        case ENOSYS:
            return ERROR_NOT_SUPPORTED;
        default:
            return ERROR_GEN_FAILURE;
    }
}

}  // namespace castaway
