// What a command from outside leaves running: Wine's services, for one, which outlast every program
// and its server. They fall to the calling process when their parents end, and are ended by it.
#pragma once

#include <set>

namespace castaway::harness {

class Orphans {
  public:
    /// Makes the calling process the one to which orphans fall, and it stays that. Throws
    /// HarnessError.
    Orphans();
    /// Ends every child that has come since and not been reaped, and those that fall to the caller
    /// by that. So nobody else may start children meanwhile. Throws HarnessError when some do not
    /// end in time.
    void end() const;

  private:
    std::set<int> before_;
};

}  // namespace castaway::harness
