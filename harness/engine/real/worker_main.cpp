// castaway-worker: the program that the real engine starts.
#include <cstddef>
#include <span>

#include "harness/engine/real/fork_server.h"
#include "harness/subject/subject.h"

int main(int argc, char** argv) {
    return castaway::harness::fork_server_main(std::span(argv, static_cast<std::size_t>(argc)),
                                               castaway::harness::find_subject);
}
