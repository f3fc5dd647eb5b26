// SPDX-License-Identifier: BSL-1.0

#include "postgres/tls.hpp"

#include <libpq-fe.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>

namespace tandem::postgres::detail {
namespace {

// libpq has no call that resolves a conninfo without connecting. A value that it refuses after it
// has put everything together, and before it looks up any name, gives the same. Nothing else of
// gssencmode is needed here: it is always overridden where it could matter.
constexpr const char* not_a_mode = "resolve";

std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at != std::string_view::npos;) {
        const std::size_t comma = list.find(',', at);
        out.push_back(list.substr(at, comma == std::string_view::npos ? comma : comma - at));
        at = comma == std::string_view::npos ? comma : comma + 1;
    }
    return out;
}

bool is_loopback(const std::string& address) {
    in_addr v4{};
    if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6{};
    if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) return false;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

bool is_local_host(std::string_view host) {
    if (host.empty() || host.front() == '/' || host.front() == '@') return true;
    std::string name(host);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name == "localhost" || is_loopback(name);
}

std::string name_of_mode(const std::string& sslmode) {
    constexpr std::array known = {"disable", "allow", "prefer", "require", "verify-ca"};
    const bool is_known = std::find(known.begin(), known.end(), sslmode) != known.end();
    return is_known ? "sslmode=" + sslmode + " is weaker" : "the sslmode given is not one";
}

} // namespace

result<resolved_settings> resolve(const connect_settings& settings) {
    std::vector<const char*> keywords, values;
    for (const auto& [keyword, value] : settings.values) {
        if (keyword == "gssencmode") continue;
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.insert(keywords.end(), {"gssencmode", nullptr});
    values.insert(values.end(), {not_a_mode, nullptr});
    const std::unique_ptr<PGconn, decltype(&PQfinish)> refused(
        PQconnectStartParams(keywords.data(), values.data(), 0), &PQfinish);
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfo(refused.get()), &PQconninfoFree);
    resolved_settings out;
    bool complete = false;
    for (const PQconninfoOption* o = options.get(); o != nullptr && o->keyword != nullptr; ++o) {
        const std::string_view keyword = o->keyword, value = o->val == nullptr ? "" : o->val;
        if (keyword == "host") out.host = value;
        if (keyword == "hostaddr") out.hostaddr = value;
        if (keyword == "sslmode") out.sslmode = value;
        if (keyword == "user") out.user = value;
        if (keyword == "options") out.options = value;
        if (keyword == "gssencmode") complete = value == not_a_mode;
    }
    if (complete) return out;
    return error(errc::invalid_options,
                 "libpq cannot put the settings of the connection together: does the service that "
                 "the conninfo or PGSERVICE names stand in the service file?");
}

bool is_local(std::string_view host, std::string_view hostaddr) {
    const auto hosts = parts_of(host), addresses = parts_of(hostaddr);
    for (std::size_t i = 0; i < std::max(hosts.size(), addresses.size()); ++i) {
        // As libpq: the address is what is connected to, where there is one.
        const bool has_address = i < addresses.size() && !addresses[i].empty();
        const std::string_view name = i < hosts.size() ? hosts[i] : std::string_view();
        if (!is_local_host(has_address ? addresses[i] : name)) return false;
    }
    return true;
}

tls tls_for(const resolved_settings& settings, bool is_given) {
    if (is_local(settings.host, settings.hostaddr)) return tls::as_given;
    if (settings.sslmode == "verify-full") return tls::verify_full;
    return is_given ? tls::refused : tls::verify_full;
}

result<void> secure(connect_settings& settings, const resolved_settings& found) {
    // The default cannot be told from the same word in a service file; that one gets the stronger.
    const char* from_environment = std::getenv("PGSSLMODE");
    const bool is_given = !settings.find("sslmode").empty() || found.sslmode != "prefer" ||
                          (from_environment != nullptr && *from_environment != '\0');
    const tls how = tls_for(found, is_given);
    if (how == tls::refused) {
        return error(errc::invalid_options,
                     "connections to another host need sslmode=verify-full, but " +
                         name_of_mode(found.sslmode) +
                         " (it stands here, in PGSSLMODE or in the service file); remove it and "
                         "give sslrootcert, or set insecure_tls where the network can be trusted");
    }
    if (!found.host.empty()) settings.set("host", found.host);
    if (!found.hostaddr.empty()) settings.set("hostaddr", found.hostaddr);
    if (how != tls::verify_full) return success();
    if (settings.find("gssencmode") == "require") {
        return error(errc::invalid_options,
                     "connections to another host are encrypted with TLS, not as "
                     "gssencmode=require says; remove it, or set insecure_tls");
    }
    settings.set("sslmode", "verify-full");
    settings.set("gssencmode", "disable"); // else libpq may take it in place of TLS
    return success();
}

} // namespace tandem::postgres::detail
