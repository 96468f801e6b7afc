// The model of the Win32 interface: processes, threads, handles, objects, names and private
// namespaces, and what each call may answer.
//
// Calls are made one after the other, so a call sees all that came before it; what the interface
// leaves open even then (a new handle's value, the order in which faults are looked for, the clock)
// is allowed, not told. Concurrent calls are judged by the models of single objects (kernel.h).
//
// A call is refused when there is any reason to; the pages do not say which of several is told. A
// refused call changes nothing (rules WAIT-09, WAIT-10).
//
// Rules by file: access.h, names.h, timer.h; world_objects.cpp (events, mutexes, semaphores,
// timers), world_waits.cpp, world_handles.cpp, world_processes.cpp, world_namespaces.cpp.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/model/win32/access.h"
#include "harness/model/win32/call.h"
#include "harness/model/win32/names.h"
#include "harness/model/win32/timer.h"

namespace castaway::harness::win32 {

/// A thread by its numbers in the program.
struct ThreadKey {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    auto operator<=>(const ThreadKey&) const = default;
};

/// By what an implementation is judged.
struct Standard {
    /// How coarse its clock is: a timer may be noticed so much later than it is due, and a wait may
    /// end so much before its time is over (Win32 page "Wait Functions").
    std::int64_t tick_ns = 0;
    /// By Windows' pages alone. Otherwise by the catalogue of rules, which is castaway's, where the
    /// pages say nothing:
    ///   * what comes of a name that is too long or no text (NAME-07, NAME-18), that begins with
    ///   Session
    ///     (NAME-12), that begins or ends with a backslash or goes through another object as if
    ///     that were a folder (NAME-08), or that is empty and to be opened (NAME-10)
    ///   * that calls run before a wait is satisfied that can be at once (WAIT-15)
    ///   * that two handles of one object are too many for a wait for all (WAIT-08)
    ///   * what comes of rights that a type does not have, or of none at all (HND-11)
    ///   * that pseudo handles are none of several to be waited for (WAIT-23)
    ///   * that the machine is not woken by a timer (TMR-12)
    ///   * that a timer whose last handle is closed takes a queued routine with it
    bool pages_alone = false;
};

class World {
  public:
    explicit World(Standard standard = {}) : standard_(standard) {}

    /// What of a call the interface's pages do not settle, or why it would not come back: such a
    /// call is not to be made. Empty where it can be judged.
    [[nodiscard]] std::string leaves_open(const Call& call) const;

    /// Judges the answer, and takes the step. Empty when it is allowed; else what would have been,
    /// and the model is of no more use. Requires that the call is not left open and that its
    /// handles are filled in.
    [[nodiscard]] std::string judge(const Call& call, const Response& response);

    /// The same for a call that did not return since its process has ended.
    [[nodiscard]] std::string judge_end(const Call& call);

    [[nodiscard]] bool is_alive(std::uint32_t process) const;
    [[nodiscard]] bool is_alive(ThreadKey thread) const;

  private:
    using ObjectId = std::uint32_t;
    using HandleValue = std::int64_t;

    struct Object {
        Type type = Type::event;
        bool manual_reset = false;  ///< event, timer
        bool signaled = false;      ///< event; process, thread: has ended
        std::int32_t count = 0;     ///< semaphore
        std::int32_t maximum = 0;
        std::optional<ThreadKey> owner;  ///< mutex
        std::uint32_t recursion = 0;
        bool abandoned = false;
        Timer timer;
        /// The timer's routine: who set it and by which call, and when it is next queued.
        std::optional<ThreadKey> setter;
        std::uint32_t set_by = 0;
        std::optional<Expiry> routine_next;
        ThreadKey self;      ///< process, thread
        std::u16string key;  ///< its name's; empty if it has none
    };
    struct Handle {
        ObjectId object = 0;
        std::uint32_t access = 0;
        bool inherit = false;
        bool protect = false;
    };
    struct Boundary {
        std::u16string name;
        std::set<std::pair<std::uint8_t, std::vector<std::uint32_t>>> sids;
        bool operator<(const Boundary& other) const {
            return std::tie(name, sids) < std::tie(other.name, other.sids);
        }
    };
    struct Alias {
        ObjectId object = 0;
        HandleValue handle = 0;
    };
    struct Thread {
        bool alive = true;
        std::uint32_t id = 0;
        ObjectId object = 0;
        std::deque<std::uint32_t> calls;  ///< queued for it, by what they carry
    };
    struct Process {
        bool alive = true;
        std::uint32_t id = 0;
        ObjectId object = 0;
        std::optional<std::uint32_t> exit_code;  ///< when it has ended and that is known
        std::map<HandleValue, Handle> handles;
        /// Of duplicates whose values nobody was told (rule DUP-11).
        std::vector<Handle> untold;
        std::map<std::u16string, Alias> aliases;
        std::map<HandleValue, Boundary> boundaries;
        std::map<std::uint32_t, Thread> threads;
    };

    /// Why a call is refused.
    class Refusals {
      public:
        void add(std::uint32_t error) { must_.insert(error); }
        /// It may be, or not.
        void may(std::uint32_t error) { may_.insert(error); }
        [[nodiscard]] bool must() const { return !must_.empty(); }
        [[nodiscard]] bool allow(std::uint32_t error) const {
            return must_.count(error) + may_.count(error) != 0;
        }
        [[nodiscard]] std::string describe() const;

      private:
        std::set<std::uint32_t> must_;
        std::set<std::uint32_t> may_;
    };
    /// What a call is about to be judged with.
    struct Judged {
        const Call& call;
        const Response& response;
        Refusals refusals;
        std::string wrong;  ///< the judgement
    };

