#include "harness/soak/director.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>

#include "harness/base/error.h"
#include "harness/engine/real/futex.h"
#include "harness/soak/judge.h"

namespace castaway::harness::soak {
namespace {

/// How long a participant may take over one act, or anybody over what must come about by itself.
/// Only a defect takes so long.
constexpr std::int64_t kPatienceNs = 20'000 * kNsPerMs;
/// How long an object may be signaled and waited for at once.
constexpr std::int64_t kForgottenNs = 5'000 * kNsPerMs;
constexpr int kTickMs = 2;
constexpr std::int64_t kLookNs = 100 * kNsPerMs;
constexpr std::uint64_t kGapMs = 40;
constexpr std::uint64_t kStopMs = 120;
constexpr std::array kLone{Shared::lone_mutex, Shared::lone_event, Shared::lone_semaphore};

}  // namespace

Director::Director(const SoakOptions& options, const SoakRegion& region, std::uint32_t round,
                   SoakReport& report)
    : options_(options),
      region_(region),
      report_(report),
      random_(Prng(options.seed).fork(round)),
      worker_(worker_for(options.subject, mutant_)),
      memory_(make_shared_memory("castaway-soak-board", kBoardBytes)),
      mapping_(memory_, kBoardBytes, MappingAccess::read_write),
      board_(board_in(mapping_)),
      log_(make_shared_memory("castaway-soak-log", 1)),
      posts_(options.processes + 1) {}

void Director::run(std::int64_t until_ns, const std::function<void()>& every_tick) {
    const auto keeper = static_cast<std::uint32_t>(posts_.size() - 1);
    start(keeper, "keeper");
    if (!await([&] { return board_.keeper_is_ready != 0; }, "the keeper does not attach")) {
        return;
    }
    for (std::uint32_t place = 0; place < keeper; ++place) {
        start(place, "participant");
    }
    while (monotonic_ns() < until_ns && !failed() && !report_.interrupted) {
        act(monotonic_ns());
        tick(true);
        every_tick();
        report_.interrupted = report_.interrupted || HeldSignals::came();
    }
    end_participants();
    if (!failed()) {
        give_order(Order::take_stock);
        if (await([&] { return board_.stock_is_taken != 0; }, "the keeper gets no mutex")) {
            for (const std::string& finding : judge_stock(board_)) {
                find(finding);
            }
        }
    }
    end_keeper();
    expect_nothing_left();
    add_counts();
    report_.rounds += failed() ? 0U : 1U;
}

std::uint64_t Director::operations() const {
    std::uint64_t sum = 0;
    for (std::uint32_t place = 0; place < posts_.size(); ++place) {
        sum += acts_of(place);
    }
    return sum;
}

void Director::start(std::uint32_t place, const char* role) {
    ProcessCell& cell = board_.processes.at(place);
    cell.pid = 0;
    cell.ends_ns = 0;
    Launch launch;
    launch.executable = worker_;
    launch.arguments = {role,
                        std::to_string(memory_.get()),
                        std::to_string(place),
                        std::to_string(posts_.size()),
                        std::to_string(1 + random_.below(kLanes)),
                        std::to_string(random_.next()),
                        mutant_};
    launch.environment = {"CASTAWAY_REGION=" + region_.name()};
    launch.descriptors = {memory_.get()};
    if (const auto region = region_.descriptor()) {
        launch.descriptors.push_back(*region);
    }
    launch.output = log_.get();
    Post& post = posts_.at(place);
    post = Post{};
    post.member = std::make_unique<Member>(launch);
    post.acts = acts_of(place);
    post.got_on_ns = monotonic_ns();
    ++report_.started;
}

/// Strikes somebody, if it is time.
void Director::act(std::int64_t now) {
    look_after_stopped(now);
    if (now < next_act_ns_) {
        return;
    }
    next_act_ns_ = now + static_cast<std::int64_t>(random_.below(kGapMs)) * kNsPerMs;
    const auto place = static_cast<std::uint32_t>(random_.below(options_.processes));
    const std::uint64_t draw = random_.below(100);
    if (draw < 60) {
        strike(place, now);
    } else if (draw < 72) {
        // Several at once, or all.
        const std::uint64_t count = 2 + random_.below(options_.processes);
        for (std::uint32_t i = 0; i < std::min<std::uint64_t>(count, options_.processes); ++i) {
            strike((place + i) % options_.processes, now);
        }
    } else {
        stop(place, now);
    }
}

void Director::strike(std::uint32_t place, std::int64_t now) {
    Post& post = posts_.at(place);
    if (!post.member || post.member->killed()) {
        return;
    }
    ProcessCell& cell = board_.processes.at(place);
    if (cell.ends_ns == 0) {
        cell.ends_ns = now;
    }
    ++report_.kills;
    report_.kills_of_stopped += post.member->stopped() ? 1U : 0U;
    post.member->end_by_kill();
}

void Director::stop(std::uint32_t place, std::int64_t now) {
    Post& post = posts_.at(place);
    if (!post.member || post.member->killed() || post.member->stopped()) {
        return;
    }
    ++board_.stopped;
    ++board_.stops;
    ++report_.stops;
    post.member->stop();
    post.goes_on_ns = now + static_cast<std::int64_t>(random_.below(kStopMs)) * kNsPerMs;
    post.dies_stopped = random_.below(3) == 0;
}

void Director::look_after_stopped(std::int64_t now) {
    for (std::uint32_t place = 0; place < posts_.size(); ++place) {
        Post& post = posts_.at(place);
        if (!post.member || !post.member->stopped() || post.member->killed() ||
            (now < post.goes_on_ns && !ending_)) {
            continue;
        }
        if (post.dies_stopped) {
            strike(place, now);
        } else {
            post.member->go_on();
            post.got_on_ns = now;
            --board_.stopped;
        }
    }
}

void Director::tick(bool replace) {
    std::vector<pollfd> polled;
    for (const Post& post : posts_) {
        polled.push_back({post.member ? post.member->pidfd() : -1, POLLIN, 0});
    }
    poll(polled.data(), polled.size(), kTickMs);
    for (std::uint32_t place = 0; place < posts_.size(); ++place) {
        if ((polled.at(place).revents & POLLIN) != 0) {
            reap(place, replace);
        }
    }
    const std::int64_t now = monotonic_ns();
    for (const std::string& finding : judge_at_any_moment(board_)) {
        find(finding);
    }
    watch_progress(now);
    watch_region(now);
}

void Director::reap(std::uint32_t place, bool replace) {
    Post& post = posts_.at(place);
    const std::optional<Ending> ending = post.member->reap();
    if (!ending) {
        return;
    }
    judge_ending(place, *ending);
    const std::uint32_t stops = board_.stops;
    // It may have died before the kill: then its stop ends with it all the same.
    const bool stopped = post.member->stopped();
    board_.stopped -= stopped ? 1U : 0U;
    account_for_dead(board_, place);
    ProcessCell& cell = board_.processes.at(place);
    if (cell.pid != 0) {
        const std::int64_t since = cell.ends_ns != 0 ? cell.ends_ns.load() : monotonic_ns();
        mourned_.push_back({ending->pid, since, stops, board_.stopped == 0 && !stopped});
    }
    post.member.reset();
    if (replace && !failed()) {
        start(place, "participant");
    }
}

void Director::judge_ending(std::uint32_t place, const Ending& ending) {
    const bool by_us = ending.signal == SIGKILL && posts_.at(place).member->killed();
    const bool by_itself = ending.signal == 0 && ending.code == 0 &&
                           (ending_ || board_.processes.at(place).ends_ns != 0);
    if (by_us) {
        return;
    }
    if (!by_itself) {
        find(fmt::format("process {} ended unasked, {} {}: {}", ending.pid,
                         ending.signal != 0 ? "by signal" : "with exit status",
                         ending.signal != 0 ? ending.signal : ending.code,
                         last_words(fmt::format("/proc/self/fd/{}", log_.get()))));
    } else if (!ending_) {
        ++report_.own_ends;
    }
}

void Director::watch_progress(std::int64_t now) {
    for (std::uint32_t place = 0; place + 1 < posts_.size(); ++place) {
        Post& post = posts_.at(place);
        const std::uint64_t acts = acts_of(place);
        if (!post.member || post.member->stopped() || acts != post.acts) {
            post.acts = acts;
            post.got_on_ns = now;
        } else if (now - post.got_on_ns > kPatienceNs) {
            std::string doing;
            for (const LaneCell& lane : board_.processes.at(place).lanes) {
                doing += fmt::format(" {:#x}", lane.doing.load());
            }
            find(fmt::format("the process in place {} does not get on; its threads are in {}",
                             place, doing));
            post.got_on_ns = now;
        }
    }
}

void Director::watch_region(std::int64_t now) {
    if (mourned_.empty() && now < next_look_ns_) {
        return;
    }
    if (board_.keeper_is_ready == 0) {
        // Those who came before it may have been killed before they made the region.
        return;
    }
    std::string problem;
    const auto picture = inspect_region(region_.name(), problem);
    if (!picture) {
        find("the region cannot be looked at: " + problem);
        return;
    }
    watch_recoveries(*picture, now);
    if (now >= next_look_ns_) {
        next_look_ns_ = now + kLookNs;
        watch_lone_objects(*picture, now);
    }
}

void Director::watch_recoveries(const RegionPicture& picture, std::int64_t now) {
    std::erase_if(mourned_, [&](const Mourned& dead) {
        const bool there =
            std::any_of(picture.processes.begin(), picture.processes.end(),
                        [&](const InspectedProcess& process) { return process.pid == dead.pid; });
        const auto took_ms = static_cast<double>(now - dead.since_ns) / kNsPerMs;
        const bool undisturbed = dead.all_ran && board_.stopped == 0 && board_.stops == dead.stops;
        if (!there) {
            ++report_.deaths_recovered;
            report_.longest_recovery_ms = std::max(report_.longest_recovery_ms, took_ms);
            if (undisturbed) {
                report_.longest_recovery_undisturbed_ms =
                    std::max(report_.longest_recovery_undisturbed_ms, took_ms);
            }
            return true;
        }
        if (now - dead.since_ns > kPatienceNs) {
            find(fmt::format("process {} is dead and not recovered", dead.pid));
            return true;
        }
        return false;
    });
}

/// These are handed to who waits at once, so no look but a rare one finds them signaled and waited
/// for, and none again and again.
void Director::watch_lone_objects(const RegionPicture& picture, std::int64_t now) {
    for (const Shared lone : kLone) {
        const std::string name = std::string("Local\\") + kSharedNames.at(index_of(lone));
        const bool forgotten = std::any_of(
            picture.objects.begin(), picture.objects.end(), [&](const InspectedObject& object) {
                return object.name == name && object.signaled && object.waiters > 0;
            });
        std::int64_t& since = forgotten_since_ns_.at(index_of(lone));
        if (!forgotten || board_.stopped != 0) {
            since = now;
        } else if (now - since > kForgottenNs) {
            find(fmt::format("the {} is signaled and somebody waits for it",
                             kSharedNames.at(index_of(lone))));
        }
    }
}

void Director::end_participants() {
    ending_ = true;
    look_after_stopped(monotonic_ns());
    give_order(Order::end);
    const auto keeper = static_cast<std::uint32_t>(posts_.size() - 1);
    for (std::uint32_t place = 0; place < keeper; ++place) {
        if (failed() || random_.below(2) == 0) {
            strike(place, monotonic_ns());
        }
    }
    await(
        [&] {
            return std::all_of(posts_.begin(), posts_.end() - 1,
                               [](const Post& post) { return post.member == nullptr; });
        },
        "participants do not end in order");
    for (std::uint32_t place = 0; place < keeper; ++place) {
        strike(place, monotonic_ns());
    }
}

void Director::end_keeper() {
    // In order, if it has taken stock.
    if (!failed() && random_.below(2) == 0) {
        give_order(Order::leave);
    } else {
        strike(static_cast<std::uint32_t>(posts_.size() - 1), monotonic_ns());
    }
    await([&] { return posts_.back().member == nullptr; }, "the keeper does not end");
    for (Post& post : posts_) {
        post.member.reset();
    }
}

void Director::expect_nothing_left() {
    if (!Subreaper::reap_all(monotonic_ns() + kPatienceNs)) {
        find("processes are left behind");
    }
    std::string problem;
    if (!sweep_region(region_.name(), problem)) {
        find("the region cannot be swept: " + problem);
        return;
    }
    const auto picture = inspect_region(region_.name(), problem);
    if (!picture) {
        find("the region cannot be looked at: " + problem);
        return;
    }
    for (const std::string& damage : picture->damage) {
        find("when all have ended: " + damage);
    }
    for (const InspectedObject& object : picture->objects) {
        find(fmt::format("when all have ended: object {} \"{}\" is there, with {} handles",
                         object.slot, object.name, object.handles));
    }
    for (const InspectedProcess& process : picture->processes) {
        find(fmt::format("when all have ended: process {} is there", process.pid));
    }
    if (picture->names != 0) {
        find(fmt::format("when all have ended: {} names are there", picture->names));
    }
}

void Director::add_counts() {
    for (std::uint32_t place = 0; place < posts_.size(); ++place) {
        for (const LaneCell& lane : board_.processes.at(place).lanes) {
            for (std::size_t i = 0; i < kActNames.size(); ++i) {
                report_.acts.at(i) += lane.acts.at(i);
            }
        }
    }
    for (std::uint32_t i = 0; i < kMutexes; ++i) {
        report_.abandoned_told += board_.objects.at(i).told;
    }
    report_.deaths_in_calls += board_.deaths_count;
    report_.late_names += board_.late_names;
    const std::uint32_t told = board_.findings_count;
    for (std::uint32_t i = 0; i < std::min(told, Board::kFindingsMax); ++i) {
        find(finding_at(board_, i));
    }
}

bool Director::await(const std::function<bool()>& condition, const char* what) {
    const std::int64_t give_up_ns = monotonic_ns() + kPatienceNs;
    while (!condition()) {
        if (monotonic_ns() >= give_up_ns) {
            find(what);
            return false;
        }
        tick(false);
    }
    return true;
}

void Director::give_order(Order order) {
    board_.order = static_cast<std::uint32_t>(order);
    futex_wake_all(board_.order);
}

void Director::find(const std::string& what) {
    if (std::find(report_.findings.begin(), report_.findings.end(), what) ==
        report_.findings.end()) {
        report_.findings.push_back(what);
    }
}

bool Director::failed() const {
    return !report_.findings.empty() || board_.findings_count != 0;
}

std::uint64_t Director::acts_of(std::uint32_t place) const {
    std::uint64_t sum = 0;
    for (const LaneCell& lane : board_.processes.at(place).lanes) {
        for (const auto& acts : lane.acts) {
            sum += acts;
        }
    }
    return sum;
}

}  // namespace castaway::harness::soak
