#include "harness/engine/real/gifts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

constexpr std::uint32_t kGiver = 0;
/// What the opening of an object that was there has for an error.
constexpr std::uint32_t kExistedError = 183;

}  // namespace

Gifts::Gifts(const Plan& plan, std::uint32_t process, ControlBlock& control)
    : plan_(plan), process_(process), control_(control) {}

bool Gifts::shares_by(Sharing sharing) const {
    return std::any_of(plan_.objects.begin(), plan_.objects.end(),
                       [sharing](const ObjectSpec& object) { return object.sharing == sharing; });
}

bool Gifts::is_gone(std::uint32_t process) const {
    return control_.known_dead(process) || control_.state_of(process) == ProcessState::failed;
}

template <typename Condition>
void Gifts::await_giver(Condition condition) {
    const bool came = control_.await([&] { return fulfilled_if(condition() || is_gone(kGiver)); });
    if (!came || !condition()) {
        throw HarnessError(
            fmt::format("{}, which makes the objects that are not shared by name, "
                        "is gone",
                        plan_.processes.at(kGiver).name));
    }
}

std::unique_ptr<Subject> Gifts::attach(SubjectAdapter& adapter, SubjectObserver& observer) {
    std::unique_ptr<Subject> subject;
    if (process_ == kGiver || !shares_by(Sharing::inherit)) {
        subject = adapter.attach(observer);
    } else {
        const GiftCell& gift = control_.gift_to(process_);
        await_giver([&] { return gift.told.load() != 0; });
        subject = adapter.attach_heir(observer, gift.inheritance.data());
    }
    if (!subject) {
        throw HarnessError(adapter.name() + " cannot inherit");
    }
    control_.processes()[process_].os_pid.store(getpid());
    control_.set_state(process_, ProcessState::attached);
    control_.announce();
    return subject;
}

bool Gifts::receives(std::uint32_t object) const {
    return process_ != kGiver && plan_.objects[object].sharing != Sharing::name;
}

Response Gifts::receive(std::uint32_t object, Subject::Handle& handle) {
    const GivenHandle& given = control_.given(process_, object);
    await_giver([&] { return given.load() != 0; });
    handle = static_cast<Subject::Handle>(given.load());
    return {ResponseStatus::ok, 0, kExistedError, 0};
}

void Gifts::give_all(Subject& subject,
                     const std::function<Subject::Handle(std::uint32_t)>& handle_of) {
    if (process_ != kGiver) {
        return;
    }
    const auto others = static_cast<std::uint32_t>(plan_.processes.size());
    if (shares_by(Sharing::inherit)) {
        for (std::uint32_t process = 1; process < others; ++process) {
            bequeath(subject, process);
        }
    }
    for (std::uint32_t object = 0; object < plan_.objects.size(); ++object) {
        for (std::uint32_t process = 1; process < others; ++process) {
            give(subject, object, handle_of(object), process);
        }
    }
}

void Gifts::bequeath(Subject& subject, std::uint32_t process) {
    const std::string text = subject.bequeath();
    GiftCell& gift = control_.gift_to(process);
    if (text.empty() || text.size() > Subject::kInheritanceMax) {
        throw HarnessError("the subject cannot give its handles to a process to come");
    }
    std::memcpy(gift.inheritance.data(), text.c_str(), text.size() + 1);
    gift.told.store(1);
    control_.announce();
}

void Gifts::give(Subject& subject, std::uint32_t object, Subject::Handle handle,
                 std::uint32_t process) {
    const Sharing sharing = plan_.objects[object].sharing;
    if (sharing == Sharing::name) {
        return;
    }
    if (handle == 0) {
        throw HarnessError("an object that is not shared by name could not be made");
    }
    Subject::Handle given = handle;
    if (sharing == Sharing::duplicate) {
        const bool came = control_.await([&] {
            return fulfilled_if(control_.state_of(process) != ProcessState::starting ||
                                is_gone(process));
        });
        if (!came || is_gone(process)) {
            return;
        }
        const std::int64_t os_pid = control_.processes()[process].os_pid.load();
        if (subject.give(handle, os_pid, given).status != ResponseStatus::ok) {
            throw HarnessError("the subject cannot put a handle into another process");
        }
    }
    control_.given(process, object).store(given);
    control_.announce();
}

}  // namespace castaway::harness
