#include "harness/model/win32/access.h"

#include <array>

namespace castaway::harness::win32 {
namespace {

/// What the generic rights stand for; of private namespaces only the whole is of use.
struct Mapping {
    std::uint32_t read;
    std::uint32_t write;
    std::uint32_t execute;
    std::uint32_t all;
};

// In the order of Type. STANDARD_RIGHTS_READ, _WRITE and _EXECUTE are all READ_CONTROL.
constexpr std::array<Mapping, 7> kMappings{{
    {0x00020001, 0x00020002, 0x00120000, 0x001f0003},
    {0x00020001, 0x00020000, 0x00120000, 0x001f0001},
    {0x00020001, 0x00020002, 0x00120000, 0x001f0003},
    {0x00020001, 0x00020002, 0x00120000, 0x001f0003},
    {0x00020410, 0x00020bea, 0x00121001, 0x001fffff},
    {0x00020048, 0x00020437, 0x00120800, 0x001fffff},
    {0, 0, 0, 0x000f000f},
}};

constexpr std::uint32_t kGenericBits = rights::kGenericRead | rights::kGenericWrite |
                                       rights::kGenericExecute | rights::kGenericAll |
                                       rights::kMaximumAllowed;

const Mapping& mapping_of(Type type) {
    return kMappings.at(static_cast<std::size_t>(type));
}

}  // namespace

const char* name_of(Type type) {
    constexpr std::array<const char*, 7> kNames{"event",   "mutex",  "semaphore",        "timer",
                                                "process", "thread", "private namespace"};
    return kNames.at(static_cast<std::size_t>(type));
}

Type type_named_by(Function function) {
    switch (function) {
        case Function::create_event:
        case Function::open_event:
            return Type::event;
        case Function::create_mutex:
        case Function::open_mutex:
            return Type::mutex;
        case Function::create_semaphore:
        case Function::open_semaphore:
            return Type::semaphore;
        default:
            return Type::timer;
    }
}

std::uint32_t all_rights(Type type) {
    return mapping_of(type).all;
}

std::uint32_t granted(Type type, std::uint32_t wanted) {
    const Mapping& mapping = mapping_of(type);
    std::uint32_t access = wanted & ~kGenericBits;
    if ((wanted & (rights::kGenericAll | rights::kMaximumAllowed)) != 0) {
        access |= mapping.all;
    }
    access |= (wanted & rights::kGenericRead) != 0 ? mapping.read : 0;
    access |= (wanted & rights::kGenericWrite) != 0 ? mapping.write : 0;
    access |= (wanted & rights::kGenericExecute) != 0 ? mapping.execute : 0;
    return access & mapping.all;
}

bool asks_for_others(Type type, std::uint32_t wanted) {
    return (wanted & ~kGenericBits & ~rights::kSystemSecurity & ~all_rights(type)) != 0;
}

bool is_defined(Type type, std::uint32_t wanted) {
    return wanted != 0 && (wanted & ~kGenericBits & ~all_rights(type)) == 0;
}

}  // namespace castaway::harness::win32
