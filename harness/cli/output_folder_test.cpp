#include "harness/cli/output_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "harness/base/error.h"
#include "harness/engine/testing/engine_harness.h"

namespace castaway::harness {
namespace {

using testing::TemporaryFolder;

std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::size_t entries_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(OutputFolder, FilesArriveWholeAndAlone) {
    const TemporaryFolder place;
    write_file(place.path() / "a.json", "one");
    write_file(place.path() / "a.json", "two");
    EXPECT_EQ(text_of(place.path() / "a.json"), "two");
    EXPECT_EQ(entries_in(place.path()), 1U);
}

TEST(OutputFolder, AWriteThatFailsLeavesNothing) {
    const TemporaryFolder place;
    std::filesystem::create_directory(place.path() / "taken");
    EXPECT_THROW(write_file(place.path() / "taken", "text"), HarnessError);
    EXPECT_THROW(write_file(place.path() / "missing" / "a.json", "text"), HarnessError);
    EXPECT_EQ(entries_in(place.path()), 1U);
}

TEST(OutputFolder, NothingOfTheUsersIsOverwritten) {
    const TemporaryFolder place;
    make_output_folder(place.path() / "new" / "deep");
    make_output_folder(place.path() / "new" / "deep");  // Empty, so it is free.
    write_file(place.path() / "new" / "deep" / "mine", "text");
    EXPECT_THROW(make_output_folder(place.path() / "new" / "deep"), InputError);
    EXPECT_THROW(make_output_folder(place.path() / "new" / "deep" / "mine"), InputError);
    EXPECT_THROW(make_output_folder("/proc/nowhere"), HarnessError);
}

TEST(OutputFolder, NamedFilesAreReplacedOnlyWhenAsked) {
    const TemporaryFolder place;
    const std::filesystem::path file = place.path() / "junit.xml";
    EXPECT_NO_THROW(require_writable(file, false, "--junit"));
    write_file(file, "text");
    EXPECT_THROW(require_writable(file, false, "--junit"), InputError);
    EXPECT_NO_THROW(require_writable(file, true, "--junit"));
    EXPECT_THROW(require_writable(place.path(), true, "--junit"), InputError);
    EXPECT_THROW(require_writable(place.path() / "no" / "x", true, "--junit"), InputError);
}

TEST(OutputFolder, IsNamedAfterTheMoment) {
    EXPECT_EQ(folder_name_of("2026-01-31T12:05:09"), "20260131-120509");
}

}  // namespace
}  // namespace castaway::harness
