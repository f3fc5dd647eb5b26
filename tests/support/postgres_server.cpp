// SPDX-License-Identifier: BSL-1.0
#include "support/postgres_server.hpp"

#include "support/child_process.hpp"

#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace tandem_test {

namespace fs = std::filesystem;
using tandem::errc;
using tandem::error;
using tandem::result;
using tandem::success;

namespace {

constexpr std::string_view prefix = "tandem-pg-";
constexpr auto start_time = std::chrono::seconds(60);

fs::path find_programs() {
    const auto asked = run_program({"pg_config", "--bindir"}, {});
    std::vector<fs::path> places;
    if (asked.status == 0) places.emplace_back(asked.output.substr(0, asked.output.find('\n')));
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        places.push_back(entry.path() / "bin");
    }
    std::sort(places.rbegin(), places.rend());
    for (const auto& place : places) {
        if (fs::exists(place / "initdb") && fs::exists(place / "postgres")) return place;
    }
    return {};
}

// Directories that a process left that was killed: their owner is named inside.
void remove_stale(const fs::path& parent) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(parent, ignored)) {
        if (!entry.path().filename().string().starts_with(prefix)) continue;
        std::ifstream in(entry.path() / "owner");
        pid_t owner = 0;
        if (in >> owner && ::kill(owner, 0) != 0 && errno == ESRCH) {
            fs::remove_all(entry.path(), ignored);
        }
    }
}

