// SPDX-License-Identifier: BSL-1.0
#include "sqlite/fences.hpp"

#include "tandem/core/key.hpp"

namespace tandem::sqlite::detail {

namespace {

error unreadable(std::string_view column) {
    return {errc::corrupt_data, "tandem_fence." + std::string(column) +
                                    " holds a value that tandem never writes; stop and look at the "
                                    "control tables"};
}

bool is_role(std::string_view text) noexcept {
    return text == "P" || text == "D" || text == "H" || text == "S";
}

} // namespace

result<fence> read_fence_row(const cursor& found, int first) {
    fence f;
    f.bucket = static_cast<int>(found.integer(first));
    f.epoch = found.integer(first + 1);
    const auto role_text = found.text(first + 2);
    if (!is_role(role_text)) return unreadable("role");
    f.role = static_cast<tandem::role>(role_text.front());
    const auto phase_number = found.integer(first + 3);
    if (phase_number < 1 || phase_number > 4) return unreadable("phase");
    f.phase = static_cast<tandem::phase>(phase_number);
    f.era = found.integer(first + 4);
    f.synced = found.integer(first + 5) != 0;
    f.floor = {found.integer(first + 6)};
    const std::string_view mode = found.text(first + 7);
    f.mode = mode == "keep" ? era_mode::keep : mode == "adopt" ? era_mode::adopt : era_mode::reset;
    return f;
}

error not_installed(const state& s) {
    return {errc::not_installed, "the migration '" + s.bound.migration + "' is not installed in '" +
                                     s.opts.path + "'; call install() once"};
}

result<fence> read_fence(connection& c, const state& s, int bucket) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.fence));
    found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, bucket);
    TANDEM_TRY(const bool is_there, found.step());
    if (!is_there) return not_installed(s);
    return read_fence_row(found, 0);
}

result<fences> read_fences(connection& c, const state& s) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.fences));
    found.bind(1, s.bound.id).bind_text(2, s.side_text());
    fences all;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) break;
        TANDEM_TRY(auto f, read_fence_row(found, 0));
        all.push_back(f);
    }
    if (all.empty()) return not_installed(s);
    if (static_cast<int>(all.size()) != s.bound.buckets) {
        return error(errc::invalid_options,
                     "the migration '" + s.bound.migration + "' was installed with " +
                         std::to_string(all.size()) + " buckets; bind it with as many");
    }
    return all;
}

result<std::int64_t> next_id(connection& c, const statement_text& counter) {
    TANDEM_TRY(auto next, c.prepare(counter));
    TANDEM_TRY(const bool is_there, next.step());
    if (is_there) return next.integer(0);
    return error(errc::corrupt_data, "tandem_counter lacks a row that the installation made; stop "
                                     "and look at the control tables");
}

result<const fence*> entered_fences::of(std::string_view encoded_key) {
    const int bucket = bucket_of(encoded_key, state_->bound.buckets);
    auto at = known_.find(bucket);
    if (at == known_.end()) {
        TANDEM_TRY(auto f, read_fence(*connection_, *state_, bucket));
        at = known_.emplace(bucket, f).first;
    }
    return &at->second;
}

} // namespace tandem::sqlite::detail
