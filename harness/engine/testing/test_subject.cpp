#include "harness/engine/testing/test_subject.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>

#include "harness/base/error.h"
#include "harness/engine/real/futex.h"
#include "harness/engine/real/pidfd.h"
#include "harness/engine/testing/test_space.h"

namespace castaway::harness::testing {
namespace {

constexpr std::uint32_t kFileNotFound = 2;
constexpr std::uint32_t kInvalidHandle = 6;
constexpr std::uint32_t kAlreadyExists = 183;
constexpr std::uint32_t kNotOwner = 288;
constexpr std::uint32_t kNotSupported = 50;

Response ok() {
    return {.status = ResponseStatus::ok, .satisfied_by = 0, .error = 0, .previous_count = 0};
}

Response failed(std::uint32_t error) {
    return {
        .status = ResponseStatus::failed, .satisfied_by = 0, .error = error, .previous_count = 0};
}

Response with(ResponseStatus status) {
    return {.status = status, .satisfied_by = 0, .error = 0, .previous_count = 0};
}

/// The time at which a wait ends, on CLOCK_MONOTONIC; a day stands for ever.
timespec deadline_after(std::optional<std::uint32_t> timeout_ms) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t ns = now.tv_nsec + std::int64_t{timeout_ms.value_or(86'400'000)} * kNsPerMs;
    return {now.tv_sec + ns / 1'000'000'000, static_cast<long>(ns % 1'000'000'000)};
}

/// What test:lingers does at the end of a thread.
struct Lingering {
    std::atomic<std::uint32_t>* word = nullptr;
    Lingering() = default;
    Lingering(const Lingering&) = delete;
    Lingering& operator=(const Lingering&) = delete;
    ~Lingering() {
        if (word != nullptr) {
            const std::int64_t end_ns = monotonic_ns() + 100 * kNsPerMs;
            while (monotonic_ns() < end_ns) {
            }
            word->store(1);
        }
    }
};
thread_local Lingering lingering;

class TestSubject final : public Subject {
  public:
    TestSubject(std::string name, SubjectObserver& observer, const Descriptor& memory)
        : name_(std::move(name)),
          observer_(observer),
          mapping_(memory, sizeof(TestMemory), MappingAccess::read_write),
          memory_(memory_in(mapping_)),
          self_(claim_process()) {}

    ~TestSubject() override {
        if (name_ == "test:late") {
            std::abort();
        }
    }
    TestSubject(const TestSubject&) = delete;
    TestSubject& operator=(const TestSubject&) = delete;

    Response create(const ObjectSpec& object, Handle& handle) override {
        return call([&] {
            pthread_mutex_lock(&memory_.directory);
            TestObject* found = find_object(memory_, object.name);
            const bool existed = found != nullptr;
            if (!existed) {
                found = &make(object);
            }
            pthread_mutex_unlock(&memory_.directory);
            handle = hold(*found);
            Response response = ok();
            response.error = existed ? kAlreadyExists : 0;
            return response;
        });
    }

    Response open(const ObjectSpec& object, Handle& handle) override {
        return call([&] {
            TestObject* found = find_object(memory_, object.name);
            if (found == nullptr) {
                return failed(kFileNotFound);
            }
            handle = hold(*found);
            return ok();
        });
    }

    Response close(Handle handle) override {
        return call([&] {
            if (handle == 0) {
                return failed(kInvalidHandle);
            }
            object(handle).handles.fetch_sub(1);
            self_.handles.fetch_sub(1);
            return ok();
        });
    }

    Response duplicate(Handle handle, Handle& duplicate) override {
        return call([&] {
            if (handle == 0) {
                return failed(kInvalidHandle);
            }
            duplicate = hold(object(handle));
            return ok();
        });
    }

    Response wait(Handle handle, const WaitTerms& terms) override {
        if (name_ == "test:lingers") {
            lingering.word = &memory_.objects[0].signaled;
        }
        return call([&] {
            return handle == 0 ? failed(kInvalidHandle)
                               : wait_for(object(handle), terms.timeout_ms);
        });
    }

    /// Takes the first that can be taken at once.
    Response wait_any(std::span<const Handle> handles, const WaitTerms& /*terms*/) override {
        return call([&] {
            for (std::uint32_t i = 0; i < handles.size(); ++i) {
                Response response = wait_for(object(handles[i]), 0);
                if (response.status != ResponseStatus::timeout) {
                    response.satisfied_by = i;
                    return response;
                }
            }
            return with(ResponseStatus::timeout);
        });
    }

    Response release_mutex(Handle handle) override {
        return call([&] {
            return pthread_mutex_unlock(&object(handle).mutex) == 0 ? ok() : failed(kNotOwner);
        });
    }

