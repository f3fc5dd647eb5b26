// SPDX-License-Identifier: BSL-1.0
#include "operator.hpp"

namespace tandem_test {

migration_options kill_options() { return {.name = "pair", .timeout = milliseconds(20'000)}; }

bool walk_once(process& p, std::uint64_t chance) {
    const auto status = p.migration.status();
    if (!status) return false;
    const auto now = status.value().phase;
    const bool back = chance % 2 == 1;
    switch_options options{.owed_max = 100'000, .allow_truncate = true};
    options.mode = chance % 8 < 4 ? era_mode::reset : era_mode::keep;
    if (is_dual(now) && !status.value().synced && chance % 16 < 14) {
        return p.migration.backfill({.chunk_rows = 50}).has_value();
    }
    const bool go_back = now == phase::new_only || (back && now != phase::old_only);
    return (go_back ? p.migration.backward(options) : p.migration.forward(options)).has_value();
}

void bring_to_rest(process& p) {
    // A switch that was begun or decided is ended first: a drain is completed by going on with it.
    for (int attempt = 0; attempt < 20; ++attempt) {
        const auto now = must(p.migration.status());
        if (now.draining) {
            const bool forward = p.migration.forward().has_value();
            if (!forward) (void)p.migration.backward();
            continue;
        }
        if (now.phase == phase::old_only) {
            must(p.migration.forward({.mode = era_mode::keep}));
        } else if (now.phase == phase::new_only) {
            must(p.migration.backward({.mode = era_mode::keep}));
        }
        must(p.migration.backfill({}));
        deliver_all(p);
        return;
    }
    throw std::runtime_error("the migration does not come to rest");
}

} // namespace tandem_test
