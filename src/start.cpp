// SPDX-License-Identifier: BSL-1.0
//
// From construction to start(): options, tables, schemas, fences.

#include "coordinator.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

constexpr std::size_t name_bytes_max = 100;
constexpr milliseconds retention_min{60'000};

bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool is_valid(const breaker_options& b) noexcept {
    return b.failure_percent >= 1 && b.failure_percent <= 100 && b.calls_min >= 1 &&
           b.window.count() >= 1 && b.timeouts_in_a_row >= 1 && b.pause_min.count() >= 1 &&
           b.pause_max >= b.pause_min;
}

} // namespace

error at_side(side s, const error& why) {
    std::string detail = "at the " + std::string(to_string(s));
    if (!why.detail().empty()) detail += ": " + std::string(why.detail());
    return error(why.value(), std::move(detail), std::string(why.server_text()))
        .with_token(std::string(why.transaction_token()));
}

coordinator::coordinator(migration_options options, std::unique_ptr<any_store> source,
                         std::unique_ptr<any_store> target)
    : options_(std::move(options)),
      stores_{std::move(source), std::move(target)},
      clock_(options_.clock ? options_.clock : std::make_shared<system_clock>()),
      log_(options_.log ? *options_.log : default_logger(), *clock_),
      routes_(options_.buckets == 1024 ? 1024 : 1),
      seed_(options_.seed ? *options_.seed : random_seed()),
      breakers_{{options_.breaker, next_seed(), clock_->now()},
                {options_.breaker, next_seed(), clock_->now()}} {}

std::span<const side> coordinator::sides() const noexcept {
    static constexpr side both[] = {side::source, side::target};
    return std::span(both).first(joint() ? 1 : 2);
}

call_context coordinator::context(std::optional<milliseconds> timeout) const {
    return {clock_->now() + timeout.value_or(options_.timeout)};
}

table_id coordinator::add_table(result<std::pair<table_schema, table_schema>> schemas) {
    const auto id = static_cast<table_id>(tables_[0].size());
    if (!schemas) {
        if (!bad_table_) bad_table_ = schemas.error();
        tables_[0].emplace_back();
        tables_[1].emplace_back();
        return id;
    }
    tables_[0].push_back(std::move(schemas.value().first));
    tables_[1].push_back(std::move(schemas.value().second));
    return id;
}

result<void> coordinator::check_options() const {
    const std::string& name = options_.name;
    if (name.empty() || name.size() > name_bytes_max ||
        !std::all_of(name.begin(), name.end(), is_name_character)) {
        return error(errc::invalid_options,
                     "migration_options::name must be 1 to 100 characters of "
                     "A-Z, a-z, 0-9, '_', '-' and '.'");
    }
    if (options_.buckets != 1 && options_.buckets != 1024) {
        return error(errc::invalid_options, "migration_options::buckets must be 1 or 1024, not " +
                                                std::to_string(options_.buckets));
    }
    if (options_.timeout.count() < 1) {
        return error(errc::invalid_options, "migration_options::timeout must be at least 1 ms");
    }
    if (options_.drain_limit.count() < 1) {
        return error(errc::invalid_options, "migration_options::drain_limit must be at least 1 ms");
    }
    if (options_.sync_timeout.count() < 1) {
        return error(errc::invalid_options,
                     "migration_options::sync_timeout must be at least 1 ms");
    }
    if (options_.operation_retention < retention_min) {
        return error(errc::invalid_options,
                     "migration_options::operation_retention must be at least a minute");
    }
    if (!is_valid(options_.breaker)) {
        return error(errc::invalid_options,
                     "migration_options::breaker: failure_percent is 1 to 100, the others are at "
                     "least 1, and pause_max not below pause_min");
    }
    if (bad_table_) return *bad_table_;
    if (tables_[0].empty()) {
        return error(errc::invalid_options, "the migration has no table; add() at least one");
    }
    for (const auto& tables : tables_) {
        for (auto t = tables.begin(); t != tables.end(); ++t) {
            if (std::any_of(tables.begin(), t, [&](const auto& u) { return u.name == t->name; })) {
                return error(errc::invalid_mapping, "table " + t->name + " was added twice");
            }
        }
    }
    return success();
}

result<void> coordinator::bind_stores() {
    TANDEM_TRY(check_options());
    for (const side s : sides()) {
        if (bound_[index(s)]) continue;
        TANDEM_TRY(store_at(s).bind({.migration = options_.name,
                                     .id = migration_id(options_.name),
                                     .side = s,
                                     .buckets = options_.buckets,
                                     .tables = tables_[index(s)],
                                     .joint = joint() ? tables_[1] : std::vector<table_schema>()}));
        bound_[index(s)] = true;
    }
    return success();
}

