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

// NAME-07, NAME-18
TEST_F(ArgumentsTest, AWideNameMayBeLonger) {
    Call make = by(0, Function::create_event);
    for (const std::size_t units : {260U, 1'032U, 32'766U}) {
        make.name = std::u16string(units, u'x');
        make.wide = false;
        wrong(make, 4, errors::kSuccess);
        allowed(make, 0, errors::kNameTooLong);
        make.wide = true;
        wrong(make, 0, errors::kNameTooLong);
        allowed(make, units * 4, errors::kSuccess);
    }
    make.name->push_back(u'x');
    wrong(make, 4, errors::kSuccess);
    allowed(make, 0, errors::kNameTooLong);
}

// HND-11
TEST_F(ArgumentsTest, RightsThatATypeDoesNotHaveOpenNothing) {
    create(0, Function::create_mutex, 4, named(u"m"));
    Call open = by(0, Function::open_mutex);
    open.name = u"m";
    const auto only = [&](std::uint32_t access, std::uint32_t error) {
        open.access = access;
        wrong(open, 8);
        wrong(open, 0, errors::kInvalidHandle);
        allowed(open, 0, error);
    };
    only(0, errors::kAccessDenied);
    only(rights::kModifyState | rights::kSynchronize, errors::kAccessDenied);
    only(rights::kMaximumAllowed | 0x00200000, errors::kAccessDenied);
    only(rights::kSystemSecurity, errors::kPrivilegeNotHeld);
    Call create_mutex = by(0, Function::create_mutex);
    create_mutex.extended = true;
    create_mutex.access = rights::kSynchronize | 0x4;
    create_mutex.name = u"m";
    wrong(create_mutex, 8, errors::kAlreadyExists);
    allowed(create_mutex, 0, errors::kAccessDenied);
    create_mutex.name = u"n";
    wrong(create_mutex, 0, errors::kAccessDenied);
    allowed(create_mutex, 8, errors::kSuccess);
    Call thread = by(0, Function::open_thread);
    thread.access = 0x00200000;
    wrong(thread, 12);
    allowed(thread, 0, errors::kAccessDenied);
    Call duplicate = by(0, Function::duplicate_handle, 4);
    duplicate.second.value = duplicate.target_process.value = -1;
    duplicate.access = rights::kModifyState;
    Response made = answer(1);
    made.made = 12;
    wrong(duplicate, made);
    allowed(duplicate, 0, errors::kAccessDenied);
    duplicate.access = 0;
    allowed(duplicate, made);
    wrong(by(0, Function::wait, 12), 0);
    allowed(by(0, Function::wait, 12), 0xffffffff, errors::kAccessDenied);
}

// DUP-04, DUP-11
TEST_F(ArgumentsTest, ADuplicateThatIsNotToldKeepsItsObject) {
    create(0, Function::create_event, 4, named(u"e"));
    Call duplicate = by(0, Function::duplicate_handle, 4);
    duplicate.second.value = duplicate.target_process.value = -1;
    duplicate.flags = 3;
    duplicate.null_pointer = true;
    wrong(duplicate, 0, errors::kInvalidParameter);
    allowed(duplicate, 1);
    is_open(by(0, Function::set_event, 4));
    is_open(by(0, Function::close_handle, 8));
    allowed(by(0, Function::set_event, 0), 0, errors::kInvalidHandle);
    Call open = by(1, Function::open_event);
    open.name = u"e";
    open.access = rights::kModifyState;
    wrong(open, 0, errors::kFileNotFound);
    allowed(open, 4);
    allowed(by(1, Function::close_handle, 4), 1);
    allowed(by(0, Function::kill_process), 1);
    wrong(open, 4);
    allowed(open, 0, errors::kFileNotFound);
    // What fails tells NULL.
    Call failing = by(1, Function::duplicate_handle, 4);
    failing.second.value = failing.target_process.value = -1;
    Response told = answer(0, errors::kInvalidHandle);
    told.made = 0x7ffffff3;
    wrong(failing, told);
    allowed(failing, 0, errors::kInvalidHandle);
}

}  // namespace
}  // namespace castaway::harness::win32
