// Each operation through the Subject interface, in this process. A process attaches once, so all
// tests share one region; each has objects of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/subject/subject.h"

namespace castaway::harness {
namespace {

using ::testing::Contains;

constexpr std::uint32_t kFileNotFound = 2;
constexpr std::uint32_t kInvalidHandle = 6;
constexpr std::uint32_t kInvalidParameter = 87;
constexpr std::uint32_t kAlreadyExists = 183;
constexpr std::uint32_t kNotOwner = 288;
constexpr std::uint32_t kTooManyPosts = 298;

/// Writes down what it is told of.
class Listener final : public SubjectObserver {
  public:
    void about_to_sleep() override { sleeps_.fetch_add(1); }
    void at_access() override { accesses_.fetch_add(1); }
    void runs_call(std::uint64_t argument) override {
        const std::lock_guard lock(mutex_);
        calls_.push_back(argument);
    }
    void at_crash_point(std::string_view name) override {
        const std::lock_guard lock(mutex_);
        points_.emplace(name);
    }

    [[nodiscard]] int sleeps() const { return sleeps_.load(); }
    [[nodiscard]] int accesses() const { return accesses_.load(); }
    [[nodiscard]] std::set<std::string> points() const {
        const std::lock_guard lock(mutex_);
        return points_;
    }
    /// What has run since this was asked for last.
    std::vector<std::uint64_t> take_calls() {
        const std::lock_guard lock(mutex_);
        return std::exchange(calls_, {});
    }

  private:
    std::atomic<int> sleeps_{0};
    std::atomic<int> accesses_{0};
    mutable std::mutex mutex_;
    std::set<std::string> points_;
    std::vector<std::uint64_t> calls_;
};

/// Named after the test.
ObjectSpec spec(ObjectType type, const std::string& suffix = "") {
    ObjectSpec object;
    object.name = ::testing::UnitTest::GetInstance()->current_test_info()->name() + suffix;
    object.type = type;
    return object;
}

class CastawaySubjectTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        const auto adapter = find_subject("castaway");
        space_ = adapter->make_space();
        const std::string variable = space_->environment().at(0);
        const std::size_t equals = variable.find('=');
        setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
        subject_ = adapter->attach(listener_);
    }
    static void TearDownTestSuite() {
        subject_.reset();
        space_.reset();
    }

    static Subject& subject() { return *subject_; }

    Subject::Handle make(const ObjectSpec& object) {
        Subject::Handle handle = 0;
        EXPECT_EQ(subject().create(object, handle).status, ResponseStatus::ok);
        EXPECT_NE(handle, 0U);
        return handle;
    }

    /// The object of this test, as the space shows it; empty when it is not there.
    static std::optional<ObjectState> seen() {
        const std::array<std::int64_t, 1> pids{getpid()};
        const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
        const std::optional<Snapshot> picture = space_->observe(pids);
        for (const ObjectState& object : picture->objects) {
            if (object.name == name) {
                return object;
            }
        }
        return std::nullopt;
    }

    /// Returns when a thread waits in this test's object.
    static void await_waiter() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (seen()->waiters == 0 && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::yield();
        }
        ASSERT_EQ(seen()->waiters, 1U);
    }

    // NOLINTBEGIN(readability-identifier-naming): members as others, one for all tests
    static Listener listener_;
    static std::unique_ptr<SubjectSpace> space_;
    static std::unique_ptr<Subject> subject_;
    // NOLINTEND(readability-identifier-naming)
};

Listener CastawaySubjectTest::listener_;
std::unique_ptr<SubjectSpace> CastawaySubjectTest::space_;
std::unique_ptr<Subject> CastawaySubjectTest::subject_;

void expect_failed(const Response& response, std::uint32_t error) {
    EXPECT_EQ(response.status, ResponseStatus::failed);
    EXPECT_EQ(response.error, error);
}

void expect_satisfied(const Response& response, std::uint32_t by = 0) {
    EXPECT_EQ(response.status, ResponseStatus::ok);
    EXPECT_EQ(response.satisfied_by, by);
}

