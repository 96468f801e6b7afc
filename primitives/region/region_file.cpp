#include "primitives/region/region_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "castaway/win32.h"

namespace castaway {

namespace {

constexpr std::size_t kSpecMax = 64;
constexpr int kOpenAttempts = 8;

/// A file descriptor that closes itself.
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }
    [[nodiscard]] int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

std::uint32_t win32_error_of(int error) {
    switch (error) {
        case ENOENT:
            return ERROR_FILE_NOT_FOUND;
        case EACCES:
        case EPERM:
        case ELOOP:
            return ERROR_ACCESS_DENIED;
        case ENOSPC:
        case EDQUOT:
            return ERROR_DISK_FULL;
        case ENOMEM:
            return ERROR_NOT_ENOUGH_MEMORY;
        case EMFILE:
        case ENFILE:
            return ERROR_TOO_MANY_OPEN_FILES;
        default:
            return ERROR_GEN_FAILURE;
    }
}

bool fail(AttachFailure& failure, std::uint32_t error, std::string message) {
    failure = {error, std::move(message)};
    return false;
}

bool fail_errno(AttachFailure& failure, const std::string& where, const char* what) {
    const int error = errno;
    return fail(failure, win32_error_of(error),
                where + ": cannot " + what + ": " + std::strerror(error));
}

/// N of "fd:N".
std::optional<int> descriptor_in(std::string_view spec) {
    if (!spec.starts_with("fd:")) {
        return std::nullopt;
    }
    int fd = -1;
    const char* end = spec.data() + spec.size();
    const auto parsed = std::from_chars(spec.data() + 3, end, fd);
    return parsed.ec == std::errc{} && parsed.ptr == end && fd >= 0 ? std::optional(fd)
                                                                    : std::nullopt;
}

bool geometry_is_sane(const Geometry& geometry) {
    constexpr Geometry kLargest{};
    const auto within = [](std::uint32_t value, std::uint32_t limit) {
        return value > 0 && value <= limit;
    };
    return within(geometry.processes, kLargest.processes) &&
           within(geometry.threads, kLargest.threads) &&
           within(geometry.objects, kLargest.objects) &&
           within(geometry.name_cells, kLargest.name_cells) &&
           within(geometry.buckets, kLargest.buckets) &&
           geometry.buckets % first_buckets(geometry) == 0 &&
           within(geometry.handles_per_process, kLargest.handles_per_process) &&
           within(geometry.apcs, kLargest.apcs);
}

/// Judges an open file by everything but its tables' content, and tells its geometry.
bool judge(int fd, const std::string& where, Geometry& geometry, AttachFailure& failure) {
    struct stat facts {};
    if (fstat(fd, &facts) != 0) {
        return fail_errno(failure, where, "examine the region");
    }
    if (!S_ISREG(facts.st_mode)) {
        return fail(failure, ERROR_ACCESS_DENIED, where + ": the region is not a regular file");
    }
    if (facts.st_uid != geteuid()) {
        return fail(failure, ERROR_ACCESS_DENIED,
                    where + ": the region belongs to user " + std::to_string(facts.st_uid) +
                        ", not to user " + std::to_string(geteuid()));
    }
    if (facts.st_nlink > 0 && (facts.st_mode & 0077) != 0) {
        return fail(failure, ERROR_ACCESS_DENIED,
                    where + ": the region is open to other users; its mode must be 0600");
    }
    Header header{};
    const ssize_t got = pread(fd, &header, sizeof(header), 0);
    if (got != static_cast<ssize_t>(sizeof(header)) || header.magic != kMagic) {
        return fail(failure, ERROR_INVALID_DATA,
                    where + ": the file is no castaway region; remove it or name another region");
    }
    if (header.version != kLayoutVersion || !geometry_is_sane(header.geometry) ||
        header.signature != layout_signature(header.geometry)) {
        return fail(failure, ERROR_REVISION_MISMATCH,
                    where +
                        ": the region was made by another version of castaway; end the programs "
                        "that use it and remove it, or name another region");
    }
    if (header.bytes != offsets_of(header.geometry).end ||
        static_cast<std::uint64_t>(facts.st_size) < header.bytes) {
        return fail(failure, ERROR_INVALID_DATA,
                    where + ": the region is cut off; end the programs that use it and remove it");
    }
    geometry = header.geometry;
    return true;
}

/// Opens an existing file, or makes one with that geometry, if there is one, and links it into
/// place.
/// \param access O_RDWR or O_RDONLY
int open_path(const std::string& path, const Geometry* geometry, int access,
              AttachFailure& failure) {
    for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
        // Without waiting for a writer, where it is a pipe.
        const int fd = open(path.c_str(), access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0) {
            return fd;
        }
        if (errno != ENOENT || geometry == nullptr) {
            fail_errno(failure, path, "open the region");
            return -1;
        }
        Descriptor made(open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        if (made.get() < 0) {
            fail_errno(failure, "/dev/shm", "make a region");
            return -1;
        }
        // Whatever the process's umask says.
        if (fchmod(made.get(), 0600) != 0) {
            fail_errno(failure, "/dev/shm", "make a region");
            return -1;
        }
        if (!RegionFile::initialise(made.get(), *geometry, failure)) {
            return -1;
        }
        // Not /proc/self, which leads nowhere once the process's first thread has ended.
        const std::string self = "/proc/thread-self/fd/" + std::to_string(made.get());
        if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) {
            return made.release();
        }
        if (errno != EEXIST) {
            fail_errno(failure, path, "put the region in place");
            return -1;
        }
        // Another process was faster: its region is as good.
    }
    fail(failure, ERROR_GEN_FAILURE, path + ": the region appears and vanishes again and again");
    return -1;
}

}  // namespace

