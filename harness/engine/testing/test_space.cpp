#include "harness/engine/testing/test_space.h"

namespace castaway::harness::testing {

void make_robust_mutex(pthread_mutex_t& mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

TestObject* find_object(TestMemory& memory, std::string_view name) {
    for (std::uint32_t i = 0; i < memory.object_count.load(); ++i) {
        if (name == memory.objects.at(i).name.data()) {
            return &memory.objects.at(i);
        }
    }
    return nullptr;
}

}  // namespace castaway::harness::testing