TEST_F(CastawaySubjectTest, CreateTellsWhetherTheObjectExisted) {
    const ObjectSpec object = spec(ObjectType::event);
    Subject::Handle first = 0;
    const Response made = subject().create(object, first);
    EXPECT_EQ(made.status, ResponseStatus::ok);
    EXPECT_EQ(made.error, 0U);
    Subject::Handle second = 0;
    const Response joined = subject().create(object, second);
    EXPECT_EQ(joined.status, ResponseStatus::ok);
    EXPECT_EQ(joined.error, kAlreadyExists);
    EXPECT_NE(first, second);
    EXPECT_EQ(seen()->handles, 2U);

    Subject::Handle other = 1;
    expect_failed(subject().create(spec(ObjectType::mutex), other), kInvalidHandle);
    EXPECT_EQ(other, 0U);
    subject().close(first);
    subject().close(second);
}

TEST_F(CastawaySubjectTest, AnObjectIsThereFromItsFirstHandleToItsLast) {
    for (const ObjectType type :
         {ObjectType::event, ObjectType::mutex, ObjectType::semaphore, ObjectType::timer}) {
        ObjectSpec object = spec(type);
        object.maximum_count = 5;
        Subject::Handle joined = 0;
        expect_failed(subject().open(object, joined), kFileNotFound);
        const Subject::Handle made = make(object);
        EXPECT_EQ(subject().open(object, joined).status, ResponseStatus::ok);
        EXPECT_EQ(seen()->type, type);
        EXPECT_EQ(seen()->handles, 2U);
        EXPECT_EQ(subject().close(made).status, ResponseStatus::ok);
        expect_failed(subject().close(made), kInvalidHandle);
        EXPECT_EQ(seen()->handles, 1U);
        EXPECT_EQ(subject().close(joined).status, ResponseStatus::ok);
        EXPECT_FALSE(seen().has_value());
    }
}

TEST_F(CastawaySubjectTest, ADuplicateOutlivesItsSource) {
    const Subject::Handle source = make(spec(ObjectType::event));
    Subject::Handle duplicate = 0;
    EXPECT_EQ(subject().duplicate(source, duplicate).status, ResponseStatus::ok);
    EXPECT_EQ(subject().close(source).status, ResponseStatus::ok);
    EXPECT_EQ(subject().set_event(duplicate).status, ResponseStatus::ok);
    EXPECT_TRUE(seen()->signaled);
    expect_failed(subject().duplicate(source, duplicate), kInvalidHandle);
    EXPECT_EQ(duplicate, 0U);
}

TEST_F(CastawaySubjectTest, NoHandleIsAnInvalidHandle) {
    Subject& subject = CastawaySubjectTest::subject();
    for (const Response& response :
         {subject.close(0), subject.wait(0, {0}), subject.release_mutex(0), subject.set_event(0),
          subject.release_semaphore(0, 1), subject.reset_event(0), subject.set_timer(0, {0, 0}),
          subject.cancel_timer(0), subject.wait_any(std::array<Subject::Handle, 1>{0}, {0}),
          subject.wait_all(std::array<Subject::Handle, 1>{0}, {0}), subject.pulse_event(0),
          subject.signal_and_wait(0, 0, {0})}) {
        expect_failed(response, kInvalidHandle);
    }
}

