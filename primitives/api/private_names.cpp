#include "primitives/api/private_names.h"

#include <algorithm>
#include <mutex>
#include <string_view>
#include <vector>

#include "primitives/api/lasting.h"
#include "primitives/objects/private_namespace.h"
#include "primitives/region/utf16.h"

namespace castaway {

namespace {

struct Alias {
    std::string text;
    HANDLE handle = nullptr;
    std::uint32_t object = 0;
    std::uint32_t generation = 0;
};

struct Aliases {
    std::mutex mutex;
    std::vector<Alias> all;
};

constinit Lasting<Aliases> aliases;

/// Equal for the values by which one handle may be given.
std::uint64_t index_of(HANDLE handle) {
    return handle_index(reinterpret_cast<std::uintptr_t>(handle));
}

/// The alias, if its handle is still open. Forgets it otherwise.
std::optional<Alias> find_alias(ActiveThread& thread, std::string_view text) {
    Aliases& of = *aliases;
    const std::lock_guard guard(of.mutex);
    const auto found = std::find_if(of.all.begin(), of.all.end(),
                                    [&](const Alias& each) { return each.text == text; });
    if (found == of.all.end()) {
        return std::nullopt;
    }
    Target target;
    if (look_up_namespace(thread, found->handle, target) == ERROR_SUCCESS &&
        target.object == found->object && target.generation == found->generation) {
        return *found;
    }
    of.all.erase(found);
    return std::nullopt;
}

/// What "ALIAS\X" means. \param error that it means nothing; becomes another, or 0
std::optional<CanonicalName> resolve_alias(std::string_view text, std::uint32_t& error) {
    const std::size_t backslash = text.find('\\');
    const std::string_view rest = text.substr(backslash + 1);
    if (rest.find('\\') != std::string_view::npos) {
        return std::nullopt;
    }
    std::optional<Alias> alias;
    const std::uint32_t refused = with_thread([&](ActiveThread& thread) {
        alias = find_alias(thread, text.substr(0, backslash));
        return std::uint32_t{ERROR_SUCCESS};
    });
    if (refused != ERROR_SUCCESS) {
        error = refused;
    }
    if (!alias) {
        return std::nullopt;
    }
    error = rest.empty() ? ERROR_INVALID_NAME : ERROR_SUCCESS;
    if (rest.empty()) {
        return std::nullopt;
    }
    return name_in_namespace(alias->object, alias->generation, rest);
}

}  // namespace

std::optional<CanonicalName> resolve_name(const char* name, std::uint32_t& error) {
    auto canonical = canonical_name(name, error);
    return error != ERROR_PATH_NOT_FOUND ? std::move(canonical) : resolve_alias(name, error);
}

std::optional<CanonicalName> resolve_name(const char16_t* name, std::uint32_t& error) {
    auto canonical = canonical_name(name, error);
    // It has been judged to be no longer than any, and to have no half of a pair.
    return error != ERROR_PATH_NOT_FOUND ? std::move(canonical)
                                         : resolve_alias(to_utf8(name).value_or(""), error);
}

bool is_free_alias(ActiveThread& thread, const std::string& alias) {
    return !find_alias(thread, alias);
}

void add_alias(ActiveThread& thread, const std::string& alias, HANDLE handle) {
    Target target;
    if (look_up_namespace(thread, handle, target) == ERROR_SUCCESS) {
        Aliases& of = *aliases;
        const std::lock_guard guard(of.mutex);
        of.all.push_back({alias, handle, target.object, target.generation});
    }
}

void forget_alias(HANDLE handle) {
    Aliases& of = *aliases;
    const std::lock_guard guard(of.mutex);
    of.all.erase(std::remove_if(
                     of.all.begin(), of.all.end(),
                     [&](const Alias& each) { return index_of(each.handle) == index_of(handle); }),
                 of.all.end());
}

void lock_aliases() {
    aliases->mutex.lock();
}

void unlock_aliases() {
    aliases->mutex.unlock();
}

void aliases_in_forked_child() {
    aliases->all.clear();
    aliases->mutex.unlock();
}

}  // namespace castaway
