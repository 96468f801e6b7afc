#include "primitives/region/region_spec.h"

#include <dirent.h>
#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include "castaway/win32.h"

namespace castaway {

namespace {

constexpr std::string_view kFolder = "/dev/shm/castaway.";
constexpr std::string_view kGroupPrefix = "group:";
constexpr std::string_view kDescriptorPrefix = "fd:";
constexpr std::size_t kNameMax = 64;
/// Of one group's entry, with the names of its members.
constexpr std::size_t kGroupEntryMax = std::size_t{1} << 22;

std::nullopt_t refuse(AttachFailure& failure, std::uint32_t error, std::string message) {
    failure = {error, std::move(message)};
    return std::nullopt;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional(number) : std::nullopt;
}

bool is_name(std::string_view text) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !text.empty() && text.size() <= kNameMax &&
           text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// The group of that name or number.
std::optional<gid_t> group_named(const std::string& name) {
    if (const auto number = number_in<gid_t>(name)) {
        // The highest is none to the kernel.
        return *number == static_cast<gid_t>(-1) ? std::nullopt : number;
    }
    std::vector<char> text(1024);
    group entry{};
    group* found = nullptr;
    while (getgrnam_r(name.c_str(), &entry, text.data(), text.size(), &found) == ERANGE &&
           text.size() < kGroupEntryMax) {
        text.resize(text.size() * 2);
    }
    return found == nullptr ? std::nullopt : std::optional(found->gr_gid);
}

/// Root, who may give files to any group and use any file, counts as a member of each.
bool is_member(gid_t of) {
    if (geteuid() == 0 || getegid() == of) {
        return true;
    }
    const int count = getgroups(0, nullptr);
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(count, 0)));
    const int got = getgroups(static_cast<int>(groups.size()), groups.data());
    return got > 0 && std::find(groups.begin(), groups.begin() + got, of) != groups.begin() + got;
}

std::optional<RegionSpec> group_region(std::string_view spec, AttachFailure& failure) {
    const std::string_view rest = spec.substr(kGroupPrefix.size());
    const std::size_t slash = rest.find('/');
    const std::string name{rest.substr(0, slash)};
    const std::string_view region =
        slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (name.empty() || !is_name(region)) {
        return refuse(failure, ERROR_INVALID_NAME,
                      "\"" + std::string(spec) +
                          "\" names no region of a group; it is group:GROUP/NAME, the name of at "
                          "most 64 letters, digits, '-', '_' and '.'");
    }
    const auto group = group_named(name);
    if (!group) {
        return refuse(failure, ERROR_INVALID_NAME,
                      "\"" + std::string(spec) + "\": there is no group \"" + name +
                          "\"; give a group's name or number");
    }
    if (!is_member(*group)) {
        return refuse(failure, ERROR_ACCESS_DENIED,
                      "\"" + std::string(spec) + "\": this process is not in group \"" + name +
                          "\"; add its user to the group and start it in a new session");
    }
    return RegionSpec{
        std::string(kFolder) + "group." + std::to_string(*group) + "." + std::string(region), -1,
        group, true};
}

/// "0640".
std::string octal(mode_t mode) {
    std::array<char, 8> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), mode, 8);
    return "0" + std::string(text.data(), written.ptr);
}

/// The name of the region at that path: what follows user or group. Empty when it is no region's.
std::optional<std::string_view> name_in(std::string_view path) {
    if (!path.starts_with(kFolder)) {
        return std::nullopt;
    }
    std::string_view rest = path.substr(kFolder.size());
    constexpr std::string_view kGroup = "group.";
    if (rest.starts_with(kGroup)) {
        rest.remove_prefix(kGroup.size());
    }
    const std::size_t dot = rest.find('.');
    return dot == std::string_view::npos || !number_in<std::uint32_t>(rest.substr(0, dot))
               ? std::nullopt
               : std::optional(rest.substr(dot + 1));
}

bool deny(const RegionSpec& spec, AttachFailure& failure, const std::string& why) {
    failure = {ERROR_ACCESS_DENIED, spec.where + ": the region " + why};
    return false;
}

}  // namespace

std::optional<RegionSpec> parse_region_spec(std::string_view spec, bool may_be_path,
                                            AttachFailure& failure) {
    if (spec.starts_with(kGroupPrefix)) {
        return group_region(spec, failure);
    }
    if (spec.starts_with(kDescriptorPrefix)) {
        const auto fd = number_in<int>(spec.substr(kDescriptorPrefix.size()));
        if (fd && *fd >= 0) {
            return RegionSpec{std::string(spec), *fd, std::nullopt, false};
        }
    } else if (may_be_path && spec.find('/') != std::string_view::npos) {
        return RegionSpec{std::string(spec), -1, std::nullopt, false};
    } else if (is_name(spec)) {
        return RegionSpec{
            std::string(kFolder) + std::to_string(geteuid()) + "." + std::string(spec), -1,
            std::nullopt, true};
    }
    return refuse(failure, ERROR_INVALID_NAME,
                  "\"" + std::string(spec) +
                      "\" names no region; use at most 64 letters, digits, '-', '_' and '.', or "
                      "group:GROUP/NAME, or fd:N");
}

std::vector<std::string> regions_named_like(const std::string& path) {
    const auto name = name_in(path);
    std::vector<std::string> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/dev/shm"), closedir);
    while (const dirent* const entry = folder && name ? readdir(folder.get()) : nullptr) {
        const std::string other = std::string("/dev/shm/") + entry->d_name;
        if (other != path && name_in(other) == name) {
            found.push_back(other);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool belongs_to(const RegionSpec& spec, const struct stat& facts, AttachFailure& failure) {
    const mode_t mode = facts.st_mode & 07777;
    if (!S_ISREG(facts.st_mode)) {
        return deny(spec, failure, "is not a regular file");
    }
    if (spec.group) {
        if (facts.st_gid != *spec.group) {
            return deny(spec, failure,
                        "belongs to group " + std::to_string(facts.st_gid) + ", not to group " +
                            std::to_string(*spec.group) + "; remove it");
        }
        if (mode != spec.mode()) {
            return deny(spec, failure,
                        "has mode " + octal(mode) + "; a group's must have mode 0660");
        }
        return true;
    }
    if (facts.st_uid != geteuid()) {
        return deny(spec, failure,
                    "belongs to user " + std::to_string(facts.st_uid) + ", not to user " +
                        std::to_string(geteuid()));
    }
    if (facts.st_nlink > 0 && (mode & 0077) != 0) {
        return deny(spec, failure, "is open to other users; its mode must be 0600");
    }
    return true;
}

}  // namespace castaway
