// Names, rights, and what calls that make, open and duplicate objects are given; and timers.
#include "harness/conformance/draw.h"

namespace castaway::harness::conformance {
namespace {

using win32::Due;
using win32::Function;
using win32::Type;

/// Half a surrogate pair.
constexpr std::u16string_view kHalfAPair(u"a\xd800", 2);

/// Mostly no object of another type has them.
constexpr std::array<std::u16string_view, 4> kNamesOfTypes{u"event", u"mutex", u"semaphore",
                                                           u"timer"};

constexpr std::int64_t kUnitsPerMs = 10'000;
constexpr std::int64_t kUnitsPerHour = 36'000'000'000;
/// 1 January 2000.
constexpr std::int64_t kLongPast = 125'911'584'000'000'000;

}  // namespace

std::uint32_t Draw::access_to(Type type) {
    using namespace win32::rights;  // NOLINT(google-build-using-namespace): masks by name
    constexpr std::array kGeneric{kMaximumAllowed, kGenericAll, kGenericRead, kGenericWrite,
                                  kGenericExecute};
    if (one_in(2)) {
        return win32::all_rights(type);
    }
    if (one_in(4)) {
        return any_of(kGeneric);
    }
    if (one_in(8)) {
        // Nothing, or what some types do not have.
        constexpr std::array<std::uint32_t, 7> kOdd{0,      0,          kSystemSecurity, 0x00200000,
                                                    0x0004, 0x04000000, 0x0008};
        return any_of(kOdd) | (one_in(2) ? kSynchronize : 0) | (one_in(4) ? any_of(kGeneric) : 0);
    }
    std::uint32_t special = kModifyState;
    if (type == Type::mutex) {
        special = 1;
    } else if (type == Type::process) {
        constexpr std::array kRights{kTerminateProcess, kDuplicateHandles, kQueryProcess,
                                     kQueryProcessLimited};
        special = any_of(kRights);
    } else if (type == Type::thread) {
        constexpr std::array kRights{kSetThreadContext, kQueryThread, kQueryThreadLimited};
        special = any_of(kRights);
    }
    const std::uint32_t access = (one_in(2) ? kSynchronize : 0) | (one_in(2) ? special : 0) |
                                 (one_in(8) ? any_of(kGeneric) : 0);
    return access == 0 ? kReadControl : access;
}

std::optional<std::u16string> Draw::name(Type type, bool wide) {
    constexpr std::array<std::u16string_view, 6> kPrefixes{
        u"", u"", u"Local\\", u"Global\\", u"Session\\1\\", u"ns\\"};
    constexpr std::array<std::u16string_view, 16> kOdd{
        u"a",     u"a",        u"A",    u"Session\\2\\a", u"local\\a",     u"a\\b",
        u"ns\\a", u"other\\a", u"",     u"\u00e4\u20ac",  u"Global\\a\\b", u"Global\\event",
        u"\\a",   u"Global\\", u"ns\\", kHalfAPair};
    if (one_in(3)) {
        return std::nullopt;
    }
    if (one_in(24)) {
        constexpr std::array<std::size_t, 5> kLong{270, 1'032, 4'000, 32'766, 32'767};
        const auto length = one_in(wide ? 4 : 2)
                                ? static_cast<std::size_t>(random_.between(258, 261))
                                : any_of(kLong);
        return std::u16string(length, one_in(2) ? u'x' : u'\u00e4');
    }
    if (one_in(4)) {
        return std::u16string(any_of(kOdd));
    }
    return std::u16string(any_of(kPrefixes)) +
           std::u16string(kNamesOfTypes.at(static_cast<std::size_t>(type)));
}

std::uint32_t Draw::known_object(const Call& call, Type type, std::uint32_t about) {
    std::u16string called;
    if (call.function <= Function::open_timer) {
        called = call.name.value_or(u"");
    } else if (type == Type::process || type == Type::thread) {
        const std::uint32_t thread = type == Type::thread ? call.of_thread + 1 : 0;
        called = {u'\\', static_cast<char16_t>(about + 1), static_cast<char16_t>(thread + 1)};
    }
    if (called.empty()) {
        return next_object_++;
    }
    const auto [found, is_new] = objects_.emplace(called, next_object_);
    next_object_ += is_new ? 1 : 0;
    return found->second;
}

bool Draw::will_succeed(const Call& call, Type type) const {
    if (win32::asks_for_others(type, call.access) ||
        (call.access & win32::rights::kSystemSecurity) != 0) {
        return false;
    }
    if (call.function > Function::open_timer) {
        const bool opens =
            call.function == Function::open_process || call.function == Function::open_thread;
        return !opens ||
               std::any_of(processes_.begin(), processes_.end(),
                           [&](const Process& each) { return each.number == call.of_process; });
    }
    if (call.function >= Function::open_event) {
        return call.name && objects_.count(*call.name) != 0;
    }
    const bool counts = type != Type::semaphore ||
                        (call.maximum > 0 && call.count >= 0 && call.count <= call.maximum);
    const bool flags = !call.extended || call.flags < 0x80;
    const bool named_so =
        !call.name || (call.name->ends_with(kNamesOfTypes.at(static_cast<std::size_t>(type))) &&
                       !call.name->starts_with(u"ns"));
    return counts && flags && named_so;
}

void Draw::note(const Call& call, Type type, bool inherit, std::uint32_t about,
                HandleArgument::Source source) {
    const bool by_access =
        call.extended ||
        (call.function >= Function::open_event && call.function <= Function::open_timer) ||
        call.function == Function::open_process || call.function == Function::open_thread;
    const std::uint32_t access =
        by_access ? win32::granted(type, call.access) : win32::all_rights(type);
    const bool made_at_all = will_succeed(call, type);
    Made made;
    made.source = source;
    made.by = call.number;
    made.process = call.process;
    made.type = type;
    made.about = about;
    made.inherit = inherit;
    made.object = known_object(call, type, about);
    made.waitable = made_at_all && type != Type::private_namespace &&
                    (access & win32::rights::kSynchronize) != 0;
    made_.push_back(made);
}

void Draw::fill_in_object(Call& call) {
    const Type type = win32::type_named_by(call.function);
    const bool opens = call.function >= Function::open_event;
    call.name = name(type, call.wide);
    call.inherit = one_in(2);
    call.attributes = one_in(2);
    call.extended = !opens && one_in(3);
    if (opens || call.extended) {
        call.access = access_to(type);
    }
    if (call.extended) {
        const bool has_flags = type != Type::semaphore;
        constexpr std::uint32_t kOther = 0x80;
        call.flags = static_cast<std::uint32_t>(has_flags ? random_.below(4) : 0) |
                     (one_in(20) ? kOther : 0);
    } else {
        call.manual_reset = one_in(2);
        call.initially = one_in(2);
    }
    if (type == Type::semaphore && !opens) {
        call.maximum =
            static_cast<std::int32_t>(one_in(10) ? random_.between(-1, 0) : random_.between(1, 3));
        call.count = static_cast<std::int32_t>(random_.between(one_in(10) ? -1 : 0, 3));
        call.count = one_in(8) ? call.count : std::min(call.count, std::max(call.maximum, 0));
    }
    if (!opens || call.name) {
        note(call, type, opens ? call.inherit : call.attributes && call.inherit);
    }
}

void Draw::fill_in_duplicate(Call& call) {
    constexpr std::uint32_t kCloseSource = 1;
    constexpr std::uint32_t kSameAccess = 2;
    call.second = process_handle(call.process);
    call.target_process = process_handle(call.process);
    const auto process_behind = [&](const HandleArgument& handle) {
        const Made* const found = made_as(Type::process, handle);
        return found == nullptr ? call.process : found->about;
    };
    const std::uint32_t from = process_behind(call.second);
    const std::uint32_t to = process_behind(call.target_process);
    const Made* source = any_made(from, nullptr, false);
    call.handle =
        source == nullptr || one_in(12) ? handle_of(call.process, nullptr) : argument(*source);
    call.flags =
        static_cast<std::uint32_t>(one_in(4) ? kCloseSource : 0) | (one_in(2) ? kSameAccess : 0);
    call.inherit = one_in(2);
    call.access = access_to(source == nullptr ? Type::event : source->type);
    if ((call.flags & kCloseSource) != 0 && one_in(3)) {
        call.null_pointer = one_in(2);
        call.target_process = {};
    } else if (one_in(24)) {
        call.null_pointer = true;
    }
    if (source != nullptr && is_of(*source, call.handle) &&
        call.target_process != HandleArgument{} && !call.null_pointer) {
        Made duplicate = *source;
        duplicate.source = HandleArgument::Source::made;
        duplicate.by = call.number;
        duplicate.process = to;
        duplicate.inherit = call.inherit;
        duplicate.waitable =
            source->waitable &&
            ((call.flags & kSameAccess) != 0 ||
             (win32::granted(source->type, call.access) & win32::rights::kSynchronize) != 0);
        made_.push_back(duplicate);
    }
    for (Made& each : made_) {
        each.closed = each.closed || ((call.flags & kCloseSource) != 0 && each.process == from &&
                                      is_of(each, call.handle));
    }
}

void Draw::fill_in_timer(Call& call) {
    call.extended = one_in(3);
    call.wide = false;
    call.with_routine = one_in(3);
    call.resume = one_in(8);
    if (call.extended) {
        call.tolerable_ms = static_cast<std::uint32_t>(random_.below(3));
    }
    constexpr std::array kDue{Due::relative, Due::relative, Due::absolute, Due::absolute_as_is};
    call.due = one_in(20) ? Due::null_pointer : any_of(kDue);
    switch (call.due) {
        case Due::relative:
            call.due_100ns = one_in(3) ? kUnitsPerHour : random_.between(1, 3) * kUnitsPerMs;
            break;
        case Due::absolute: {
            constexpr std::array kFromNow{-kUnitsPerHour, kUnitsPerHour, 2 * kUnitsPerMs};
            call.due_100ns = any_of(kFromNow);
            break;
        }
        case Due::absolute_as_is: {
            constexpr std::array<std::int64_t, 3> kTimes{0, 1, kLongPast};
            call.due_100ns = any_of(kTimes);
            break;
        }
        case Due::null_pointer:
            break;
    }
    constexpr std::array<std::int32_t, 8> kPeriods{0, 0, 0, 0, 1, 3, 1000, -1};
    call.period_ms = any_of(kPeriods);
}

}  // namespace castaway::harness::conformance
