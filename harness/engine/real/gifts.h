// Objects that the workers of a run share otherwise than by their names.
//
// The first process of the plan is the giver: it makes these objects with its others, while the
// run is set up. The rest is the subject's matter (Subject::bequeath, attach_heir, give); here is
// how the workers come together. All of it goes through the control block:
//
//   inherit    the giver bequeaths once for each other process and tells it the text, which that
//              process needs before it attaches, and the handles' values
//   duplicate  the giver waits until the other process has attached, puts a handle into it, and
//              tells it the value
//
// A process that receives an object records its opening as one that finds the object there.
// Whoever waits here looks again when a death is announced, so nobody waits for the dead.
#pragma once

#include <functional>
#include <memory>

#include "harness/engine/real/control_block.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

class Gifts {
  public:
    Gifts(const Plan& plan, std::uint32_t process, ControlBlock& control);

    /// Attaches the calling process, as an heir if the plan wants that. Throws HarnessError.
    [[nodiscard]] std::unique_ptr<Subject> attach(SubjectAdapter& adapter,
                                                  SubjectObserver& observer);

    /// Whether the process is given that object, instead of opening it.
    [[nodiscard]] bool receives(std::uint32_t object) const;
    /// Waits for it. Throws HarnessError when the giver is gone.
    [[nodiscard]] Response receive(std::uint32_t object, Subject::Handle& handle);

    /// By the giver, when it has made its objects; nothing happens in another process.
    /// \param handle_of object -> its handle
    void give_all(Subject& subject, const std::function<Subject::Handle(std::uint32_t)>& handle_of);

  private:
    [[nodiscard]] bool shares_by(Sharing sharing) const;
    [[nodiscard]] bool is_gone(std::uint32_t process) const;
    void give(Subject& subject, std::uint32_t object, Subject::Handle handle,
              std::uint32_t process);
    void bequeath(Subject& subject, std::uint32_t process);
    /// Waits until `condition()` holds. Throws HarnessError when the giver is gone.
    template <typename Condition>
    void await_giver(Condition condition);

    const Plan& plan_;
    std::uint32_t process_;
    ControlBlock& control_;
};

}  // namespace castaway::harness
