// SPDX-License-Identifier: BSL-1.0
#include "support/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tandem_test {

namespace {

constexpr int exec_failed = 127;

std::vector<char*> argument_pointers(const std::vector<std::string>& arguments) {
    std::vector<char*> out;
    for (const auto& argument : arguments)
        out.push_back(const_cast<char*>(argument.c_str()));
    out.push_back(nullptr);
    return out;
}

// In the child, between fork and exec: nothing here allocates or locks.
[[noreturn]] void become(char* const* arguments, const account& as, int output, int last_signal) {
    const bool changed = !as.is_other || (::setgroups(0, nullptr) == 0 && ::setgid(as.group) == 0 &&
                                          ::setuid(as.user) == 0);
    if (!changed) ::_exit(exec_failed);
    // A server is stopped by its owner, not by the Ctrl-C that its owner gets.
    if (last_signal != 0) ::setpgid(0, 0);
    if (last_signal != 0) ::prctl(PR_SET_PDEATHSIG, last_signal); // after setuid, which clears it
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    if (as.is_other && ::chdir("/") != 0) ::_exit(exec_failed);
    ::execvp(arguments[0], arguments);
    ::_exit(exec_failed);
}

} // namespace

account server_account() {
    if (::geteuid() != 0) return {};
    for (const char* name : {"postgres", "nobody"}) {
        if (const passwd* found = ::getpwnam(name)) return {true, found->pw_uid, found->pw_gid};
    }
    return {};
}

finished run_program(const std::vector<std::string>& arguments, const account& as) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    auto pointers = argument_pointers(arguments);
    const pid_t child = ::fork();
    if (child == 0) become(pointers.data(), as, ends[1], 0);
    ::close(ends[1]);
    finished out;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t count = ::read(ends[0], buffer.data(), buffer.size());
        if (count > 0) {
            out.output.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    ::close(ends[0]);
    int status = 0;
    if (child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)) {
        out.status = WEXITSTATUS(status);
    }
    return out;
}

pid_t start_program(const std::vector<std::string>& arguments, const account& as,
                    const std::filesystem::path& log) {
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0) return 0;
    auto pointers = argument_pointers(arguments);
    const pid_t child = ::fork();
    if (child == 0) become(pointers.data(), as, output, SIGQUIT);
    ::close(output);
    return child > 0 ? child : 0;
}

} // namespace tandem_test
