// Two copies of the library in one process: one takes part, the other is refused.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "primitives/testing/child_process.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

/// A plug-in that is linked with the archive, loaded so that it shares no symbol with others.
class Copy {
  public:
    explicit Copy(const char* path) : loaded_(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
        if (loaded_ == nullptr) {
            give_up(dlerror());
        }
        use_ = reinterpret_cast<DWORD (*)()>(dlsym(loaded_, "use_copy"));
        reason_ = reinterpret_cast<const char* (*)()>(dlsym(loaded_, "reason_of_copy"));
    }
    [[nodiscard]] DWORD use() const { return use_(); }
    [[nodiscard]] std::string reason() const { return reason_(); }

  private:
    void* loaded_;
    DWORD (*use_)() = nullptr;
    const char* (*reason_)() = nullptr;
};

TEST(LibraryCopies, OfOneProcessTakePartOnce) {
    in_fresh_process([](TestRegion& region) {
        const Copy first(CASTAWAY_FIRST_COPY);
        const Copy second(CASTAWAY_SECOND_COPY);
        EXPECT_EQ(first.use(), ERROR_SUCCESS);
        for (int call = 0; call < 2; ++call) {
            EXPECT_EQ(second.use(), ERROR_ALREADY_INITIALIZED);
            EXPECT_NE(second.reason().find("another copy of castaway"), std::string::npos)
                << second.reason();
            EXPECT_EQ(first.use(), ERROR_SUCCESS);
            EXPECT_EQ(first.reason(), "");
            EXPECT_EQ(region.look_at_rest().processes.size(), 1U);
        }
        // A forked child is a process of its own, and either may be its one.
        Child forked([&] {
            EXPECT_EQ(second.use(), ERROR_SUCCESS);
            EXPECT_EQ(first.use(), ERROR_ALREADY_INITIALIZED);
            return ::testing::Test::HasFailure() ? 1 : 0;
        });
        EXPECT_EQ(forked.wait(), kDone);
    });
}

TEST(LibraryCopies, ThatBeginAtOnceAreNotBothIn) {
    constexpr int kBeginnings = 60;
    for (int i = 0; i < kBeginnings && !::testing::Test::HasFailure(); ++i) {
        in_fresh_process([](TestRegion& region) {
            const Copy first(CASTAWAY_FIRST_COPY);
            const Copy second(CASTAWAY_SECOND_COPY);
            std::atomic<int> ready{0};
            const auto begin = [&ready](const Copy& copy, DWORD& error) {
                ++ready;
                while (ready < 2) {
                }
                error = copy.use();
            };
            DWORD of_first = 0;
            DWORD of_second = 0;
            std::thread other([&] { begin(second, of_second); });
            begin(first, of_first);
            other.join();
            EXPECT_EQ(of_first + of_second, ERROR_ALREADY_INITIALIZED)
                << of_first << ", " << of_second;
            EXPECT_EQ(region.look_at_rest().processes.size(), 1U);
        });
    }
}

}  // namespace
}  // namespace castaway::testing
