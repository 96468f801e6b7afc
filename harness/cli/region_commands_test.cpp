// `castaway inspect`, `audit` and `rules` as a user meets them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "castaway/inspect.h"
#include "harness/cli/testing/program.h"
#include "harness/engine/real/system.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;

/// A new region in a file of the place.
class RegionCommands : public ::testing::Test {
  protected:
    RegionCommands() {
        std::string problem;
        EXPECT_TRUE(initialise_region(file_.get(), problem)) << problem;
    }
    Workplace place_;
    Descriptor file_{open((place_.path() / "region").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
};

TEST_F(RegionCommands, InspectShowsARegion) {
    const Ended text = place_.castaway({"inspect", "--file", "region", "--watch", "--count", "2"});
    EXPECT_EQ(text.exit_code, 0) << text.output;
    EXPECT_THAT(text.output, HasSubstr("region ./region\n0 processes\n\n0 objects\n\nregion"));
    // This process has it open.
    const std::string pid = std::to_string(getpid());
    EXPECT_THAT(place_.castaway({"inspect", "--pid", pid}).output,
                HasSubstr("region of process " + pid + "\n0 processes\n"));
    const Ended json = place_.castaway({"inspect", "--file", "region", "--json"});
    ASSERT_EQ(json.exit_code, 0) << json.output;
    const auto document = nlohmann::json::parse(json.output);
    for (const char* list : {"processes", "threads", "objects", "wait_graph", "deadlocks"}) {
        EXPECT_TRUE(document.at(list).is_array()) << list;
    }
}

// Those who take part keep no descriptor of it.
TEST(RegionOfAProcess, IsTheOneThatItHasMapped) {
    const Workplace place;
    const std::string pid = std::to_string(getpid());
    const std::string path =
        "/dev/shm/castaway." + std::to_string(geteuid()) + ".region-commands-" + pid;
    Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    std::string problem;
    ASSERT_TRUE(initialise_region(file.get(), problem)) << problem;
    constexpr std::size_t kBytes = 4096;
    void* const mapped = mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, file.get(), 0);
    ASSERT_NE(mapped, MAP_FAILED);
    file = Descriptor();
    const Ended shown = place.castaway({"inspect", "--pid", pid});
    EXPECT_EQ(shown.exit_code, 0) << shown.output;
    EXPECT_THAT(shown.output, HasSubstr("region of process " + pid + "\n0 processes\n"));
    munmap(mapped, kBytes);
    EXPECT_EQ(unlink(path.c_str()), 0);
}

TEST_F(RegionCommands, AuditTellsSoundFromDamaged) {
    const Ended sound = place_.castaway({"audit", "--file", "region"});
    EXPECT_EQ(sound.exit_code, 0) << sound.output;
    EXPECT_THAT(sound.output, HasSubstr("all holds"));
    // The first name bucket, behind the header's page, leads to an object that never was.
    const std::uint64_t nothing = 9;
    ASSERT_EQ(pwrite(file_.get(), &nothing, sizeof(nothing), 4096), 8);
    const Ended damaged = place_.castaway({"audit", "--file", "region"});
    EXPECT_EQ(damaged.exit_code, 1) << damaged.output;
    EXPECT_THAT(damaged.output, HasSubstr("first name bucket 0 does not end"));
    const Ended json = place_.castaway({"audit", "--file", "region", "--json"});
    EXPECT_EQ(json.exit_code, 1);
    EXPECT_FALSE(nlohmann::json::parse(json.output).at("sound"));
}

TEST_F(RegionCommands, WhatIsNoRegionIsOneLine) {
    for (const char* command : {"inspect", "audit"}) {
        const Ended missing = place_.castaway({command, "--region", "absent-from-everywhere"});
        EXPECT_EQ(missing.exit_code, 2);
        EXPECT_THAT(missing.output, HasSubstr("No such file"));
        EXPECT_EQ(std::count(missing.output.begin(), missing.output.end(), '\n'), 1);
        place_.write("other", "of another kind");
        EXPECT_EQ(place_.castaway({command, "--file", "other"}).exit_code, 2);
        EXPECT_EQ(place_.castaway({command, "--file", "region", "--region", "r"}).exit_code, 2);
        const Ended nobody = place_.castaway({command, "--pid", "0"});
        EXPECT_EQ(nobody.exit_code, 2);
        EXPECT_THAT(nobody.output, HasSubstr("cannot see what process 0 has open"));
    }
    ASSERT_EQ(ftruncate(file_.get(), 10'000), 0);
    EXPECT_THAT(place_.castaway({"audit", "--file", "region"}).output, HasSubstr("cut off"));
}

TEST_F(RegionCommands, RulesAreCounted) {
    const Ended json = place_.castaway({"rules", "--json", "--status", "not-implemented"});
    ASSERT_EQ(json.exit_code, 0) << json.output;
    const auto document = nlohmann::json::parse(json.output);
    EXPECT_EQ(document.at("rules").size(), document.at("counts").at("not_implemented"));
    EXPECT_THAT(place_.castaway({"rules"}).output, HasSubstr("MTX-08"));
}

}  // namespace
}  // namespace castaway::harness::testing
