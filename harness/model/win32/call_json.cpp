#include "harness/model/win32/call_json.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <type_traits>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/utf16.h"

namespace castaway::harness::win32 {
namespace {

using Json = nlohmann::json;
using Source = HandleArgument::Source;

// In the order of Due.
constexpr std::array<std::string_view, 4> kDues{"null_pointer", "relative", "absolute",
                                                "absolute_as_is"};

// What there is, once, for both directions: visit(name, member).

template <class Visit>
void visit_members(Call* /*of*/, CallForm form, Visit visit) {
    visit("number", &Call::number);
    visit("process", &Call::process);
    visit("thread", &Call::thread);
    visit("handle", &Call::handle);
    visit("second", &Call::second);
    visit("target_process", &Call::target_process);
    visit("handles", &Call::handles);
    visit("extended", &Call::extended);
    visit("wide", &Call::wide);
    visit("name", &Call::name);
    visit("attributes", &Call::attributes);
    visit("inherit", &Call::inherit);
    visit("access", &Call::access);
    visit("flags", &Call::flags);
    visit("mask", &Call::mask);
    visit("manual_reset", &Call::manual_reset);
    visit("initially", &Call::initially);
    visit("count", &Call::count);
    visit("maximum", &Call::maximum);
    visit("milliseconds", &Call::milliseconds);
    visit("alertable", &Call::alertable);
    visit("wait_all", &Call::wait_all);
    visit("with_routine", &Call::with_routine);
    visit("resume", &Call::resume);
    visit("due", &Call::due);
    visit("due_100ns", &Call::due_100ns);
    visit("period_ms", &Call::period_ms);
    visit("tolerable_ms", &Call::tolerable_ms);
    visit("null_pointer", &Call::null_pointer);
    visit("of_process", &Call::of_process);
    visit("of_thread", &Call::of_thread);
    if (form == CallForm::resolved) {
        visit("os_process_id", &Call::os_process_id);
        visit("os_thread_id", &Call::os_thread_id);
    }
    visit("code", &Call::code);
    visit("inherit_handles", &Call::inherit_handles);
    visit("with_list", &Call::with_list);
    visit("sid_authority", &Call::sid_authority);
    visit("sid_parts", &Call::sid_parts);
}

template <class Visit>
void visit_members(Delivery* /*of*/, CallForm /*form*/, Visit visit) {
    visit("of_timer", &Delivery::of_timer);
    visit("code", &Delivery::code);
    visit("due", &Delivery::due);
}

template <class Visit>
void visit_members(Response* /*of*/, CallForm /*form*/, Visit visit) {
    visit("not_made", &Response::not_made);
    visit("result", &Response::result);
    visit("error", &Response::error);
    visit("made", &Response::made);
    visit("made_second", &Response::made_second);
    visit("process_id", &Response::process_id);
    visit("thread_id", &Response::thread_id);
    visit("due_utc", &Response::due_utc);
    visit("written", &Response::written);
    visit("delivered", &Response::delivered);
    visit("invoked_ns", &Response::invoked_ns);
    visit("returned_ns", &Response::returned_ns);
    visit("invoked_utc", &Response::invoked_utc);
    visit("returned_utc", &Response::returned_utc);
}

class Writer {
  public:
    explicit Writer(CallForm form) : form_(form) {}

    template <class Struct>
    Json members(const Struct& given) const {
        static const Struct defaults;
        Json json = Json::object();
        visit_members(static_cast<Struct*>(nullptr), form_, [&](const char* name, auto member) {
            if (!(given.*member == defaults.*member)) {
                json[name] = value(given.*member);
            }
        });
        return json;
    }

  private:
    template <class Number>
    requires std::is_arithmetic_v<Number>
    static Json value(Number number) { return number; }
    static Json value(Due due) { return kDues.at(static_cast<std::size_t>(due)); }
    template <class Held>
    Json value(const std::optional<Held>& held) const {
        return value(held.value());  // an absent one is the default
    }
    template <class Item>
    Json value(const std::vector<Item>& items) const {
        Json array = Json::array();
        for (const Item& item : items) {
            array.push_back(value(item));
        }
        return array;
    }
    static Json value(const std::u16string& name) {
        if (is_valid_utf16(name)) {
            return to_utf8(name);
        }
        Json units = Json::array();
        for (const char16_t unit : name) {
            units.push_back(static_cast<std::uint32_t>(unit));
        }
        return units;
    }
    [[nodiscard]] Json value(const Delivery& delivery) const { return members(delivery); }
    [[nodiscard]] Json value(const HandleArgument& handle) const {
        Json json = Json::object();
        if (handle.source != Source::value) {
            json[handle.source == Source::made_second ? "second_made_by" : "made_by"] = handle.of;
            // A value that has been filled in holds it.
            if (handle.tag != 0 && form_ == CallForm::program) {
                json["tag"] = handle.tag;
            }
        }
        if (handle.source == Source::value || form_ == CallForm::resolved) {
            json["value"] = handle.value;
        }
        return json;
    }

    CallForm form_;
};

class Reader {
  public:
    explicit Reader(CallForm form) : form_(form) {}

    /// \param known  a member besides those of the struct
    template <class Struct>
    Struct members(const Json& json, const std::string& where, std::string_view known = {}) const {
        expect_object(json, where);
        Struct read;
        std::size_t found = !known.empty() && json.contains(known) ? 1 : 0;
        visit_members(&read, form_, [&](const char* name, auto member) {
            if (const auto item = json.find(name); item != json.end()) {
                read_value(*item, where + "/" + name, read.*member);
                ++found;
            }
        });
        if (found != json.size()) {
            throw_unknown(json, where, known, &read);
        }
        return read;
    }

