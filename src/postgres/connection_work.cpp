// SPDX-License-Identifier: BSL-1.0
//
// What the machine does with its socket once connected. An exchange is one pipeline of libpq:
//
//   queue    := { [Parse] Bind Execute } Sync
//   answers  := { result* NULL } PIPELINE_SYNC        one group an entry of `expected_`
//
// Writing and reading go on side by side (PQflush may need the server to be read first). COPY is
// not allowed in pipeline mode, so start_copy leaves it and returns to it at the end.

#include "postgres/connection.hpp"
#include "postgres/sqlstate.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>

namespace tandem::postgres::detail {
namespace {

constexpr std::size_t no_request = static_cast<std::size_t>(-1);
constexpr std::size_t copy_piece = 65'536;

std::string field(const PGresult* answer, int code) {
    const char* value = PQresultErrorField(answer, code);
    return value == nullptr ? "" : value;
}

std::int64_t affected_by(PGresult* answer) {
    const std::string_view text = PQcmdTuples(answer);
    std::int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

// The row count of "COPY 10" and its like, the values of the others.
result_set result_set_of(PGresult* answer) {
    const int lines = PQntuples(answer), columns = PQnfields(answer);
    std::vector<std::string_view> values;
    values.reserve(static_cast<std::size_t>(lines) * static_cast<std::size_t>(columns));
    for (int line = 0; line < lines; ++line) {
        for (int column = 0; column < columns; ++column) {
            if (PQgetisnull(answer, line, column) != 0) {
                values.emplace_back();
            } else {
                values.emplace_back(PQgetvalue(answer, line, column),
                                    static_cast<std::size_t>(PQgetlength(answer, line, column)));
            }
        }
    }
    const std::int64_t affected = affected_by(answer);
    return {std::move(values), static_cast<std::size_t>(columns), affected,
            std::shared_ptr<PGresult>(answer, &PQclear)};
}

} // namespace

bool connection::is_prepared(std::size_t number) const noexcept {
    return number < prepared_.size() && prepared_[number];
}

void connection::mark_prepared(std::size_t number) {
    if (number >= prepared_.size()) prepared_.resize(number + 1);
    prepared_[number] = true;
}

void connection::start(const pipeline& work) {
    state_ = state::exchanging;
    effect_ = work.outcome;
    number_at_ = work.number_at;
    number_ = 0;
    expected_.clear();
    replies_.clear();
    replies_.resize(work.requests.size());
    position_ = 0;
    error_.reset();
    sqlstate_.clear();
    constraint_.clear();
    stale_ = false;
    sent_ = false;
    queue(work);
}

void connection::queue(const pipeline& work) {
    if (forget_ && !is_shared()) {
        forget_ = false;
        prepared_.clear();
        expected_.push_back({0, false, no_request});
        if (PQsendQueryParams(conn_, "deallocate all", 0, nullptr, nullptr, nullptr, nullptr, 1) ==
            0) {
            return lost();
        }
    }
    for (std::size_t i = 0; i < work.requests.size(); ++i) {
        // The server commits at the earliest when it reads the last statement or the Sync.
        if (i + 1 == work.requests.size()) sent_ = true;
        if (!queue_one(work.requests[i], i)) return lost();
        if (work.number_at == i && PQsendFlushRequest(conn_) == 0) return lost();
    }
    if (PQpipelineSync(conn_) == 0) lost();
}

void connection::point_at(const parameters& from) {
    const auto count = static_cast<std::size_t>(from.count());
    values_.resize(count);
    lengths_.resize(count);
    if (formats_.size() < count) formats_.resize(count, 1);
    for (int i = 0; i < from.count(); ++i) {
        values_[static_cast<std::size_t>(i)] = from.data(i);
        lengths_[static_cast<std::size_t>(i)] = from.length(i);
    }
}

bool connection::queue_one(const request& r, std::size_t position) {
    const statement& text = *r.text;
    const std::size_t answer = r.wanted ? position : no_request;
    point_at(r.values);
    // In a shared session names could clash with the host's, and it may drop ours, or the next
    // transaction may run in another session.
    if (is_shared() || text.number == 0) {
        expected_.push_back({text.number, false, answer});
        return PQsendQueryParams(conn_, text.sql.c_str(), r.values.count(), text.types.data(),
                                 values_.data(), lengths_.data(), formats_.data(), 1) != 0;
    }
    if (!is_prepared(text.number)) {
        expected_.push_back({text.number, true, answer});
        mark_prepared(text.number);
        if (PQsendPrepare(conn_, text.name.c_str(), text.sql.c_str(),
                          static_cast<int>(text.types.size()), text.types.data()) == 0) {
            return false;
        }
    }
    expected_.push_back({text.number, false, answer});
    return PQsendQueryPrepared(conn_, text.name.c_str(), r.values.count(), values_.data(),
                               lengths_.data(), formats_.data(), 1) != 0;
}

io_action connection::resume_exchange(io_event event) {
    if (broken_) return finish();
    const int unsent = PQflush(conn_);
    bool alive = unsent >= 0;
    if (event == io_event::readable || event == io_event::both) {
        alive = PQconsumeInput(conn_) != 0 && alive;
    }
    if (read_results()) return finish();
    if (!alive || PQstatus(conn_) == CONNECTION_BAD) {
        lost();
        return finish();
    }
    return unsent > 0 ? io_action::wait_both : io_action::wait_read;
}

// True once the Sync was answered, or no answer can come any more.
bool connection::read_results() {
    while (PQisBusy(conn_) == 0) {
        PGresult* answer = PQgetResult(conn_);
        if (answer == nullptr) {
            // One NULL ends the answers of one statement; more of them than statements means that
            // libpq has nothing left.
            if (++position_ > expected_.size()) {
                lost();
                return true;
            }
        } else if (accept(answer)) {
            return true;
        }
    }
    return false;
}

bool connection::accept(pg_result* answer) {
    switch (PQresultStatus(answer)) {
    case PGRES_PIPELINE_SYNC: PQclear(answer); return true;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY: accept_success(answer); return false;
    case PGRES_PIPELINE_ABORTED: break;
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    case PGRES_FATAL_ERROR:
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
    case PGRES_SINGLE_TUPLE: note_error(answer); break;
    }
    // Whatever was not prepared now has to be next time.
    for (std::size_t i = position_; i < expected_.size(); ++i) {
        if (expected_[i].prepare) prepared_[expected_[i].statement] = false;
    }
    PQclear(answer);
    return false;
}

void connection::accept_success(pg_result* answer) {
    if (position_ < expected_.size() && !expected_[position_].prepare &&
        expected_[position_].request != no_request) {
        const std::size_t at = expected_[position_].request;
        replies_[at] = result_set_of(answer);
        if (number_at_ == at && replies_[at].rows() > 0) number_ = replies_[at].int8(0, 0);
    } else {
        PQclear(answer);
    }
}

void connection::note_error(const pg_result* answer) {
    if (error_) return; // the first one is the cause
    server_report report;
    report.sqlstate = field(answer, PG_DIAG_SQLSTATE);
    if (report.sqlstate.empty()) return; // libpq's own: the connection broke, see lost()
    report.message = without_secrets(field(answer, PG_DIAG_MESSAGE_PRIMARY));
    report.constraint = field(answer, PG_DIAG_CONSTRAINT_NAME);
    report.table = field(answer, PG_DIAG_TABLE_NAME);
    report.user = user();
    const bool at_last = position_ + 1 == expected_.size();
    // A pooler reports the loss of the server with this class, whatever the server did by then.
    const bool from_pooler = is_shared() && report.sqlstate.starts_with("08");
    if (from_pooler && report.message == "query_wait_timeout") {
        error_ = error(errc::pool_exhausted, "the pooler had no connection to the server free in "
                                             "time (query_wait_timeout): nothing was sent");
        broken_ = true;
        return;
    }
    const bool committing =
        (effect_ == effect::commits_at_last && at_last) ||
        (effect_ != effect::none && from_pooler) ||
        (effect_ != effect::none && (position_ >= expected_.size() || state_ == state::copying));
    error_ = error_of(report, committing);
    sqlstate_ = report.sqlstate;
    constraint_ = report.constraint;
    stale_ = is_stale(report.sqlstate, report.message);
    if (ends_session(report.sqlstate)) broken_ = true;
}

void connection::start_copy(const std::string& sql, std::string data) {
    state_ = state::copying;
    effect_ = effect::commits_at_sync;
    replies_.clear();
    error_.reset();
    sqlstate_.clear();
    constraint_.clear();
    stale_ = false;
    sent_ = false;
    copy_data_ = std::move(data);
    copy_sent_ = 0;
    copy_ended_ = false;
    copied_ = 0;
    expected_.clear();
    position_ = 0;
    if (PQexitPipelineMode(conn_) == 0 || PQsendQuery(conn_, sql.c_str()) == 0) lost();
}

// True where everything was handed to libpq.
bool connection::put_copy_data() {
    while (copy_sent_ < copy_data_.size()) {
        const std::size_t piece = std::min(copy_piece, copy_data_.size() - copy_sent_);
        const int put =
            PQputCopyData(conn_, copy_data_.data() + copy_sent_, static_cast<int>(piece));
        if (put <= 0) return false;
        copy_sent_ += piece;
    }
    sent_ = true; // the end of the data is what commits
    if (!copy_ended_ && PQputCopyEnd(conn_, nullptr) > 0) copy_ended_ = true;
    return copy_ended_;
}

io_action connection::resume_copy(io_event event) {
    if (broken_) return finish();
    bool alive = PQflush(conn_) >= 0;
    if (event == io_event::readable || event == io_event::both) {
        alive = PQconsumeInput(conn_) != 0 && alive;
    }
    while (PQisBusy(conn_) == 0) {
        PGresult* answer = PQgetResult(conn_);
        if (answer == nullptr) {
            if (PQenterPipelineMode(conn_) == 0) lost();
            return finish();
        }
        const ExecStatusType status = PQresultStatus(answer);
        if (status == PGRES_FATAL_ERROR) note_error(answer);
        if (status == PGRES_COMMAND_OK) copied_ = affected_by(answer);
        PQclear(answer);
        if (status == PGRES_COPY_IN) {
            const bool complete = put_copy_data();
            alive = PQflush(conn_) >= 0 && alive;
            if (!complete) break;
        }
    }
    if (!alive || PQstatus(conn_) == CONNECTION_BAD) {
        lost();
        return finish();
    }
    // libpq takes all data at once and sends it as the socket allows.
    const bool is_sent = copy_ended_ && PQflush(conn_) == 0;
    return is_sent ? io_action::wait_read : io_action::wait_both;
}

} // namespace tandem::postgres::detail
