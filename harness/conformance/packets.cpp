#include "harness/conformance/packets.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

constexpr int kBacklog = 64;

Descriptor make_socket() {
    Descriptor made(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!made.valid()) {
        throw_system_error("cannot make a socket", errno);
    }
    return made;
}

const sockaddr* any_address(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

Listener listen_for_callers() {
    Listener listener{make_socket(), {}};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // The kernel chooses a free abstract address, which goes with its socket.
    socklen_t size = sizeof(address.sun_family);
    if (bind(listener.socket.get(), any_address(address), size) != 0 ||
        listen(listener.socket.get(), kBacklog) != 0) {
        throw_system_error("cannot listen for callers", errno);
    }
    size = sizeof(address);
    if (getsockname(listener.socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw_system_error("cannot tell the address for callers", errno);
    }
    // An abstract address begins with a zero.
    const char* const path = &address.sun_path[0];
    listener.address.assign(path + 1, size - offsetof(sockaddr_un, sun_path) - 1);
    return listener;
}

Descriptor connect_to_driver(const std::string& name) {
    Descriptor line = make_socket();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    char* const path = &address.sun_path[0];
    if (name.empty() || name.size() + 1 > sizeof(address.sun_path)) {
        throw HarnessError("this is no address of a driver: " + name);
    }
    std::copy(name.begin(), name.end(), path + 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    int result = 0;
    do {
        result = connect(line.get(), any_address(address), size);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        throw_system_error("cannot reach the driver", errno);
    }
    make_room_for_packets(line);
    return line;
}

void make_room_for_packets(const Descriptor& line) {
    const int bytes = kPacketMax;
    if (setsockopt(line.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) != 0) {
        throw_system_error("cannot make room for calls and answers", errno);
    }
}

bool send_packet(const Descriptor& line, std::string_view packet) {
    if (packet.size() > kPacketMax) {
        throw HarnessError("a call or an answer is longer than " + std::to_string(kPacketMax) +
                           " bytes");
    }
    for (;;) {
        if (send(line.get(), packet.data(), packet.size(), MSG_NOSIGNAL) >= 0) {
            return true;
        }
        if (errno == EPIPE || errno == ECONNRESET) {
            return false;
        }
        if (errno != EINTR) {
            throw_system_error("cannot send a call or an answer", errno);
        }
    }
}

std::optional<std::string_view> receive_packet(const Descriptor& line, PacketBuffer& buffer) {
    for (;;) {
        const ssize_t size = recv(line.get(), buffer.data(), kPacketMax, 0);
        if (size > 0) {
            return std::string_view(buffer.data(), static_cast<std::size_t>(size));
        }
        if (size == 0 || errno == ECONNRESET) {
            return std::nullopt;
        }
        if (errno != EINTR) {
            throw_system_error("cannot receive a call or an answer", errno);
        }
    }
}

}  // namespace castaway::harness