    static void expect_object(const Json& json, const std::string& where) {
        if (!json.is_object()) {
            throw InputError(where, "this is no object", "write the members in braces");
        }
    }

  private:
    template <class Struct>
    [[noreturn]] void throw_unknown(const Json& json, const std::string& where,
                                    std::string_view known, Struct* read) const {
        std::vector<std::string_view> names{known};
        visit_members(read, form_, [&](const char* name, auto) { names.emplace_back(name); });
        for (const auto& item : json.items()) {
            if (std::find(names.begin(), names.end(), item.key()) == names.end()) {
                throw InputError(where + "/" + item.key(), "there is no such member",
                                 "leave it out, or mend its name");
            }
        }
        throw InputError(where, "there are unknown members", "leave them out");
    }

    static void read_value(const Json& json, const std::string& where, bool& value) {
        if (!json.is_boolean()) {
            throw InputError(where, "this is neither true nor false");
        }
        value = json.get<bool>();
    }

    template <class Number>
    requires std::is_integral_v<Number>
    static void read_value(const Json& json, const std::string& where, Number& value) {
        using Limits = std::numeric_limits<Number>;
        const bool fits =
            json.is_number_unsigned()
                ? json.get<std::uint64_t>() <= static_cast<std::uint64_t>(Limits::max())
                : json.is_number_integer() && std::is_signed_v<Number> &&
                      json.get<std::int64_t>() >= static_cast<std::int64_t>(Limits::min());
        if (!fits) {
            throw InputError(where, "this is no whole number of its range",
                             "write one from " + std::to_string(Limits::min()) + " to " +
                                 std::to_string(Limits::max()));
        }
        value = json.get<Number>();
    }

    static void read_value(const Json& json, const std::string& where, Due& value) {
        const auto* const found = json.is_string() ? std::find(kDues.begin(), kDues.end(),
                                                               json.get_ref<const std::string&>())
                                                   : kDues.end();
        if (found == kDues.end()) {
            throw InputError(where, "this is no kind of due time",
                             "write null_pointer, relative, absolute or absolute_as_is");
        }
        value = static_cast<Due>(found - kDues.begin());
    }

    template <class Held>
    void read_value(const Json& json, const std::string& where, std::optional<Held>& value) const {
        read_value(json, where, value.emplace());
    }

    template <class Item>
    void read_value(const Json& json, const std::string& where, std::vector<Item>& values) const {
        expect_array(json, where);
        for (const Json& item : json) {
            const std::string place = where + "/" + std::to_string(values.size());
            read_value(item, place, values.emplace_back());
        }
    }

    static void read_value(const Json& json, const std::string& where, std::u16string& value) {
        if (json.is_string()) {
            const auto& text = json.get_ref<const std::string&>();
            if (valid_utf8(text) != text) {
                throw InputError(where, "this is no valid UTF-8");
            }
            value = to_utf16(text);
            return;
        }
        expect_array(json, where);
        for (const Json& item : json) {
            std::uint16_t unit = 0;
            read_value(item, where + "/" + std::to_string(value.size()), unit);
            value.push_back(unit);
        }
    }

    void read_value(const Json& json, const std::string& where, Delivery& value) const {
        value = members<Delivery>(json, where);
    }

    void read_value(const Json& json, const std::string& where, HandleArgument& handle) const {
        expect_object(json, where);
        std::size_t known = 0;
        bool named = false;
        const auto read = [&](const char* name, auto& value) {
            const auto item = json.find(name);
            if (item == json.end()) {
                return false;
            }
            read_value(*item, where + "/" + name, value);
            ++known;
            return true;
        };
        if (read("made_by", handle.of)) {
            handle.source = Source::made;
            named = true;
        } else if (read("second_made_by", handle.of)) {
            handle.source = Source::made_second;
            named = true;
        }
        if (!named || form_ == CallForm::resolved) {
            named = read("value", handle.value) || named;
        } else {
            read("tag", handle.tag);
        }
        if (!named || handle.tag > 3 || known != json.size()) {
            throw InputError(where, "this is no handle",
                             "write {\"value\": N}, {\"made_by\": N} or {\"second_made_by\": N}, "
                             "the last two perhaps with a \"tag\" of 1 to 3");
        }
    }

    static void expect_array(const Json& json, const std::string& where) {
        if (!json.is_array()) {
            throw InputError(where, "this is no array", "write the items in brackets");
        }
    }

    CallForm form_;
};

}  // namespace

Json to_json(const Call& call, CallForm form) {
    Json json = Writer(form).members(call);
    json["function"] = name_of(call.function);
    return json;
}

Json to_json(const Response& response) {
    return Writer(CallForm::resolved).members(response);
}

Call call_from_json(const Json& value, const std::string& where, CallForm form) {
    Reader::expect_object(value, where);
    const auto named = value.find("function");
    const std::optional<Function> function =
        named != value.end() && named->is_string()
            ? function_named(named->get_ref<const std::string&>())
            : std::nullopt;
    if (!function) {
        throw InputError(where + "/function", "this is no function of the interface",
                         "write one as it is called in call.cpp, such as create_event");
    }
    Call call = Reader(form).members<Call>(value, where, "function");
    call.function = *function;
    return call;
}

Response response_from_json(const Json& value, const std::string& where) {
    return Reader(CallForm::resolved).members<Response>(value, where);
}

}  // namespace castaway::harness::win32
