// SPDX-License-Identifier: BSL-1.0
#include "spool/directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

namespace tandem::spool::detail {
namespace {

constexpr mode_t others = S_IRWXG | S_IRWXO;
constexpr const char* lock_name = "spool.lock";

std::string octal(mode_t mode) {
    std::string out = "0";
    for (int shift = 6; shift >= 0; shift -= 3)
        out += static_cast<char>('0' + ((mode >> shift) & 7));
    return out;
}

/// Of this user, and closed to all others.
result<void> check_owner(const struct stat& seen, const std::string& path, const char* remedy) {
    if (seen.st_uid != ::geteuid()) {
        return error(errc::permission_denied,
                     "'" + path +
                         "' belongs to another user; a spool belongs to the user of its "
                         "process alone");
    }
    if ((seen.st_mode & others) != 0) {
        return error(errc::permission_denied,
                     "'" + path + "' has mode " + octal(seen.st_mode & 0777) +
                         ", so others can reach what is owed; run chmod " + remedy + " on it");
    }
    return success();
}

result<descriptor> take_lock(int folder, const std::string& path) {
    descriptor lock(::openat(folder, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (lock.get() < 0) return system_error(errno, "creating the lock of the spool", path);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_error(errno, "locking the spool", path);
        return error(errc::busy, "the spool '" + path +
                                     "' is open in another process; give each process a directory "
                                     "of its own");
    }
    return lock;
}

/// Number and birth of a file. Devices get other numbers when a machine starts anew, so theirs is
/// left out; some file systems do not know the birth.
std::string place_of(int file) {
    struct statx seen {};
    if (::statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &seen) != 0) return {};
    std::string out = std::to_string(seen.stx_ino);
    if ((seen.stx_mask & STATX_BTIME) == 0) return out;
    return out + "-" + std::to_string(seen.stx_btime.tv_sec) + "-" +
           std::to_string(seen.stx_btime.tv_nsec);
}

} // namespace

error system_error(int number, const std::string& what, const std::string& path) {
    std::string said = std::error_code(number, std::generic_category()).message();
    errc code = errc::store_error;
    if (number == ENOSPC || number == EDQUOT || number == ENOMEM || number == EMFILE ||
        number == ENFILE || number == EFBIG) {
        code = errc::resources;
    } else if (number == EACCES || number == EPERM || number == EROFS) {
        code = errc::permission_denied;
    }
    return {code, what + " in '" + path + "': " + said};
}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

descriptor::~descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

result<directory> directory::open(const std::string& path) {
    if (path.empty()) return error(errc::invalid_options, "spool::options::directory is empty");
    directory opened;
    opened.folder_ =
        descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (opened.folder_.get() < 0) {
        if (errno == ENOENT) {
            return error(errc::invalid_options, "the spool directory '" + path +
                                                    "' does not exist; make it with mode 0700");
        }
        if (errno == ENOTDIR || errno == ELOOP) {
            return error(errc::invalid_options,
                         "'" + path +
                             "' is no directory, or is a symbolic link; name the "
                             "directory of the spool itself");
        }
        return system_error(errno, "opening the spool directory", path);
    }
    struct stat seen {};
    if (::fstat(opened.folder_.get(), &seen) != 0)
        return system_error(errno, "looking at the spool directory", path);
    TANDEM_TRY(check_owner(seen, path, "0700"));
    if (::faccessat(opened.folder_.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
        return error(errc::permission_denied,
                     "the spool directory '" + path + "' cannot be written; run chmod 0700 on it");
    }
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                           &std::free);
    if (!real) return system_error(errno, "resolving the spool directory", path);
    opened.path_ = real.get();
    TANDEM_TRY(auto lock, take_lock(opened.folder_.get(), opened.path_));
    opened.lock_ = std::move(lock);
    TANDEM_TRY(opened.check_file(lock_name));
    opened.place_ = place_of(opened.lock_.get());
    return opened;
}

std::string directory::path_of(std::string_view name) const {
    return path_ + "/" + std::string(name);
}

bool directory::has(const std::string& name) const noexcept {
    struct stat seen {};
    return ::fstatat(folder_.get(), name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0;
}

result<void> directory::check_file(const std::string& name) const {
    struct stat seen {};
    if (::fstatat(folder_.get(), name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0)
        return system_error(errno, "looking at " + name, path_);
    if (!S_ISREG(seen.st_mode)) {
        return error(errc::permission_denied, "'" + path_of(name) +
                                                  "' is no plain file; somebody else may have put "
                                                  "it there");
    }
    return check_owner(seen, path_of(name), "0600");
}

result<void> directory::create(const std::string& name) const {
    const descriptor made(
        ::openat(folder_.get(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (made.get() < 0) return system_error(errno, "creating " + name, path_);
    return check_file(name);
}

result<descriptor> directory::open_file(const std::string& name) const {
    descriptor opened(::openat(folder_.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (opened.get() < 0) return system_error(errno, "opening " + name, path_);
    return opened;
}

result<std::string> directory::read(const std::string& name) const {
    TANDEM_TRY(const auto file, open_file(name));
    std::string content;
    char part[1 << 16];
    for (;;) {
        const auto got = ::read(file.get(), part, sizeof part);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(errno, "reading " + name, path_);
        if (got == 0) return content;
        content.append(part, static_cast<std::size_t>(got));
    }
}

result<void> directory::write(const std::string& name, std::string_view content) const {
    TANDEM_TRY(create(name));
    TANDEM_TRY(const auto file, open_file(name));
    if (::ftruncate(file.get(), 0) != 0) return system_error(errno, "emptying " + name, path_);
    while (!content.empty()) {
        const auto done = ::write(file.get(), content.data(), content.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return system_error(errno, "writing " + name, path_);
        content.remove_prefix(static_cast<std::size_t>(done));
    }
    if (::fsync(file.get()) != 0) return system_error(errno, "syncing " + name, path_);
    return success();
}

result<void> directory::rename(const std::string& from, const std::string& to) const {
    if (::renameat(folder_.get(), from.c_str(), folder_.get(), to.c_str()) != 0)
        return system_error(errno, "renaming " + from, path_);
    return success();
}

result<void> directory::remove(const std::string& name) const {
    if (::unlinkat(folder_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return system_error(errno, "removing " + name, path_);
    return success();
}

result<void> directory::link_into(const std::string& name, const std::string& below) const {
    const std::string to = below + "/" + name;
    if (::linkat(folder_.get(), name.c_str(), folder_.get(), to.c_str(), 0) != 0 &&
        errno != EEXIST) {
        return system_error(errno, "setting aside " + name, path_);
    }
    return success();
}

result<void> directory::make_folder(const std::string& name) const {
    if (::mkdirat(folder_.get(), name.c_str(), 0700) != 0 && errno != EEXIST)
        return system_error(errno, "making " + name, path_);
    return success();
}

result<void> directory::sync() const {
    if (::fsync(folder_.get()) != 0) return system_error(errno, "syncing the directory", path_);
    return success();
}

result<void> directory::sync_folder(const std::string& name) const {
    const descriptor folder(
        ::openat(folder_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0)
        return system_error(errno, "syncing " + name, path_);
    return success();
}

} // namespace tandem::spool::detail
