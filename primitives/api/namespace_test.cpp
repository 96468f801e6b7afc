// Private namespaces: boundaries, aliases, and the objects in them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <initializer_list>
#include <string>

#include "primitives/testing/api_test.h"
#include "primitives/testing/child_process.h"

namespace castaway::testing {
namespace {

/// S-1-<authority>-<first sub-authority>.
SID sid_of(std::uint8_t authority, DWORD first) {
    return {SID_REVISION, 1, {{0, 0, 0, 0, 0, authority}}, {first}};
}

/// A boundary descriptor that is deleted at the end.
class Boundary {
  public:
    explicit Boundary(const char* name, std::initializer_list<SID> sids = {})
        : value_(CreateBoundaryDescriptorA(name, 0)) {
        EXPECT_NE(value_, nullptr);
        for (SID sid : sids) {
            EXPECT_EQ(AddSIDToBoundaryDescriptor(&value_, &sid), TRUE);
        }
    }
    Boundary(const Boundary&) = delete;
    Boundary& operator=(const Boundary&) = delete;
    ~Boundary() { DeleteBoundaryDescriptor(value_); }
    operator HANDLE() const { return value_; }  // NOLINT(google-explicit-constructor)

  private:
    HANDLE value_;
};

const SID kWorld = sid_of(1, 0);
const SID kSystem = sid_of(5, 18);

class NamespaceTest : public ApiTest {
  protected:
    static HANDLE open_event(const char* name) { return OpenEventA(EVENT_ALL_ACCESS, FALSE, name); }
};

TEST_F(NamespaceTest, HidesItsObjects) {  // NAME-17
    const Boundary boundary("b", {kWorld});
    HANDLE space = CreatePrivateNamespaceA(nullptr, boundary, "mine");
    ASSERT_NE(space, nullptr);
    const Handle outside(CreateMutexA(nullptr, FALSE, "x"));
    const Handle inside(CreateEventA(nullptr, FALSE, TRUE, "mine\\x"));
    ASSERT_NE(inside.get(), nullptr);
    EXPECT_NE(GetLastError(), ERROR_ALREADY_EXISTS);
    expect_failure([] { return open_event("x"); }, HANDLE{nullptr}, ERROR_INVALID_HANDLE);
    expect_failure([] { return open_event("Global\\x"); }, HANDLE{nullptr}, ERROR_FILE_NOT_FOUND);
    expect_failure([] { return open_event("Mine\\x"); }, HANDLE{nullptr}, ERROR_PATH_NOT_FOUND);
    expect_failure([] { return open_event("mine\\x\\y"); }, HANDLE{nullptr}, ERROR_PATH_NOT_FOUND);
    const Handle again(OpenEventW(EVENT_ALL_ACCESS, FALSE, u"mine\\x"));
    EXPECT_EQ(CompareObjectHandles(inside, again), TRUE);
    EXPECT_EQ(ClosePrivateNamespace(space, 0), TRUE);
    // The object goes on; its name is out of reach.
    EXPECT_EQ(poll_object(inside), WAIT_OBJECT_0);
    expect_failure([] { return open_event("mine\\x"); }, HANDLE{nullptr}, ERROR_PATH_NOT_FOUND);
    space = CreatePrivateNamespaceA(nullptr, boundary, "mine");
    ASSERT_NE(space, nullptr) << "with the last handle the boundary is free";
    expect_failure([] { return open_event("mine\\x"); }, HANDLE{nullptr}, ERROR_FILE_NOT_FOUND);
    EXPECT_EQ(CloseHandle(space), TRUE);
    expect_failure([] { return open_event("mine\\x"); }, HANDLE{nullptr}, ERROR_PATH_NOT_FOUND);
}

TEST_F(NamespaceTest, IsKnownByItsBoundary) {  // NAME-16
    const Boundary boundary("b", {kWorld, kSystem});
    const Boundary same("b", {kSystem, kWorld, kSystem});
    const Boundary fewer("b", {kWorld});
    const Boundary other("c", {kWorld, kSystem});
    HANDLE space = CreatePrivateNamespaceW(nullptr, boundary, u"one");
    ASSERT_NE(space, nullptr);
    const auto create = [](HANDLE at, const char* alias) {
        return [at, alias] { return CreatePrivateNamespaceA(nullptr, at, alias); };
    };
    const auto open = [](HANDLE at, const char* alias) {
        return [at, alias] { return OpenPrivateNamespaceA(at, alias); };
    };
    expect_failure(create(boundary, "one"), HANDLE{nullptr}, ERROR_ALREADY_EXISTS);
    expect_failure(create(same, "two"), HANDLE{nullptr}, ERROR_ALREADY_EXISTS);
    expect_failure(create(fewer, "one"), HANDLE{nullptr}, ERROR_ALREADY_EXISTS);
    expect_failure(open(fewer, "two"), HANDLE{nullptr}, ERROR_PATH_NOT_FOUND);
    expect_failure(open(other, "two"), HANDLE{nullptr}, ERROR_PATH_NOT_FOUND);
    const Handle opened(OpenPrivateNamespaceA(same, "two"));
    ASSERT_NE(opened.get(), nullptr);
    EXPECT_EQ(CompareObjectHandles(space, opened), TRUE);
    {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "one\\x"));
        const Handle found(open_event("two\\x"));
        EXPECT_EQ(CompareObjectHandles(event, found), TRUE);
    }
    // Taken from the directory, though there is a handle.
    EXPECT_EQ(ClosePrivateNamespace(space, PRIVATE_NAMESPACE_FLAG_DESTROY), TRUE);
    expect_failure(open(boundary, "three"), HANDLE{nullptr}, ERROR_PATH_NOT_FOUND);
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "two\\x"));
    EXPECT_NE(event.get(), nullptr);
    const Handle next(CreatePrivateNamespaceA(nullptr, boundary, "one"));
    ASSERT_NE(next.get(), nullptr);
    expect_failure([] { return open_event("one\\x"); }, HANDLE{nullptr}, ERROR_FILE_NOT_FOUND);
}

