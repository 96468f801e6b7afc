// What the names of a process mean: those of region/names.h, and "ALIAS\X" for the private
// namespaces that it has made or opened.
#pragma once

#include <optional>
#include <string>

#include "primitives/api/win32_support.h"
#include "primitives/region/names.h"

namespace castaway {

/// As canonical_name(), with the process's aliases.
std::optional<CanonicalName> resolve_name(const char* name, std::uint32_t& error);
std::optional<CanonicalName> resolve_name(const char16_t* name, std::uint32_t& error);

/// The process's aliases. An alias is known by its handle: a handle that is closed ends it.
/// \name Aliases
/// @{

/// Whether the alias is free, or stands for a handle that is closed.
bool is_free_alias(ActiveThread& thread, const std::string& alias);
void add_alias(ActiveThread& thread, const std::string& alias, HANDLE handle);
void forget_alias(HANDLE handle);
/// @}

/// What fork() is to do with the aliases (api/attachment.cpp). The child has none: it has none of
/// its parent's handles.
/// \name Forks
/// @{
void lock_aliases();
void unlock_aliases();
void aliases_in_forked_child();
/// @}

}  // namespace castaway
