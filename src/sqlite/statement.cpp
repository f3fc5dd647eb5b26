// SPDX-License-Identifier: BSL-1.0
#include "sqlite/statement.hpp"

#include "sqlite/connection.hpp"

#include <sqlite3.h>

#include <utility>

namespace tandem::sqlite::detail {

namespace {

int bind_octets(sqlite3_stmt* s, int at, std::string_view v, bool text, bool copy) noexcept {
    // A null pointer would bind NULL instead of an empty value.
    const char* first = v.data() != nullptr ? v.data() : "";
    // The macros SQLITE_STATIC and SQLITE_TRANSIENT hold C casts.
    const sqlite3_destructor_type keep = copy ? SQLITE_TRANSIENT : SQLITE_STATIC;
    return text ? sqlite3_bind_text64(s, at, first, v.size(), keep, SQLITE_UTF8)
                : sqlite3_bind_blob64(s, at, first, v.size(), keep);
}

} // namespace

cursor::cursor(cursor&& other) noexcept
    : owner_(other.owner_),
      prepared_(std::exchange(other.prepared_, nullptr)),
      what_(other.what_),
      failed_(other.failed_) {}

cursor::~cursor() { reset(); }

void cursor::reset() noexcept {
    if (prepared_ != nullptr) {
        sqlite3_reset(prepared_); // repeats the error of the last step, which was reported
    }
}

cursor& cursor::bind(int parameter, std::int64_t value) noexcept {
    const int code = sqlite3_bind_int64(prepared_, parameter, value);
    failed_ = failed_ != SQLITE_OK ? failed_ : code;
    return *this;
}

cursor& cursor::bind_text(int parameter, std::string_view value) noexcept {
    const int code = bind_octets(prepared_, parameter, value, true, false);
    failed_ = failed_ != SQLITE_OK ? failed_ : code;
    return *this;
}

cursor& cursor::bind_blob(int parameter, std::string_view value) noexcept {
    const int code = bind_octets(prepared_, parameter, value, false, false);
    failed_ = failed_ != SQLITE_OK ? failed_ : code;
    return *this;
}

cursor& cursor::bind(int parameter, const sql_value& value) noexcept {
    int code = SQLITE_OK;
    if (std::holds_alternative<std::monostate>(value)) {
        code = sqlite3_bind_null(prepared_, parameter);
    } else if (const auto* i = std::get_if<std::int64_t>(&value)) {
        code = sqlite3_bind_int64(prepared_, parameter, *i);
    } else if (const auto* d = std::get_if<double>(&value)) {
        code = sqlite3_bind_double(prepared_, parameter, *d);
    } else if (const auto* t = std::get_if<text_ref>(&value)) {
        code = bind_octets(prepared_, parameter, t->value, true, false);
    } else if (const auto* b = std::get_if<blob_ref>(&value)) {
        code = bind_octets(prepared_, parameter, b->value, false, false);
    } else if (const auto* own = std::get_if<text_own>(&value)) {
        code = bind_octets(prepared_, parameter, own->value, true, true);
    } else {
        code = bind_octets(prepared_, parameter, std::get<blob_own>(value).value, false, true);
    }
    failed_ = failed_ != SQLITE_OK ? failed_ : code;
    return *this;
}

result<bool> cursor::step() {
    if (failed_ != SQLITE_OK) {
        return owner_->failure(failed_, what_);
    }
    const int code = sqlite3_step(prepared_);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        return false;
    }
    return owner_->failure(code, what_);
}

result<void> cursor::run() {
    for (;;) {
        TANDEM_TRY(const bool more, step());
        if (!more) {
            break;
        }
    }
    reset();
    return success();
}

std::int64_t cursor::integer(int column) const noexcept {
    return sqlite3_column_int64(prepared_, column);
}

std::string_view cursor::text(int column) const noexcept {
    const auto* first = reinterpret_cast<const char*>(sqlite3_column_text(prepared_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared_, column));
    return first != nullptr ? std::string_view(first, size) : std::string_view();
}

std::string_view cursor::blob(int column) const noexcept {
    const auto* first = static_cast<const char*>(sqlite3_column_blob(prepared_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared_, column));
    return first != nullptr ? std::string_view(first, size) : std::string_view();
}

bool cursor::is_null(int column) const noexcept {
    return sqlite3_column_type(prepared_, column) == SQLITE_NULL;
}

sql_value cursor::value(int column) const noexcept {
    switch (sqlite3_column_type(prepared_, column)) {
    case SQLITE_INTEGER: return sqlite3_column_int64(prepared_, column);
    case SQLITE_FLOAT: return sqlite3_column_double(prepared_, column);
    case SQLITE_TEXT: return text_ref{text(column)};
    case SQLITE_BLOB: return blob_ref{blob(column)};
    default: return std::monostate{};
    }
}

} // namespace tandem::sqlite::detail