    Response release_semaphore(Handle handle, std::int32_t count) override {
        return call([&] {
            Response response = ok();
            sem_getvalue(&object(handle).semaphore, &response.previous_count);
            for (std::int32_t i = 0; i < count; ++i) {
                sem_post(&object(handle).semaphore);
            }
            return response;
        });
    }

    Response set_event(Handle handle) override {
        if (name_ == "test:crash") {
            std::abort();
        }
        if (name_ == "test:helper") {
            std::thread([this] { observer_.at_crash_point("test.helper"); }).join();
        }
        return call([&] {
            object(handle).signaled.store(1);
            futex_wake_all(object(handle).signaled);
            return ok();
        });
    }

    Response reset_event(Handle handle) override {
        return call([&] {
            object(handle).signaled.store(0);
            return ok();
        });
    }

    Response set_timer(Handle /*handle*/, const TimerSetting& /*setting*/) override {
        return call([] { return failed(kNotSupported); });
    }

    Response cancel_timer(Handle /*handle*/) override {
        return call([] { return failed(kNotSupported); });
    }

  private:
    template <typename Effect>
    Response call(Effect effect) {
        observer_.at_crash_point("test.entered");
        observer_.at_access();
        const Response response = effect();
        observer_.at_access();
        return response;
    }

    TestProcess& claim_process() {
        for (TestProcess& process : memory_.processes) {
            std::int32_t nobody = 0;
            if (process.pid.compare_exchange_strong(nobody, getpid())) {
                return process;
            }
        }
        throw HarnessError("the test's subject has no room for one more process");
    }

    TestObject& make(const ObjectSpec& object) {
        TestObject& made = memory_.objects.at(memory_.object_count.load());
        object.name.copy(made.name.data(), made.name.size() - 1);
        made.type = object.type;
        made.manual_reset = object.manual_reset;
        made.signaled.store(object.initially_signaled ? 1 : 0);
        make_robust_mutex(made.mutex);
        sem_init(&made.semaphore, 1, static_cast<unsigned>(object.initial_count));
        memory_.object_count.fetch_add(1);
        return made;
    }

    Handle hold(TestObject& object) {
        object.handles.fetch_add(1);
        self_.handles.fetch_add(1);
        return static_cast<Handle>(&object - memory_.objects.data()) + 1;
    }

    TestObject& object(Handle handle) { return memory_.objects.at(handle - 1); }

    void about_to_sleep() {
        if (name_ != "test:deaf") {
            observer_.about_to_sleep();
        }
    }

    Response wait_for(TestObject& object, std::optional<std::uint32_t> timeout_ms) {
        switch (object.type) {
            case ObjectType::mutex:
                return wait_for_mutex(object.mutex, timeout_ms);
            case ObjectType::semaphore:
                return wait_for_semaphore(object.semaphore, timeout_ms);
            case ObjectType::event:
                return wait_for_event(object, timeout_ms);
            case ObjectType::timer:
                break;
        }
        return failed(kNotSupported);
    }

    Response wait_for_mutex(pthread_mutex_t& mutex, std::optional<std::uint32_t> timeout_ms) {
        int error = pthread_mutex_trylock(&mutex);
        if (error == EBUSY && timeout_ms != 0U) {
            about_to_sleep();
            const timespec deadline = deadline_after(timeout_ms);
            error = pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &deadline);
        }
        if (error == EOWNERDEAD) {
            pthread_mutex_consistent(&mutex);
            return with(ResponseStatus::abandoned);
        }
        return with(error == 0 ? ResponseStatus::ok : ResponseStatus::timeout);
    }

    Response wait_for_semaphore(sem_t& semaphore, std::optional<std::uint32_t> timeout_ms) {
        if (sem_trywait(&semaphore) == 0) {
            return ok();
        }
        if (timeout_ms == 0U) {
            return with(ResponseStatus::timeout);
        }
        about_to_sleep();
        const timespec deadline = deadline_after(timeout_ms);
        int result = 0;
        do {
            result = sem_clockwait(&semaphore, CLOCK_MONOTONIC, &deadline);
        } while (result != 0 && errno == EINTR);
        return with(result == 0 ? ResponseStatus::ok : ResponseStatus::timeout);
    }

    Response wait_for_event(TestObject& event, std::optional<std::uint32_t> timeout_ms) {
        const std::int64_t deadline =
            monotonic_ns() + std::int64_t{timeout_ms.value_or(86'400'000)} * kNsPerMs;
        for (;;) {
            std::uint32_t set = 1;
            if (event.manual_reset ? event.signaled.load() == 1
                                   : event.signaled.compare_exchange_strong(set, 0)) {
                return ok();
            }
            if (timeout_ms && monotonic_ns() >= deadline) {
                return with(ResponseStatus::timeout);
            }
            about_to_sleep();
            futex_wait_until(event.signaled, 0, deadline);
        }
    }

    std::string name_;
    SubjectObserver& observer_;
    Mapping mapping_;
    TestMemory& memory_;
    TestProcess& self_;
};

