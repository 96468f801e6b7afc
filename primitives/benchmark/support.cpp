#include "primitives/benchmark/support.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "castaway/inspect.h"

namespace castaway::benchmark {

namespace {

constexpr int kPatienceMs = 60'000;
constexpr double kBlockBytes = 512;  // of st_blocks, by its definition

cpu_set_t all_cores() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof(cores), &cores);
    return cores;
}

const cpu_set_t cores_at_start = all_cores();

}  // namespace

Region::Region() : fd_(memfd_create("castaway-benchmark", 0)) {
    std::string problem;
    require(fd_ >= 0 && initialise_region(fd_, problem), "making a region");
    spec_ = "fd:" + std::to_string(fd_);
}

Region::~Region() {
    close(fd_);
}

void Region::use() const {
    setenv("CASTAWAY_REGION", spec_.c_str(), 1);
}

double Region::bytes() const {
    struct stat facts {};
    require(fstat(fd_, &facts) == 0, "examining a region");
    return static_cast<double>(facts.st_blocks) * kBlockBytes;
}

SharedMemory::SharedMemory(std::size_t bytes)
    : bytes_(bytes),
      address_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    require(address_ != MAP_FAILED, "getting shared memory");
}

SharedMemory::~SharedMemory() {
    munmap(address_, bytes_);
}

Worker::Pipe::Pipe() {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC) == 0, "making a pipe");
    reader_ = ends[0];
    writer_ = ends[1];
}

Worker::Pipe::Pipe(Pipe&& other) noexcept
    : reader_(std::exchange(other.reader_, -1)), writer_(std::exchange(other.writer_, -1)) {}

Worker::Pipe::~Pipe() {
    if (reader_ >= 0) {
        close(reader_);
    }
    close_writer();
}

void Worker::Pipe::close_writer() {
    if (writer_ >= 0) {
        close(std::exchange(writer_, -1));
    }
}

void Worker::Pipe::put(std::uint64_t value) const {
    require(write(writer_, &value, sizeof(value)) == sizeof(value), "writing to a pipe");
}

bool Worker::Pipe::get(std::uint64_t& value, int patience_ms) const {
    pollfd poller{reader_, POLLIN, 0};
    int ready = 0;
    do {
        ready = poll(&poller, 1, patience_ms);
    } while (ready < 0 && errno == EINTR);
    require(ready == 1, "waiting for another process");
    return read(reader_, &value, sizeof(value)) == sizeof(value);
}

Worker::Worker(std::vector<Task> tasks)
    : child_([this, &tasks] {
          orders_.close_writer();
          std::uint64_t task = 0;
          std::uint64_t argument = 0;
          // It is killed with its parent, so it may wait for ever.
          while (orders_.get(task, -1) && orders_.get(argument, -1)) {
              answers_.put(tasks.at(task)(argument));
          }
          return 0;
      }) {
    answers_.close_writer();
}

void Worker::start(std::size_t task, std::uint64_t argument) const {
    orders_.put(task);
    orders_.put(argument);
}

Answer Worker::finish() const {
    std::uint64_t answer = 0;
    require(answers_.get(answer, kPatienceMs), "hearing from another process, which has ended");
    return answer;
}

std::uint64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

void require(bool succeeded, const char* what) {
    if (!succeeded) {
        testing::give_up(what);
    }
}

void pin_to(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    int nth = 0;
    for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &cores_at_start) && nth++ == core) {
            CPU_SET(i, &cores);
        }
    }
    require(sched_setaffinity(0, sizeof(cores), &cores) == 0, "pinning to a core");
}

void unpin() {
    require(sched_setaffinity(0, sizeof(cores_at_start), &cores_at_start) == 0, "unpinning");
}

int core_count() {
    return CPU_COUNT(&cores_at_start);
}

}  // namespace castaway::benchmark