TEST_F(CastawaySubjectTest, AMutexIsItsOwnersAsOftenAsItWasTaken) {
    const Subject::Handle mutex = make(spec(ObjectType::mutex));
    EXPECT_TRUE(seen()->signaled);
    EXPECT_EQ(seen()->value, 0);
    EXPECT_EQ(seen()->owner, std::nullopt);
    expect_satisfied(subject().wait(mutex, {}));
    expect_satisfied(subject().wait(mutex, {0}));
    EXPECT_FALSE(seen()->signaled);
    EXPECT_EQ(seen()->value, 2);
    EXPECT_EQ(seen()->owner, 0U);
    std::jthread([&] {
        EXPECT_EQ(subject().wait(mutex, {0}).status, ResponseStatus::timeout);
        expect_failed(subject().release_mutex(mutex), kNotOwner);
    }).join();
    EXPECT_EQ(subject().release_mutex(mutex).status, ResponseStatus::ok);
    EXPECT_EQ(subject().release_mutex(mutex).status, ResponseStatus::ok);
    EXPECT_TRUE(seen()->signaled);
    expect_failed(subject().release_mutex(mutex), kNotOwner);
}

TEST_F(CastawaySubjectTest, AThreadThatEndsAbandonsAndTheNextOwnerIsToldOnce) {
    const Subject::Handle mutex = make(spec(ObjectType::mutex));
    std::jthread([&] { expect_satisfied(subject().wait(mutex, {})); }).join();
    EXPECT_TRUE(seen()->abandoned);
    EXPECT_EQ(subject().wait(mutex, {0}).status, ResponseStatus::abandoned);
    EXPECT_FALSE(seen()->abandoned);
    EXPECT_EQ(subject().release_mutex(mutex).status, ResponseStatus::ok);
    expect_satisfied(subject().wait(mutex, {0}));
    EXPECT_EQ(subject().release_mutex(mutex).status, ResponseStatus::ok);
}

TEST_F(CastawaySubjectTest, ASemaphoreCountsBetweenZeroAndItsMaximum) {
    ObjectSpec object = spec(ObjectType::semaphore);
    object.initial_count = 1;
    object.maximum_count = 3;
    const Subject::Handle semaphore = make(object);
    expect_satisfied(subject().wait(semaphore, {0}));
    EXPECT_EQ(subject().wait(semaphore, {0}).status, ResponseStatus::timeout);
    Response released = subject().release_semaphore(semaphore, 2);
    EXPECT_EQ(released.status, ResponseStatus::ok);
    EXPECT_EQ(released.previous_count, 0);
    expect_failed(subject().release_semaphore(semaphore, 2), kTooManyPosts);
    EXPECT_EQ(seen()->value, 2);
    released = subject().release_semaphore(semaphore, 1);
    EXPECT_EQ(released.previous_count, 2);
    EXPECT_EQ(seen()->value, 3);
    expect_failed(subject().release_semaphore(semaphore, 0), kInvalidParameter);
}

TEST_F(CastawaySubjectTest, AnAutoResetEventSatisfiesOneWait) {
    ObjectSpec object = spec(ObjectType::event);
    object.initially_signaled = true;
    const Subject::Handle event = make(object);
    expect_satisfied(subject().wait(event, {0}));
    EXPECT_EQ(subject().wait(event, {0}).status, ResponseStatus::timeout);
    EXPECT_EQ(subject().set_event(event).status, ResponseStatus::ok);
    EXPECT_TRUE(seen()->signaled);
    EXPECT_EQ(subject().reset_event(event).status, ResponseStatus::ok);
    EXPECT_EQ(subject().wait(event, {1}).status, ResponseStatus::timeout);
}

TEST_F(CastawaySubjectTest, AManualResetEventSatisfiesAllWaits) {
    ObjectSpec object = spec(ObjectType::event);
    object.manual_reset = true;
    const Subject::Handle event = make(object);
    EXPECT_EQ(subject().wait(event, {0}).status, ResponseStatus::timeout);
    EXPECT_EQ(subject().set_event(event).status, ResponseStatus::ok);
    expect_satisfied(subject().wait(event, {0}));
    expect_satisfied(subject().wait(event, {}));
    EXPECT_TRUE(seen()->signaled);
}

