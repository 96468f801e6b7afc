#include "harness/subject/castaway/castaway_adapter.h"

#include <array>
#include <string>
#include <utility>

#include "harness/subject/castaway/castaway_space.h"
#include "harness/subject/castaway/castaway_subject.h"
#include "primitives/platform/crash_points.h"
#include "primitives/platform/mutants.h"

namespace castaway::harness {
namespace {

class CastawayAdapter final : public SubjectAdapter {
  public:
    CastawayAdapter(std::string name, std::string description, Mutant mutant)
        : name_(std::move(name)), description_(std::move(description)), mutant_(mutant) {}

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] std::string description() const override { return description_; }

    [[nodiscard]] Capabilities capabilities() const override {
        return {
            .types = {ObjectType::event, ObjectType::mutex, ObjectType::semaphore,
                      ObjectType::timer},
            .sharing = {Sharing::name, Sharing::inherit, Sharing::duplicate},
            .operations = {OperationKind::create, OperationKind::open, OperationKind::close,
                           OperationKind::duplicate, OperationKind::wait, OperationKind::wait_any,
                           OperationKind::release_mutex, OperationKind::release_semaphore,
                           OperationKind::set_event, OperationKind::reset_event,
                           OperationKind::set_timer, OperationKind::cancel_timer,
                           OperationKind::wait_all, OperationKind::pulse_event,
                           OperationKind::signal_and_wait, OperationKind::queue_call,
                           OperationKind::sleep},
            .crash_points = true,
            .reports_sleep = true,
            .snapshots = true,
        };
    }

    std::unique_ptr<SubjectSpace> make_space() override {
        return std::make_unique<CastawaySpace>();
    }

    std::unique_ptr<Subject> attach(SubjectObserver& observer) override {
        return std::make_unique<CastawaySubject>(observer, mutant_);
    }

    std::unique_ptr<Subject> attach_heir(SubjectObserver& observer,
                                         const std::string& inheritance) override {
        return std::make_unique<CastawaySubject>(observer, mutant_, inheritance.c_str());
    }

  private:
    std::string name_;
    std::string description_;
    Mutant mutant_;
};

}  // namespace

std::vector<std::unique_ptr<SubjectAdapter>> castaway_adapters() {
    std::vector<std::unique_ptr<SubjectAdapter>> adapters;
    adapters.push_back(std::make_unique<CastawayAdapter>(
        "castaway", "the primitives of this project", Mutant::none));
    for (const MutantName& each : kMutants) {
        adapters.push_back(std::make_unique<CastawayAdapter>(
            "castaway:" + std::string(each.name),
            "broken on purpose: " + std::string(each.description), each.mutant));
    }
    return adapters;
}

std::span<const CrashPointInfo> castaway_crash_points() {
    static constexpr auto kPoints = [] {
        std::array<CrashPointInfo, kCrashPoints.size()> points{};
        for (std::size_t i = 0; i < points.size(); ++i) {
            points[i] = {kCrashPoints[i].name, kCrashPoints[i].description};
        }
        return points;
    }();
    return kPoints;
}

}  // namespace castaway::harness
