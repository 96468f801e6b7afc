// Random calls on single objects, for histories made from their models.
#pragma once

#include "harness/linearize/testing/generator.h"
#include "harness/model/event.h"
#include "harness/model/key_value.h"
#include "harness/model/mutex.h"
#include "harness/model/register.h"
#include "harness/model/semaphore.h"

namespace castaway::harness {

GeneratorOptions<MutexModel> mutex_calls();
GeneratorOptions<SemaphoreModel> semaphore_calls(bool tells_previous);
GeneratorOptions<EventModel> event_calls();
/// \param values  how many different ones are written
GeneratorOptions<RegisterModel> register_calls(ValueTable& values, std::uint32_t different);
GeneratorOptions<KeyValueModel> key_value_calls(ValueTable& values, std::uint32_t different);

}  // namespace castaway::harness
