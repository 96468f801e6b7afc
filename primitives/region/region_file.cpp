#include "primitives/region/region_file.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <thread>
#include <utility>

#include "castaway/win32.h"
#include "primitives/platform/descriptor.h"
#include "primitives/platform/host.h"

namespace castaway {

namespace {

constexpr int kOpenAttempts = 8;
/// For one who has a region alone, as long as it takes to take its name away.
constexpr std::chrono::seconds kLockPatience{2};
constexpr std::chrono::milliseconds kLockPause{1};

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

/// Judges an open file by everything but its tables' content, and tells its header.
bool judge(int fd, const RegionSpec& spec, Header& header, AttachFailure& failure) {
    const std::string& where = spec.where;
    struct stat facts {};
    if (fstat(fd, &facts) != 0) {
        return fail_errno(failure, where, "examine the region");
    }
    if (!belongs_to(spec, facts, failure)) {
        return false;
    }
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
    return true;
}

/// Whether that start of the machine is not this one. Not where either cannot be known.
bool is_of_other_start(const HostIdentity& host) {
    const HostIdentity here = host_identity();
    return here.is_known() && host.is_known() && here.boot_id != host.boot_id;
}

enum class Locked : std::uint8_t { yes, no, gone };

/// Locks the file that a name leads to, for as long as it is open or mapped. `gone`: it has lost
/// its name meanwhile. \param operation LOCK_SH or LOCK_EX
Locked lock_file(int fd, int operation) {
    const auto until = std::chrono::steady_clock::now() + kLockPatience;
    while (flock(fd, operation | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            // Where files cannot be locked nobody takes a name away.
            return operation == LOCK_SH ? Locked::yes : Locked::no;
        }
        if (std::chrono::steady_clock::now() >= until) {
            return Locked::no;
        }
        std::this_thread::sleep_for(kLockPause);
    }
    struct stat facts {};
    return fstat(fd, &facts) != 0 || facts.st_nlink == 0 ? Locked::gone : Locked::yes;
}

/// Takes a name away from a region that an earlier start of the machine has left.
bool remove_left(int fd, const std::string& path, AttachFailure& failure) {
    switch (lock_file(fd, LOCK_EX)) {
        case Locked::gone:
            return true;
        case Locked::no:
            return fail(failure, ERROR_FILE_INVALID,
                        path +
                            ": processes use the region that know this start of the machine by "
                            "another /proc/sys/kernel/random/boot_id than this one does (a "
                            "container has one of its own, say); give both the same, or name "
                            "another region");
        case Locked::yes:
            break;
    }
    return unlink(path.c_str()) == 0 ||
           fail_errno(failure, path, "remove the region that an earlier start of the machine left");
}

/// Opens an existing file, or makes one with that geometry, if there is one, and links it into
/// place.
/// \param access O_RDWR or O_RDONLY
int open_path(const RegionSpec& spec, const Geometry* geometry, int access,
              AttachFailure& failure) {
    const std::string& path = spec.where;
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
        // The mode last, whatever the process's umask says.
        if ((spec.group && fchown(made.get(), static_cast<uid_t>(-1), *spec.group) != 0) ||
            fchmod(made.get(), spec.mode()) != 0) {
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
    AttachFailure ignored;
    const auto parsed = parse_region_spec(spec, false, ignored);
    return parsed && parsed->named ? parsed->where : std::string();
}

std::vector<std::string> RegionFile::namesakes_of(std::string_view spec) {
    const std::string own = path_of(spec);
    return own.empty() ? std::vector<std::string>() : regions_named_like(own);
}

std::optional<RegionFile> RegionFile::open(std::string_view spec, const Geometry& geometry,
                                           AttachFailure& failure) {
    const auto parsed = parse_region_spec(spec, false, failure);
    return parsed ? open_or_make(*parsed, &geometry, Use::take_part, failure) : std::nullopt;
}

std::optional<RegionFile> RegionFile::open_existing(std::string_view spec, AttachFailure& failure) {
    const auto parsed = parse_region_spec(spec, false, failure);
    return parsed ? open_or_make(*parsed, nullptr, Use::take_part, failure) : std::nullopt;
}

std::optional<RegionFile> RegionFile::open_to_look(std::string_view spec, AttachFailure& failure) {
    const auto parsed = parse_region_spec(spec, true, failure);
    return parsed ? open_or_make(*parsed, nullptr, Use::look, failure) : std::nullopt;
}

std::optional<RegionFile> RegionFile::open_alone(std::string_view spec, const FileIdentity& which,
                                                 AttachFailure& failure) {
    const auto parsed = parse_region_spec(spec, false, failure);
    if (!parsed) {
        return std::nullopt;
    }
    return open_or_make(*parsed, nullptr, Use::alone, failure, &which);
}

std::optional<RegionFile> RegionFile::open_or_make(const RegionSpec& spec, const Geometry* geometry,
                                                   Use use, AttachFailure& failure,
                                                   const FileIdentity* which) {
    const int access = use == Use::look ? O_RDONLY : O_RDWR;
    const std::string& where = spec.where;
    for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
        const Descriptor fd(spec.descriptor >= 0 ? fcntl(spec.descriptor, F_DUPFD_CLOEXEC, 0)
                                                 : open_path(spec, geometry, access, failure));
        if (fd.get() < 0) {
            if (spec.descriptor >= 0) {
                fail_errno(failure, where, "use the region's descriptor");
            }
            return std::nullopt;
        }
        Header found{};
        if (!judge(fd.get(), spec, found, failure)) {
            return std::nullopt;
        }
        struct stat facts {};
        if (fstat(fd.get(), &facts) != 0) {
            fail_errno(failure, where, "examine the region");
            return std::nullopt;
        }
        const FileIdentity identity{facts.st_dev, facts.st_ino};
        if (which != nullptr && identity != *which) {
            fail(failure, ERROR_FILE_NOT_FOUND, where + ": another region has that name");
            return std::nullopt;
        }
        const bool left = is_of_other_start(found.host);
        if (left && use != Use::look) {
            if (!spec.named || geometry == nullptr) {
                fail(failure, ERROR_FILE_INVALID,
                     where +
                         ": the region was left by an earlier start of the machine; nobody in "
                         "it is alive: make a new one");
                return std::nullopt;
            }
            if (!remove_left(fd.get(), where, failure)) {
                return std::nullopt;
            }
            continue;
        }
        if (use != Use::look && found.host.time_namespace != host_identity().time_namespace) {
            fail(failure, ERROR_NOT_SUPPORTED,
                 where +
                     ": the region was made in another time namespace, whose clocks differ from "
                     "this process's; use one time namespace, or name another region");
            return std::nullopt;
        }
        if (use != Use::look && spec.named) {
            switch (lock_file(fd.get(), use == Use::alone ? LOCK_EX : LOCK_SH)) {
                case Locked::gone:
                    continue;
                case Locked::no:
                    fail(failure, ERROR_FILE_INVALID,
                         where + (use == Use::alone
                                      ? ": processes have the region mapped"
                                      : ": a process that is stopped holds the region's file lock; "
                                        "let it go on or end it"));
                    return std::nullopt;
                case Locked::yes:
                    break;
            }
        }
        const int protection = use == Use::look ? PROT_READ : PROT_READ | PROT_WRITE;
        const std::uint64_t bytes = offsets_of(found.geometry).end;
        void* mapped = mmap(nullptr, bytes, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
        if (mapped == MAP_FAILED) {
            fail_mapping(failure, where, bytes);
            return std::nullopt;
        }
        auto* const base = static_cast<unsigned char*>(mapped);
        std::unique_ptr<Reach> reach(new (std::nothrow) Reach(base, found.geometry, protection));
        if (reach == nullptr || !reach->open()) {
            fail_errno(failure, where, "map the region");
            munmap(mapped, bytes);
            return std::nullopt;
        }
        // A crash dump of one user need not hold what all of them share, most of it never touched.
        madvise(mapped, bytes, MADV_DONTDUMP);
        const RegionView view(base, found.geometry, *reach);
        RegionFile file(std::move(reach), view, identity);
        file.path_ = spec.named ? where : std::string();
        file.left_ = left;
        return file;
    }
    fail(failure, ERROR_FILE_NOT_FOUND,
         where + ": the region appears and vanishes again and again");
    return std::nullopt;
}

bool RegionFile::initialise(int fd, const Geometry& geometry, AttachFailure& failure) {
    Header header{};
    header.magic = kMagic;
    header.version = kLayoutVersion;
    header.signature = layout_signature(geometry);
    header.bytes = offsets_of(geometry).end;
    header.host = host_identity();
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

bool RegionFile::remove_name() const {
    return unlink(path_.c_str()) == 0;
}

bool RegionFile::is_in_place() const {
    struct stat named {};
    if (path_.empty()) {
        return true;
    }
    if (lstat(path_.c_str(), &named) == 0) {
        return FileIdentity{named.st_dev, named.st_ino} == identity_ ||
               named.st_dev != identity_.device;
    }
    struct stat folder {};
    return errno != ENOENT || stat("/dev/shm", &folder) != 0 || folder.st_dev != identity_.device;
}

RegionFile::RegionFile(RegionFile&& other) noexcept
    : reach_(std::move(other.reach_)),
      view_(std::exchange(other.view_, RegionView())),
      path_(std::move(other.path_)),
      identity_(other.identity_),
      left_(other.left_) {}

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
