// Names that only the W forms can give.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "castaway/inspect.h"
#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

constexpr std::size_t kLongest = 32'766;

std::string narrow(const std::u16string& ascii) {
    return {ascii.begin(), ascii.end()};
}

/// In a region that has room for them.
void in_large_region(const std::function<void(const TestRegion&)>& test) {
    in_fresh_process([&](TestRegion& /*small*/) {
        const TestRegion region{Geometry{}};
        test(region);
    });
}

TEST(LongName, IsFoundFromOneTo32766Units) {  // NAME-18
    in_large_region([](const TestRegion& region) {
        std::vector<Handle> held;
        const std::vector<std::size_t> lengths{260, 809, 810, 1'032, 5'000, kLongest - 1, kLongest};
        for (const std::size_t length : lengths) {
            const std::u16string name(length, u'x');
            held.emplace_back(CreateEventW(nullptr, TRUE, TRUE, name.c_str()));
            ASSERT_NE(held.back().get(), nullptr) << length;
            EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
            EXPECT_EQ(object_named(region.look(), "Local\\" + narrow(name)).handles, 1U);
        }
        for (const std::size_t length : lengths) {
            std::u16string name(length, u'x');
            const Handle opened(OpenEventW(SYNCHRONIZE, FALSE, name.c_str()));
            EXPECT_EQ(poll_object(opened), WAIT_OBJECT_0);
            const Handle joined(CreateEventW(nullptr, TRUE, FALSE, name.c_str()));
            EXPECT_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
            name.back() = u'y';
            EXPECT_EQ(OpenEventW(SYNCHRONIZE, FALSE, name.c_str()), nullptr);
            EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
        }
        held.clear();
        EXPECT_EQ(region.look().names, 0U);
        EXPECT_TRUE(region.look().damage.empty());
    });
}

TEST(LongName, TakesItsCellsFromFreeOnesAndFreshOnes) {
    in_large_region([](const TestRegion& region) {
        const auto create = [](char16_t letter, std::size_t length) {
            return Handle(CreateMutexW(nullptr, FALSE, std::u16string(length, letter).c_str()));
        };
        // What is given back is taken again, in parts and with fresh cells behind it.
        for (const std::size_t length : {std::size_t{300}, std::size_t{900}, kLongest,
                                         std::size_t{56}, kLongest, std::size_t{2'000}}) {
            const Handle some = create(u'a', 500);
            const Handle more = create(u'b', length);
            ASSERT_NE(more.get(), nullptr);
            EXPECT_EQ(object_named(region.look(), "Local\\" + std::string(length, 'b')).handles,
                      1U);
            std::string problem;
            const auto audit = audit_region(region.spec(), problem);
            ASSERT_TRUE(audit) << problem;
            EXPECT_TRUE(audit->wrong.empty());
        }
    });
}

TEST(LongName, LivesInNamespacesOfAllKinds) {  // NAME-12, NAME-17, NAME-18
    in_large_region([](const TestRegion& /*region*/) {
        HANDLE boundary = CreateBoundaryDescriptorA("b", 0);
        HANDLE space = CreatePrivateNamespaceW(nullptr, boundary, u"ns");
        ASSERT_NE(space, nullptr);
        DeleteBoundaryDescriptor(boundary);
        std::vector<Handle> held;
        for (const char16_t* const prefix : {u"", u"Global\\", u"Session\\7\\", u"ns\\"}) {
            const std::u16string name = prefix + std::u16string(2'000, u'\u00e4');
            held.emplace_back(CreateSemaphoreW(nullptr, 1, 1, name.c_str()));
            EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
            const Handle opened(OpenSemaphoreW(SYNCHRONIZE, FALSE, name.c_str()));
            EXPECT_EQ(CompareObjectHandles(opened, held.back()), TRUE);
        }
        // What names a namespace or a boundary stays short.
        const std::u16string longer(260, u'x');
        EXPECT_EQ(CreateBoundaryDescriptorW(longer.c_str(), 0), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_FILENAME_EXCED_RANGE);
        boundary = CreateBoundaryDescriptorA("c", 0);
        EXPECT_EQ(CreatePrivateNamespaceW(nullptr, boundary, longer.c_str()), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
        DeleteBoundaryDescriptor(boundary);
        held.clear();
        EXPECT_NE(ClosePrivateNamespace(space, 0), 0);
    });
}

}  // namespace
}  // namespace castaway::testing
