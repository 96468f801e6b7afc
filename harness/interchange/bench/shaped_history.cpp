#include "harness/interchange/bench/shaped_history.h"

#include <fmt/format.h>

#include <fstream>
#include <queue>
#include <tuple>
#include <vector>

#include "harness/base/prng.h"

namespace castaway::harness {
namespace {

constexpr std::uint64_t kCallTime = 1000;

/// Clients in virtual time: each call takes effect somewhere amid its time.
class Run {
  public:
    Run(const HistoryShape& shape, std::uint64_t seed, std::ostream& out)
        : shape_(shape),
          out_(out),
          random_(seed),
          state_(shape.keys, shape.key_value ? "" : "null"),
          clients_(shape.clients) {}

    void go() {
        out_ << fmt::format(R"({{"castaway_history": 1, "model": "{}"}})",
                            shape_.key_value ? "key-value" : "register")
             << '\n';
        for (std::uint32_t i = 0; i < shape_.clients; ++i) {
            clients_[i].name = i;
            schedule(i, Phase::call, kCallTime);
        }
        next_name_ = shape_.clients;
        while (!moments_.empty()) {
            const auto [at, number, phase] = moments_.top();
            moments_.pop();
            now_ = at;
            switch (phase) {
                case Phase::call:
                    if (called_ < shape_.operations) {
                        call(number);
                    }
                    break;
                case Phase::effect:
                    take_effect(clients_[number]);
                    schedule(number, Phase::answer, kCallTime);
                    break;
                case Phase::answer:
                    answer(number);
                    break;
            }
        }
        out_ << fmt::format(R"({{"type": "end", "records": {}}})", records_) << '\n';
    }

  private:
    enum class Phase : std::uint8_t { call, effect, answer };
    enum class Kind : std::uint8_t { read, write, change };
    struct Client {
        std::uint32_t name = 0;
        std::uint32_t calls = 0;
        Kind kind = Kind::read;
        std::uint32_t key = 0;
        std::string expected;
        std::string value;
        std::string seen;
        bool failed = false;
    };

    void schedule(std::uint32_t client, Phase phase, std::uint64_t mean) {
        moments_.emplace(now_ + 1 + random_.below(2 * mean + 1), client, phase);
    }

    std::string drawn_value() { return std::to_string(random_.below(shape_.values)); }

    void call(std::uint32_t number) {
        Client& client = clients_[number];
        ++called_;
        const std::uint64_t kind = random_.below(100);
        client.kind = kind < shape_.reads                    ? Kind::read
                      : kind < shape_.reads + shape_.changes ? Kind::change
                                                             : Kind::write;
        client.key = static_cast<std::uint32_t>(random_.below(shape_.keys));
        client.value = shape_.key_value ? fmt::format("x {} {} y", client.name, client.calls++)
                                        : drawn_value();
        client.expected = drawn_value();
        std::string text = fmt::format(R"({{"type": "invoke", "process": {}, "op": "{}")",
                                       client.name, operation(client.kind));
        if (shape_.key_value) {
            text += fmt::format(R"(, "key": "{}")", client.key);
        }
        if (client.kind == Kind::change && !shape_.key_value) {
            text += fmt::format(R"(, "expected": {})", client.expected);
        }
        if (client.kind != Kind::read) {
            text += fmt::format(R"(, "value": {})", written(client.value));
        }
        record(text);
        schedule(number, Phase::effect, kCallTime);
    }

    void take_effect(Client& client) {
        std::string& state = state_[client.key];
        client.failed = false;
        switch (client.kind) {
            case Kind::read:
                client.seen = random_.below(1000) < shape_.wrong_reads ? state + "9" : state;
                break;
            case Kind::write:
                state = client.value;
                break;
            case Kind::change:
                if (shape_.key_value) {
                    state += client.value;
                } else if (state == client.expected) {
                    state = client.value;
                } else {
                    client.failed = true;
                }
                break;
        }
    }

    void answer(std::uint32_t number) {
        Client& client = clients_[number];
        std::string text = fmt::format(R"({{"type": "return", "process": {})", client.name);
        if (random_.below(1000) < shape_.lost_answers) {
            text += R"(, "result": "unknown")";
            client.name = next_name_++;
        } else if (client.failed) {
            text += R"(, "result": "failed")";
        } else if (client.kind == Kind::read) {
            text += fmt::format(R"(, "value": {})", written(client.seen));
        }
        record(text);
        schedule(number, Phase::call, kCallTime * shape_.pause / 100);
    }

    [[nodiscard]] const char* operation(Kind kind) const {
        switch (kind) {
            case Kind::read:
                return shape_.key_value ? "get" : "read";
            case Kind::write:
                return shape_.key_value ? "put" : "write";
            case Kind::change:
                break;
        }
        return shape_.key_value ? "append" : "compare_and_set";
    }

    [[nodiscard]] std::string written(const std::string& value) const {
        return shape_.key_value ? '"' + value + '"' : value;
    }

    void record(const std::string& text) {
        out_ << text << "}\n";
        ++records_;
    }

    const HistoryShape& shape_;
    std::ostream& out_;
    Prng random_;
    std::vector<std::string> state_;
    std::vector<Client> clients_;
    using Moment = std::tuple<std::uint64_t, std::uint32_t, Phase>;
    std::priority_queue<Moment, std::vector<Moment>, std::greater<>> moments_;
    std::uint64_t now_ = 0;
    std::uint64_t records_ = 0;
    std::uint32_t called_ = 0;
    std::uint32_t next_name_ = 0;
};

}  // namespace

void write_history(const std::filesystem::path& file, const HistoryShape& shape,
                   std::uint64_t seed) {
    std::ofstream out;
    out.exceptions(std::ios::failbit | std::ios::badbit);
    out.open(file, std::ios::binary | std::ios::trunc);
    Run(shape, seed, out).go();
    out.close();
}

}  // namespace castaway::harness
