// SPDX-License-Identifier: BSL-1.0
#include "support/pgbouncer.hpp"

#include "support/child_process.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

constexpr const char* port = "6432"; // a part of the socket's name alone
constexpr auto start_time = std::chrono::seconds(30);

fs::path find_program() {
    for (const char* place : {"/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"}) {
        if (fs::exists(place)) return place;
    }
    return {};
}

} // namespace

result<std::unique_ptr<pgbouncer>> pgbouncer::start(const postgres_server& behind,
                                                    pgbouncer_options options) {
    auto out = std::unique_ptr<pgbouncer>(new pgbouncer(behind, std::move(options)));
    if (!is_installed()) return error(errc::unsupported, "no pgbouncer is installed");
    TANDEM_TRY(out->make_directory());
    TANDEM_TRY(out->start_again());
    return out;
}

bool pgbouncer::is_installed() { return !find_program().empty(); }

result<void> pgbouncer::make_directory() {
    std::string name = (fs::temp_directory_path() / "tandem-pgbouncer-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        return error(errc::unavailable, "no temporary directory can be made");
    }
    directory_ = name;
    const auto account = server_account();
    if (account.is_other && (::chmod(directory_.c_str(), 0711) != 0 ||
                             ::chown(directory_.c_str(), account.user, account.group) != 0)) {
        return error(errc::unavailable, "the temporary directory cannot be given to pgbouncer");
    }
    std::ofstream(directory_ / "users") << "\"postgres\" \"\"\n";
    return success();
}

void pgbouncer::write_settings() const {
    std::ofstream out(directory_ / "pgbouncer.ini");
    out << "[databases]\n";
    for (const auto& line : databases_)
        out << line << '\n';
    out << "[pgbouncer]\n"
        << "listen_port = " << port << "\nunix_socket_dir = " << directory_.string()
        << "\nauth_type = trust\nauth_file = " << (directory_ / "users").string()
        << "\nadmin_users = postgres\npool_mode = transaction\nserver_round_robin = 1"
        << "\ndefault_pool_size = "
        << options_.pool_size
        // Databases of tests that have ended keep no sessions.
        << "\nserver_idle_timeout = 2\nserver_login_retry = 0\nlog_connections = 0"
        << "\nlog_disconnections = 0\n";
    for (const auto& line : options_.settings)
        out << line << '\n';
}

result<void> pgbouncer::start_again() {
    write_settings();
    const fs::path log = directory_ / "log";
    process_ = start_program({find_program().string(), (directory_ / "pgbouncer.ini").string()},
                             server_account(), log);
    const auto deadline = std::chrono::steady_clock::now() + start_time;
    while (std::chrono::steady_clock::now() < deadline) {
        if (::waitpid(process_, nullptr, WNOHANG) == process_) {
            process_ = 0;
            break;
        }
        if (fs::exists(directory_ / (std::string(".s.PGSQL.") + port)) && command("SHOW VERSION")) {
            return success();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::stringstream text;
    text << std::ifstream(log).rdbuf();
    return error(errc::unavailable, "the private pgbouncer did not start: " + text.str());
}

void pgbouncer::kill() {
    if (process_ == 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
}

pgbouncer::~pgbouncer() {
    kill();
    std::error_code ignored;
    if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

std::string pgbouncer::conninfo(const std::string& name) const {
    return "host=" + directory_.string() + " port=" + port + " user=postgres dbname=" + name;
}

result<std::string> pgbouncer::command(const std::string& text) const {
    const auto done =
        run_program({"psql", "-X", "-q", "-A", "-t", "-d", conninfo("pgbouncer"), "-c", text}, {});
    if (done.status == 0) return done.output;
    return error(errc::store_error, "pgbouncer's console refused a command", done.output);
}

void pgbouncer::add(const std::string& name, const std::string& database,
                    const std::string& prelude) {
    databases_.push_back(name + " = host=" + behind_.socket_directory().string() +
                         " port=" + std::to_string(behind_.port()) + " dbname=" + database +
                         " connect_query='" + prelude + "'");
    write_settings();
}

} // namespace tandem_test
