#include "harness/soak/board.h"

#include <algorithm>

namespace castaway::harness::soak {

void report(Board& board, std::string_view finding) {
    const std::uint32_t index = board.findings_count.fetch_add(1);
    if (index >= Board::kFindingsMax) {
        return;
    }
    Board::Finding& cell = board.findings.at(index);
    const std::size_t bytes = std::min(finding.size(), cell.text.size() - 1);
    std::copy_n(finding.data(), bytes, cell.text.data());
    cell.text.at(bytes) = '\0';
    cell.complete = 1;
}

std::string finding_at(const Board& board, std::uint32_t index) {
    const Board::Finding& cell = board.findings.at(index);
    return cell.complete != 0 ? std::string(cell.text.data())
                              : "somebody died while it wrote a finding";
}

void note(Board& board, const Notice& notice) {
    const std::uint32_t index = board.notices_count.fetch_add(1);
    if (index < Board::kNoticesMax) {
        board.notices.at(index) = notice;
    }
}

void account_for_dead(Board& board, std::uint32_t process) {
    ProcessCell& dead = board.processes.at(process);
    const std::int64_t now = monotonic_ns();
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        LaneCell& cell = dead.lanes.at(lane);
        const Doing doing = Doing::unpack(cell.doing);
        const std::uint64_t self = owner_id(process, lane, cell.life);
        std::uint32_t mutexes = 0;
        for (std::uint32_t i = 0; i < kSharedObjects; ++i) {
            ObjectCell& object = board.objects.at(i);
            if ((doing.waits_for >> i & 1) != 0) {
                ++object.maybe_taken;
            }
            if (doing.gives == i + 1) {
                object.maybe_given += doing.amount;
            }
            // Who is known as the owner is no riddle to the next one.
            if (i < kMutexes && object.owner != self &&
                ((doing.waits_for >> i & 1) != 0 || doing.gives == i + 1)) {
                mutexes |= 1U << i;
            }
        }
        if (mutexes != 0) {
            const std::uint32_t index = board.deaths_count.fetch_add(1);
            if (index < Board::kDeathsMax) {
                board.deaths.at(index) = {mutexes, dead.ends_ns, now};
            }
        }
        cell.doing = 0;
    }
}

}  // namespace castaway::harness::soak
