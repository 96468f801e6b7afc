// castaway-test-worker: the worker program with the test's subject.
#include <cstddef>
#include <span>

#include "harness/engine/real/fork_server.h"
#include "harness/engine/testing/test_subject.h"

int main(int argc, char** argv) {
    return castaway::harness::fork_server_main(std::span(argv, static_cast<std::size_t>(argc)),
                                               castaway::harness::testing::make_test_subject);
}
