#include "harness/engine/real/fork_messages.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

/// Room for one descriptor, aligned as the control message's header must be.
struct alignas(cmsghdr) AttachmentRoom {
    std::array<std::byte, CMSG_SPACE(sizeof(int))> bytes{};
};

}  // namespace

void send_message(const Descriptor& socket, const ForkMessage& message,
                  const Descriptor* attached) {
    ForkMessage copy = message;
    iovec payload{&copy, sizeof(copy)};
    msghdr header{};
    header.msg_iov = &payload;
    header.msg_iovlen = 1;
    AttachmentRoom room;
    if (attached != nullptr) {
        header.msg_control = room.bytes.data();
        header.msg_controllen = room.bytes.size();
        cmsghdr* attachment = CMSG_FIRSTHDR(&header);
        attachment->cmsg_level = SOL_SOCKET;
        attachment->cmsg_type = SCM_RIGHTS;
        attachment->cmsg_len = CMSG_LEN(sizeof(int));
        const int number = attached->get();
        std::memcpy(CMSG_DATA(attachment), &number, sizeof(number));
    }
    while (sendmsg(socket.get(), &header, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) {
            throw_system_error("cannot tell the orchestrator of a worker", errno);
        }
    }
}

std::optional<ReceivedMessage> receive_message(const Descriptor& socket, bool& closed) {
    ReceivedMessage received;
    iovec payload{&received.message, sizeof(received.message)};
    AttachmentRoom room;
    msghdr header{};
    header.msg_iov = &payload;
    header.msg_iovlen = 1;
    header.msg_control = room.bytes.data();
    header.msg_controllen = room.bytes.size();
    const ssize_t size = recvmsg(socket.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return std::nullopt;
    }
    if (size == 0 || (size < 0 && errno == ECONNRESET)) {
        closed = true;
        return std::nullopt;
    }
    if (size < 0) {
        throw_system_error("cannot hear the fork server", errno);
    }
    const cmsghdr* attachment = CMSG_FIRSTHDR(&header);
    if (attachment != nullptr && attachment->cmsg_type == SCM_RIGHTS) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(attachment), sizeof(number));
        received.attached = Descriptor(number);
    }
    const bool complete = size == sizeof(received.message) && (header.msg_flags & MSG_CTRUNC) == 0;
    const bool has_pidfd = received.attached.valid();
    if (!complete || has_pidfd != (received.message.kind == ForkMessage::Kind::forked)) {
        throw HarnessError("the fork server sent a message that is cut off");
    }
    return received;
}

}  // namespace castaway::harness
