#include "harness/engine/real/proc_files.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

namespace castaway::harness {
namespace {

TEST(ProcFiles, ReadsRangesOfMaps) {
    const std::vector<MappedRange> ranges = parse_maps(
        "7f0000001000-7f0000003000 rw-s 00002000 00:01 4711                  /memfd:x (deleted)\n"
        "7ffd10000000-7ffd10021000 rw-p 00000000 00:00 0                     [stack]\n");
    ASSERT_EQ(ranges.size(), 2U);
    EXPECT_EQ(ranges[0],
              (MappedRange{0x7f0000001000, 0x7f0000003000, 0x2000, makedev(0, 1), 4711}));
    EXPECT_EQ(ranges[1], (MappedRange{0x7ffd10000000, 0x7ffd10021000, 0, 0, 0}));
}

TEST(ProcFiles, ReadsABlockedCall) {
    const std::optional<BlockedCall> call =
        parse_syscall("202 0x7f10 0x189 0x2 0x0 0x0 0xffffffff 0x7ffc 0x7f35\n");
    ASSERT_TRUE(call.has_value());
    EXPECT_EQ(call->number, 202);
    EXPECT_EQ(call->arguments, (std::vector<std::uint64_t>{0x7f10, 0x189, 2, 0, 0, 0xffffffff}));
}

TEST(ProcFiles, ARunningThreadIsInNoCall) {
    EXPECT_FALSE(parse_syscall("running\n").has_value());
    EXPECT_FALSE(parse_syscall("-1 0x7ffc 0x7f35\n").has_value());
    EXPECT_FALSE(parse_syscall("").has_value());
}

TEST(ProcFiles, WhatCannotBeReadIsEmpty) {
    EXPECT_EQ(read_proc_file("/proc/0/stat"), "");
    // Can be opened, and fails when it is read, as a file of a process does that has just ended.
    EXPECT_EQ(read_proc_file("/proc"), "");
}

TEST(ProcFiles, ReadsTheStateBehindAnyName) {
    EXPECT_EQ(parse_state("12 (sleep) S 1 2"), 'S');
    EXPECT_EQ(parse_state("12 (odd) R name) T 1 2"), 'T');
    EXPECT_EQ(parse_state(""), '?');
}

TEST(ProcFiles, ReadsStacksByThread) {
    const std::vector<ThreadStack> stacks = parse_stacks(
        "PID 40 - process\n"
        "TID 40:\n"
        "#0  0x00007f6359d0e503 clock_nanosleep@GLIBC_2.2.5\n"
        "#1  0x0000562362ceb4af\n"
        "TID 41:\n"
        "#0  0x00007f6359d0e503 ns::wait(int)\n");
    ASSERT_EQ(stacks.size(), 2U);
    EXPECT_EQ(stacks[0], (ThreadStack{40, {"clock_nanosleep@GLIBC_2.2.5", "?"}}));
    EXPECT_EQ(stacks[1], (ThreadStack{41, {"ns::wait(int)"}}));
}

}  // namespace
}  // namespace castaway::harness
