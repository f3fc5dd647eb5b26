// SPDX-License-Identifier: BSL-1.0
//
// The directory of a spool: who may see it, the lock that keeps other processes out, and its files
// by name. Symbolic links are not followed.
#pragma once

#include "tandem/core/result.hpp"

#include <string>
#include <string_view>

namespace tandem::spool::detail {

/// A file descriptor.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    descriptor& operator=(descriptor&& other) noexcept;
    ~descriptor();
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

/// What the system said, as an error: resources where disk or memory ran out, permission_denied,
/// else store_error. `number` is an errno.
[[nodiscard]] error system_error(int number, const std::string& what, const std::string& path);

class directory {
public:
    /// Checks it and locks it for as long as the object lives. Errors: as spool::open().
    [[nodiscard]] static result<directory> open(const std::string& path);

    /// Without symbolic links.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Number and birth of the locked file: the same after a restart, another for a copy.
    [[nodiscard]] const std::string& place() const noexcept { return place_; }
    [[nodiscard]] std::string path_of(std::string_view name) const;

    [[nodiscard]] bool has(const std::string& name) const noexcept;
    /// An existing file: a plain one, of this user, closed to others.
    [[nodiscard]] result<void> check_file(const std::string& name) const;
    /// Makes it, empty and closed to others, where it is not there.
    [[nodiscard]] result<void> create(const std::string& name) const;
    /// To be read and written; must exist.
    [[nodiscard]] result<descriptor> open_file(const std::string& name) const;
    [[nodiscard]] result<std::string> read(const std::string& name) const;
    /// Writes all, then syncs the file. The name is not durable before sync().
    [[nodiscard]] result<void> write(const std::string& name, std::string_view content) const;
    /// Replaces `to` where it exists.
    [[nodiscard]] result<void> rename(const std::string& from, const std::string& to) const;
    [[nodiscard]] result<void> remove(const std::string& name) const; ///< missing is fine
    /// A second name for the file, inside the folder `below`; present is fine.
    [[nodiscard]] result<void> link_into(const std::string& name, const std::string& below) const;
    [[nodiscard]] result<void> make_folder(const std::string& name) const; ///< present is fine
    /// The names of all files are durable afterwards.
    [[nodiscard]] result<void> sync() const;
    [[nodiscard]] result<void> sync_folder(const std::string& name) const;

private:
    descriptor folder_;
    descriptor lock_;
    std::string path_;
    std::string place_;
};

} // namespace tandem::spool::detail
