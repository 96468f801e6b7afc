// Where things are in a region, and the words that name them.
#include "primitives/region/layout.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "primitives/objects/queue.h"
#include "primitives/region/directory.h"
#include "primitives/region/handle_word.h"
#include "primitives/region/names.h"
#include "primitives/testing/test_region.h"

namespace castaway {
namespace {

TEST(Layout, TablesFollowOneAnotherWithoutOverlap) {
    for (const Geometry& geometry : {Geometry{}, testing::kSmall}) {
        const Offsets at = offsets_of(geometry);
        EXPECT_GE(at.process_directory, sizeof(Header));
        EXPECT_GE(at.thread_directory, at.process_directory + geometry.processes * sizeof(Cell64));
        EXPECT_GE(at.processes, at.thread_directory + geometry.threads * sizeof(Cell64));
        EXPECT_GE(at.threads, at.processes + geometry.processes * sizeof(ProcessSlot));
        EXPECT_GE(at.buckets, at.threads + geometry.threads * sizeof(ThreadSlot));
        EXPECT_GE(at.objects, at.buckets + geometry.buckets * sizeof(Cell64));
        EXPECT_GE(at.name_cells, at.objects + geometry.objects * sizeof(Object));
        EXPECT_GE(at.apcs, at.name_cells + geometry.name_cells * sizeof(NameCell));
        EXPECT_GE(at.handles, at.apcs + geometry.apcs * sizeof(ApcSlot));
        EXPECT_GE(at.end, at.handles + std::uint64_t{geometry.processes} *
                                           geometry.handles_per_process * sizeof(HandleEntry));
        for (const std::uint64_t offset :
             {at.process_directory, at.threads, at.objects, at.apcs, at.handles}) {
            EXPECT_EQ(offset % 4096, 0U);
        }
    }
}

TEST(Layout, SignatureTellsGeometriesApart) {
    Geometry other;
    other.objects -= 1;
    EXPECT_NE(layout_signature(Geometry{}), layout_signature(other));
    other = Geometry{};
    other.apcs -= 1;
    EXPECT_NE(layout_signature(Geometry{}), layout_signature(other));
    EXPECT_NE(layout_signature(Geometry{}), 0U);
}

TEST(Layout, WordsHaveRoomForTheLargestGeometry) {
    constexpr Geometry kLargest;
    EXPECT_LT(kLargest.objects, 1U << 24) << "object slot + 1 in a handle word";
    EXPECT_LT(kLargest.threads, 0xffffU) << "thread slot + 1 in a lock and in a mutex";
    EXPECT_LT(kLargest.processes, 0xffffU) << "process slot + 1 in a thread's entry";
}

RC_GTEST_PROP(HandleWordBits, SurvivePackingAndUnpacking, ()) {
    const HandleWord word{*rc::gen::inRange<std::uint32_t>(0, 1U << 24),
                          *rc::gen::inRange<std::uint32_t>(0, HandleWord::kAccessMask + 1),
                          *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>(),
                          *rc::gen::arbitrary<std::uint16_t>()};
    const HandleWord back = HandleWord::unpack(word.pack());
    RC_ASSERT(back.object == word.object);
    RC_ASSERT(back.access == word.access);
    RC_ASSERT(back.inherit == word.inherit);
    RC_ASSERT(back.protect == word.protect);
    RC_ASSERT(back.generation == word.generation);
    RC_ASSERT(back.open() == (word.object != 0));
}

TEST(HandleValue, IsAPositiveMultipleOfFour) {  // HND-02, HND-03
    EXPECT_EQ(handle_value(0), 4U);
    EXPECT_EQ(handle_value(65535), 262144U);
    for (const std::uintptr_t tag : {0U, 1U, 2U, 3U}) {
        EXPECT_EQ(handle_index(4 + tag), 0U);
        EXPECT_EQ(handle_index(262144 + tag), 65535U);
        constexpr std::uint64_t kBeyondEveryTable = std::uint64_t{1} << 32;
        EXPECT_GT(handle_index(tag), kBeyondEveryTable);
        EXPECT_GT(handle_index(~std::uintptr_t{3} + tag), kBeyondEveryTable);
    }
}

RC_GTEST_PROP(DirectoryEntries, SurvivePackingAndUnpacking, ()) {
    const auto state = static_cast<SlotState>(*rc::gen::inRange(1, 4));
    const ProcessEntry process{
        state,
        {*rc::gen::inRange<std::uint32_t>(0, 1U << 22), *rc::gen::arbitrary<std::uint32_t>(),
         *rc::gen::arbitrary<std::uint8_t>()}};
    const ProcessEntry process_back = ProcessEntry::unpack(process.pack());
    RC_ASSERT(process_back.state == state);
    RC_ASSERT(process_back.identity == process.identity);

    const ThreadEntry thread{state, *rc::gen::inRange<std::uint32_t>(0, 4096),
                             *rc::gen::arbitrary<std::uint16_t>(),
                             *rc::gen::arbitrary<std::uint16_t>()};
    const ThreadEntry thread_back = ThreadEntry::unpack(thread.pack());
    RC_ASSERT(thread_back.state == state);
    RC_ASSERT(thread_back.process == thread.process);
    RC_ASSERT(thread_back.generation == thread.generation);
    RC_ASSERT(thread_back.tag == thread.tag);
}

TEST(DirectoryEntries, FreeThreadKeepsItsGenerationAndNothingElse) {
    const ThreadEntry entry{SlotState::free, 17, 3, 5};
    EXPECT_EQ(entry.pack(), std::uint64_t{3} << 32);
    EXPECT_EQ(ProcessEntry{}.pack(), 0U);
}

TEST(WaiterReference, NamesThreadAndEntryAndIsNeverNone) {
    const WaiterRef last{32767, 63};
    EXPECT_EQ(WaiterRef::unpack(last.pack()).thread, 32767U);
    EXPECT_EQ(WaiterRef::unpack(last.pack()).entry, 63U);
    EXPECT_NE((WaiterRef{0, 0}.pack()), 0U);
}

TEST(ViewDeathTest, IndexOutOfRangeEndsTheProcessWithALine) {
    Reach reach(nullptr, testing::kSmall, PROT_NONE);
    const RegionView view(nullptr, testing::kSmall, reach);
    EXPECT_DEATH(static_cast<void>(view.object(testing::kSmall.objects)),
                 "region is damaged: object slot 512");
    EXPECT_DEATH(static_cast<void>(view.handle(testing::kSmall.processes, 0)), "process slot");
    EXPECT_DEATH(static_cast<void>(view.at_offset<Cell64>(0)), "offset 0");
    EXPECT_DEATH(static_cast<void>(view.at_offset<Cell64>(view.offsets().end)), "offset");
    EXPECT_DEATH(static_cast<void>(view.at_offset<Cell64>(sizeof(Header) + 4)), "offset");
}

}  // namespace
}  // namespace castaway