std::string RegionFile::path_of(std::string_view spec) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (spec.empty() || spec.size() > kSpecMax ||
        spec.find_first_not_of(kAllowed) != std::string_view::npos) {
        return {};
    }
    return "/dev/shm/castaway." + std::to_string(geteuid()) + "." + std::string(spec);
}

std::optional<RegionFile> RegionFile::open(std::string_view spec, const Geometry& geometry,
                                           AttachFailure& failure) {
    return open_or_make(spec, &geometry, O_RDWR, failure);
}

std::optional<RegionFile> RegionFile::open_existing(std::string_view spec, AttachFailure& failure) {
    return open_or_make(spec, nullptr, O_RDWR, failure);
}

std::optional<RegionFile> RegionFile::open_to_look(std::string_view spec, AttachFailure& failure) {
    return open_or_make(spec, nullptr, O_RDONLY, failure);
}

std::optional<RegionFile> RegionFile::open_or_make(std::string_view spec, const Geometry* geometry,
                                                   int access, AttachFailure& failure) {
    std::string where{spec};
    int opened = -1;
    if (const auto inherited = descriptor_in(spec)) {
        opened = fcntl(*inherited, F_DUPFD_CLOEXEC, 0);
        if (opened < 0) {
            fail_errno(failure, where, "use the region's descriptor");
            return std::nullopt;
        }
    } else {
        const bool is_path = access == O_RDONLY && spec.find('/') != std::string_view::npos;
        where = is_path ? std::string(spec) : path_of(spec);
        if (where.empty()) {
            fail(failure, ERROR_INVALID_NAME,
                 "\"" + std::string(spec) +
                     "\" names no region; use at most 64 letters, digits, '-', '_' and '.', or "
                     "fd:N");
            return std::nullopt;
        }
        opened = open_path(where, geometry, access, failure);
        if (opened < 0) {
            return std::nullopt;
        }
    }
    Descriptor fd(opened);
    Geometry found;
    if (!judge(fd.get(), where, found, failure)) {
        return std::nullopt;
    }
    const int protection = access == O_RDONLY ? PROT_READ : PROT_READ | PROT_WRITE;
    void* base =
        mmap(nullptr, offsets_of(found).end, protection, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
    if (base == MAP_FAILED) {
        fail_errno(failure, where, "map the region");
        return std::nullopt;
    }
    // A crash dump of one user need not hold what all of them share, most of it never touched.
    madvise(base, offsets_of(found).end, MADV_DONTDUMP);
    return RegionFile(fd.release(), RegionView(static_cast<unsigned char*>(base), found));
}

bool RegionFile::initialise(int fd, const Geometry& geometry, AttachFailure& failure) {
    const Offsets at = offsets_of(geometry);
    if (ftruncate(fd, static_cast<off_t>(at.end)) != 0) {
        return fail_errno(failure, "new region", "set its size");
    }
    const auto commit = [fd](std::uint64_t from, std::uint64_t to) {
        return fallocate(fd, 0, static_cast<off_t>(from), static_cast<off_t>(to - from)) == 0;
    };
    // What is used from the start; the other tables get their memory as they are used.
    if (!commit(0, at.process_directory)) {
        return fail_errno(failure, "new region", "get memory for it");
    }
    Header header{};
    header.magic = kMagic;
    header.version = kLayoutVersion;
    header.signature = layout_signature(geometry);
    header.bytes = at.end;
    header.geometry = geometry;
    if (pwrite(fd, &header, sizeof(header), 0) != static_cast<ssize_t>(sizeof(header))) {
        return fail_errno(failure, "new region", "write it");
    }
    return true;
}

RegionFile::RegionFile(RegionFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), view_(std::exchange(other.view_, RegionView())) {}

RegionFile::~RegionFile() {
    forget();
}

void RegionFile::forget() {
    if (view_.base() != nullptr) {
        munmap(view_.base(), view_.offsets().end);
        view_ = RegionView();
    }
    if (fd_ >= 0) {
        close(fd_);
        fd_ = -1;
    }
}

bool RegionFile::commit(std::uint64_t offset, std::uint64_t bytes) const {
    int result = 0;
    do {
        result = fallocate(fd_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                           static_cast<off_t>(bytes));
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

}  // namespace castaway