result<fs::path> make_directory(const fs::path& parent) {
    std::string name = (parent / (std::string(prefix) + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) {
        return error(errc::unavailable, "no temporary directory can be made in " + parent.string());
    }
    std::ofstream(fs::path(name) / "owner") << ::getpid() << '\n';
    return fs::path(name);
}

std::uint16_t free_port() {
    const int s = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    std::uint16_t port = 0;
    if (::bind(s, reinterpret_cast<sockaddr*>(&at), length) == 0 &&
        ::getsockname(s, reinterpret_cast<sockaddr*>(&at), &length) == 0) {
        port = ntohs(at.sin_port);
    }
    ::close(s);
    return port;
}

bool is_gone(pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    std::getline(in, text);
    const auto name_end = text.rfind(')');
    return name_end == std::string::npos || text.compare(name_end, 3, ") Z") == 0;
}

void wait_until_gone(const std::vector<pid_t>& processes) {
    for (const pid_t one : processes) {
        while (!is_gone(one))
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

} // namespace

result<std::unique_ptr<postgres_server>> postgres_server::start(postgres_server_options options) {
    auto server = std::unique_ptr<postgres_server>(new postgres_server(std::move(options)));
    TANDEM_TRY(server->make_cluster());
    TANDEM_TRY(server->launch());
    return server;
}

result<void> postgres_server::make_cluster() {
    programs_ = find_programs();
    if (programs_.empty()) {
        return error(errc::unsupported, "no PostgreSQL server is installed (initdb and postgres)");
    }
    const fs::path parent = options_.parent.empty() ? fs::temp_directory_path() : options_.parent;
    remove_stale(parent);
    TANDEM_TRY(directory_, make_directory(parent));
    data_ = directory_ / "data";
    sockets_ = directory_;
    const auto account = server_account();
    if (account.is_other && (::chmod(directory_.c_str(), 0711) != 0 ||
                             ::chown(directory_.c_str(), account.user, account.group) != 0)) {
        return error(errc::unavailable, "the temporary directory cannot be given to the server");
    }
    const auto made =
        run_program({(programs_ / "initdb").string(), "-D", data_.string(), "-U", "postgres", "-A",
                     "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                    account);
    if (made.status != 0) return error(errc::unavailable, "initdb failed: " + made.output);
    if (options_.authentication.empty()) return success();
    const fs::path file = data_ / "pg_hba.conf";
    std::stringstream rest;
    rest << std::ifstream(file).rdbuf();
    std::ofstream out(file);
    for (const auto& line : options_.authentication)
        out << line << '\n';
    out << rest.str();
    return success();
}

result<void> postgres_server::launch() {
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (port_ == 0) port_ = free_port();
        std::vector<std::string> arguments{(programs_ / "postgres").string(),
                                           "-D",
                                           data_.string(),
                                           "-p",
                                           std::to_string(port_),
                                           "-k",
                                           sockets_.string()};
        std::vector<std::string> settings{"listen_addresses=127.0.0.1", "max_connections=200",
                                          "log_min_messages=warning", "lc_messages=C"};
        if (!options_.fsync) {
            settings.insert(settings.end(), {"fsync=off", "full_page_writes=off"});
        }
        settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
        for (const auto& setting : settings)
            arguments.insert(arguments.end(), {"-c", setting});
        process_ = start_program(arguments, server_account(), data_ / "server.log");
        auto ready = wait_until_ready();
        if (ready.has_value()) return success();
        stop();
        if (attempt == 2) return ready;
        port_ = 0; // somebody else may have taken it meanwhile
    }
    return success();
}

result<void> postgres_server::wait_until_ready() {
    // The eighth line of the server's pid file says how far it is.
    const auto deadline = std::chrono::steady_clock::now() + start_time;
    while (std::chrono::steady_clock::now() < deadline) {
        if (::waitpid(process_, nullptr, WNOHANG) == process_) {
            process_ = 0;
            break;
        }
        std::ifstream in(data_ / "postmaster.pid");
        std::string line, first;
        for (int i = 0; i < 8 && std::getline(in, line); ++i) {
            if (i == 0) first = line;
        }
        if (first == std::to_string(process_) && line.starts_with("ready")) return success();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return error(errc::unavailable, "the private PostgreSQL did not start: " + end_of_log());
}

std::string postgres_server::end_of_log() const {
    std::stringstream text;
    text << std::ifstream(data_ / "server.log").rdbuf();
    const std::string all = text.str();
    return all.size() > 2000 ? all.substr(all.size() - 2000) : all;
}

postgres_server::~postgres_server() {
    stop();
    std::error_code ignored;
    if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

std::string postgres_server::conninfo(const std::string& database, const std::string& user) const {
    return "host=" + sockets_.string() + " port=" + std::to_string(port_) + " user=" + user +
           " dbname=" + database;
}

std::string postgres_server::tcp_conninfo(const std::string& database,
                                          const std::string& user) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + user +
           " dbname=" + database + " sslmode=disable gssencmode=disable";
}

std::vector<pid_t> postgres_server::processes() const {
    std::vector<pid_t> out{process_};
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
        std::ifstream in(entry.path() / "stat");
        std::string text;
        std::getline(in, text);
        const auto name_end = text.rfind(')');
        if (name_end == std::string::npos) continue;
        std::istringstream rest(text.substr(name_end + 1));
        std::string state;
        pid_t parent = 0;
        rest >> state >> parent;
        if (parent == process_) out.push_back(static_cast<pid_t>(std::stol(text)));
    }
    return out;
}

void postgres_server::signal_all(int signal) {
    if (process_ == 0) return;
    for (const pid_t one : processes())
        ::kill(one, signal);
}

void postgres_server::kill() {
    if (process_ == 0) return;
    ::kill(process_, SIGSTOP); // so that it starts no further process meanwhile
    auto all = processes();
    for (const pid_t one : all)
        ::kill(one, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    all.erase(all.begin());
    wait_until_gone(all);
    process_ = 0;
}

void postgres_server::stop() {
    if (process_ == 0) return;
    signal_all(SIGCONT);
    ::kill(process_, SIGQUIT);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
}

void postgres_server::pause() { signal_all(SIGSTOP); }
void postgres_server::resume() { signal_all(SIGCONT); }

result<void> postgres_server::restart() {
    stop();
    return launch();
}

result<std::string> postgres_server::run(const std::string& sql, const std::string& database) {
    const auto done = run_program({(programs_ / "psql").string(), "-X", "-q", "-A", "-t", "-v",
                                   "ON_ERROR_STOP=1", "-d", conninfo(database), "-c", sql},
                                  {});
    if (done.status == 0) return done.output;
    return error(errc::store_error, "psql failed", done.output);
}

result<std::string> postgres_server::dump_schema(const std::string& database) {
    const auto done = run_program(
        {(programs_ / "pg_dump").string(), "--schema-only", "-d", conninfo(database)}, {});
    if (done.status != 0) return error(errc::store_error, "pg_dump failed", done.output);
    // Newer ones frame their output with a word of chance.
    std::string out, line;
    for (std::istringstream lines(done.output); std::getline(lines, line);) {
        if (!line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ")) {
            out += line + '\n';
        }
    }
    return out;
}

result<void> postgres_server::copy_rows(const std::string& table, const std::string& from,
                                        const std::string& to) {
    const auto program = [&](const char* name) { return (programs_ / name).string(); };
    const std::string line = program("pg_dump") + " --data-only --table=" + table + " -d '" +
                             conninfo(from) + "' | " + program("psql") +
                             " -q -v ON_ERROR_STOP=1 -d '" + conninfo(to) + "'";
    const auto done = run_program({"/bin/bash", "-o", "pipefail", "-c", line}, {});
    if (done.status != 0) return error(errc::store_error, "pg_dump | psql failed", done.output);
    return success();
}

result<std::string> postgres_server::make_database() {
    const std::string name = "db" + std::to_string(++databases_);
    TANDEM_TRY(run("create database " + name));
    return name;
}

} // namespace tandem_test
