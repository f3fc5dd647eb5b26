// SPDX-License-Identifier: BSL-1.0
//
// Frontend messages are held until the Sync that ends their exchange, and then forwarded together;
// answers are forwarded as they come. PostgreSQL documentation, "Message Formats".
#include "support/postgres_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tandem_test {

std::string to_string(cut_place p) {
    switch (p) {
    case cut_place::unsent: return "unsent";
    case cut_place::unfinished: return "unfinished";
    case cut_place::unanswered: return "unanswered";
    case cut_place::racing: return "racing";
    }
    return "";
}

namespace {

constexpr std::int32_t ssl_request = 80877103, gss_request = 80877104;

struct order {
    commit_kind kind;
    cut_place place;
};

std::int32_t number_at(std::string_view in, std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i)
        out = out << 8 | static_cast<unsigned char>(in[at + i]);
    return static_cast<std::int32_t>(out);
}

/// The text that begins at `at`, up to its NUL.
std::string_view text_at(std::string_view in, std::size_t at) {
    return in.substr(at, in.find('\0', at) - at);
}

bool send_all(int to, std::string_view data) {
    while (!data.empty()) {
        const auto sent = ::send(to, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// False at the end of the connection.
bool receive_some(int from, std::string& into) {
    char buffer[65'536];
    const auto got = ::recv(from, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    into.append(buffer, static_cast<std::size_t>(got));
    return true;
}

/// One message of type and length, taken off the front; nothing where it is not whole yet.
std::optional<std::string> take_message(std::string& from) {
    if (from.size() < 5) return std::nullopt;
    const auto size = 1 + static_cast<std::size_t>(number_at(from, 1));
    if (from.size() < size) return std::nullopt;
    std::string out = from.substr(0, size);
    from.erase(0, size);
    return out;
}

class file {
public:
    explicit file(int number = -1) : number_(number) {}
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() { close(); }
    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

} // namespace

struct postgres_proxy::state {
    std::string socket_path, marker;
    std::uint16_t port = 0;
    int listener = -1;
    std::atomic<bool> ends{false};
    std::atomic<int> cut_count{0};
    std::mutex mutex;
    std::optional<order> wanted; // guarded by mutex
    std::vector<std::thread> workers;
    std::thread acceptor;

    std::optional<cut_place> take_order(commit_kind kind) {
        const std::lock_guard lock(mutex);
        if (!wanted || wanted->kind != kind) return std::nullopt;
        const auto place = wanted->place;
        wanted.reset();
        return place;
    }
};

namespace {

class relay {
public:
    relay(postgres_proxy::state& s, int client, int server)
        : s_(s), client_(client), server_(server) {}

    void run() {
        if (!start_up()) return;
        while (!s_.ends) {
            pollfd files[] = {{client_.number(), POLLIN, 0}, {server_.number(), POLLIN, 0}};
            if (::poll(files, 2, 50) < 0) return;
            if (files[1].revents != 0 && !forward_answers()) return;
            if (files[0].revents != 0 && !take_requests()) return;
        }
    }

private:
    /// The first message has no type. Requests for encryption are declined.
    bool start_up() {
        for (;;) {
            while (in_.size() < 4 || in_.size() < static_cast<std::size_t>(number_at(in_, 0))) {
                if (!receive_some(client_.number(), in_)) return false;
            }
            const auto size = static_cast<std::size_t>(number_at(in_, 0));
            const auto code = number_at(in_, 4);
            const std::string message = in_.substr(0, size);
            in_.erase(0, size);
            if (code != ssl_request && code != gss_request) {
                return send_all(server_.number(), message);
            }
            if (!send_all(client_.number(), "N")) return false;
        }
    }

    bool forward_answers() {
        std::string out;
        return receive_some(server_.number(), out) && send_all(client_.number(), out);
    }

    bool take_requests() {
        if (!receive_some(client_.number(), in_)) return false;
        while (auto message = take_message(in_)) {
            note(*message);
            held_ += *message;
            const char type = message->front();
            // What is no part of an exchange passes at once.
            const bool is_part = type == 'P' || type == 'B' || type == 'D' || type == 'E' ||
                                 type == 'C' || type == 'H';
            if (is_part) continue;
            if (type == 'S') {
                if (!end_exchange()) return false;
            } else if (!send_all(server_.number(), held_)) {
                return false;
            } else {
                held_.clear();
            }
        }
        return true;
    }

    void note(std::string_view message) {
        if (message.front() == 'P') {
            const auto name = text_at(message, 5);
            statements_[std::string(name)] = text_at(message, 5 + name.size() + 1);
        } else if (message.front() == 'B') {
            const auto portal = text_at(message, 5);
            const auto& sql = statements_[std::string(text_at(message, 5 + portal.size() + 1))];
            if (sql == "commit" || sql == "rollback") ends_ = sql;
            if (sql.starts_with("begin")) explicit_ = true;
            if (sql.find(s_.marker) != sql.npos) is_write_ = true;
        } else if (message.front() == 'H') {
            flushes_ = true;
        }
    }

    /// False where the connection was cut.
    bool end_exchange() {
        std::optional<cut_place> place;
        if (ends_ == "commit") {
            place = s_.take_order(commit_kind::transaction);
        } else if (is_write_ && !explicit_) {
            place = s_.take_order(commit_kind::single);
        }
        if (place) {
            cut(*place);
            return false;
        }
        if (!ends_.empty()) explicit_ = false;
        ends_.clear();
        is_write_ = flushes_ = false;
        const bool sent = send_all(server_.number(), held_);
        held_.clear();
        return sent;
    }

    void cut(cut_place place) {
        ++s_.cut_count;
        const std::size_t sync = 5; // bytes
        switch (place) {
        case cut_place::unsent: return;
        case cut_place::unfinished:
            send_all(server_.number(), std::string_view(held_).substr(0, held_.size() - sync));
            send_all(client_.number(), early_answer());
            return;
        case cut_place::unanswered: {
            send_all(server_.number(), held_);
            const std::string early = early_answer();
            await('Z');
            send_all(client_.number(), early);
            return;
        }
        case cut_place::racing:
            send_all(server_.number(), held_);
            send_all(client_.number(), early_answer());
            return;
        }
    }

    /// What the server was asked to send at once: up to the end of the first statement.
    std::string early_answer() { return flushes_ ? await('C') : std::string(); }

    /// The messages up to one of this type; an error ends the wait.
    std::string await(char type) {
        std::string out;
        for (;;) {
            while (auto message = take_message(answers_)) {
                out += *message;
                if (message->front() == type || message->front() == 'E') return out;
            }
            if (!receive_some(server_.number(), answers_)) return out;
        }
    }

    postgres_proxy::state& s_;
    file client_, server_;
    std::string in_, held_, answers_, ends_;
    std::map<std::string, std::string> statements_;
    bool explicit_ = false, is_write_ = false, flushes_ = false;
};

int connect_to(const std::string& path) {
    const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return made;
    ::close(made);
    return -1;
}

} // namespace

postgres_proxy::postgres_proxy(const postgres_server& behind, std::string marker)
    : state_(std::make_unique<state>()) {
    state& s = *state_;
    s.socket_path = behind.socket_directory() / (".s.PGSQL." + std::to_string(behind.port()));
    s.marker = std::move(marker);
    s.listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(s.listener, any, size) != 0 || ::listen(s.listener, 16) != 0 ||
        ::getsockname(s.listener, any, &size) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    s.port = ntohs(address.sin_port);
    s.acceptor = std::thread([&s] {
        while (!s.ends) {
            pollfd waited{s.listener, POLLIN, 0};
            if (::poll(&waited, 1, 50) <= 0) continue;
            const int client = ::accept(s.listener, nullptr, nullptr);
            if (client < 0) continue;
            const int server = connect_to(s.socket_path);
            if (server < 0) {
                ::close(client);
                continue;
            }
            s.workers.emplace_back([&s, client, server] { relay(s, client, server).run(); });
        }
    });
}

postgres_proxy::~postgres_proxy() {
    state_->ends = true;
    state_->acceptor.join();
    for (auto& w : state_->workers)
        w.join();
    ::close(state_->listener);
}

std::string postgres_proxy::conninfo(const std::string& database) const {
    return "host=127.0.0.1 port=" + std::to_string(state_->port) +
           " user=postgres dbname=" + database;
}

void postgres_proxy::cut_next(commit_kind kind, cut_place place) {
    const std::lock_guard lock(state_->mutex);
    state_->wanted = order{kind, place};
}

int postgres_proxy::cuts() const { return state_->cut_count; }

} // namespace tandem_test
