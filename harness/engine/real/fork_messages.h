// What the fork server tells the orchestrator, over a socketpair of type SOCK_SEQPACKET.
//
// First one `forked` per process of the plan, in order, each with a pidfd attached (SCM_RIGHTS),
// opened before anything could reap the process. Then one `ended` per process, in the order of
// their ends. Then the fork server ends itself, which closes the socket. Nothing flows the other
// way.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "harness/engine/real/system.h"

namespace castaway::harness {

struct ForkMessage {
    enum class Kind : std::uint32_t { forked, ended };
    Kind kind = Kind::forked;
    std::uint32_t process = 0;
    std::int64_t pid = 0;     ///< forked
    std::int32_t code = 0;    ///< ended: CLD_EXITED, CLD_KILLED, CLD_DUMPED
    std::int32_t status = 0;  ///< ended: the exit code or the signal
};

void send_message(const Descriptor& socket, const ForkMessage& message, const Descriptor* attached);

struct ReceivedMessage {
    ForkMessage message;
    Descriptor attached;
};

/// Empty when nothing has come. Sets `closed` when nothing will come any more.
std::optional<ReceivedMessage> receive_message(const Descriptor& socket, bool& closed);

}  // namespace castaway::harness
