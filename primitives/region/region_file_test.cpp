// Which files are accepted as regions, and what is said about the others.
#include "primitives/region/region_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "castaway/win32.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/testing/child_process.h"
#include "primitives/testing/test_region.h"

namespace castaway {
namespace {

using ::testing::HasSubstr;

/// A region name of this test's own, gone at its end.
class RegionFileTest : public ::testing::Test {
  protected:
    ~RegionFileTest() override { unlink(path_.c_str()); }

    std::string spec_ = "test-" + std::to_string(getpid());
    std::string path_ = RegionFile::path_of(spec_);
    AttachFailure failure_;

    std::optional<RegionFile> open() {
        failure_ = {};
        return RegionFile::open(spec_, testing::kSmall, failure_);
    }
    void write_file(const std::string& content, mode_t mode = 0600) {
        const int fd = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, mode);
        ASSERT_GE(fd, 0);
        ASSERT_EQ(write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
        ASSERT_EQ(fchmod(fd, mode), 0);
        close(fd);
    }
};

TEST_F(RegionFileTest, IsMadeOnceAndThenFound) {
    auto first = open();
    ASSERT_TRUE(first) << failure_.message;
    struct stat facts {};
    ASSERT_EQ(stat(path_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0600U);
    EXPECT_EQ(facts.st_uid, geteuid());
    first->view().header().processes_seen.bits = 5;
    // Another geometry is asked for; the region's own is taken.
    auto second = RegionFile::open(spec_, Geometry{}, failure_);
    ASSERT_TRUE(second) << failure_.message;
    EXPECT_EQ(second->view().geometry(), testing::kSmall);
    EXPECT_EQ(second->view().header().processes_seen.bits, 5U);
    EXPECT_NE(first->view().base(), second->view().base());
}

TEST_F(RegionFileTest, IsOfMode0600WhateverTheUmask) {
    const mode_t before = umask(0777);
    const auto file = open();
    umask(before);
    ASSERT_TRUE(file) << failure_.message;
    struct stat facts {};
    ASSERT_EQ(stat(path_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0600U);
}

TEST_F(RegionFileTest, OfTheUsualSizeTakesLittleMemory) {
    auto file = RegionFile::open(spec_, Geometry{}, failure_);
    ASSERT_TRUE(file) << failure_.message;
    struct stat facts {};
    ASSERT_EQ(stat(path_.c_str(), &facts), 0);
    EXPECT_LT(facts.st_blocks * 512, 4 << 20);
}

/// Whether the kernel can read that byte of this process.
bool is_accessible(const void* byte) {
    const testing::Channel channel;
    return write(channel.sender(), byte, 1) == 1;
}

TEST_F(RegionFileTest, IsAccessibleAsFarAsItIsInUse) {
    auto file = RegionFile::open(spec_, Geometry{}, failure_);
    ASSERT_TRUE(file) << failure_.message;
    const RegionView view = file->view();
    const unsigned char* const objects = view.base() + view.offsets().objects;
    EXPECT_TRUE(is_accessible(view.base()));
    EXPECT_FALSE(is_accessible(objects));
    ASSERT_TRUE(file->commit(view.offsets().objects, kPageBytes));
    EXPECT_TRUE(is_accessible(&view.object(0)));
    EXPECT_FALSE(is_accessible(objects + kPageBytes));
    // By powers of two: as much again, at most.
    constexpr std::uint64_t kSlot = 1'000;
    EXPECT_TRUE(is_accessible(&view.object(kSlot)));
    EXPECT_TRUE(is_accessible(objects + 131'071));
    EXPECT_FALSE(is_accessible(objects + 131'072));
    // A view that was copied before knows it as well.
    EXPECT_TRUE(is_accessible(&file->view().object(kSlot)));
    const std::uint64_t last = view.offsets().objects - sizeof(Cell64);
    EXPECT_FALSE(is_accessible(view.base() + last));
    EXPECT_TRUE(is_accessible(&view.at_offset<Cell64>(last)));
    EXPECT_FALSE(is_accessible(view.base() + view.handle_table(7)));
    EXPECT_TRUE(is_accessible(&view.handle(7, 65'535)));
    EXPECT_FALSE(is_accessible(view.base() + view.handle_table(8)));
}

TEST_F(RegionFileTest, IsNotDividedIntoManyMappings) {
    auto file = RegionFile::open(spec_, Geometry{}, failure_);
    ASSERT_TRUE(file) << failure_.message;
    const RegionView& view = file->view();
    for (std::uint64_t process = 0; process < view.geometry().processes; ++process) {
        static_cast<void>(view.handle(process, 0));
    }
    for (std::uint64_t bucket = 0; bucket < view.geometry().buckets; bucket += 16'384) {
        static_cast<void>(view.bucket(bucket));
    }
    std::ifstream maps("/proc/self/maps");
    std::size_t mappings = 0;
    for (std::string line; std::getline(maps, line);) {
        const std::uint64_t begin = std::stoull(line, nullptr, 16);
        const auto base = reinterpret_cast<std::uintptr_t>(view.base());
        mappings += begin >= base && begin < base + view.offsets().end ? 1U : 0U;
    }
    EXPECT_GT(mappings, 4'096U);
    EXPECT_LT(mappings, 10'000U);
    std::ifstream limit("/proc/sys/vm/max_map_count");
    std::size_t most = 0;
    if (limit >> most) {
        EXPECT_LT(mappings, most / 2);
    }
}

TEST_F(RegionFileTest, IsExtendedByManyThreadsAtOnce) {
    auto file = RegionFile::open(spec_, Geometry{}, failure_);
    ASSERT_TRUE(file) << failure_.message;
    ASSERT_TRUE(file->commit(file->view().offsets().objects, 64 * kPageBytes));
    std::vector<std::thread> threads;
    for (std::uint64_t first = 0; first < 4; ++first) {
        threads.emplace_back([&view = file->view(), first] {
            for (std::uint64_t slot = first; slot < 2'000; slot += 4) {
                LinuxPlatform().store(view.object(slot).type, slot);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (std::uint64_t slot = 0; slot < 2'000; ++slot) {
        EXPECT_EQ(file->view().object(slot).type.bits, slot);
    }
}

TEST_F(RegionFileTest, ThatDoesNotExistIsNotMadeForALook) {
    EXPECT_FALSE(RegionFile::open_existing(spec_, failure_));
    EXPECT_EQ(failure_.error, ERROR_FILE_NOT_FOUND);
    EXPECT_THAT(failure_.message, HasSubstr(path_));
    EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(RegionFileTest, WithABadNameIsRefused) {
    for (const std::string& name :
         {std::string("a/b"), std::string(""), std::string(65, 'x'), std::string("a b"),
          std::string("fd:"), std::string("fd:-1"), std::string("fd:1x")}) {
        EXPECT_FALSE(RegionFile::open(name, testing::kSmall, failure_)) << name;
        EXPECT_EQ(failure_.error, ERROR_INVALID_NAME) << name;
        EXPECT_THAT(failure_.message, HasSubstr("names no region"));
    }
}

TEST_F(RegionFileTest, BehindASymbolicLinkIsRefused) {
    ASSERT_EQ(symlink("/dev/null", path_.c_str()), 0);
    EXPECT_FALSE(open());
    EXPECT_EQ(failure_.error, ERROR_ACCESS_DENIED);
}

TEST_F(RegionFileTest, ThatIsNoRegularFileIsRefused) {
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    EXPECT_FALSE(open());
    EXPECT_EQ(failure_.error, ERROR_ACCESS_DENIED);
    EXPECT_THAT(failure_.message, HasSubstr("not a regular file"));
}

TEST_F(RegionFileTest, WithGarbageIsRefused) {
    for (const std::string& content :
         {std::string(), std::string("x"), std::string(100'000, 'x')}) {
        write_file(content);
        EXPECT_FALSE(open());
        EXPECT_EQ(failure_.error, ERROR_INVALID_DATA);
        EXPECT_THAT(failure_.message, HasSubstr("no castaway region"));
    }
}

TEST_F(RegionFileTest, ThatIsCutOffIsRefused) {
    ASSERT_TRUE(open());
    ASSERT_EQ(truncate(path_.c_str(), 8192), 0);
    EXPECT_FALSE(open());
    EXPECT_EQ(failure_.error, ERROR_INVALID_DATA);
    EXPECT_THAT(failure_.message, HasSubstr("cut off"));
}

TEST_F(RegionFileTest, OfAnotherLayoutIsRefused) {
    const auto spoil = [&](auto change) {
        auto file = open();
        ASSERT_TRUE(file);
        change(file->view().header());
    };
    const auto refused = [&](std::uint32_t error) {
        EXPECT_FALSE(open());
        EXPECT_EQ(failure_.error, error) << failure_.message;
        unlink(path_.c_str());
    };
    spoil([](Header& header) { ++header.version; });
    refused(ERROR_REVISION_MISMATCH);
    spoil([](Header& header) { ++header.signature; });
    refused(ERROR_REVISION_MISMATCH);
    spoil([](Header& header) { header.geometry.objects = 0xffffffff; });
    refused(ERROR_REVISION_MISMATCH);
    spoil([](Header& header) { header.geometry.threads = 0; });
    refused(ERROR_REVISION_MISMATCH);
    spoil([](Header& header) { header.bytes += 4096; });
    refused(ERROR_INVALID_DATA);
    spoil([](Header& header) { header.magic = 0; });
    refused(ERROR_INVALID_DATA);
}

TEST_F(RegionFileTest, ThatOthersMayReadIsRefused) {
    ASSERT_TRUE(open());
    ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
    EXPECT_FALSE(open());
    EXPECT_EQ(failure_.error, ERROR_ACCESS_DENIED);
    EXPECT_THAT(failure_.message, HasSubstr("0600"));
}

TEST_F(RegionFileTest, OfAnotherUserIsRefused) {  // ACC-02
    if (geteuid() == 0) {
        ASSERT_TRUE(open());
        ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
        EXPECT_FALSE(open());
        EXPECT_THAT(failure_.message, HasSubstr("belongs to user 12345"));
    } else {
        // Only root can make a file of another user; there are files of root's to be had.
        const int fd = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
        EXPECT_FALSE(RegionFile::open("fd:" + std::to_string(fd), testing::kSmall, failure_));
        EXPECT_THAT(failure_.message, HasSubstr("belongs to user 0"));
        close(fd);
    }
    EXPECT_EQ(failure_.error, ERROR_ACCESS_DENIED);
}

TEST_F(RegionFileTest, NamesDifferBetweenUsers) {
    EXPECT_THAT(path_, HasSubstr("castaway." + std::to_string(geteuid()) + "."));
}

TEST_F(RegionFileTest, ReachesProcessesByDescriptor) {
    const testing::TestRegion region;
    auto file = RegionFile::open(region.spec(), testing::kSmall, failure_);
    ASSERT_TRUE(file) << failure_.message;
    EXPECT_FALSE(RegionFile::open("fd:9999", testing::kSmall, failure_));
    EXPECT_NE(failure_.error, 0U);
}

/// As on another start of the machine.
void age(Header& header) {
    header.host.boot_id[0] ^= 1;
}

TEST_F(RegionFileTest, LeftByAnEarlierStartIsMadeAnew) {
    {
        auto file = open();
        ASSERT_TRUE(file) << failure_.message;
        file->view().header().processes_seen.bits = 5;
        age(file->view().header());
    }
    // A look shows it as it is.
    const auto look = RegionFile::open_to_look(spec_, failure_);
    ASSERT_TRUE(look) << failure_.message;
    EXPECT_TRUE(look->is_left());
    EXPECT_FALSE(RegionFile::open_existing(spec_, failure_));
    EXPECT_EQ(failure_.error, ERROR_FILE_INVALID);
    const auto anew = open();
    ASSERT_TRUE(anew) << failure_.message;
    EXPECT_NE(anew->identity(), look->identity());
    EXPECT_EQ(anew->view().header().processes_seen.bits, 0U);
    EXPECT_FALSE(RegionFile::open_to_look(spec_, failure_)->is_left());
}

TEST_F(RegionFileTest, LeftByAnEarlierStartIsMadeAnewOnce) {
    {
        auto file = open();
        ASSERT_TRUE(file) << failure_.message;
        age(file->view().header());
    }
    testing::Channel go;
    std::vector<testing::Child> children;
    children.reserve(8);
    for (int i = 0; i < 8; ++i) {
        children.emplace_back([&] {
            static_cast<void>(go.receive());
            auto file = open();
            if (!file) {
                return 1;
            }
            LinuxPlatform().fetch_add(file->view().header().name_locks[0], 1);
            return 0;
        });
    }
    for (std::size_t i = 0; i < children.size(); ++i) {
        go.send('g');
    }
    for (testing::Child& child : children) {
        EXPECT_EQ(child.wait(), testing::kDone);
    }
    const auto file = open();
    ASSERT_TRUE(file) << failure_.message;
    EXPECT_EQ(file->view().header().name_locks[0].bits, 8U);
}

TEST_F(RegionFileTest, OfAnotherStartThatIsInUseIsRefused) {
    const auto file = open();
    ASSERT_TRUE(file) << failure_.message;
    age(file->view().header());
    EXPECT_FALSE(open());
    EXPECT_EQ(failure_.error, ERROR_FILE_INVALID);
    EXPECT_THAT(failure_.message, HasSubstr("boot_id"));
    EXPECT_EQ(access(path_.c_str(), F_OK), 0);
}

TEST_F(RegionFileTest, LeftByAnEarlierStartWithoutANameIsRefused) {
    const testing::TestRegion region;
    {
        auto file = RegionFile::open(region.spec(), testing::kSmall, failure_);
        ASSERT_TRUE(file) << failure_.message;
        age(file->view().header());
    }
    EXPECT_FALSE(RegionFile::open(region.spec(), testing::kSmall, failure_));
    EXPECT_EQ(failure_.error, ERROR_FILE_INVALID);
    EXPECT_THAT(failure_.message, HasSubstr("earlier start of the machine"));
}

TEST_F(RegionFileTest, MadeByManyAtOnceIsOne) {
    testing::Channel go;
    std::vector<testing::Child> children;
    children.reserve(8);
    for (int i = 0; i < 8; ++i) {
        children.emplace_back([&] {
            static_cast<void>(go.receive());
            auto file = open();
            if (!file) {
                return 1;
            }
            LinuxPlatform().fetch_add(file->view().header().name_locks[0], 1);
            return 0;
        });
    }
    for (std::size_t i = 0; i < children.size(); ++i) {
        go.send('g');
    }
    for (testing::Child& child : children) {
        EXPECT_EQ(child.wait(), testing::kDone);
    }
    auto file = open();
    ASSERT_TRUE(file);
    EXPECT_EQ(file->view().header().name_locks[0].bits, 8U);
}

}  // namespace
}  // namespace castaway
