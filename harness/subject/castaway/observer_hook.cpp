#include "harness/subject/castaway/observer_hook.h"

#include <memory>

namespace castaway::harness {
namespace {

thread_local SubjectObserver* called_observer = nullptr;

}  // namespace

ObserverHook::Call::Call(SubjectObserver& observer) {
    called_observer = &observer;
}

ObserverHook::Call::~Call() {
    called_observer = nullptr;
}

bool ObserverHook::put_in(SubjectObserver& observer) {
    const std::lock_guard lock(mutex_);
    if (observer_ != nullptr) {
        return false;
    }
    observer_ = &observer;
    return true;
}

void ObserverHook::take_out() {
    const std::lock_guard lock(mutex_);
    observer_ = nullptr;
}

template <typename News>
void ObserverHook::tell(News news) {
    if (called_observer != nullptr) {
        news(*called_observer);
        return;
    }
    const std::lock_guard lock(mutex_);
    if (observer_ != nullptr) {
        news(*observer_);
    }
}

void ObserverHook::at_crash_point(CrashPoint point) {
    tell([point](SubjectObserver& observer) { observer.at_crash_point(name_of(point)); });
}

void ObserverHook::at_access() {
    tell([](SubjectObserver& observer) { observer.at_access(); });
}

void ObserverHook::about_to_sleep() {
    tell([](SubjectObserver& observer) { observer.about_to_sleep(); });
}

void ObserverHook::runs_call(std::uint64_t argument) {
    tell([argument](SubjectObserver& observer) { observer.runs_call(argument); });
}

ObserverHook& observer_hook() {
    static ObserverHook& hook = *std::make_unique<ObserverHook>().release();
    return hook;
}

}  // namespace castaway::harness
