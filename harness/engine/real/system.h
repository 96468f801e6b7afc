// The few things that the engine needs of the operating system everywhere: owned descriptors and
// mappings, the clock, and errors with a reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace castaway::harness {

/// Throws HarnessError "what: reason of `error`".
[[noreturn]] void throw_system_error(std::string_view what, int error);

/// Nanoseconds of CLOCK_MONOTONIC.
std::int64_t monotonic_ns();

inline constexpr std::int64_t kNsPerMs = 1'000'000;

/// Owns a file descriptor.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool valid() const { return number_ >= 0; }
    void reset();

  private:
    int number_ = -1;
};

enum class MappingAccess : std::uint8_t { read, read_write };

/// Owns a shared mapping of the first `size` bytes of a file.
class Mapping {
  public:
    Mapping(const Descriptor& file, std::size_t size, MappingAccess access);
    ~Mapping();
    Mapping(Mapping&& other) noexcept
        : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Mapping& operator=(Mapping&&) = delete;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    [[nodiscard]] std::byte* data() const { return static_cast<std::byte*>(address_); }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    void* address_ = nullptr;
    std::size_t size_ = 0;
};

/// Anonymous memory of `size` zero bytes that other processes can map. Closed by an exec.
Descriptor make_shared_memory(const std::string& name, std::size_t size);

/// The last bytes of a text file, on one line; empty when it cannot be read.
std::string last_words(const std::string& file);

}  // namespace castaway::harness