TEST_F(CastawaySubjectTest, WaitAnyTakesTheFirstThatItCan) {
    ObjectSpec object = spec(ObjectType::event);
    std::vector<Subject::Handle> handles;
    for (const char* each : {"a", "b", "c"}) {
        object.name = std::string("any.") + each;
        handles.push_back(make(object));
    }
    EXPECT_EQ(subject().wait_any(handles, {0}).status, ResponseStatus::timeout);
    subject().set_event(handles[2]);
    subject().set_event(handles[1]);
    expect_satisfied(subject().wait_any(handles, {}), 1);
    expect_satisfied(subject().wait_any(handles, {}), 2);

    const Subject::Handle mutex = make(spec(ObjectType::mutex));
    std::jthread([&] { subject().wait(mutex, {0}); }).join();
    handles.push_back(mutex);
    const Response abandoned = subject().wait_any(handles, {0});
    EXPECT_EQ(abandoned.status, ResponseStatus::abandoned);
    EXPECT_EQ(abandoned.satisfied_by, 3U);
    EXPECT_EQ(subject().release_mutex(mutex).status, ResponseStatus::ok);

    handles.resize(65, handles[0]);
    expect_failed(subject().wait_any(handles, {0}), kInvalidParameter);
    expect_failed(subject().wait_any({}, {0}), kInvalidParameter);
}

TEST_F(CastawaySubjectTest, ATimerIsSignaledWhenItIsDueAndNotBefore) {
    const Subject::Handle timer = make(spec(ObjectType::timer));
    EXPECT_EQ(subject().wait(timer, {0}).status, ResponseStatus::timeout);
    constexpr std::int64_t kDueNs = 20'000'000;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(subject().set_timer(timer, {kDueNs, 0}).status, ResponseStatus::ok);
    expect_satisfied(subject().wait(timer, {}));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::nanoseconds(kDueNs));
    EXPECT_EQ(subject().wait(timer, {0}).status, ResponseStatus::timeout);

    EXPECT_EQ(subject().set_timer(timer, {0, 0}).status, ResponseStatus::ok);
    expect_satisfied(subject().wait(timer, {0}));
}

TEST_F(CastawaySubjectTest, ATimerRepeatsUntilItIsCancelled) {
    const Subject::Handle timer = make(spec(ObjectType::timer));
    EXPECT_EQ(subject().set_timer(timer, {1, 1}).status, ResponseStatus::ok);
    for (int i = 0; i < 3; ++i) {
        expect_satisfied(subject().wait(timer, {}));
    }
    EXPECT_EQ(subject().cancel_timer(timer).status, ResponseStatus::ok);
    // It may have expired once more before that.
    subject().wait(timer, {0});
    EXPECT_EQ(subject().wait(timer, {5}).status, ResponseStatus::timeout);
    expect_failed(subject().set_timer(timer, {0, -1}), kInvalidParameter);
}

TEST_F(CastawaySubjectTest, AWaitForAllTakesAllOrNone) {
    ObjectSpec counted = spec(ObjectType::semaphore);
    counted.maximum_count = 2;
    const Subject::Handle semaphore = make(counted);
    const Subject::Handle mutex = make(spec(ObjectType::mutex, ".mutex"));
    const std::array<Subject::Handle, 2> handles{semaphore, mutex};
    EXPECT_EQ(subject().wait_all(handles, {0}).status, ResponseStatus::timeout);
    expect_failed(subject().release_mutex(mutex), kNotOwner);
    EXPECT_EQ(subject().release_semaphore(semaphore, 1).status, ResponseStatus::ok);
    expect_satisfied(subject().wait_all(handles, {0}));
    EXPECT_EQ(subject().release_mutex(mutex).status, ResponseStatus::ok);
    EXPECT_EQ(subject().wait(semaphore, {0}).status, ResponseStatus::timeout);
}

TEST_F(CastawaySubjectTest, APulseLeavesNoSignal) {
    const Subject::Handle event = make(spec(ObjectType::event));
    subject().set_event(event);
    EXPECT_EQ(subject().pulse_event(event).status, ResponseStatus::ok);
    EXPECT_EQ(subject().wait(event, {0}).status, ResponseStatus::timeout);
}

