// SPDX-License-Identifier: BSL-1.0
//
// Classes and codes: PostgreSQL documentation, appendix A.

#include "postgres/sqlstate.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tandem::postgres::detail {
namespace {

struct code {
    std::string_view state;
    errc value;
};

constexpr std::array codes = {
    code{"08007", errc::outcome_unknown}, // transaction resolution unknown
    code{"40003", errc::outcome_unknown}, // statement completion unknown
    code{"22001", errc::out_of_range},    // string too long for its column
    code{"22003", errc::out_of_range},    // number out of range
    code{"22008", errc::out_of_range},    // date or time out of range
    code{"22021", errc::invalid_text},    // not in the encoding of the database
    code{"22P05", errc::invalid_text},    // has no equivalent in the encoding of the database
    code{"22P02", errc::out_of_range},    // not a label of the enum, not a JSON text
    code{"22P03", errc::type_mismatch},   // binary form of another type
    code{"25006", errc::read_only},
    code{"28000", errc::authentication},
    code{"28P01", errc::authentication},
    code{"3D000", errc::unavailable}, // the database does not exist
    code{"40001", errc::serialization},
    code{"40P01", errc::serialization},
    code{"42501", errc::permission_denied},
    code{"42P01", errc::schema_mismatch}, // no such table
    code{"42703", errc::schema_mismatch}, // no such column
    code{"42804", errc::schema_mismatch}, // another type
    code{"42P10", errc::schema_mismatch}, // no unique index for ON CONFLICT
    code{"428C9", errc::schema_mismatch}, // generated column
    code{"3F000", errc::schema_mismatch}, // no such schema
    code{"55P03", errc::busy},
    code{"57014", errc::timeout},      // cancelled by statement_timeout
    code{"25P03", errc::timeout},      // ended by idle_in_transaction_session_timeout
    code{"57P03", errc::unavailable},  // starting up or shutting down
    code{"55006", errc::busy},         // an object in use
    code{"XX001", errc::corrupt_data}, // data
    code{"XX002", errc::corrupt_data}, // index
};

constexpr std::array classes = {
    code{"08", errc::connection_lost}, code{"23", errc::constraint}, code{"53", errc::resources},
    code{"57", errc::connection_lost}, // 57P01, 57P02: the server ends the session
    code{"58", errc::unavailable},     // its files or its system fail
};

std::optional<errc> find(std::string_view sqlstate) {
    const auto exact = std::find_if(codes.begin(), codes.end(),
                                    [&](const code& c) { return c.state == sqlstate; });
    if (exact != codes.end()) return exact->value;
    const auto group = std::find_if(classes.begin(), classes.end(),
                                    [&](const code& c) { return sqlstate.starts_with(c.state); });
    if (group != classes.end()) return group->value;
    return std::nullopt;
}

// "permission denied for table users" -> "table", "users"; empty for other languages.
struct denied_object {
    std::string kind;
    std::string name;
};

denied_object denied_in(std::string_view message) {
    constexpr std::string_view start = "permission denied for ";
    if (!message.starts_with(start)) return {};
    message.remove_prefix(start.size());
    const std::size_t space = message.rfind(' ');
    if (space == std::string_view::npos) return {};
    return {std::string(message.substr(0, space)), std::string(message.substr(space + 1))};
}

std::string grant_for(const server_report& report) {
    const denied_object denied = denied_in(report.message);
    const std::string to = report.user.empty() ? "the role of the connection" : report.user;
    if (denied.kind == "table" || denied.kind == "view") {
        return "a privilege is missing: GRANT SELECT, INSERT, UPDATE, DELETE ON " + denied.name +
               " TO " + to;
    }
    if (denied.kind == "sequence") {
        return "a privilege is missing: GRANT USAGE, SELECT, UPDATE ON SEQUENCE " + denied.name +
               " TO " + to;
    }
    if (denied.kind == "schema") {
        return "a privilege is missing: GRANT USAGE, CREATE ON SCHEMA " + denied.name + " TO " + to;
    }
    return "a privilege of role " + to + " is missing; the check of the schema prints the GRANTs";
}

std::string detail_of(const server_report& report, errc value) {
    if (value == errc::constraint && !report.constraint.empty()) {
        return "constraint " + report.constraint +
               (report.table.empty() ? "" : " of table " + report.table) + " refuses the row";
    }
    if (value == errc::permission_denied) return grant_for(report);
    if (value == errc::authentication) {
        return "the server refuses the user or the password (SQLSTATE " + report.sqlstate +
               "): check both, and its pg_hba.conf";
    }
    if (report.sqlstate == "3D000") return "the server has no such database: check dbname";
    if (value == errc::read_only) {
        return "the server is a standby or its transactions are read only: use the primary server";
    }
    return "PostgreSQL reports SQLSTATE " + report.sqlstate +
           (report.table.empty() ? "" : " for table " + report.table);
}

} // namespace

errc errc_of(std::string_view sqlstate, bool committing) noexcept {
    if (committing && ends_session(sqlstate)) return errc::outcome_unknown;
    return find(sqlstate).value_or(errc::store_error);
}

error error_of(const server_report& report, bool committing) {
    const errc value = errc_of(report.sqlstate, committing);
    return {value, detail_of(report, value), report.message};
}

bool is_stale(std::string_view sqlstate, std::string_view message) noexcept {
    if (sqlstate == "42703" || sqlstate == "42P01" || sqlstate == "26000" || sqlstate == "42804") {
        return true;
    }
    // Any other 0A000 is a feature the server does not have. The text is translated by lc_messages,
    // hence not the whole of it; a needless second try is harmless.
    return sqlstate == "0A000" && message.find("TRUNCATE") == std::string_view::npos;
}

bool ends_session(std::string_view sqlstate) noexcept {
    return sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P05" ||
           sqlstate == "25P03" || sqlstate.starts_with("08");
}

std::string_view sqlstate_in(std::string_view verbose_message) noexcept {
    const auto is_state = [](std::string_view s) {
        return std::all_of(s.begin(), s.end(),
                           [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    };
    std::string_view rest = verbose_message;
    for (std::size_t at = rest.find(":  "); at != std::string_view::npos; at = rest.find(":  ")) {
        rest.remove_prefix(at + 3);
        if (rest.size() > 5 && rest[5] == ':' && is_state(rest.substr(0, 5))) {
            return rest.substr(0, 5);
        }
    }
    return {};
}

} // namespace tandem::postgres::detail
