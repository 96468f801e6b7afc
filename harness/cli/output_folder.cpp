#include "harness/cli/output_folder.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

#include "harness/base/error.h"
#include "harness/engine/real/system.h"

namespace castaway::harness {
namespace {

std::string last_system_error() {
    return std::generic_category().message(errno);
}

bool write_all(const Descriptor& file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(file.get(), text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

void write_file(const std::filesystem::path& file, std::string_view text) {
    const std::filesystem::path part = file.string() + ".part-" + std::to_string(getpid());
    std::string problem;
    {
        const Descriptor out(open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
        if (!out.valid() || !write_all(out, text)) {
            problem = last_system_error();
        }
    }
    std::error_code error;
    if (problem.empty()) {
        std::filesystem::rename(part, file, error);
        problem = error ? error.message() : "";
    }
    if (!problem.empty()) {
        std::filesystem::remove(part, error);
        throw HarnessError(file.string() + ": cannot be written (" + problem + ")");
    }
}

void make_output_folder(const std::filesystem::path& folder) {
    std::error_code error;
    if (std::filesystem::exists(folder, error)) {
        if (!std::filesystem::is_directory(folder, error)) {
            throw InputError("--out", folder.string() + " is no folder", "name a folder");
        }
        if (!std::filesystem::is_empty(folder, error) || error) {
            throw InputError("--out", folder.string() + " is not empty",
                             "name another folder, or empty that one");
        }
        return;
    }
    std::filesystem::create_directories(folder, error);
    if (error) {
        throw HarnessError(folder.string() + ": cannot be made (" + error.message() + ")");
    }
}

void require_writable(const std::filesystem::path& file, bool overwrite,
                      const std::string& option) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
        throw InputError(option, file.string() + " is a folder", "name a file");
    }
    if (std::filesystem::exists(file, error) && !overwrite) {
        throw InputError(option, file.string() + " is there already",
                         "name another file, or add --overwrite");
    }
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    if (!std::filesystem::is_directory(folder, error)) {
        throw InputError(option, "there is no folder " + folder.string(), "make it first");
    }
}

std::string utc_now() {
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(std::time(nullptr)));
}

std::filesystem::path unused_output_folder(std::string_view utc) {
    const std::string name = folder_name_of(utc);
    std::filesystem::path folder = std::filesystem::path("out") / name;
    // Two may start within one second.
    for (int i = 2; std::filesystem::exists(folder) && i < 1000; ++i) {
        folder = fmt::format("out/{}-{}", name, i);
    }
    return folder;
}

std::string folder_name_of(std::string_view utc) {
    std::string name;
    for (const char c : utc) {
        if (c == 'T') {
            name += '-';
        } else if (c != '-' && c != ':') {
            name += c;
        }
    }
    return name;
}

}  // namespace castaway::harness
