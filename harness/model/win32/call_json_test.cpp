// What is written is what is read, and what is wrong is told with its place.
#include "harness/model/win32/call_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/base/error.h"

namespace castaway::harness::win32 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;
using Source = HandleArgument::Source;

Call read(const std::string& text, CallForm form = CallForm::program) {
    return call_from_json(Json::parse(text), "a.json: /calls/3", form);
}

std::string complaint_about(const std::string& text) {
    try {
        read(text);
    } catch (const InputError& error) {
        return error.what();
    }
    return "none";
}

/// Differs from a default call in each member that a program has.
Call unlike_the_default() {
    Call call;
    call.function = Function::create_timer;
    call.number = 7;
    call.process = 2;
    call.thread = 1;
    call.handle = {Source::made, 3, 0};
    call.second = {Source::made_second, 4, 0};
    call.target_process = {Source::value, 0, -1};
    call.handles = {{Source::made, 5, 0}, {Source::value, 0, 0}};
    call.extended = call.wide = call.attributes = call.inherit = true;
    call.name = u"a\u00e9\u20ac\U0001F600";
    call.access = 0xFFFFFFFF;
    call.flags = 1;
    call.mask = 2;
    call.manual_reset = call.initially = true;
    call.count = -2'147'483'647 - 1;
    call.maximum = 2'147'483'647;
    call.milliseconds = 5;
    call.alertable = call.wait_all = call.with_routine = call.resume = true;
    call.due = Due::absolute_as_is;
    call.due_100ns = -12;
    call.period_ms = -1;
    call.tolerable_ms = 3;
    call.null_pointer = true;
    call.of_process = 9;
    call.of_thread = 8;
    call.code = 77;
    call.inherit_handles = call.with_list = true;
    call.sid_authority = 255;
    call.sid_parts = {1, 4'294'967'295};
    return call;
}

TEST(CallJson, EveryMemberOfAProgramsCallSurvives) {
    const Call call = unlike_the_default();
    EXPECT_EQ(read(to_json(call).dump()), call);
}

TEST(CallJson, EveryFunctionHasItsName) {
    for (auto i = 0U; i <= static_cast<unsigned>(Function::close_namespace); ++i) {
        Call call;
        call.function = static_cast<Function>(i);
        EXPECT_EQ(read(to_json(call).dump()), call);
    }
}

TEST(CallJson, OnlyWhatDiffersFromTheDefaultIsWritten) {
    Call call;
    call.function = Function::wait;
    call.handle = {Source::made, 3, 9};
    EXPECT_EQ(to_json(call).dump(), R"({"function":"wait","handle":{"made_by":3}})");
}

TEST(CallJson, WhatIsFilledInIsOnlyInTheResolvedForm) {
    Call call = unlike_the_default();
    call.handle.value = 8;
    call.second.value = kNeverMade;
    call.handles[0].value = 13;
    call.os_process_id = 4711;
    call.os_thread_id = 4712;
    EXPECT_EQ(read(to_json(call, CallForm::resolved).dump(), CallForm::resolved), call);
    EXPECT_EQ(read(to_json(call).dump()), unlike_the_default());
    EXPECT_THAT(complaint_about(R"({"function": "wait", "os_process_id": 1})"),
                StartsWith("a.json: /calls/3/os_process_id: "));
    EXPECT_THAT(complaint_about(R"({"function": "wait", "handle": {"made_by": 1, "value": 8}})"),
                StartsWith("a.json: /calls/3/handle: "));
}

TEST(CallJson, NamesSurviveWhateverTheyHold) {
    const std::u16string half_pairs[] = {u"a\xD800", u"\xDC00\xD800", {u'x', 0xDFFF, u'y'}};
    for (const std::u16string& name : half_pairs) {
        Call call;
        call.name = name;
        EXPECT_TRUE(to_json(call)["name"].is_array());
        EXPECT_EQ(read(to_json(call).dump()), call);
    }
    const std::u16string characters[] = {u"", u"Local\\a", std::u16string(1, u'\0'),
                                         u"\uFFFD\uE000\uD7FF", u"\U00010000\U0010FFFF"};
    for (const std::u16string& name : characters) {
        Call call;
        call.name = name;
        EXPECT_TRUE(to_json(call)["name"].is_string());
        EXPECT_EQ(read(to_json(call).dump()), call);
    }
}

TEST(CallJson, TagsOfHandlesSurviveInPrograms) {
    Call call;
    call.handle = {HandleArgument::Source::made, 3, 0, 2};
    EXPECT_EQ(read(to_json(call).dump()), call);
    call.handle.value = 6;
    EXPECT_EQ(to_json(call, CallForm::resolved)["handle"], (Json{{"made_by", 3}, {"value", 6}}));
}

TEST(CallJson, WhatIsWrongIsToldWithItsPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {R"([])", "a.json: /calls/3: "},
        {R"({})", "a.json: /calls/3/function: "},
        {R"({"function": "no_such"})", "a.json: /calls/3/function: "},
        {R"({"function": 1})", "a.json: /calls/3/function: "},
        {R"({"function": "wait", "nmae": "x"})", "a.json: /calls/3/nmae: "},
        {R"({"function": "wait", "number": -1})", "a.json: /calls/3/number: "},
        {R"({"function": "wait", "number": 4294967296})", "a.json: /calls/3/number: "},
        {R"({"function": "wait", "number": 1.5})", "a.json: /calls/3/number: "},
        {R"({"function": "wait", "count": 2147483648})", "a.json: /calls/3/count: "},
        {R"({"function": "wait", "count": -2147483649})", "a.json: /calls/3/count: "},
        {R"({"function": "wait", "sid_authority": 256})", "a.json: /calls/3/sid_authority: "},
        {R"({"function": "wait", "wide": 1})", "a.json: /calls/3/wide: "},
        {R"({"function": "wait", "due": "soon"})", "a.json: /calls/3/due: "},
        {R"({"function": "wait", "name": null})", "a.json: /calls/3/name: "},
        {R"({"function": "wait", "name": [65536]})", "a.json: /calls/3/name/0: "},
        {R"({"function": "wait", "handle": 4})", "a.json: /calls/3/handle: "},
        {R"({"function": "wait", "handle": {}})", "a.json: /calls/3/handle: "},
        {R"({"function": "wait", "handle": {"made_by": -1}})", "a.json: /calls/3/handle/made_by: "},
        {R"({"function": "wait", "handle": {"made_by": 1, "tag": 4}})",
         "a.json: /calls/3/handle: "},
        {R"({"function": "wait", "handle": {"value": 1, "tag": 1}})", "a.json: /calls/3/handle: "},
        {R"({"function": "wait", "handle": {"made_by": 1, "plus": 1}})",
         "a.json: /calls/3/handle: "},
        {R"({"function": "wait", "handle": {"made_by": 1, "second_made_by": 2}})",
         "a.json: /calls/3/handle: "},
        {R"({"function": "wait", "handles": [{"value": 1}, {"valu": 1}]})",
         "a.json: /calls/3/handles/1: "},
    };
    for (const auto& [text, place] : cases) {
        EXPECT_THAT(complaint_about(text), StartsWith(place)) << text;
    }
    EXPECT_THAT(complaint_about(R"({"function": "wait", "number": -1})"),
                HasSubstr("from 0 to 4294967295"));
}

TEST(CallJson, AnAnswerSurvives) {
    Response response;
    response.not_made = true;
    response.result = 0xFFFFFFFFFFFFFFFF;
    response.error = 0;
    response.made = 4;
    response.made_second = 8;
    response.process_id = 10;
    response.thread_id = 11;
    response.due_utc = -5;
    response.written = 0;
    response.delivered = {{true, 3, 133'000'000'000'000'000}, {false, 5, 0}};
    response.invoked_ns = 1;
    response.returned_ns = 2;
    response.invoked_utc = 3;
    response.returned_utc = 4;
    EXPECT_EQ(response_from_json(Json::parse(to_json(response).dump()), "answer"), response);
    EXPECT_EQ(response_from_json(Json::object(), "answer"), Response{});
    EXPECT_THROW(response_from_json(Json::parse(R"({"resutl": 1})"), "answer"), InputError);
}

}  // namespace
}  // namespace castaway::harness::win32
