// A register's or key-value store's history, read once and judged many times: reading is not what
// is measured.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "harness/linearize/judgement.h"

namespace castaway::harness {

class ToldEvents {
  public:
    ToldEvents() = default;
    ToldEvents(const ToldEvents&) = delete;
    ToldEvents& operator=(const ToldEvents&) = delete;
    virtual ~ToldEvents() = default;

    [[nodiscard]] virtual std::uint64_t operations() const = 0;
    /// Makes the tables of values for so many judgements, each as reading left it.
    virtual void prepare(std::size_t judgements) = 0;
    /// Requires a table that is not used.
    virtual Finding judge() = 0;
};

/// Throws InputError for what is no sound history, is of another model, or has deaths.
std::unique_ptr<ToldEvents> read_events(const std::filesystem::path& file);

}  // namespace castaway::harness
