#include "harness/checkers/single_signal.h"

#include <algorithm>
#include <array>
#include <queue>
#include <tuple>

#include "harness/checkers/lives.h"

namespace castaway::harness {
namespace {

/// What falls to one moment, in the order that leaves most: all that begins, then the waits whose
/// time is over, then the clearings, then the signals that must be stored.
enum class Turn : std::uint8_t {
    signal_begins,
    wait_begins,
    wait_ends,
    clearing_ends,
    signal_ends
};

struct Event {
    std::int64_t at_ns = 0;
    Turn turn = Turn::signal_begins;
    std::size_t index = 0;
};

/// Those that have begun, by the end of their time; one that was used stays until it is met.
class Pool {
  public:
    explicit Pool(const std::vector<Span>& spans) : spans_(spans), used_(spans.size()) {}

    void add(std::size_t index) { queue_.push({spans_[index].until, index}); }
    void use(std::size_t index) { used_[index] = true; }
    [[nodiscard]] bool used(std::size_t index) const { return used_[index]; }

    /// Uses the one whose time is over first.
    std::optional<std::size_t> use_first() {
        while (!queue_.empty()) {
            const std::size_t index = queue_.top().second;
            queue_.pop();
            if (!used_[index]) {
                used_[index] = true;
                return index;
            }
        }
        return std::nullopt;
    }

  private:
    using Entry = std::pair<std::int64_t, std::size_t>;
    const std::vector<Span>& spans_;
    std::vector<bool> used_;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

class Explainer {
  public:
    explicit Explainer(const SingleSignal& object)
        : object_(object), signals_(object.signals), waits_(object.waits) {
        if (object.stored_at_first) {
            store_ = Stored{nullptr, kLongAgo};
            result_.signals = 1;
        }
    }

    std::optional<Unexplained> run() {
        for (const Event& event : events()) {
            switch (event.turn) {
                case Turn::signal_begins:
                    ++result_.signals;
                    signals_.add(event.index);
                    break;
                case Turn::wait_begins:
                    waits_.add(event.index);
                    break;
                case Turn::wait_ends:
                    if (!waits_.used(event.index) && !serve_last(event.index)) {
                        return std::move(result_);
                    }
                    break;
                case Turn::clearing_ends:
                    clear(object_.clearings[event.index]);
                    break;
                case Turn::signal_ends:
                    if (!signals_.used(event.index)) {
                        store(event.index, event.at_ns);
                    }
                    break;
            }
        }
        return std::nullopt;
    }

  private:
    struct Stored {
        const Operation* signal = nullptr;
        std::int64_t since = 0;
    };

    [[nodiscard]] std::vector<Event> events() const {
        std::vector<Event> events;
        const auto add = [&events](const std::vector<Span>& spans, std::optional<Turn> begin,
                                   Turn end) {
            for (std::size_t i = 0; i < spans.size(); ++i) {
                if (begin) {
                    events.push_back({spans[i].from, *begin, i});
                }
                events.push_back({spans[i].until, end, i});
            }
        };
        add(object_.signals, Turn::signal_begins, Turn::signal_ends);
        add(object_.waits, Turn::wait_begins, Turn::wait_ends);
        add(object_.clearings, std::nullopt, Turn::clearing_ends);
        std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
            return std::tie(a.at_ns, a.turn, a.index) < std::tie(b.at_ns, b.turn, b.index);
        });
        return events;
    }

    void note(std::size_t wait, const Operation* signal) {
        last_served_.at(result_.served % last_served_.size()) = {object_.waits[wait].operation,
                                                                 signal};
        ++result_.served;
    }

    /// Serves a wait whose time is over; the stored signal goes first.
    bool serve_last(std::size_t wait) {
        waits_.use(wait);
        if (store_) {
            note(wait, store_->signal);
            store_.reset();
            return true;
        }
        if (const auto signal = signals_.use_first()) {
            note(wait, object_.signals[*signal].operation);
            return true;
        }
        result_.wait = object_.waits[wait].operation;
        for (const auto& [served, signal] : last_served_) {
            result_.before.push_back(served);
            result_.before.push_back(signal);
        }
        return false;
    }

    void clear(const Span& clearing) {
        if (!store_ || store_->since >= clearing.from) {
            return;
        }
        if (const auto wait = waits_.use_first()) {
            note(*wait, store_->signal);
        } else {
            ++result_.cleared;
        }
        store_.reset();
    }

    void store(std::size_t signal, std::int64_t now_ns) {
        signals_.use(signal);
        if (store_) {
            if (const auto wait = waits_.use_first()) {
                note(*wait, store_->signal);
            }
        }
        // Where two come together, the later one counts as stored: a clearing whose time has begun
        // may have come just before it.
        store_ = Stored{object_.signals[signal].operation, now_ns};
    }

    const SingleSignal& object_;
    Pool signals_;
    Pool waits_;
    std::optional<Stored> store_;
    Unexplained result_;
    std::array<std::pair<const Operation*, const Operation*>, 3> last_served_{};
};

}  // namespace

std::optional<Unexplained> explain(const SingleSignal& object) {
    return Explainer(object).run();
}

}  // namespace castaway::harness
