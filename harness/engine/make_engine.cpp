#include <string>

#include "harness/base/error.h"
#include "harness/engine/engine.h"
#include "harness/engine/real/real_engine.h"
#include "harness/engine/sim/sim_engine.h"

namespace castaway::harness {

std::unique_ptr<Engine> make_engine(std::string_view name) {
    if (name == "real") {
        return std::make_unique<RealEngine>();
    }
    if (name == "sim") {
        return std::make_unique<sim::SimEngine>();
    }
    throw InputError("engine", "there is no engine \"" + std::string(name) + "\"", "use \"real\" or \"sim\"");
}

}  // namespace castaway::harness
