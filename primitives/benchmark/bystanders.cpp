#include "primitives/benchmark/bystanders.h"

#include <unistd.h>

#include <csignal>

#include "castaway/win32.h"
#include "primitives/benchmark/support.h"

namespace castaway::benchmark {

Bystanders::Bystanders(int count) {
    children_.reserve(static_cast<std::size_t>(count));
    const testing::Channel said;
    for (int i = 0; i < count; ++i) {
        children_.emplace_back([&said] {
            HANDLE event = CreateEventA(nullptr, FALSE, FALSE, nullptr);
            said.send(event != nullptr ? 'a' : 'n');
            CloseHandle(event);
            for (;;) {
                pause();
            }
            return 0;
        });
    }
    for (int i = 0; i < count; ++i) {
        attached_ += said.receive() == 'a' ? 1 : 0;
    }
}

Bystanders::~Bystanders() {
    // All of them first: while one is waited for, the others would be busy with its end.
    for (const testing::Child& child : children_) {
        child.signal(SIGKILL);
    }
}

}  // namespace castaway::benchmark
