// SPDX-License-Identifier: BSL-1.0
//
// The control tables: made once, by whoever comes first, and checked by everybody else.
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"

namespace tandem::sqlite {

namespace detail {

namespace {

constexpr std::int64_t control_version = 1;

result<void> check_migration(connection& c, const state& s) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.find_migration));
    TANDEM_TRY(const bool is_there, found.bind(1, s.bound.id).step());
    if (!is_there) return not_installed(s);
    const std::string name(found.text(0));
    if (name != s.bound.migration) {
        return error(errc::invalid_options, "the migration '" + name +
                                                "' in this file has the same number; choose "
                                                "another name");
    }
    if (found.integer(1) != s.bound.buckets) {
        return error(errc::invalid_options, "the migration '" + name + "' was installed with " +
                                                std::to_string(found.integer(1)) +
                                                " buckets; bind it with as many");
    }
    if (found.integer(2) != control_version) {
        return error(errc::unsupported, "the control tables were made by another version of "
                                        "tandem; use that one");
    }
    return success();
}

result<void> add_fences(connection& c, const state& s) {
    const bool is_source = s.bound.side == side::source;
    TANDEM_TRY(auto at, c.prepare(s.sql.control.add_fence));
    for (int bucket = 0; bucket < s.bound.buckets; ++bucket) {
        at.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, bucket);
        TANDEM_TRY(at.bind_text(4, is_source ? "P" : "S").run());
    }
    return success();
}

} // namespace

} // namespace detail

result<void> store::install(const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(auto open, detail::unit::begin(s, call, detail::foreign_keys::ignored));
    for (const auto& text : s.sql.control.create) {
        TANDEM_TRY(open->execute(text.c_str(), "installing"));
    }
    {
        TANDEM_TRY(auto at, open->prepare(s.sql.control.add_migration));
        at.bind(1, s.bound.id).bind_text(2, s.bound.migration).bind(3, s.bound.buckets);
        TANDEM_TRY(at.run());
    }
    TANDEM_TRY(detail::check_migration(*open, s));
    TANDEM_TRY(detail::add_fences(*open, s));
    return open.commit(call);
}

result<fences> store::read_fences(const call_context& call) {
    TANDEM_TRY(auto view, detail::snapshot::begin(*state_, call));
    return detail::read_fences(*view, *state_);
}

} // namespace tandem::sqlite
