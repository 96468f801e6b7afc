#include "primitives/platform/host.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace castaway {

namespace {

std::optional<std::uint64_t> inode_of(const char* path) {
    struct stat facts {};
    return stat(path, &facts) == 0 ? std::optional<std::uint64_t>(facts.st_ino) : std::nullopt;
}

/// The digits of a UUID, the dashes between them left out. Zeros when it is none.
std::array<std::uint64_t, 2> parse_uuid(const char* text) {
    constexpr int kDigits = 32;
    std::array<std::uint64_t, 2> words{};
    int digits = 0;
    for (; *text != 0 && digits < kDigits; ++text) {
        const char* const kHex = "0123456789abcdef";
        const char* const digit = std::strchr(kHex, *text);
        if (digit != nullptr) {
            std::uint64_t& word = words.at(static_cast<std::size_t>(digits++) / 16);
            word = word << 4 | static_cast<std::uint64_t>(digit - kHex);
        }
    }
    return digits == kDigits ? words : std::array<std::uint64_t, 2>{};
}

std::array<std::uint64_t, 2> boot_id() {
    std::array<char, 64> text{};
    const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return {};
    }
    const ssize_t length = read(fd, text.data(), text.size() - 1);
    close(fd);
    return length <= 0 ? std::array<std::uint64_t, 2>{} : parse_uuid(text.data());
}

}  // namespace

// Not by way of /proc/self, which leads nowhere once the process's first thread has ended.

HostIdentity host_identity() {
    return {boot_id(), inode_of("/proc/thread-self/ns/time").value_or(0)};
}

std::uint64_t pid_namespace_inode() {
    return inode_of("/proc/thread-self/ns/pid").value_or(1);
}

std::optional<std::uint64_t> pid_namespace_inode_of(std::uint32_t pid) {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/%u/ns/pid", pid);
    return inode_of(path.data());
}

bool proc_is_own() {
    std::array<char, 16> number{};
    std::array<char, 16> named{};
    std::snprintf(number.data(), number.size(), "%d", getpid());
    return readlink("/proc/self", named.data(), named.size() - 1) > 0 &&
           std::strcmp(number.data(), named.data()) == 0;
}

bool children_share_pid_namespace() {
    const auto own = inode_of("/proc/thread-self/ns/pid");
    // It leads nowhere before the first child is there.
    return !own || inode_of("/proc/thread-self/ns/pid_for_children") == own;
}

}  // namespace castaway
