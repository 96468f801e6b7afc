// One run on the page, readable without scripts.
#pragma once

#include <string>

#include "harness/result/run_result.h"
#include "reports/html/timeline_data.h"
#include "reports/view/thread_index.h"

namespace castaway::harness {

struct RunOnPage {
    const RunResult& run;
    const ThreadIndex& index;
    std::string id;     ///< of its element
    std::string title;  ///< no other run has it
    OperationWindow window;
    bool open = false;  ///< shown in full from the start
};

/// A details element: the outcome as its summary; then what is wrong, the timeline and its data,
/// stuck threads, checks, counts, faults, facts, and the command that replays it.
std::string run_markup(const RunOnPage& on_page);

}  // namespace castaway::harness
