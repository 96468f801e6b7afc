// A program of somebody else's: what it takes to use the installed library.
#include <castaway/inspect.h>
#include <castaway/sync.hpp>

#include <cstdio>
#include <cstdlib>
#include <mutex>

int main() {
    castaway::mutex mutex("consumer");
    castaway::semaphore semaphore(1, 1);
    const std::scoped_lock lock(mutex);
    std::string problem;
    const auto picture = castaway::inspect_region(std::getenv("CASTAWAY_REGION"), problem);
    if (!picture || picture->objects.size() != 2 ||
        semaphore.wait() != castaway::wait_status::signaled) {
        std::fprintf(stderr, "consumer: %s\n", problem.c_str());
        return 1;
    }
    std::puts("consumed");
    return 0;
}
