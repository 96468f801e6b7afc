#include "primitives/inspect/describe.h"

#include <array>
#include <cstring>
#include <string_view>

#include "primitives/objects/state.h"
#include "primitives/objects/wait_word.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/directory.h"
#include "primitives/region/names.h"

namespace castaway {

namespace {

std::uint64_t load(Cell64& cell) {
    return LinuxPlatform{}.load(cell);
}

std::string_view word_of(ObjectKind kind) {
    if (is_event(kind)) {
        return "event";
    }
    if (is_timer(kind)) {
        return "timer";
    }
    if (kind == ObjectKind::none) {
        return "free object";
    }
    if (kind == ObjectKind::process) {
        return "process";
    }
    if (kind == ObjectKind::thread) {
        return "thread";
    }
    return kind == ObjectKind::mutex ? "mutex" : "semaphore";
}

/// "mutex \"Local\\x\"", or "mutex in slot 7" when it has no name.
std::string describe_object(const RegionView& region, std::uint32_t slot) {
    Object& object = region.object(slot);
    std::string name = shown_name_of(region, object);
    // One line, also of a name that only the W forms can give.
    constexpr std::size_t kWholeMax = 300;
    if (name.size() > kWholeMax) {
        std::size_t end = 80;
        while ((static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) {
            --end;
        }
        name = name.substr(0, end) + "...";
    }
    return std::string(word_of(static_cast<ObjectKind>(load(object.type)))) +
           (name.empty() ? " in slot " + std::to_string(slot) : " \"" + name + "\"");
}

/// "thread slot 3 of process 4711".
std::string describe_thread(const RegionView& region, std::uint32_t slot) {
    const auto pid = pid_of_thread(region, slot);
    return "thread slot " + std::to_string(slot) +
           (pid ? " of process " + std::to_string(*pid) : " of no process");
}

/// "process slot 2 (process 4711)".
std::string describe_process(const RegionView& region, std::uint32_t slot) {
    const auto entry = ProcessEntry::unpack(load(region.process_entry(slot)));
    return "process slot " + std::to_string(slot) +
           (entry.state == SlotState::free
                ? " (free)"
                : " (process " + std::to_string(entry.identity.pid) + ")");
}

/// ", which waits for mutex \"Local\\x\" and event in slot 7", or nothing.
std::string describe_wait(const RegionView& region, ThreadSlot& thread) {
    if (WaitWord::unpack(load(thread.wait_word)).state != WaitState::waiting) {
        return {};
    }
    std::string text;
    for (WaitEntry& entry : thread.waits) {
        const std::uint64_t object = load(entry.object);
        if (object != 0 && object <= region.geometry().objects) {
            text += (text.empty() ? ", which waits for " : " and ") +
                    describe_object(region, static_cast<std::uint32_t>(object - 1));
        }
    }
    return text;
}

std::string describe_header(const RegionView& region, std::uint64_t offset) {
    Header& header = region.header();
    const auto is = [&](const auto& field) {
        const std::uint64_t begin = region.offset_of(&field);
        return offset >= begin && offset < begin + sizeof(field);
    };
    if (is(header.recovery_lock)) {
        return "the recovery lock";
    }
    if (is(header.allocation_lock)) {
        return "the allocation lock";
    }
    if (is(header.apc_lock)) {
        return "the lock of procedure calls";
    }
    if (is(header.name_locks)) {
        return "name lock " +
               std::to_string((offset - region.offset_of(&header.name_locks)) / sizeof(Cell32));
    }
    return "the header";
}

std::string describe_process_field(const RegionView& region, std::uint32_t slot,
                                   std::uint64_t within) {
    std::string part = "the record";
    if (within < offsetof(ProcessSlot, bell)) {
        part = "liveness word " + std::to_string(within / sizeof(LivenessWord));
    } else if (within < offsetof(ProcessSlot, handles_lock)) {
        part = "the bell";
    } else if (within < offsetof(ProcessSlot, free_handles)) {
        part = "the handle table's lock";
    }
    return part + " of " + describe_process(region, slot);
}

std::string describe_thread_field(const RegionView& region, std::uint32_t slot,
                                  std::uint64_t within) {
    if (within < offsetof(ThreadSlot, journal_entries)) {
        return "the wait word of " + describe_thread(region, slot) +
               describe_wait(region, region.thread(slot));
    }
    if (within >= offsetof(ThreadSlot, life)) {
        return "the procedure calls of " + describe_thread(region, slot);
    }
    const bool journal = within < offsetof(ThreadSlot, locks);
    const bool locks = within < offsetof(ThreadSlot, waits);
    return (journal ? "the journal of "
            : locks ? "the noted locks of "
                    : "the wait entries of ") +
           describe_thread(region, slot);
}

std::string describe_object_field(const RegionView& region, std::uint32_t slot,
                                  std::uint64_t within) {
    const bool state = within < offsetof(Object, lock);
    const bool lock = !state && within < offsetof(Object, bell);
    const bool bell = !state && !lock && within < offsetof(Object, type);
    return (state  ? "the state word of "
            : lock ? "the lock of "
            : bell ? "the bell of "
                   : "") +
           describe_object(region, slot);
}

}  // namespace

std::string canonical_name_of(const RegionView& region, Object& object) {
    const std::uint64_t size = load(object.name_bytes);
    if (size == 0 || size > kNameBytesMax) {
        return {};
    }
    std::string bytes(name_cells_for(size) * sizeof(NameCell::text), '\0');
    std::uint64_t cell = load(object.name_cell);
    for (std::size_t at = 0; at < size;) {
        // Others may be giving the name away while this looks.
        if (cell == 0 || cell > region.geometry().name_cells) {
            return {};
        }
        NameCell& piece = region.name_cell(cell - 1);
        for (Cell64& word : piece.text) {
            const std::uint64_t text = load(word);
            std::memcpy(bytes.data() + at, &text, sizeof(text));
            at += sizeof(text);
        }
        cell = load(piece.next);
    }
    bytes.resize(size);
    return bytes;
}

std::string shown_name_of(const RegionView& region, Object& object) {
    const std::string canonical = canonical_name_of(region, object);
    if (canonical.empty()) {
        return {};
    }
    const std::string rest = canonical.substr(1);
    switch (canonical.front()) {
        case 'L':
            return "Local" + rest;
        case 'G':
            return "Global" + rest;
        case 'P':
            return "Process\\" +
                   std::to_string(ProcessEntry::unpack(load(object.detail)).identity.pid);
        case 'B':
            return "Boundary" + rest.substr(0, rest.find('\0'));
        case 'N':
            return "Namespace\\" + rest;
        case 'T':
            return "Thread\\" + std::to_string(load(object.period) >> 32);
        default:
            return "Session\\" + rest;
    }
}

std::optional<std::uint32_t> pid_of_thread(const RegionView& region, std::uint32_t thread) {
    if (thread >= region.geometry().threads) {
        return std::nullopt;
    }
    const ThreadEntry entry = ThreadEntry::unpack(load(region.thread_entry(thread)));
    if (entry.state == SlotState::free || entry.process >= region.geometry().processes) {
        return std::nullopt;
    }
    const auto process = ProcessEntry::unpack(load(region.process_entry(entry.process)));
    return process.state == SlotState::free ? std::nullopt : std::optional(process.identity.pid);
}

std::string describe_offset(const RegionView& region, std::uint64_t offset) {
    const Offsets& at = region.offsets();
    const auto slot = [offset](std::uint64_t table, std::uint64_t size) {
        return static_cast<std::uint32_t>((offset - table) / size);
    };
    if (offset < sizeof(Header)) {
        return describe_header(region, offset);
    }
    // Parts of the directories and of the tables that were never used may have no memory.
    if (offset >= at.processes &&
        slot(at.processes, sizeof(ProcessSlot)) < load(region.header().processes_seen)) {
        const auto process = slot(at.processes, sizeof(ProcessSlot));
        return describe_process_field(region, process,
                                      (offset - at.processes) % sizeof(ProcessSlot));
    }
    if (offset >= at.thread_liveness &&
        slot(at.thread_liveness, sizeof(LivenessWord)) < load(region.header().threads_seen)) {
        return "the liveness word of " +
               describe_thread(region, slot(at.thread_liveness, sizeof(LivenessWord)));
    }
    if (offset >= at.threads &&
        slot(at.threads, sizeof(ThreadSlot)) < load(region.header().threads_seen)) {
        const auto thread = slot(at.threads, sizeof(ThreadSlot));
        return describe_thread_field(region, thread, (offset - at.threads) % sizeof(ThreadSlot));
    }
    if (offset >= at.objects &&
        slot(at.objects, sizeof(Object)) < load(region.header().free_objects.fresh)) {
        const auto object = slot(at.objects, sizeof(Object));
        return describe_object_field(region, object, (offset - at.objects) % sizeof(Object));
    }
    return {};
}

}  // namespace castaway
