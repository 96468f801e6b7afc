// Reads values out of a JSON document and gathers what is wrong with it, each with its place, so
// that a person learns of all mistakes at once. A value that cannot be read becomes a default: a
// document with problems must not be used.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/json_text.h"

namespace castaway::harness {

struct Problem {
    std::string pointer;
    std::string what;  ///< without a full stop
    std::string mend;  ///< without a full stop
};

/// The whole error, "a.json: /faults/0: what; mend".
std::string to_line(const std::string& file, const Problem& problem);

class Problems {
  public:
    /// Nobody reads more: those beyond are dropped, and the last says so.
    static constexpr std::size_t kMost = 100;

    void add(std::string pointer, std::string what, std::string mend);
    [[nodiscard]] std::span<const Problem> all() const { return all_; }
    [[nodiscard]] bool empty() const { return all_.empty(); }
    /// Throws the first as an InputError; does nothing when there is none.
    void throw_first(const std::string& file) const;

  private:
    std::vector<Problem> all_;
};

/// The numbers that a place allows, both ends included.
struct Bounds {
    std::int64_t low = 0;
    std::int64_t high = 0;
};

/// One value of the document. The document and the problems must outlive it.
class JsonNode {
  public:
    JsonNode(const Json& value, std::string pointer, Problems& problems)
        : value_(&value), pointer_(std::move(pointer)), problems_(&problems) {}

    [[nodiscard]] const Json& value() const { return *value_; }
    [[nodiscard]] const std::string& pointer() const { return pointer_; }
    void problem(std::string what, std::string mend) const;
    /// Says that the value should be `expected` ("a string") and is something else.
    void wrong_type(std::string_view expected) const;

    /// Each of these complains when the value is of another kind or outside the bounds.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool boolean() const;
    [[nodiscard]] std::int64_t integer(Bounds bounds) const;
    /// The position of the string among the known words; 0 when it is none of them.
    [[nodiscard]] std::size_t word(std::span<const std::string_view> known) const;
    /// The items of an array with at least `least` and at most `most`; those beyond are left out.
    [[nodiscard]] std::vector<JsonNode> items(std::size_t least, std::size_t most) const;

    [[nodiscard]] JsonNode member(std::string_view key) const;

  private:
    const Json* value_;
    std::string pointer_;
    Problems* problems_;
};

/// An object whose keys are all known: those that were asked for.
class JsonObject {
  public:
    /// Complains when the value is no object; nothing is found in it then.
    explicit JsonObject(JsonNode node);

    [[nodiscard]] const JsonNode& node() const { return node_; }
    [[nodiscard]] bool is_object() const { return is_object_; }
    std::optional<JsonNode> find(std::string_view key);
    /// Complains when there is no such key.
    std::optional<JsonNode> require(std::string_view key);
    /// Complains of keys that nobody asked for.
    void finish() const;

  private:
    JsonNode node_;
    bool is_object_;
    std::vector<std::string_view> asked_;
};

}  // namespace castaway::harness
