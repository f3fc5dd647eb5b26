// SPDX-License-Identifier: BSL-1.0

#include "postgres/password.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace tandem::postgres::detail {
namespace {

constexpr std::size_t password_bytes_max = 65'535; // of a password message of the server

class open_file {
public:
    // Not blocking: the path may be that of a pipe.
    explicit open_file(const std::string& path)
        : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    ~open_file() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

error refused(const std::string& why) {
    return {errc::invalid_options, "pool_options::password_file: " + why};
}

error system_failure(const char* what) {
    return refused(std::string(what) + ": " + std::generic_category().message(errno));
}

// The open file, not its path, which may be another one by now.
result<void> check_owner_and_mode(const open_file& file) {
    struct stat found {};
    if (::fstat(file.number(), &found) != 0) return system_failure("the file cannot be examined");
    if (!S_ISREG(found.st_mode)) return refused("it is not a regular file");
    if (found.st_uid != ::geteuid() && found.st_uid != 0) {
        return refused("the file belongs to another user; give it to the user of this process "
                       "with chown");
    }
    if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return refused("others than its owner may read or write the file; chmod 600 it, and "
                       "change the password if they may have read it");
    }
    return success();
}

} // namespace

result<std::string> read_password_file(const std::string& path) {
    const open_file file(path);
    if (file.number() < 0) return system_failure("the file cannot be opened");
    TANDEM_TRY(check_owner_and_mode(file));
    std::string out;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_failure("the file cannot be read");
        if (count == 0) break;
        out.append(buffer.data(), static_cast<std::size_t>(count));
        if (out.size() > password_bytes_max) return refused("the file is too long for a password");
    }
    if (out.ends_with('\n')) out.pop_back();
    if (out.ends_with('\r')) out.pop_back();
    if (out.empty()) return refused("the file is empty");
    if (out.find_first_of(std::string_view("\0\n", 2)) != std::string::npos) {
        return refused("the file holds more than one line, or a byte of zero");
    }
    return out;
}

result<std::optional<std::string>> read_password(const pool_options& options,
                                                 std::string_view user) {
    if (!options.password_file.empty()) {
        TANDEM_TRY(auto found, read_password_file(options.password_file));
        return std::optional(std::move(found));
    }
    if (!options.password) return std::optional<std::string>();
    TANDEM_TRY(auto found, options.password(user));
    if (found.empty() || found.find('\0') != std::string::npos) {
        return error(errc::authentication,
                     "pool_options::password gave an empty password or one with a byte of zero");
    }
    return std::optional(std::move(found));
}

} // namespace tandem::postgres::detail
