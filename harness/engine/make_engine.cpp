#include <string>

#include "harness/base/error.h"
#include "harness/engine/engine.h"
#include "harness/engine/real/real_engine.h"

namespace castaway::harness {

std::unique_ptr<Engine> make_engine(std::string_view name) {
    if (name == "real") {
        return std::make_unique<RealEngine>();
    }
    throw InputError("engine", "there is no engine \"" + std::string(name) + "\"", "use \"real\"");
}

}  // namespace castaway::harness
