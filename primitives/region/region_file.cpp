#include "primitives/region/region_file.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "castaway/win32.h"
#include "primitives/platform/descriptor.h"

namespace castaway {

namespace {

constexpr std::size_t kSpecMax = 64;
constexpr int kOpenAttempts = 8;

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
        case EFBIG:
            return ERROR_FILE_TOO_LARGE;
        case ENOMEM:
        case EAGAIN:
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

bool fail_mapping(AttachFailure& failure, const std::string& where, std::uint64_t bytes) {
    const std::string length = " (" + std::to_string(bytes) + " bytes, of which few take memory)";
    if (errno == EAGAIN) {
        return fail(
            failure, ERROR_NOT_ENOUGH_MEMORY,
            where + ": cannot map the region" + length +
                ": after mlockall(MCL_FUTURE) all of it counts against RLIMIT_MEMLOCK; raise "
                "that limit (ulimit -l), or make the first call before mlockall");
    }
    if (errno == ENOMEM) {
        return fail(failure, ERROR_NOT_ENOUGH_MEMORY,
                    where + ": cannot map the region" + length +
                        ": there is no room in the address space; raise RLIMIT_AS (ulimit -v)");
    }
    return fail_errno(failure, where, "map the region");
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

/// Fills an empty file with a region that nobody uses. Returns what could not be done; null when
/// all was, else the reason is in errno.
const char* fill(int fd, const Header& header) {
    if (ftruncate(fd, static_cast<off_t>(header.bytes)) != 0) {
        return "set its size";
    }
    // What is used from the start; the other tables get their memory as they are used.
    constexpr std::array<char, kPageBytes> kNothing{};
    const std::uint64_t used = offsets_of(header.geometry).process_directory;
    for (std::uint64_t at = 0; at < used; at += kNothing.size()) {
        if (pwrite(fd, kNothing.data(), kNothing.size(), static_cast<off_t>(at)) !=
            static_cast<ssize_t>(kNothing.size())) {
            return "get memory for it";
        }
    }
    return pwrite(fd, &header, sizeof(header), 0) == static_cast<ssize_t>(sizeof(header))
               ? nullptr
               : "write it";
}

/// What a thread that fills a file is given, and what it answers.
struct Filling {
    int fd;
    const Header* header;
    const char* refused = nullptr;
    int error = 0;
};

/// Makes the processor touch a page of the region without changing it, through the kernel, which
/// then has memory for it. False when there is none, where a touch of the process's own would be
/// SIGBUS.
bool touch_page(unsigned char* page) {
    // An atomic "or" with 0 of the page's first word. Whoever may sleep on that word is perhaps
    // woken, for no reason, as sleepers must expect.
    constexpr int kOrWithNothing = FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0);
    long result = 0;
    do {
        result = syscall(SYS_futex, page, FUTEX_WAKE_OP, 0, nullptr, page, kOrWithNothing);
    } while (result < 0 && errno == EINTR);
    return result >= 0;
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
    struct stat facts {};
    if (fstat(fd.get(), &facts) != 0) {
        fail_errno(failure, where, "examine the region");
        return std::nullopt;
    }
    const int protection = access == O_RDONLY ? PROT_READ : PROT_READ | PROT_WRITE;
    const std::uint64_t bytes = offsets_of(found).end;
    void* mapped = mmap(nullptr, bytes, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
    if (mapped == MAP_FAILED) {
        fail_mapping(failure, where, bytes);
        return std::nullopt;
    }
    auto* const base = static_cast<unsigned char*>(mapped);
    std::unique_ptr<Reach> reach(new (std::nothrow) Reach(base, found, protection));
    if (reach == nullptr || !reach->open()) {
        fail_errno(failure, where, "map the region");
        munmap(mapped, bytes);
        return std::nullopt;
    }
    // A crash dump of one user need not hold what all of them share, most of it never touched.
    madvise(mapped, bytes, MADV_DONTDUMP);
    const RegionView view(base, found, *reach);
    return RegionFile(std::move(reach), view, {facts.st_dev, facts.st_ino});
}

bool RegionFile::initialise(int fd, const Geometry& geometry, AttachFailure& failure) {
    Header header{};
    header.magic = kMagic;
    header.version = kLayoutVersion;
    header.signature = layout_signature(geometry);
    header.bytes = offsets_of(geometry).end;
    header.geometry = geometry;
    // Whoever makes a file longer than RLIMIT_FSIZE is sent SIGXFSZ: the thread, not the process.
    // So it is a thread of its own, which has all signals blocked and takes that one with it.
    Filling filling{fd, &header};
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // It needs little, and where all memory is locked (mlockall) its stack is real.
    constexpr std::size_t kStackBytes = std::size_t{256} << 10;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    const auto run = [](void* given) -> void* {
        auto& work = *static_cast<Filling*>(given);
        work.refused = fill(work.fd, *work.header);
        work.error = errno;
        return nullptr;
    };
    pthread_t thread{};
    int error = pthread_create(&thread, &attributes, run, &filling);
    if (error == EINVAL) {  // the program's thread-local variables alone take more
        error = pthread_create(&thread, nullptr, run, &filling);
    }
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0) {
        errno = error;
        return fail_errno(failure, "new region", "start a thread that makes it");
    }
    pthread_join(thread, nullptr);
    if (filling.refused == nullptr) {
        return true;
    }
    if (filling.error == EFBIG) {
        return fail(failure, ERROR_FILE_TOO_LARGE,
                    "new region: its file is " + std::to_string(header.bytes) +
                        " bytes long, of which few take memory, and the process may make none so "
                        "long; raise RLIMIT_FSIZE (ulimit -f unlimited), or let a program without "
                        "that limit make the first call in the region");
    }
    errno = filling.error;
    return fail_errno(failure, "new region", filling.refused);
}

RegionFile::RegionFile(RegionFile&& other) noexcept
    : reach_(std::move(other.reach_)),
      view_(std::exchange(other.view_, RegionView())),
      identity_(other.identity_) {}

RegionFile::~RegionFile() {
    forget();
}

void RegionFile::forget() {
    if (view_.base() != nullptr) {
        munmap(view_.base(), view_.offsets().end);
        view_ = RegionView();
    }
}

bool RegionFile::commit(std::uint64_t offset, std::uint64_t bytes) const {
    const std::uint64_t end = offset + bytes;
    reach_->extend_to(offset, bytes);
    for (std::uint64_t page = offset / kPageBytes * kPageBytes; page < end; page += kPageBytes) {
        if (!touch_page(view_.base() + page)) {
            return false;
        }
    }
    return true;
}

}  // namespace castaway