class TestSpace final : public SubjectSpace {
  public:
    explicit TestSpace(int unsound_pictures)
        : unsound_pictures_(unsound_pictures),
          descriptor_(make_shared_memory("castaway-test", sizeof(TestMemory))),
          mapping_(descriptor_, sizeof(TestMemory), MappingAccess::read_write),
          memory_(memory_in(mapping_)) {
        make_robust_mutex(memory_.directory);
    }

    [[nodiscard]] std::vector<int> descriptors() const override { return {descriptor_.get()}; }
    [[nodiscard]] std::vector<std::string> environment() const override {
        return {fmt::format("{}={}", kTestSpaceVariable, descriptor_.get())};
    }

    std::optional<Snapshot> observe(std::span<const std::int64_t> pids) override {
        Snapshot snapshot;
        if (unsound_pictures_ > 0) {
            --unsound_pictures_;
            snapshot.damage.emplace_back("a change is half-done");
        }
        for (TestProcess& process : memory_.processes) {
            const std::int32_t pid = process.pid.load();
            if (pid == 0 || process.handles.load() == 0) {
                continue;
            }
            if (process.seen_dead.load()) {
                process.handles.store(0);
                continue;
            }
            process.seen_dead.store(gone(pid));
            const auto* index = std::find(pids.data(), pids.data() + pids.size(), pid);
            snapshot.handles.push_back(
                {static_cast<std::uint32_t>(index - pids.data()), process.handles.load()});
            ++snapshot.processes_attached;
        }
        snapshot.names = memory_.object_count.load();
        for (std::uint32_t i = 0; i < snapshot.names; ++i) {
            const TestObject& object = memory_.objects.at(i);
            ObjectState& state = snapshot.objects.emplace_back();
            state.name = object.name.data();
            state.type = object.type;
            state.signaled = object.signaled.load() != 0;
            state.handles = object.handles.load();
        }
        return snapshot;
    }

    void settle_after_all_died() override {
        for (TestProcess& process : memory_.processes) {
            process.handles.store(0);
        }
    }

    [[nodiscard]] std::string describe_address(std::uint64_t file_offset) override {
        const std::byte* const address = mapping_.data() + file_offset;
        for (const TestObject& object : memory_.objects) {
            const auto* const begin = reinterpret_cast<const std::byte*>(&object);
            if (begin <= address && address < begin + sizeof(TestObject)) {
                return fmt::format("{} \"{}\"", to_string(object.type), object.name.data());
            }
        }
        return {};
    }

  private:
    static bool gone(std::int32_t pid) {
        try {
            open_pidfd(pid);
            return false;
        } catch (const HarnessError&) {
            return true;
        }
    }

    int unsound_pictures_;
    Descriptor descriptor_;
    Mapping mapping_;
    TestMemory& memory_;
};

class TestAdapter final : public SubjectAdapter {
  public:
    explicit TestAdapter(std::string name) : name_(std::move(name)) {}

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] std::string description() const override { return "for the engine's tests"; }
    [[nodiscard]] Capabilities capabilities() const override {
        Capabilities capabilities;
        capabilities.reports_sleep = name_ != "test:deaf";
        capabilities.crash_points = true;
        capabilities.snapshots = true;
        return capabilities;
    }
    std::unique_ptr<SubjectSpace> make_space() override {
        return std::make_unique<TestSpace>(name_ == "test:unsound" ? 3 : 0);
    }
    std::unique_ptr<Subject> attach(SubjectObserver& observer) override {
        const char* number = std::getenv(kTestSpaceVariable);
        if (number == nullptr || name_ == "test:refuse") {
            throw HarnessError("the test's subject refuses to attach");
        }
        // The number stays open for the processes that are forked next.
        const Descriptor memory(fcntl(std::stoi(number), F_DUPFD_CLOEXEC, 0));
        return std::make_unique<TestSubject>(name_, observer, memory);
    }

  private:
    std::string name_;
};

}  // namespace

std::unique_ptr<SubjectAdapter> make_test_subject(std::string_view name) {
    return std::make_unique<TestAdapter>(std::string(name));
}

}  // namespace castaway::harness::testing
