#include "harness/engine/real/system.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <iterator>
#include <system_error>

#include "harness/base/error.h"

namespace castaway::harness {

void throw_system_error(std::string_view what, int error) {
    throw HarnessError(std::string(what) + ": " + std::generic_category().message(error));
}

std::int64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void Descriptor::reset() {
    if (number_ >= 0) {
        close(number_);
        number_ = -1;
    }
}

Mapping::Mapping(const Descriptor& file, std::size_t size, MappingAccess access) : size_(size) {
    const int protection = access == MappingAccess::read ? PROT_READ : PROT_READ | PROT_WRITE;
    address_ = mmap(nullptr, size, protection, MAP_SHARED, file.get(), 0);
    if (address_ == MAP_FAILED) {
        address_ = nullptr;
        throw_system_error("cannot map shared memory", errno);
    }
}

Mapping::~Mapping() {
    if (address_ != nullptr) {
        munmap(address_, size_);
    }
}

Descriptor make_shared_memory(const std::string& name, std::size_t size) {
    Descriptor memory(memfd_create(name.c_str(), MFD_CLOEXEC));
    if (!memory.valid()) {
        throw_system_error("cannot make shared memory", errno);
    }
    // Allocated at once: running out of memory is an error here and not a SIGBUS in a worker.
    if (const int error = posix_fallocate(memory.get(), 0, static_cast<off_t>(size)); error != 0) {
        throw_system_error("cannot make shared memory", error);
    }
    return memory;
}

std::string last_words(const std::string& file) {
    constexpr std::streamoff kBytesMax = 500;
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    if (!in) {
        return {};
    }
    in.seekg(-std::min<std::streamoff>(kBytesMax, in.tellg()), std::ios::end);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace castaway::harness
