// What the harness's side of the adapter says: names, abilities, the space of a run.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "harness/base/error.h"
#include "harness/subject/subject.h"

namespace castaway::harness {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Subjects, TheSoundOneComesFirstAndMutantsAreNamedAfterIt) {
    const auto subjects = all_subjects();
    ASSERT_GT(subjects.size(), 3U);
    EXPECT_EQ(subjects[0]->name(), "castaway");
    std::set<std::string> names;
    for (const auto& subject : subjects) {
        EXPECT_TRUE(subject->name().starts_with("castaway")) << subject->name();
        EXPECT_THAT(subject->description(), Not(IsEmpty()));
        names.insert(subject->name());
    }
    EXPECT_EQ(names.size(), subjects.size());
    EXPECT_THAT(names, Contains("castaway:lost_wakeup"));
}

TEST(Subjects, EachIsFoundByItsName) {
    for (const auto& subject : all_subjects()) {
        EXPECT_EQ(find_subject(subject->name())->name(), subject->name());
    }
}

TEST(Subjects, AnUnknownNameIsToldWithWhatThereIs) {
    const auto message_for = [](std::string_view name) -> std::string {
        try {
            find_subject(name);
        } catch (const InputError& error) {
            return error.what();
        }
        return "found";
    };
    EXPECT_THAT(message_for("castawy"), HasSubstr("did you mean \"castaway\"?"));
    EXPECT_THAT(message_for("castaway:lost_wakup"), HasSubstr("\"castaway:lost_wakeup\"?"));
    EXPECT_THAT(message_for("mutual friend"), HasSubstr("castaway:lost_wakeup"));
}

TEST(CastawayAdapter, DeclaresWhatItCanDo) {
    const Capabilities can = find_subject("castaway")->capabilities();
    EXPECT_EQ(can.sharing, (std::vector{Sharing::name, Sharing::inherit, Sharing::duplicate}));
    EXPECT_EQ(can.types.size(), 4U);
    EXPECT_THAT(can.operations, Contains(OperationKind::wait_any));
    EXPECT_TRUE(can.crash_points);
    EXPECT_TRUE(can.reports_sleep);
    EXPECT_TRUE(can.snapshots);
}

TEST(CrashPoints, HaveNamesAndSayWhatADeathThereLeaves) {
    std::set<std::string_view> names;
    for (const CrashPointInfo& point : crash_points()) {
        EXPECT_FALSE(point.description.empty()) << point.name;
        names.insert(point.name);
    }
    EXPECT_EQ(names.size(), crash_points().size());
    EXPECT_THAT(names, Contains("wait.before_sleep"));
}

TEST(CastawaySpace, IsAFileWithoutANameThatWorkersAreToldOf) {
    const auto space = find_subject("castaway")->make_space();
    ASSERT_EQ(space->descriptors().size(), 1U);
    const int descriptor = space->descriptors()[0];
    struct stat file {};
    ASSERT_EQ(fstat(descriptor, &file), 0);
    EXPECT_EQ(file.st_nlink, 0U);
    EXPECT_NE(fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(space->environment(),
              std::vector{"CASTAWAY_REGION=fd:" + std::to_string(descriptor)});
}

TEST(CastawaySpace, GivesItsDescriptorBack) {
    int descriptor = -1;
    {
        const auto space = find_subject("castaway")->make_space();
        descriptor = space->descriptors().at(0);
    }
    EXPECT_EQ(fcntl(descriptor, F_GETFD), -1);
}

TEST(CastawaySpace, IsEmptyBeforeTheRunAndAfterASweep) {
    const auto space = find_subject("castaway")->make_space();
    constexpr std::array<std::int64_t, 0> kNobody{};
    for (int i = 0; i < 2; ++i) {
        const std::optional<Snapshot> seen = space->observe(kNobody);
        ASSERT_TRUE(seen.has_value());
        EXPECT_EQ(*seen, Snapshot{});
        space->settle_after_all_died();
    }
}

TEST(CastawaySpace, KnowsItsLocksAndNothingBeyondItsEnd) {
    const auto space = find_subject("castaway")->make_space();
    struct stat file {};
    ASSERT_EQ(fstat(space->descriptors().at(0), &file), 0);
    EXPECT_EQ(space->describe_address(static_cast<std::uint64_t>(file.st_size)), "");
    EXPECT_NE(space->describe_address(0), "");
}

TEST(CastawaySpace, SaysWhyItCannotBeObserved) {
    const auto space = find_subject("castaway")->make_space();
    ASSERT_EQ(ftruncate(space->descriptors().at(0), 0), 0);
    EXPECT_THROW(space->observe({}), HarnessError);
    EXPECT_THROW(space->settle_after_all_died(), HarnessError);
}

}  // namespace
}  // namespace castaway::harness
