#include "primitives/testing/api_test.h"

namespace castaway::testing {

std::string text_of(const InspectedObject& object) {
    const std::string reset = object.manual_reset ? "manual " : "auto ";
    const std::string set = object.signaled ? " set" : " not set";
    std::string text;
    switch (object.type) {
        case InspectedType::event:
            text = reset + "event" + set;
            break;
        case InspectedType::timer:
            text = reset + "timer" + set;
            break;
        case InspectedType::process:
            text = object.signaled ? "process ended" : "process running";
            break;
        case InspectedType::private_namespace:
            text = "private namespace";
            break;
        case InspectedType::thread:
            text = object.signaled ? "thread ended" : "thread running";
            break;
        case InspectedType::semaphore:
            text =
                "semaphore " + std::to_string(object.count) + "/" + std::to_string(object.maximum);
            break;
        case InspectedType::mutex:
            text = object.owner_pid ? "mutex owned " + std::to_string(object.depth) : "mutex free";
            text += object.abandoned ? " abandoned" : "";
            break;
    }
    return text + ", " + std::to_string(object.handles) +
           (object.handles == 1 ? " handle, " : " handles, ") + std::to_string(object.waiters) +
           " waiting";
}

TestRegion& ApiTest::region() {
    static TestRegion the_region;
    return the_region;
}

std::string ApiTest::state(const std::string& name) {
    return text_of(object_named(region().look(), "Local\\" + name));
}

std::string ApiTest::states() {
    std::string text;
    for (const InspectedObject& object : region().look().objects) {
        text += object.name + ": " + text_of(object) + "\n";
    }
    return text;
}

}  // namespace castaway::testing
