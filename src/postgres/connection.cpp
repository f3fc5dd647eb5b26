// SPDX-License-Identifier: BSL-1.0
//
// Life of the machine: connecting, being lent and released, being given up. The work itself is in
// connection_work.cpp.

#include "postgres/connection.hpp"

#include "postgres/sqlstate.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>

namespace tandem::postgres::detail {
namespace {

// libpq prints notices to standard error unless told otherwise. One of them matters: the server's
// last words while nobody was waiting for an answer.
void on_notice(void* broken, const PGresult* notice) {
    const char* state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    if (state != nullptr && ends_session(state)) *static_cast<bool*>(broken) = true;
}

struct known_text {
    std::string_view text;
    errc value;
    const char* detail;
};

// libpq's own reasons. Its message names hosts, which a mistyped URI may have filled with a part of
// the password; so only our sentence goes out.
constexpr std::array known_texts = {
    known_text{"no password supplied", errc::authentication,
               "the server asks for a password and the conninfo has none"},
    known_text{"Connection refused", errc::unavailable,
               "nothing listens at the server's address: check host and port, and that it runs"},
    known_text{"No such file or directory", errc::unavailable,
               "the server's socket does not exist: check host and port, and that it runs"},
    known_text{"could not translate host name", errc::unavailable,
               "the name of the host does not resolve: check the host of the conninfo"},
    known_text{"root certificate file", errc::authentication,
               "the server's certificate cannot be checked without the root certificate of its "
               "authority: check sslrootcert, by default ~/.postgresql/root.crt"},
    known_text{"does not match host name", errc::authentication,
               "the server's certificate is for another name than the host of the conninfo: check "
               "host, or have the certificate made for it"},
    known_text{"certificate", errc::authentication,
               "the server's certificate was not accepted: it is signed by another authority than "
               "that of sslrootcert, has expired, or is not valid yet"},
    known_text{"server does not support SSL", errc::unavailable,
               "the server does not offer encryption (TLS), which the connection needs: switch it "
               "on there, or set insecure_tls where the network can be trusted"},
    known_text{"SSL", errc::unavailable,
               "an encrypted connection could not be made: check sslmode on both ends"},
    known_text{"closed the connection unexpectedly", errc::unavailable,
               "the server closed the connection while it was being opened"},
};

// What follows `state` up to the end of its line: the server's message.
std::string message_after(std::string_view message, std::string_view state) {
    const std::size_t at = static_cast<std::size_t>(state.data() - message.data()) + 7;
    if (at >= message.size()) return {};
    return std::string(message.substr(at, message.find('\n', at) - at));
}

} // namespace

// Whatever the source of the password was, libpq knows the one it used.
std::string connection::without_secrets(std::string text) const {
    const char* used = conn_ == nullptr ? nullptr : PQpass(conn_);
    return masked(masked(std::move(text), secret_), used == nullptr ? "" : used);
}

error connection::connect_error() const {
    const std::string_view message = PQerrorMessage(conn_);
    const std::string_view reported = sqlstate_in(message);
    if (!reported.empty()) {
        server_report report;
        report.sqlstate = std::string(reported);
        report.message = without_secrets(message_after(message, reported));
        report.user = user();
        const error found = error_of(report, false);
        if (found == errc::connection_lost) {
            return {errc::unavailable, std::string(found.detail()), report.message};
        }
        return found;
    }
    for (const known_text& known : known_texts) {
        if (message.find(known.text) != std::string_view::npos) {
            return {known.value, known.detail};
        }
    }
    return {errc::unavailable, "the connection to the server could not be opened"};
}

connection::connection(pg_conn* lent) : conn_(lent), lent_(true) {
    was_nonblocking_ = PQisnonblocking(conn_) != 0;
    broken_ = PQstatus(conn_) != CONNECTION_OK || PQtransactionStatus(conn_) != PQTRANS_IDLE ||
              PQpipelineStatus(conn_) != PQ_PIPELINE_OFF || PQsetnonblocking(conn_, 1) != 0 ||
              PQenterPipelineMode(conn_) == 0;
}

connection::~connection() {
    if (conn_ != nullptr && !lent_) PQfinish(conn_);
}

void connection::start_connect(const connect_settings& settings) {
    std::vector<const char*> keywords, values;
    for (const auto& [keyword, value] : settings.values) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    secret_ = settings.find("password");
    pooled_ = settings.pooled;
    state_ = state::connecting;
    conn_ = PQconnectStartParams(keywords.data(), values.data(), 0);
    if (conn_ == nullptr) return;
    PQsetErrorVerbosity(conn_, PQERRORS_VERBOSE); // the only way to the SQLSTATE of a refusal
    PQsetNoticeReceiver(conn_, &on_notice, &broken_);
}

io_action connection::resume_connect() {
    if (conn_ == nullptr) {
        error_ = error(errc::resources, "no memory for a connection");
        broken_ = true;
        return finish();
    }
    const PostgresPollingStatusType status =
        PQstatus(conn_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PQconnectPoll(conn_);
    if (status == PGRES_POLLING_READING) return io_action::wait_read;
    if (status == PGRES_POLLING_WRITING) return io_action::wait_write;
    if (status != PGRES_POLLING_OK) {
        sqlstate_ = std::string(sqlstate_in(PQerrorMessage(conn_)));
        error_ = connect_error();
        broken_ = true;
    } else if (PQsetnonblocking(conn_, 1) != 0 || PQenterPipelineMode(conn_) == 0) {
        error_ = error(errc::resources, "the connection could not be prepared");
        broken_ = true;
    }
    return finish();
}

io_action connection::finish() {
    state_ = state::idle;
    if (conn_ != nullptr && PQstatus(conn_) == CONNECTION_BAD) broken_ = true;
    return io_action::done;
}

io_action connection::resume(io_event event) {
    switch (state_) {
    case state::connecting:
        // As libpq asks: before the first poll, behave as if it had said "writing".
        return event == io_event::start && conn_ != nullptr && PQstatus(conn_) != CONNECTION_BAD
                   ? io_action::wait_write
                   : resume_connect();
    case state::exchanging: return resume_exchange(event);
    case state::copying: return resume_copy(event);
    case state::idle: return io_action::done;
    }
    return io_action::done;
}

int connection::socket() const noexcept { return conn_ == nullptr ? -1 : PQsocket(conn_); }

result<replies> connection::take() {
    if (error_) {
        error found = *std::exchange(error_, std::nullopt);
        return found;
    }
    return std::exchange(replies_, {});
}

bool connection::outcome_open() const noexcept {
    return sent_ && effect_ != effect::none && !error_;
}

void connection::lost() {
    broken_ = true;
    if (error_) return; // the server said why, and where
    error_ = outcome_open()
                 ? error(errc::outcome_unknown, "the connection broke while a commit may have been "
                                                "under way")
                 : error(errc::connection_lost, "the connection to the server broke");
}

error connection::abandon() {
    broken_ = true;
    if (state_ == state::connecting) {
        return {errc::unavailable, "the server did not answer in time while connecting to it"};
    }
    if (error_) return *error_;
    if (outcome_open()) {
        return {errc::outcome_unknown,
                "the deadline passed while a commit may have been under way"};
    }
    return {errc::timeout, "the deadline passed before anything was committed"};
}

bool connection::in_transaction() const noexcept {
    return conn_ != nullptr && PQtransactionStatus(conn_) != PQTRANS_IDLE;
}

bool connection::check_idle() {
    if (broken_ || PQconsumeInput(conn_) == 0) broken_ = true;
    if (!broken_) static_cast<void>(PQisBusy(conn_)); // lets libpq read notices
    if (PQstatus(conn_) != CONNECTION_OK) broken_ = true;
    return !broken_;
}

std::string connection::server_parameter(const char* name) const {
    const char* value = conn_ == nullptr ? nullptr : PQparameterStatus(conn_, name);
    return value == nullptr ? "" : value;
}

std::string connection::user() const {
    const char* name = conn_ == nullptr ? nullptr : PQuser(conn_);
    return name == nullptr ? "" : name;
}

pg_conn* connection::release() {
    if (PQpipelineStatus(conn_) != PQ_PIPELINE_OFF && PQexitPipelineMode(conn_) == 0)
        broken_ = true;
    if (PQsetnonblocking(conn_, was_nonblocking_ ? 1 : 0) != 0) broken_ = true;
    return std::exchange(conn_, nullptr);
}

} // namespace tandem::postgres::detail
