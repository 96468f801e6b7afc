#include "harness/cli/region_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace castaway::harness {

namespace {

/// So many bytes of UTF-8, or a few less: no part of a character.
std::string_view valid_prefix(std::string_view text, std::size_t size) {
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
        --size;
    }
    return text.substr(0, size);
}

}  // namespace

std::string word_for(InspectedType type) {
    switch (type) {
        case InspectedType::event:
            return "event";
        case InspectedType::mutex:
            return "mutex";
        case InspectedType::semaphore:
            return "semaphore";
        case InspectedType::timer:
            return "timer";
        case InspectedType::thread:
            return "thread";
        case InspectedType::private_namespace:
            return "private namespace";
        case InspectedType::process:
            break;
    }
    return "process";
}

std::string word_for(InspectedState state) {
    switch (state) {
        case InspectedState::joining:
            return "joining";
        case InspectedState::live:
            return "live";
        case InspectedState::ending:
            return "ending";
        case InspectedState::dead:
            break;
    }
    return "dead";
}

std::string describe(const InspectedObject& object) {
    if (object.name.empty()) {
        return fmt::format("{} in slot {}", word_for(object.type), object.slot);
    }
    // Of a name that only the W forms can give: its beginning, and by what else it is known.
    constexpr std::size_t kWholeMax = 300;
    constexpr std::size_t kBeginning = 80;
    if (object.name.size() > kWholeMax) {
        return fmt::format("{} \"{}...\" ({} bytes) in slot {}", word_for(object.type),
                           valid_prefix(object.name, kBeginning), object.name.size(), object.slot);
    }
    return fmt::format("{} \"{}\"", word_for(object.type), object.name);
}

std::string describe_thread(const RegionPicture& picture, std::uint32_t slot) {
    const auto found =
        std::find_if(picture.threads.begin(), picture.threads.end(),
                     [slot](const InspectedThread& thread) { return thread.slot == slot; });
    return found == picture.threads.end()
               ? fmt::format("thread slot {}", slot)
               : fmt::format("thread slot {} of process {}", slot, found->pid);
}

const InspectedObject* object_in(const RegionPicture& picture, std::uint32_t slot) {
    const auto found =
        std::find_if(picture.objects.begin(), picture.objects.end(),
                     [slot](const InspectedObject& object) { return object.slot == slot; });
    return found == picture.objects.end() ? nullptr : &*found;
}

std::string describe(const RegionPicture& picture, const WaitEdge& edge) {
    const InspectedObject* const mutex = object_in(picture, edge.mutex);
    return fmt::format(
        "{} waits for {}, which {} owns", describe_thread(picture, edge.thread),
        mutex != nullptr ? describe(*mutex) : fmt::format("mutex in slot {}", edge.mutex),
        describe_thread(picture, edge.owner));
}

}  // namespace castaway::harness