TEST_F(NamespaceTest, RefusesWhatMakesNoSense) {
    const Boundary boundary("b");
    for (const char* alias : {"", "a\\b", "Global", "Local", "Session"}) {
        expect_failure([&] { return CreatePrivateNamespaceA(nullptr, boundary, alias); },
                       HANDLE{nullptr}, ERROR_INVALID_PARAMETER);
    }
    expect_failure([] { return CreatePrivateNamespaceA(nullptr, nullptr, "a"); }, HANDLE{nullptr},
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return CreateBoundaryDescriptorA("", 0); }, HANDLE{nullptr},
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return CreateBoundaryDescriptorA("b", 1); }, HANDLE{nullptr},
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return CreateBoundaryDescriptorA(std::string(260, 'b').c_str(), 0); },
                   HANDLE{nullptr}, ERROR_FILENAME_EXCED_RANGE);
    SID none = sid_of(1, 0);
    none.Revision = 2;
    HANDLE value = boundary;
    expect_failure([&] { return AddSIDToBoundaryDescriptor(&value, &none); }, FALSE,
                   ERROR_INVALID_SID);
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, nullptr));
    expect_failure([&] { return ClosePrivateNamespace(event, 0); }, BOOLEAN{FALSE},
                   ERROR_INVALID_HANDLE);
    const Handle space(CreatePrivateNamespaceA(nullptr, boundary, "a"));
    expect_failure([&] { return ClosePrivateNamespace(space, 2); }, BOOLEAN{FALSE},
                   ERROR_INVALID_PARAMETER);
    expect_failure([&] { return WaitForSingleObject(space, 0); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
    expect_failure([&] { return SetEvent(space); }, FALSE, ERROR_INVALID_HANDLE);
}

TEST_F(NamespaceTest, IsSharedByProcessesAndFreedWithTheLast) {  // NAME-14, NAME-16
    const Boundary boundary("b", {kWorld});
    Channel said;
    Channel heard;
    Child other([&] {
        // Other tests of the program may have named regions of their own.
        setenv("CASTAWAY_REGION", region().spec().c_str(), 1);
        EXPECT_NE(CreatePrivateNamespaceA(nullptr, boundary, "theirs"), nullptr);
        EXPECT_NE(CreateEventA(nullptr, FALSE, TRUE, "theirs\\x"), nullptr);
        said.send('c');
        static_cast<void>(heard.receive());
        return 0;
    });
    EXPECT_EQ(said.receive(), 'c');
    {
        const Handle space(OpenPrivateNamespaceA(boundary, "ours"));
        ASSERT_NE(space.get(), nullptr);
        const Handle event(open_event("ours\\x"));
        EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    }
    other.end();
    // What the dead had may or may not have been given back before this.
    EXPECT_EQ(OpenPrivateNamespaceA(boundary, "ours"), nullptr);
    EXPECT_EQ(GetLastError(), ERROR_PATH_NOT_FOUND);
}

TEST_F(NamespaceTest, IsClosedByATaggedHandle) {  // HND-03
    HANDLE boundary = CreateBoundaryDescriptorA("b", 0);
    const auto make = [boundary] { return CreatePrivateNamespaceA(nullptr, boundary, "ns"); };
    const auto tagged = reinterpret_cast<HANDLE>(reinterpret_cast<std::uintptr_t>(make()) | 1U);
    EXPECT_NE(ClosePrivateNamespace(tagged, PRIVATE_NAMESPACE_FLAG_DESTROY), 0);
    expect_failure([] { return CreateEventA(nullptr, FALSE, FALSE, "ns\\e"); }, HANDLE{nullptr},
                   ERROR_PATH_NOT_FOUND);
    const Handle again(make());
    EXPECT_NE(again.get(), nullptr) << "the alias is free";
    expect_failure([] { return CreateEventA(nullptr, FALSE, FALSE, "ns\\"); }, HANDLE{nullptr},
                   ERROR_INVALID_NAME);
    DeleteBoundaryDescriptor(boundary);
}

}  // namespace
}  // namespace castaway::testing