result<void> coordinator::check_schemas(const call_context& call, version_columns how) {
    std::string found;
    for (const side s : sides()) {
        auto differences = store_at(s).compare_schema(call);
        if (!differences) return at_side(s, differences.error());
        if (how == version_columns::added_later) {
            std::erase_if(differences.value(),
                          [](const schema_difference& d) { return d.lacks_version; });
        }
        if (differences.value().empty()) continue;
        if (!found.empty()) found += '\n';
        found += "at the " + std::string(to_string(s)) + " (" + std::string(store_at(s).dialect()) +
                 "):\n";
        found += to_string(differences.value());
    }
    if (!found.empty()) return error(errc::schema_mismatch, std::move(found));
    std::vector<std::string> sources;
    for (const side s : {side::source, side::target}) {
        for (table_id t = 0; t < tables_[0].size(); ++t) {
            auto identity = store_at(s).identity(s, t, call);
            if (!identity) return at_side(s, identity.error());
            if (s == side::source) {
                sources.push_back(std::move(identity.value()));
            } else if (std::find(sources.begin(), sources.end(), identity.value()) !=
                       sources.end()) {
                return error(errc::same_table, "table " + tables_[1][t].name +
                                                   " of the target is also a table of the source");
            }
        }
    }
    return success();
}

result<coordinator::installed_fences> coordinator::look_around(const call_context& call,
                                                               std::optional<side> lost) {
    installed_fences seen;
    for (const side s : sides()) {
        if (s == lost) continue;
        const auto here = store_at(s).read_fences(call);
        if (here) {
            seen.at[index(s)] = here.value().front();
        } else if (here.error() != errc::not_installed) {
            return at_side(s, here.error());
        }
    }
    return seen;
}

result<void> coordinator::install(const install_options& options) {
    if (stopped()) return errc::stopped;
    TANDEM_TRY(bind_stores());
    const call_context call = context(options.timeout);
    const bool adds = options.add_version_columns;
    TANDEM_TRY(check_schemas(call, adds ? version_columns::added_later : version_columns::needed));
    TANDEM_TRY(const auto seen, look_around(call));
    // A new source comes up primary: never beside a target that has moved on without it.
    for (const side s : sides()) {
        const auto& here = seen.at[index(s)];
        if (joint() || !here || seen.at[index(other(s))] || here->epoch == 1) continue;
        return error(errc::wrong_phase,
                     "the migration is installed at the " + std::string(to_string(s)) +
                         ", in epoch " + std::to_string(here->epoch) + ", and not at the " +
                         std::string(to_string(other(s))) +
                         ": an uninstall was interrupted, so call uninstall() again, or this is "
                         "another database than before");
    }
    // The target first: were it the other way round, a source could enter a dual phase whose
    // secondary has no fence.
    const auto all = sides();
    for (auto s = all.rbegin(); s != all.rend(); ++s) {
        const auto done = until_not_busy(call, [&] {
            return adds ? store_at(*s).add_version_columns(call) : store_at(*s).install(call);
        });
        if (!done) return at_side(*s, done.error());
    }
    if (!adds) return success();
    return check_schemas(call);
}

result<std::string> coordinator::install_script(side which, const script_options& script,
                                                const call_options& options) {
    if (stopped()) return errc::stopped;
    TANDEM_TRY(bind_stores());
    if (joint() && which != side::source) {
        return error(errc::invalid_options, "in same_transaction mode there is one database: ask "
                                            "for the script of the source");
    }
    auto text = store_at(which).install_script(script, context(options.timeout));
    if (!text) return at_side(which, text.error());
    return text;
}

result<void> coordinator::start(const call_options& options) {
    if (stopped()) return errc::stopped;
    TANDEM_TRY(bind_stores());
    const call_context call = context(options.timeout);
    TANDEM_TRY(check_schemas(call));
    std::optional<fences> seen[2];
    for (const side s : sides()) {
        auto here = store_at(s).read_fences(call);
        if (!here) return at_side(s, here.error());
        if (here.value().size() != static_cast<std::size_t>(options_.buckets)) {
            return error(errc::invalid_options,
                         "the migration was installed with " + std::to_string(here.value().size()) +
                             " buckets at the " + std::string(to_string(s)) + ", the options say " +
                             std::to_string(options_.buckets));
        }
        seen[index(s)] = std::move(here.value());
    }
    learn(seen[0], seen[1]);
    if (options_.metrics && !meter_) {
        meter_ = std::make_unique<meter>(*options_.metrics, options_.name, sides(), tables_[0]);
    }
    auto expected = state::created;
    state_.compare_exchange_strong(expected, state::started);
    return success();
}

} // namespace tandem::detail
