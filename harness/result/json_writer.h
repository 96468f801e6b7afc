// Writes JSON as text, straight into one string: a history of many operations never stands in
// memory a second time as a tree. Keys come in the order they are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

class JsonWriter {
  public:
    /// How the items of an object or array lie.
    enum class Layout : std::uint8_t {
        lines,  ///< each on a line of its own, indented
        row,    ///< all on one line, as is everything in them
    };

    void begin_object(Layout layout = Layout::lines) { begin('{', layout); }
    void end_object() { end('}'); }
    void begin_array(Layout layout = Layout::lines) { begin('[', layout); }
    void end_array() { end(']'); }

    /// Inside an object, before each value.
    void key(std::string_view name);

    /// Bytes that are no valid UTF-8 are written as U+FFFD.
    void text(std::string_view value);
    void number(std::int64_t value);
    void number(std::uint64_t value);
    void number(std::int32_t value) { number(std::int64_t{value}); }
    void number(std::uint32_t value) { number(std::uint64_t{value}); }
    void boolean(bool value);
    void null();

    /// The document. Requires that everything begun has ended.
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    struct Open {
        Layout layout = Layout::lines;
        bool empty = true;
    };

    void begin(char bracket, Layout layout);
    void end(char bracket);
    /// What must stand before the next value or key.
    void separate();
    void new_line();

    std::string out_;
    std::vector<Open> open_;
    bool after_key_ = false;
};

}  // namespace castaway::harness
