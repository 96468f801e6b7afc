// A region of a group: its members share it, root too, and nobody else gets in.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "primitives/region/region_file.h"
#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

using ::testing::HasSubstr;

constexpr gid_t kGroup = 23'456;
constexpr uid_t kFirst = 12'345;
constexpr uid_t kSecond = 12'346;

/// What an actor does as another user, a member of these groups.
auto as_user(uid_t user, std::vector<gid_t> groups, std::function<void(const Actor&)> script) {
    return [=](const Actor& self) {
        EXPECT_EQ(setgroups(groups.size(), groups.data()), 0);
        EXPECT_EQ(setresgid(user, user, user), 0);
        EXPECT_EQ(setresuid(user, user, user), 0);
        // Lost by the change.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        script(self);
    };
}

class GroupRegion : public ::testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) {
            GTEST_SKIP() << "only root may act as several users";
        }
        setenv("CASTAWAY_REGION", spec_.c_str(), 1);
    }
    ~GroupRegion() override { ::unlink(path_.c_str()); }

    /// Actors of this user, and none else, are refused with that error and a message that says
    /// this.
    void expect_refused(uid_t user, const std::vector<gid_t>& groups, DWORD error,
                        const std::string& message) const {
        Actor actor(as_user(user, groups, [&](const Actor&) {
            EXPECT_EQ(CreateMutexA(nullptr, FALSE, "m"), nullptr);
            EXPECT_EQ(GetLastError(), error);
            EXPECT_THAT(castaway_attach_error(), HasSubstr(message));
        }));
        actor.end();
    }

    std::string name_ = "test-" + std::to_string(getpid());
    std::string spec_ = "group:" + std::to_string(kGroup) + "/" + name_;
    std::string path_ = "/dev/shm/castaway.group." + std::to_string(kGroup) + "." + name_;
};

TEST_F(GroupRegion, IsSharedByItsMembersAndRoot) {  // MTX-08
    const auto first = [](auto script) { return as_user(kFirst, {kGroup}, std::move(script)); };
    const auto second = [](auto script) {
        return as_user(kSecond, {7, kGroup}, std::move(script));
    };
    {
        Actor owner(first(owns_mutex()));
        owner.expect('o');
        struct stat facts {};
        ASSERT_EQ(lstat(path_.c_str(), &facts), 0);
        EXPECT_EQ(facts.st_mode & 07777, 0660U);
        EXPECT_EQ(facts.st_uid, kFirst);
        EXPECT_EQ(facts.st_gid, kGroup);
        Actor waiter(second(waits_for_mutex(WAIT_ABANDONED)));
        waiter.expect('s');
        owner.end_by_kill();
        waiter.expect('w');
        waiter.tell('g');
        waiter.end();
    }
    for (const bool root_owns : {true, false}) {
        const std::function<void(const Actor&)> owns = owns_mutex();
        const std::function<void(const Actor&)> waits = waits_for_mutex(WAIT_ABANDONED);
        Actor owner(root_owns ? owns : std::function<void(const Actor&)>(second(owns)));
        owner.expect('o');
        Actor waiter(root_owns ? std::function<void(const Actor&)>(first(waits)) : waits);
        waiter.expect('s');
        owner.end_by_kill();
        waiter.expect('w');
        waiter.tell('g');
        waiter.end();
    }
    std::string problem;
    EXPECT_TRUE(sweep_region(spec_, problem)) << problem;
    const auto audit = audit_region(spec_, problem);
    ASSERT_TRUE(audit) << problem;
    EXPECT_TRUE(audit->wrong.empty()) << audit->wrong.front().what;
    const auto picture = inspect_region(spec_, problem);
    ASSERT_TRUE(picture) << problem;
    EXPECT_TRUE(picture->processes.empty());
    EXPECT_TRUE(picture->objects.empty());
}

TEST_F(GroupRegion, RefusesWhoIsNoMember) {
    expect_refused(kFirst, {7}, ERROR_ACCESS_DENIED, "is not in group");
    EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(GroupRegion, NeedsAGroupThatIsThere) {
    setenv("CASTAWAY_REGION", "group:no-such-group/x", 1);
    expect_refused(kFirst, {kGroup}, ERROR_INVALID_NAME, "there is no group \"no-such-group\"");
    for (const char* const spec : {"group:", "group:1", "group:1/", "group:/x", "group:1/a/b"}) {
        setenv("CASTAWAY_REGION", spec, 1);
        expect_refused(kFirst, {kGroup}, ERROR_INVALID_NAME, "group:GROUP/NAME");
    }
}

TEST_F(GroupRegion, IsRefusedWithAnotherModeOrGroup) {
    {
        AttachFailure failure;
        ASSERT_TRUE(RegionFile::open(spec_, kSmall, failure)) << failure.message;
    }
    ASSERT_EQ(chmod(path_.c_str(), 0666), 0);
    expect_refused(kFirst, {kGroup}, ERROR_ACCESS_DENIED, "mode 0666");
    ASSERT_EQ(chmod(path_.c_str(), 0660), 0);
    ASSERT_EQ(chown(path_.c_str(), kFirst, 7), 0);
    expect_refused(kFirst, {kGroup}, ERROR_ACCESS_DENIED, "belongs to group 7");
    ASSERT_EQ(::unlink(path_.c_str()), 0);
    ASSERT_EQ(symlink("/etc/passwd", path_.c_str()), 0);
    expect_refused(kFirst, {kGroup}, ERROR_ACCESS_DENIED, path_);
}

TEST_F(GroupRegion, ProcessesOfOthersAreOpenedAndNotTerminated) {
    Actor other(as_user(kFirst, {kGroup}, [](const Actor& self) {
        EXPECT_NE(CreateMutexA(nullptr, FALSE, "m"), nullptr) << castaway_attach_error();
        self.say('a');
        self.hear('e');
        ExitProcess(0);
    }));
    other.expect('a');
    std::string problem;
    const auto picture = inspect_region(spec_, problem);
    ASSERT_TRUE(picture) << problem;
    const std::uint32_t pid = picture->processes.at(0).pid;
    Actor user(as_user(kSecond, {kGroup}, [pid](const Actor& self) {
        const Handle process(OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
        EXPECT_NE(process.get(), nullptr);
        EXPECT_EQ(TerminateProcess(process, 9), FALSE);
        EXPECT_EQ(GetLastError(), DWORD{ERROR_ACCESS_DENIED});
        self.say('t');
        EXPECT_EQ(WaitForSingleObject(process, kPatienceMs), WAIT_OBJECT_0);
        // What it gave itself, and not what was refused.
        DWORD code = 1;
        EXPECT_EQ(GetExitCodeProcess(process, &code), TRUE);
        EXPECT_EQ(code, 0U);
    }));
    user.expect('t');
    other.tell('e');
    other.end();
    user.end();
}

TEST_F(GroupRegion, ThatOthersHaveUnderTheSameNameIsShown) {
    AttachFailure failure;
    ASSERT_TRUE(RegionFile::open(spec_, kSmall, failure)) << failure.message;
    EXPECT_THAT(regions_of_others(name_), ::testing::ElementsAre(path_));
    EXPECT_THAT(regions_of_others(spec_), ::testing::IsEmpty());
    EXPECT_THAT(regions_of_others("fd:3"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace castaway::testing
