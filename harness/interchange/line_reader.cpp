#include "harness/interchange/line_reader.h"

#include <fmt/format.h>

#include <cstring>

#include "harness/base/error.h"

namespace castaway::harness {

LineReader::LineReader(const std::filesystem::path& file) : file_(file), buffer_(2 * kLongest) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
        throw InputError(file.string(), "this is no regular file",
                         "name a history file; it is read more than once");
    }
    in_.open(file, std::ios::binary);
    if (!in_) {
        throw InputError(file.string(), "it cannot be read");
    }
}

bool LineReader::fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    buffer_offset_ += begin_;
    end_ -= begin_;
    begin_ = 0;
    in_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
    const auto got = static_cast<std::size_t>(in_.gcount());
    if (in_.bad()) {
        throw InputError(file_.string(), "it cannot be read to its end");
    }
    end_ += got;
    return got > 0;
}

bool LineReader::next() {
    std::size_t searched = begin_;
    for (;;) {
        const char* from = buffer_.data() + searched;
        const void* feed = std::memchr(from, '\n', end_ - searched);
        const bool last = feed == nullptr;
        const std::size_t at =
            last ? end_ : static_cast<std::size_t>(static_cast<const char*>(feed) - buffer_.data());
        if (at - begin_ > kLongest) {
            ++number_;
            offset_ = buffer_offset_ + begin_;
            throw InputError(place(), fmt::format("a line of more than {} bytes", kLongest),
                             "a history has one record in each line");
        }
        if (last) {
            const std::size_t told = end_ - begin_;
            if (fill()) {
                searched = begin_ + told;
                continue;
            }
            if (begin_ == end_) {
                return false;
            }
        }
        const std::size_t stop = last ? end_ : at;
        line_ = std::string_view(buffer_.data() + begin_, stop - begin_);
        offset_ = buffer_offset_ + begin_;
        ++number_;
        begin_ = last ? end_ : at + 1;
        if (line_.ends_with('\r')) {
            line_.remove_suffix(1);
        }
        return true;
    }
}

std::string LineReader::place(std::size_t column) const {
    return fmt::format("{}: line {} (byte {})", file_.string(), number_, offset_ + column);
}

}  // namespace castaway::harness
