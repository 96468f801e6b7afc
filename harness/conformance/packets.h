// What the driver of a conformance run and its callers say to each other: each thread of a caller
// has a line of its own to the driver, a Unix socket of type SOCK_SEQPACKET.
//
//   thread   connects to the driver's address, says hello
//   driver   says which call to make, in JSON       } again and again
//   thread   makes it and says the answer, in JSON  }
//
// An address, and no descriptor, because processes that CreateProcess has started find the driver
// too. Whoever connects is asked for its credentials. A caller ends when the driver's end closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/engine/real/system.h"

namespace castaway::harness {

/// A thread's first words: whom the program calls so, and whom the systems.
struct Hello {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    std::int32_t pid = 0;
    std::int32_t tid = 0;
    std::uint32_t win32_process_id = 0;
    std::uint32_t win32_thread_id = 0;
};

/// A call with the longest name that Windows knows, however it is written.
inline constexpr std::size_t kPacketMax = 256UL * 1024;

/// Room for one packet.
class PacketBuffer {
  public:
    PacketBuffer() : bytes_(std::make_unique_for_overwrite<char[]>(kPacketMax)) {}
    [[nodiscard]] char* data() { return bytes_.get(); }

  private:
    std::unique_ptr<char[]> bytes_;  // NOLINT(modernize-avoid-c-arrays): not filled with zeros
};

/// An address for the driver, of which nothing is to be seen in the file system, and its socket.
struct Listener {
    Descriptor socket;
    std::string address;
};
Listener listen_for_callers();

/// Throws HarnessError, also when nobody listens there.
Descriptor connect_to_driver(const std::string& address);

/// Room for the longest packet on its way. Each end calls it for what it sends.
void make_room_for_packets(const Descriptor& line);

/// False when the other end is gone. Throws HarnessError when the packet is too long.
bool send_packet(const Descriptor& line, std::string_view packet);

/// Waits for as long as the other end is there. Empty when it is gone.
std::optional<std::string_view> receive_packet(const Descriptor& line, PacketBuffer& buffer);

}  // namespace castaway::harness