TEST_F(CastawaySubjectTest, SignalAndWaitSignalsFirst) {
    const Subject::Handle event = make(spec(ObjectType::event));
    expect_satisfied(subject().signal_and_wait(event, event, {}));
    const Subject::Handle mutex = make(spec(ObjectType::mutex, ".mutex"));
    expect_failed(subject().signal_and_wait(mutex, event, {0}), kNotOwner);
}

TEST_F(CastawaySubjectTest, ProcedureCallsRunInAlertableWaitsAndAreTold) {
    const Subject::Handle event = make(spec(ObjectType::event));
    const std::uint32_t self = subject().introduce_thread();
    EXPECT_EQ(subject().queue_call(self, 11).status, ResponseStatus::ok);
    EXPECT_EQ(subject().queue_call(self, 12).status, ResponseStatus::ok);
    EXPECT_EQ(subject().wait(event, {0}).status, ResponseStatus::timeout);
    EXPECT_EQ(subject().sleep({0, false}).status, ResponseStatus::ok);
    EXPECT_TRUE(listener_.take_calls().empty());
    EXPECT_EQ(subject().wait(event, {std::nullopt, true}).status, ResponseStatus::alerted);
    EXPECT_EQ(listener_.take_calls(), (std::vector<std::uint64_t>{11, 12}));

    const Subject::Handle timer = make(spec(ObjectType::timer, ".timer"));
    EXPECT_EQ(subject().set_timer(timer, {0, 0, 13}).status, ResponseStatus::ok);
    EXPECT_EQ(subject().sleep({1000, true}).status, ResponseStatus::alerted);
    EXPECT_EQ(listener_.take_calls(), (std::vector<std::uint64_t>{13}));
    EXPECT_EQ(subject().sleep({0, true}).status, ResponseStatus::ok);
    EXPECT_EQ(subject().queue_call(0, 14).status, ResponseStatus::failed);
}

TEST_F(CastawaySubjectTest, TheObserverHearsOfSleepAccessesAndCrashPoints) {
    const Subject::Handle event = make(spec(ObjectType::event));
    const int sleeps = listener_.sleeps();
    const int accesses = listener_.accesses();
    EXPECT_EQ(subject().wait(event, {0}).status, ResponseStatus::timeout);
    EXPECT_EQ(listener_.sleeps(), sleeps);
    EXPECT_GT(listener_.accesses(), accesses);

    std::jthread waiter([&] { expect_satisfied(subject().wait(event, {})); });
    await_waiter();
    subject().set_event(event);
    waiter.join();
    // The set may have come before the waiter had to sleep.
    EXPECT_THAT(listener_.points(), Contains("wait.before_enqueue"));
    EXPECT_THAT(listener_.points(), Contains("handoff.committed"));
    EXPECT_EQ(subject().wait(event, {1}).status, ResponseStatus::timeout);
    EXPECT_GT(listener_.sleeps(), sleeps);
    EXPECT_THAT(listener_.points(), Contains("wait.before_sleep"));
}

TEST_F(CastawaySubjectTest, TheSpaceCountsThisProcess) {
    const std::array<std::int64_t, 2> pids{0, getpid()};
    const Subject::Handle event = make(spec(ObjectType::event));
    const Snapshot snapshot = *space_->observe(pids);
    EXPECT_EQ(snapshot.processes_attached, 1U);
    ASSERT_EQ(snapshot.handles.size(), 1U);
    EXPECT_EQ(snapshot.handles[0].process, 1U);
    EXPECT_TRUE(snapshot.damage.empty());
    subject().close(event);
    const Snapshot after = *space_->observe(pids);
    EXPECT_EQ(after.names, snapshot.names - 1);
    EXPECT_EQ(after.objects.size(), snapshot.objects.size() - 1);
}

TEST_F(CastawaySubjectTest, ASecondOneAtTheSameTimeIsRefused) {
    Listener other;
    EXPECT_THROW(find_subject("castaway")->attach(other), HarnessError);
}

}  // namespace
}  // namespace castaway::harness
