// Rights: what a mask that is asked for grants, and which right a call needs.
//
// Rules HND-08, HND-11, ACC-01, ACC-03, EVT-10, SEM-09, TMR-11, WAIT-04, MTX-14, DUP-02, DUP-09
// (Win32 pages "Synchronization Object Security and Access Rights", "Process Security and Access
// Rights", "Thread Security and Access Rights", "Requesting Access Rights to an Object").
#pragma once

#include <cstdint>

#include "harness/model/win32/call.h"

namespace castaway::harness::win32 {

enum class Type : std::uint8_t {
    event,
    mutex,
    semaphore,
    timer,
    process,
    thread,
    private_namespace
};

const char* name_of(Type type);
/// Of the objects that the function creates or opens by name.
Type type_named_by(Function function);

namespace rights {
inline constexpr std::uint32_t kReadControl = 0x00020000;
inline constexpr std::uint32_t kSynchronize = 0x00100000;
/// Of events, semaphores and timers.
inline constexpr std::uint32_t kModifyState = 0x0002;
inline constexpr std::uint32_t kSystemSecurity = 0x01000000;
inline constexpr std::uint32_t kMaximumAllowed = 0x02000000;
inline constexpr std::uint32_t kGenericAll = 0x10000000;
inline constexpr std::uint32_t kGenericExecute = 0x20000000;
inline constexpr std::uint32_t kGenericWrite = 0x40000000;
inline constexpr std::uint32_t kGenericRead = 0x80000000;
inline constexpr std::uint32_t kTerminateProcess = 0x0001;
inline constexpr std::uint32_t kDuplicateHandles = 0x0040;
inline constexpr std::uint32_t kQueryProcess = 0x0400;
inline constexpr std::uint32_t kQueryProcessLimited = 0x1000;
inline constexpr std::uint32_t kSetThreadContext = 0x0010;
inline constexpr std::uint32_t kQueryThread = 0x0040;
inline constexpr std::uint32_t kQueryThreadLimited = 0x0800;
}  // namespace rights

/// All rights that the type has.
std::uint32_t all_rights(Type type);

/// The rights of a handle for which `wanted` was asked: those of them that the type has.
std::uint32_t granted(Type type, std::uint32_t wanted);

/// The mask asks for rights that the type does not have (ACCESS_SYSTEM_SECURITY is none of those).
bool asks_for_others(Type type, std::uint32_t wanted);

/// The mask asks for something, and for nothing that the type has not: of others the pages do not
/// say what is granted.
bool is_defined(Type type, std::uint32_t wanted);

}  // namespace castaway::harness::win32
