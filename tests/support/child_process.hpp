// SPDX-License-Identifier: BSL-1.0
//
// Starting programs from tests and tools: with an account of their own where the caller is root,
// and so that they end when their parent does. POSIX and Linux alone.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tandem_test {

/// Who a program runs as.
struct account {
    bool is_other = false; ///< false: as the caller
    uid_t user = 0;
    gid_t group = 0;
};

/// `postgres` or `nobody` where the caller is root, else the caller.
[[nodiscard]] account server_account();

struct finished {
    int status = -1;    ///< exit status; -1 where it did not exit by itself
    std::string output; ///< standard output and error
};

/// Runs to the end.
[[nodiscard]] finished run_program(const std::vector<std::string>& arguments, const account& as);

/// Starts and leaves it running; it gets SIGQUIT when the calling thread ends. 0: not started.
[[nodiscard]] pid_t start_program(const std::vector<std::string>& arguments, const account& as,
                                  const std::filesystem::path& log);

} // namespace tandem_test
