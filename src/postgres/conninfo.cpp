// SPDX-License-Identifier: BSL-1.0

#include "postgres/conninfo.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace tandem::postgres::detail {
namespace {

void set_default(connect_settings& settings, std::string_view keyword, std::string value) {
    if (settings.find(keyword).empty()) settings.set(keyword, std::move(value));
}

void add_option(std::string& options, std::string_view name, std::chrono::milliseconds value) {
    if (value.count() <= 0) return;
    options += " -c " + std::string(name) + "=" + std::to_string(value.count());
}

} // namespace

std::string_view connect_settings::find(std::string_view keyword) const noexcept {
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](const auto& v) { return v.first == keyword; });
    return found == values.end() ? std::string_view() : std::string_view(found->second);
}

void connect_settings::set(std::string_view keyword, std::string value) {
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](const auto& v) { return v.first == keyword; });
    if (found != values.end()) {
        found->second = std::move(value);
    } else {
        values.emplace_back(keyword, std::move(value));
    }
}

result<connect_settings> parse_conninfo(const std::string& conninfo) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(conninfo.c_str(), &message), &PQconninfoFree);
    // libpq's message quotes the text around the mistake, which may be part of the password.
    PQfreemem(message);
    if (options == nullptr || conninfo.find('\0') != std::string::npos) {
        return error(
            errc::invalid_options,
            "the conninfo does not parse (its text is not shown, it may hold a password); "
            "give keyword=value pairs with quotes around values with spaces, or a URI with "
            "special characters percent-encoded");
    }
    connect_settings settings;
    for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o) {
        if (o->val == nullptr) continue;
        settings.values.emplace_back(o->keyword, o->val);
    }
    return settings;
}

void add_session_settings(connect_settings& settings, std::string_view application_name,
                          const session_timeouts& timeouts) {
    settings.set("client_encoding", "UTF8");
    set_default(settings, "application_name", std::string(application_name));
    if (timeouts.tcp_user.count() > 0) {
        set_default(settings, "tcp_user_timeout", std::to_string(timeouts.tcp_user.count()));
    }
    if (settings.pooled) return; // transactions set what they need
    // The fast form of a write is safe at READ COMMITTED alone, whatever the server's default is.
    std::string options(settings.find("options"));
    options += " -c " + std::string(session_marker) + "=on";
    options += " -c default_transaction_isolation=read\\ committed";
    add_option(options, "statement_timeout", timeouts.statement);
    add_option(options, "lock_timeout", timeouts.lock);
    add_option(options, "idle_in_transaction_session_timeout", timeouts.idle_in_transaction);
    add_option(options, "tcp_user_timeout", timeouts.tcp_user);
    add_option(options, "client_connection_check_interval", timeouts.client_check);
    settings.set("options", std::move(options));
}

std::string masked(std::string text, std::string_view secret) {
    if (secret.empty()) return text;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
        text.replace(at, secret.size(), "***");
        at += 3;
    }
    return text;
}

} // namespace tandem::postgres::detail
