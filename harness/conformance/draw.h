// Draws programs. What is known of a program while it is drawn is only what its calls ask for, not
// what they answer; so handles that are thought to be open may not be, and all is judged later.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/conformance/program.h"
#include "harness/model/win32/access.h"

namespace castaway::harness::conformance {

class Draw {
    using Call = win32::Call;
    using Function = win32::Function;
    using HandleArgument = win32::HandleArgument;
    using Type = win32::Type;

  public:
    Draw(std::uint64_t seed, std::uint32_t calls, std::uint32_t processes);
    Program take() { return std::move(program_); }

  private:
    static constexpr std::uint32_t kThreadsMax = 3;

    /// A handle that some call is to make.
    struct Made {
        HandleArgument::Source source = HandleArgument::Source::made;
        std::uint32_t by = 0;
        std::uint32_t process = 0;  ///< in whose table it is
        Type type = Type::event;
        std::uint32_t about = 0;  ///< the process that it stands for, or whose thread
        bool inherit = false;
        bool closed = false;
        std::uint32_t object = 0;  ///< equal for handles that are thought to be of one object
        bool waitable = false;     ///< it carries SYNCHRONIZE
    };
    struct Boundary {
        std::uint32_t by = 0;     ///< the call that made it
        std::uint32_t known = 0;  ///< equal for boundaries that are equal
    };
    struct Process {
        std::uint32_t number = 0;
        std::vector<std::uint32_t> threads{0};
        std::uint32_t next_thread = 1;
        std::vector<Boundary> boundaries;
        std::set<std::u16string> aliases;
        std::optional<std::uint32_t> parent;  ///< of create_process
    };

    bool one_in(std::uint64_t n) { return random_.below(n) == 0; }

    template <typename T, std::size_t N>
    const T& any_of(const std::array<T, N>& of) {
        return of.at(random_.below(N));
    }
    template <typename T>
    const T& any_of(const std::vector<T>& of) {
        return of[random_.below(of.size())];
    }

    Call new_call(Function function) {
        Call call;
        call.function = function;
        call.number = static_cast<std::uint32_t>(program_.calls.size());
        return call;
    }

    void add_process(std::uint32_t number) {
        Call call = new_call(Function::start_process);
        call.process = number;
        program_.calls.push_back(call);
        add_drawn(number);
        next_process_ = std::max(next_process_, number + 1);
    }

    void add_drawn(std::uint32_t number, std::optional<std::uint32_t> parent = {}) {
        Process added;
        added.number = number;
        added.parent = parent;
        processes_.push_back(std::move(added));
    }

    Function any_function();
    void add_any();
    void ended(std::uint32_t number) {
        std::erase_if(processes_, [number](const Process& each) { return each.number == number; });
        std::erase_if(made_, [number](const Made& each) { return each.process == number; });
    }

    // Arguments.

    HandleArgument odd_handle() {
        HandleArgument handle;
        constexpr std::array<std::int64_t, 7> kValues{0, -1, -2, win32::kNeverMade, 3, -3, 0};
        handle.value = any_of(kValues);
        return handle;
    }

    const Made* any_made(std::uint32_t process, const Type* type, bool closed) {
        std::vector<const Made*> fit;
        for (const Made& each : made_) {
            if (each.process == process && (type == nullptr || each.type == *type) &&
                each.closed == closed) {
                fit.push_back(&each);
            }
        }
        return fit.empty() ? nullptr : any_of(fit);
    }

    std::optional<std::uint32_t> parent_of(std::uint32_t number) const {
        const auto found =
            std::find_if(processes_.begin(), processes_.end(),
                         [number](const Process& each) { return each.number == number; });
        return found == processes_.end() ? std::nullopt : found->parent;
    }

    /// The one of that type by which the argument names its handle; null when there is none.
    const Made* made_as(Type type, const HandleArgument& handle) const {
        const auto found = std::find_if(made_.begin(), made_.end(), [&](const Made& each) {
            return each.type == type && is_of(each, handle);
        });
        return found == made_.end() ? nullptr : &*found;
    }

    /// Now and then with something in the bits that calls ignore.
    HandleArgument argument(const Made& made) {
        return {made.source, made.by, 0,
                one_in(12) ? static_cast<std::uint32_t>(random_.between(1, 3)) : 0};
    }
    static bool is_of(const Made& made, const HandleArgument& handle) {
        return handle.source == made.source && handle.of == made.by;
    }

    HandleArgument handle_of(std::uint32_t process, const Type* type);
    HandleArgument handle_of(std::uint32_t process, Type type) { return handle_of(process, &type); }
    std::vector<HandleArgument> handles_to_wait_for(std::uint32_t process, std::size_t count,
                                                    bool each_once);
    Type waited_type() {
        constexpr std::array kTypes{Type::event, Type::mutex, Type::mutex,  Type::semaphore,
                                    Type::timer, Type::event, Type::thread, Type::process};
        return any_of(kTypes);
    }
    /// The caller's own process, or another.
    HandleArgument process_handle(std::uint32_t process) {
        if (one_in(2)) {
            HandleArgument own;
            own.value = -1;
            return own;
        }
        return handle_of(process, Type::process);
    }

    std::uint32_t access_to(Type type);
    /// Mostly one that no object of another type has.
    std::optional<std::u16string> name(Type type, bool wide);
    std::uint32_t time_limit() {
        constexpr std::array<std::uint32_t, 10> kLimits{0, 0, 0, 0, 0, 0, 1, 2, 4, 0xffffffff};
        return any_of(kLimits);
    }

    bool fill_in(Call& call, Process& caller);
    void fill_in_object(Call& call);
    void fill_in_duplicate(Call& call);
    void fill_in_timer(Call& call);
    bool fill_in_process(Call& call, Process& caller);
    bool fill_in_namespace(Call& call, Process& caller);
    void fill_in_boundary(Call& call, Process& caller);
    void join_namespace(Call& call, Process& caller, std::uint32_t known);
    std::uint32_t known_boundary(const std::u16string& as_text);

    void note(const Call& call, Type type, bool inherit, std::uint32_t about = 0,
              HandleArgument::Source source = HandleArgument::Source::made);
    [[nodiscard]] bool will_succeed(const Call& call, Type type) const;
    std::uint32_t known_object(const Call& call, Type type, std::uint32_t about);

    Prng random_;
    std::uint32_t processes_max_;
    Program program_;
    std::vector<Process> processes_;  ///< that are thought to live
    std::vector<Made> made_;
    std::uint32_t next_process_ = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> threads_{{0, 0}};
    /// Boundaries that are different, and those by which a namespace is thought to be found.
    std::vector<std::u16string> boundaries_;
    /// Objects that more than one call may be about, by what they are called.
    std::map<std::u16string, std::uint32_t> objects_;
    std::uint32_t next_object_ = 0;
    std::set<std::uint32_t> directory_;
};

}  // namespace castaway::harness::conformance
