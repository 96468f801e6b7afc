// castaway-test-run FOLDER: runs a plan whose workers wait for ever, until somebody kills it.
#include <cstdio>
#include <exception>
#include <string>

#include "harness/engine/testing/engine_harness.h"
#include "harness/engine/testing/plan_builder.h"

namespace {

void run_for_ever(const std::string& folder) {
    using namespace castaway::harness::testing;
    castaway::harness::Plan plan = plan_with({event("never")});
    for (int i = 0; i < 8; ++i) {
        add_process(plan, "waiter/" + std::to_string(i), {{wait_for(0)}, {wait_for(0)}});
    }
    run_plan_in(folder, plan);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: castaway-test-run FOLDER\n", stderr);
        return 2;
    }
    try {
        run_for_ever(argv[1]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 3;
    }
    return 0;
}
