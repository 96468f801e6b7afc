// Who waits for whom, and in which circles.
//
// A thread is stuck while everything that could let it go on is a mutex that a stuck thread owns.
// The largest set of such threads is found by taking away, again and again, who can go on: whoever
// does not wait, and whoever waits for anything that a thread outside the set may give. In that set
// everybody follows the first thing in his way to its owner, and comes to a circle.
#include <algorithm>
#include <map>

#include "castaway/inspect.h"

namespace castaway {

namespace {

class WaitGraph {
  public:
    explicit WaitGraph(const RegionPicture& picture) {
        for (const InspectedObject& object : picture.objects) {
            objects_[object.slot] = &object;
        }
        for (const InspectedThread& thread : picture.threads) {
            if (!thread.waits_for.empty()) {
                waiting_[thread.slot] = &thread;
            }
        }
    }

    [[nodiscard]] std::vector<WaitEdge> edges() const {
        std::vector<WaitEdge> edges;
        for (const auto& [slot, thread] : waiting_) {
            for (const std::uint32_t object : thread->waits_for) {
                if (const auto owner = owner_in_the_way(slot, object)) {
                    edges.push_back({slot, object, *owner});
                }
            }
        }
        return edges;
    }

    /// For each stuck thread, the first thing in its way.
    [[nodiscard]] std::map<std::uint32_t, WaitEdge> stuck() const {
        std::map<std::uint32_t, WaitEdge> stuck;
        for (const auto& [slot, thread] : waiting_) {
            stuck[slot] = {};
        }
        for (bool changed = true; changed;) {
            changed = false;
            for (auto each = stuck.begin(); each != stuck.end();) {
                const auto way = way_barred(*waiting_.at(each->first), stuck);
                changed = changed || !way;
                if (way) {
                    each->second = *way;
                    ++each;
                } else {
                    each = stuck.erase(each);
                }
            }
        }
        return stuck;
    }

  private:
    /// Who owns the object, where it is a mutex of another thread.
    [[nodiscard]] std::optional<std::uint32_t> owner_in_the_way(std::uint32_t thread,
                                                                std::uint32_t object) const {
        const auto found = objects_.find(object);
        if (found == objects_.end() || found->second->type != InspectedType::mutex ||
            found->second->owner_thread == thread) {
            return std::nullopt;
        }
        return found->second->owner_thread;
    }

    /// The first thing that bars the thread's way as long as the stuck do not go on; none if it
    /// can.
    [[nodiscard]] std::optional<WaitEdge> way_barred(
        const InspectedThread& thread, const std::map<std::uint32_t, WaitEdge>& stuck) const {
        std::optional<WaitEdge> first;
        for (const std::uint32_t object : thread.waits_for) {
            const auto owner = owner_in_the_way(thread.slot, object);
            const bool barred = owner && stuck.contains(*owner);
            if (barred && !first) {
                first = WaitEdge{thread.slot, object, *owner};
            }
            // Any one that is not barred is enough, unless it needs all.
            if (!barred && !thread.wait_all) {
                return std::nullopt;
            }
        }
        return first;
    }

    std::map<std::uint32_t, const InspectedObject*> objects_;
    std::map<std::uint32_t, const InspectedThread*> waiting_;
};

/// The picture with only those waits that the earlier one shows, too.
RegionPicture lasting(const RegionPicture& earlier, const RegionPicture& later) {
    RegionPicture both;
    std::map<std::uint32_t, std::uint64_t> waits;
    for (const InspectedThread& thread : earlier.threads) {
        if (!thread.waits_for.empty()) {
            waits[thread.slot] = thread.wait;
        }
    }
    std::map<std::uint32_t, std::optional<std::uint32_t>> owners;
    for (const InspectedObject& object : earlier.objects) {
        owners[object.slot] = object.owner_thread;
    }
    for (const InspectedThread& thread : later.threads) {
        const auto wait = waits.find(thread.slot);
        if (!thread.waits_for.empty() && wait != waits.end() && wait->second == thread.wait) {
            both.threads.push_back(thread);
        }
    }
    for (const InspectedObject& object : later.objects) {
        both.objects.push_back(object);
        if (owners[object.slot] != object.owner_thread) {
            both.objects.back().owner_thread.reset();
        }
    }
    return both;
}

}  // namespace

std::vector<WaitEdge> wait_graph(const RegionPicture& picture) {
    return WaitGraph(picture).edges();
}

std::vector<Deadlock> deadlocks_of(const RegionPicture& earlier, const RegionPicture& later) {
    const RegionPicture both = lasting(earlier, later);
    const std::map<std::uint32_t, WaitEdge> stuck = WaitGraph(both).stuck();
    std::vector<Deadlock> deadlocks;
    std::map<std::uint32_t, std::size_t> known;  // thread -> its deadlock
    for (const auto& [start, first] : stuck) {
        std::vector<std::uint32_t> path;
        std::uint32_t at = start;
        while (!known.contains(at) && std::find(path.begin(), path.end(), at) == path.end()) {
            path.push_back(at);
            at = stuck.at(at).owner;
        }
        const auto begin = std::find(path.begin(), path.end(), at);
        std::size_t which = deadlocks.size();
        if (begin == path.end()) {
            which = known.at(at);
        } else {
            Deadlock& made = deadlocks.emplace_back();
            for (auto each = begin; each != path.end(); ++each) {
                made.cycle.push_back(stuck.at(*each));
            }
        }
        for (auto each = path.begin(); each != path.end(); ++each) {
            known[*each] = which;
            if (each < begin) {
                deadlocks[which].blocked.push_back(*each);
            }
        }
    }
    return deadlocks;
}

}  // namespace castaway
