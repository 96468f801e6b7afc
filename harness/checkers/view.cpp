#include "harness/checkers/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

/// It acts on several objects at one moment, or gives a signal that passes.
bool acts_jointly(const Operation& operation) {
    return operation.kind == OperationKind::wait_all ||
           operation.kind == OperationKind::signal_and_wait ||
           operation.kind == OperationKind::pulse_event;
}

/// It had no effect on any object. A signal-and-wait has given its signal when calls end it.
bool left_all_alone(const Operation& operation) {
    return !operation.is_about_objects() ||
           (operation.status == ResponseStatus::alerted &&
            operation.kind != OperationKind::signal_and_wait) ||
           (operation.status == ResponseStatus::failed && acts_jointly(operation));
}

/// Objects that operations on several of them join.
class Groups {
  public:
    explicit Groups(std::size_t objects) : parents_(objects) {
        std::iota(parents_.begin(), parents_.end(), ObjectIndex{0});
    }
    ObjectIndex find(ObjectIndex object) {
        while (parents_[object] != object) {
            parents_[object] = parents_[parents_[object]];
            object = parents_[object];
        }
        return object;
    }
    void join(ObjectIndex a, ObjectIndex b) { parents_[find(a)] = find(b); }

  private:
    std::vector<ObjectIndex> parents_;
};

std::vector<bool> objects_of_joint_groups(const History& history) {
    Groups groups(history.objects.size());
    for (const Operation& operation : history.operations) {
        if (!left_all_alone(operation)) {
            for (const ObjectIndex object : operation.objects) {
                groups.join(operation.objects.front(), object);
            }
        }
    }
    std::vector<bool> joint(history.objects.size(), false);
    for (const Operation& operation : history.operations) {
        if (acts_jointly(operation) && !left_all_alone(operation)) {
            joint[groups.find(operation.objects.front())] = true;
        }
    }
    std::vector<bool> of_joint_group(history.objects.size());
    for (ObjectIndex object = 0; object < history.objects.size(); ++object) {
        of_joint_group[object] = joint[groups.find(object)];
    }
    return of_joint_group;
}

}  // namespace

ReducedView::ReducedView(const History& whole) : whole_(whole) {
    if (std::none_of(whole.operations.begin(), whole.operations.end(),
                     [](const Operation& operation) {
                         return acts_jointly(operation) || left_all_alone(operation);
                     })) {
        return;
    }
    left_out_ = objects_of_joint_groups(whole);
    reduced_ = whole;
    std::erase_if(reduced_->operations, [this](const Operation& operation) {
        return left_all_alone(operation) || left_out_[operation.objects.front()];
    });
    for (ObjectIndex object = 0; object < left_out_.size(); ++object) {
        if (left_out_[object]) {
            reduced_->objects[object].whole_run = false;
        }
    }
}

std::string ReducedView::omission() const {
    const auto objects = std::count(left_out_.begin(), left_out_.end(), true);
    return objects == 0 ? std::string()
                        : fmt::format(
                              "{} with pulses, waits for all or signal-and-waits not "
                              "judged here but by linearizable",
                              counted(static_cast<std::uint64_t>(objects), "object"));
}

}  // namespace castaway::harness