    /// True when the call was refused and that was right, or when anything is wrong.
    static bool is_over(Judged& judged);
    static void must_be(Judged& judged, bool right, const char* what);

    [[nodiscard]] static ThreadKey caller(const Call& call) { return {call.process, call.thread}; }
    [[nodiscard]] const Process* process(std::uint32_t number) const;
    [[nodiscard]] const Thread* thread(ThreadKey key) const;
    Thread& thread_of(ThreadKey key) { return processes_.at(key.process).threads.at(key.thread); }
    Object& object(ObjectId id) { return objects_.at(id); }
    [[nodiscard]] const Object& object(ObjectId id) const { return objects_.at(id); }
    [[nodiscard]] std::optional<Handle> find(ThreadKey who, HandleValue value) const;
    [[nodiscard]] const Object* find_object(ThreadKey who, HandleValue value) const;
    [[nodiscard]] bool names_a(Type type, ThreadKey who, const HandleArgument& handle) const;
    /// It may be the value of a handle that nobody was told.
    [[nodiscard]] bool may_be_untold(std::uint32_t process, const HandleArgument& handle) const;
    /// Rule HND-11. \param may_be_none a mask of 0 is no reason
    static void judge_access(Judged& judged, Type type, bool may_be_none);

    /// The object that a call is to act on; notes why not. \param right one of these is needed
    std::optional<ObjectId> use(Judged& judged, const HandleArgument& handle,
                                std::optional<Type> type, std::uint32_t right,
                                std::uint32_t or_right = 0) const;

    // Objects' lives.
    ObjectId make(Object object);
    void add_handle(Judged& judged, std::uint32_t process, std::uint64_t value, Handle handle);
    void close(std::uint32_t process, HandleValue value);
    [[nodiscard]] bool has_handles(ObjectId id) const;
    void forget_if_unused(ObjectId id);
    [[nodiscard]] Meaning meaning(const Call& call) const;
    [[nodiscard]] std::string name_left_open(const Call& call) const;
    /// Whether the name leads through an object's as if that were a folder.
    [[nodiscard]] bool leads_through_object(const Call& call) const;

    // Functions, by the file that judges them.
    void create(Judged& judged, Type type);
    void open(Judged& judged, Type type);
    void change_event(Judged& judged);
    void release_mutex(Judged& judged);
    void release_semaphore(Judged& judged);
    void set_timer(Judged& judged);
    void cancel_timer(Judged& judged);
    [[nodiscard]] Object new_object(const Call& call, Type type, Refusals& refusals) const;

    void wait(Judged& judged);
    void wait_several(Judged& judged);
    void signal_and_wait(Judged& judged);
    void sleep(Judged& judged);
    void queue_call(Judged& judged);
    void judge_wait(Judged& judged, const std::vector<ObjectId>& objects, bool all);
    void judge_wait_for_any(Judged& judged, const std::vector<ObjectId>& objects);
    void judge_wait_for_all(Judged& judged, const std::vector<ObjectId>& objects);
    void judge_timeout(Judged& judged, const std::vector<ObjectId>& objects, bool all);
    [[nodiscard]] bool may_be_signaled(const Object& object, const Judged& judged) const;
    [[nodiscard]] bool may_be_unsignaled(const Object& object, const Judged& judged,
                                         std::int64_t waited) const;
    [[nodiscard]] bool is_surely_signaled(const Object& object, ThreadKey who) const;
    void take(Object& object, const Judged& judged);
    /// True when calls were run, or anything is wrong.
    bool judge_deliveries(Judged& judged);
    void judge_routine(Judged& judged, const Delivery& delivery);
    void judge_missing_routines(Judged& judged);
    [[nodiscard]] std::string would_block(const Call& call) const;

    void close_handle(Judged& judged);
    void duplicate_handle(Judged& judged);
    void get_handle_information(Judged& judged);
    void set_handle_information(Judged& judged);
    void compare_handles(Judged& judged);
    [[nodiscard]] std::optional<std::uint32_t> process_by(Judged& judged,
                                                          const HandleArgument& handle,
                                                          std::uint32_t right) const;
    [[nodiscard]] std::string duplication_left_open(const Call& call) const;

    void tell_self(Judged& judged);
    void open_process(Judged& judged);
    void open_thread(Judged& judged);
    void open_participant(Judged& judged, bool alive, ObjectId id, Type type);
    void tell_id(Judged& judged);
    void exit_code(Judged& judged);
    void create_process(Judged& judged);
    void terminate_process(Judged& judged);
    void start_process(Judged& judged);
    void start_thread(Judged& judged);
    void add_process(std::uint32_t number, std::uint32_t id, std::uint32_t thread_id);
    void end_process(std::uint32_t number, std::optional<std::uint32_t> code);
    void end_thread(ThreadKey key);

    void create_boundary(Judged& judged);
    void add_sid(Judged& judged);
    void join_namespace(Judged& judged);
    void close_namespace(Judged& judged);
    [[nodiscard]] const Boundary* boundary(const Call& call) const;

    Standard standard_;
    /// Routines of timers that are no more, by the set_timer call; by the pages alone they may run.
    std::map<std::uint32_t, ThreadKey> orphaned_routines_;
    std::map<std::uint32_t, Process> processes_;
    std::map<ObjectId, Object> objects_;
    std::map<std::u16string, ObjectId> names_;
    std::map<Boundary, ObjectId> namespaces_;  ///< that are found by their boundary
    ObjectId next_object_ = 1;
};

}  // namespace castaway::harness::win32
