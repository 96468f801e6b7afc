// What calls are given: values of handles, names and rights, and which of them are legal.
#include <gtest/gtest.h>

#include "harness/model/testing/world_test.h"

namespace castaway::harness::win32 {
namespace {

using ArgumentsTest = WorldTest;

// HND-03, HND-06, WAIT-23
TEST_F(ArgumentsTest, LowBitsAreIgnoredAndPseudoHandlesAreWholeValues) {
    create(0, Function::create_event, 4);
    allowed(by(0, Function::set_event, 7), 1);
    wrong(by(0, Function::set_event, 5), 0, errors::kInvalidHandle);
    wrong(by(0, Function::set_event, 3), 1);
    wrong(by(0, Function::wait, -3), 0x102);
    Call open = by(0, Function::open_thread);
    open.access = rights::kSynchronize;
    allowed(open, 8);
    Call compare = by(0, Function::compare_handles, -2);
    compare.second.value = 9;
    wrong(compare, 0, errors::kNotSameObject);
    allowed(compare, 1);
    compare.second.value = -1;
    wrong(compare, 1);
    allowed(compare, 0, errors::kNotSameObject);
    Call several = by(0, Function::wait_several);
    several.handles.resize(2);
    several.handles[0].value = 4;
    several.handles[1].value = -1;
    wrong(several, 0);
    allowed(several, 0xffffffff, errors::kInvalidHandle);
    allowed(by(0, Function::wait, -1), 0x102);
    allowed(by(0, Function::close_handle, 6), 1);
    wrong(by(0, Function::set_event, 4), 1);
}

// NAME-07, NAME-08, NAME-10
TEST_F(ArgumentsTest, SomeNamesAreNone) {
    Call open = by(0, Function::open_event);
    open.access = rights::kSynchronize;
    const auto only = [&](const std::u16string& name, std::uint32_t error) {
        open.name = name;
        wrong(open, 0, errors::kFileNotFound);
        wrong(open, 4);
        allowed(open, 0, error);
    };
    only(u"", errors::kInvalidHandle);
    only(u"Global\\", errors::kInvalidName);
    only(u"\\a", errors::kBadPath);
    const std::u16string half{u'a', 0xd800};
    only(half, errors::kNoTranslation);
    open.wide = true;
    only(half, errors::kInvalidName);
}

}  // namespace
}  // namespace castaway::harness::win32
