#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <system_error>

#include "harness/base/error.h"
#include "harness/plan/plan_json.h"

namespace castaway::harness {
namespace {

constexpr std::string_view kTokenWord = "castaway";
constexpr std::string_view kTokenVersion = "castaway1";
constexpr std::size_t kDigestDigits = 16;

[[noreturn]] void bad_token(std::string_view text, std::string_view problem) {
    throw InputError(fmt::format("token \"{}\"", text), std::string(problem),
                     "copy the whole token that the run has printed");
}

/// The whole text as a number; all of its letters are digits of the base.
template <int kBase>
bool read_number(std::string_view text, std::uint64_t& number) {
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number, kBase);
    return error == std::errc() && stopped == end;
}

/// The text up to the next colon, which is taken away with it; the whole text when there is none.
std::string_view take_part(std::string_view& text) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
    return part;
}

bool is_lower_hexadecimal(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string to_string(const ReplayToken& token) {
    return fmt::format("{}:{}:{}:{}:{:016x}", kTokenVersion, token.scenario, token.seed,
                       token.subject, token.digest);
}

ReplayToken parse_token(std::string_view text) {
    if (!looks_like_token(text)) {
        bad_token(text, "this is no token");
    }
    std::string_view rest = text;
    if (take_part(rest) != kTokenVersion) {
        throw InputError(fmt::format("token \"{}\"", text),
                         "this castaway does not know the token's version",
                         "use the castaway that has printed it");
    }
    ReplayToken token;
    token.scenario = take_part(rest);
    if (token.scenario.empty()) {
        bad_token(text, "its scenario is missing");
    }
    if (!read_number<10>(take_part(rest), token.seed)) {
        bad_token(text, "its seed is no number");
    }
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos) {
        bad_token(text, "it is cut off");
    }
    token.subject = rest.substr(0, colon);
    if (token.subject.empty()) {
        bad_token(text, "its subject is missing");
    }
    const std::string_view digest = rest.substr(colon + 1);
    if (digest.size() != kDigestDigits || !is_lower_hexadecimal(digest) ||
        !read_number<16>(digest, token.digest)) {
        bad_token(text, "its digest is not 16 hex digits");
    }
    return token;
}

bool looks_like_token(std::string_view text) {
    const std::size_t digits = kTokenWord.size();
    return text.size() > digits && text.substr(0, digits) == kTokenWord && text[digits] >= '0' &&
           text[digits] <= '9' && text.find(':') != std::string_view::npos;
}

}  // namespace castaway::harness
