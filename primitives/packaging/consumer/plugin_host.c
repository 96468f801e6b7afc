/* Knows nothing of castaway but through the plug-in that it is given. The plug-in is unloaded while
   the library's own thread lives, and loaded again. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

static const char* path;

static void* use(void* unused) {
    (void)unused;
    void* const plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return NULL;
    }
    /* ISO C knows no conversion of what dlsym gives. */
    union {
        void* object;
        int (*function)(void);
    } call;
    call.object = dlsym(plugin, "take_and_release");
    const int done = call.object != NULL && call.function();
    return dlclose(plugin) == 0 && done ? plugin : NULL;
}

static int used_by_a_thread(void) {
    pthread_t thread;
    void* done = NULL;
    return pthread_create(&thread, NULL, use, NULL) == 0 && pthread_join(thread, &done) == 0 &&
           done != NULL;
}

int main(int argc, char** argv) {
    const struct timespec a_moment = {0, 20000000};
    path = argc == 2 ? argv[1] : "";
    /* Threads that end, so that none of their destructors keeps the plug-in. */
    if (!used_by_a_thread()) {
        return 1;
    }
    nanosleep(&a_moment, NULL);
    if (!used_by_a_thread()) {
        return 1;
    }
    puts("consumed");
    return 0;
}
