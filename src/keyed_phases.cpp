// SPDX-License-Identifier: BSL-1.0
//
// From construction to start(), and the two phases of a keyed source.

#include "tandem/core/random_source.hpp"

#include "coordinator.hpp"
#include "keyed_coordinator.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

constexpr milliseconds busy_pause{20}; // between two tries of a step that met a held lock
constexpr int looks_max = 10;          // at a fence that others keep changing

std::string new_holder() {
    const std::uint64_t number = jitter(random_seed()).next();
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4)
        out += "0123456789abcdef"[(number >> shift) & 15];
    return out;
}

/// In each intent, so that a spool which serves another migration, or this one with its tables in
/// another order, is noticed. FNV-1a.
std::string mark_of(const std::string& migration, const std::string& table) {
    std::uint64_t sum = 14695981039346656037U;
    for (const char c : migration + '/' + table)
        sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return std::to_string(sum);
}

error moved_on() {
    return {errc::switch_in_progress,
            "another process keeps changing the phase; look at status() and try again"};
}

} // namespace

keyed_coordinator::keyed_coordinator(keyed_options options, std::unique_ptr<any_keyed> source,
                                     std::unique_ptr<any_queue> queue,
                                     std::unique_ptr<any_store> target)
    : options_(std::move(options)),
      source_(std::move(source)),
      queue_(std::move(queue)),
      target_(std::move(target)),
      clock_(options_.clock ? options_.clock : std::make_shared<system_clock>()),
      log_(options_.log ? *options_.log : default_logger(), *clock_),
      made_at_(clock_->now()),
      holder_(new_holder()) {}

table_id keyed_coordinator::add_table(result<std::pair<table_schema, table_schema>> schemas) {
    const auto id = static_cast<table_id>(tables_[0].size());
    if (!schemas) {
        if (!bad_table_) bad_table_ = schemas.error();
        tables_[0].emplace_back();
        tables_[1].emplace_back();
        return id;
    }
    schemas.value().first.version_column.clear();
    tables_[0].push_back(std::move(schemas.value().first));
    tables_[1].push_back(std::move(schemas.value().second));
    return id;
}

result<void> keyed_coordinator::check_options() const {
    const auto bad = [](const char* what) { return error(errc::invalid_options, what); };
    const auto in_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    const std::string& name = options_.name;
    if (name.empty() || name.size() > 100 || !std::all_of(name.begin(), name.end(), in_name)) {
        return bad("keyed_options::name must be 1 to 100 characters of A-Z, a-z, 0-9, '_', '-' "
                   "and '.'");
    }
    if (options_.buckets != 1 && options_.buckets != 1024)
        return bad("keyed_options::buckets must be 1 or 1024");
    if (options_.timeout.count() < 1 || options_.late_limit.count() < 1 ||
        options_.lease.count() < 1)
        return bad("keyed_options: timeout, late_limit and lease are at least 1 ms");
    if (bad_table_) return *bad_table_;
    if (tables_[0].empty()) return bad("the migration has no table; add() at least one");
    for (const table_schema& t : tables_[1]) {
        if (t.version_column.empty()) {
            return error(errc::invalid_mapping,
                         "table " + t.name +
                             ": the target of a keyed source needs a version column; remove "
                             ".no_version() from both mappings");
        }
    }
    return success();
}

result<void> keyed_coordinator::bind() {
    TANDEM_TRY(check_options());
    if (bound_) return success();
    const auto binding_of = [this](side s) {
        return binding{.migration = options_.name,
                       .id = migration_id(options_.name),
                       .side = s,
                       .buckets = options_.buckets,
                       .tables = tables_[index(s)],
                       .joint = {}};
    };
    TANDEM_TRY(source_->bind(binding_of(side::source)));
    TANDEM_TRY(target_->bind(binding_of(side::target)));
    bound_ = true;
    return success();
}

result<void> keyed_coordinator::check_schemas(const call_context& call) {
    TANDEM_TRY(auto found, source_->compare_schema(call));
    TANDEM_TRY(auto at_target, target_->compare_schema(call));
    found.insert(found.end(), at_target.begin(), at_target.end());
    if (!found.empty()) return error(errc::schema_mismatch, to_string(found));
    for (table_id s = 0; s < tables_[0].size(); ++s) {
        TANDEM_TRY(const auto from, source_->identity(s, call));
        for (table_id t = 0; t < tables_[1].size(); ++t) {
            TANDEM_TRY(const auto to, target_->identity(side::target, t, call));
            if (from != to) continue;
            return error(errc::same_table, "table " + tables_[1][t].name +
                                               " of the target is also a table of the source");
        }
    }
    return success();
}

result<void> keyed_coordinator::install(const call_options& options) {
    if (stopped()) return errc::stopped;
    TANDEM_TRY(bind());
    const call_context call = context(options.timeout);
    TANDEM_TRY(check_schemas(call));
    return target_->install(call);
}

result<void> keyed_coordinator::start(const call_options& options) {
    if (stopped()) return errc::stopped;
    TANDEM_TRY(bind());
    const call_context call = context(options.timeout);
    TANDEM_TRY(check_schemas(call));
    if (options_.metrics && !meter_) {
        meter_ = std::make_unique<keyed_meter>(*options_.metrics, options_.name, tables_[0]);
    }
    marks_.clear();
    for (const table_schema& t : tables_[0])
        marks_.push_back(mark_of(options_.name, t.name));
    // Before the first write: what nobody knows of, nobody waits for.
    TANDEM_TRY(report_spool(true, call));
    if (const auto damage = queue_->damage()) {
        log_.log(
            log_level::error, "intents may be lost; the target has to be filled again",
            std::initializer_list<log_field>{{"migration", options_.name}, {"damage", *damage}});
    }
    auto expected = state::created;
    state_.compare_exchange_strong(expected, state::started);
    return success();
}

result<fence> keyed_coordinator::read_fence(const call_context& call) {
    TANDEM_TRY(const auto all, target_->read_fences(call));
    // They change together, in one transaction.
    const fence& now = all.front();
    const bool open = now.role == role::primary;
    seen_phase_.store(open ? phase::dual_old_primary : phase::old_only, std::memory_order_relaxed);
    if (meter_) {
        meter_->phase_is(seen_phase_.load(std::memory_order_relaxed), now.epoch, false,
                         open && now.phase == phase::new_only && !queue_->damage());
    }
    return now;
}

result<bool> keyed_coordinator::take_step(const switch_step& step) {
    const call_context call = context(std::nullopt);
    for (;;) {
        auto changed = target_->step(step, call);
        const bool again =
            !changed && (changed.error() == errc::busy || changed.error() == errc::serialization);
        if (!again || clock_->now() + busy_pause >= call.deadline) return changed;
        clock_->sleep_until(clock_->now() + busy_pause);
    }
}

result<bool> keyed_coordinator::target_is_empty(const call_context& call) {
    for (table_id t = 0; t < tables_[1].size(); ++t) {
        TANDEM_TRY(const auto rows, target_->scan(side::target, t, {}, 1, call));
        if (!rows.rows.empty()) return false;
    }
    return true;
}

// Two steps, and a crash between them leaves no era and emptied tables: the next one begins anew.
result<void> keyed_coordinator::open_era(const fence& now, const switch_options& options) {
    const era_mode mode = options.mode.value_or(era_mode::reset);
    TANDEM_TRY(const bool entered, take_step({.kind = step_kind::enter_secondary,
                                              .expected = now.epoch,
                                              .mode = mode,
                                              .by = options.by,
                                              .reason = options.reason}));
    if (!entered) return success(); // somebody was faster: look again
    TANDEM_TRY(take_step({.kind = step_kind::enable,
                          .expected = now.epoch + 2,
                          .phase = phase::old_only,
                          .by = options.by,
                          .reason = options.reason}));
    return success();
}

result<phase> keyed_coordinator::forward(const switch_options& options) {
    TANDEM_TRY(check_running());
    for (int looks = 0; looks < looks_max; ++looks) {
        const call_context call = context(std::nullopt);
        TANDEM_TRY(const fence now, read_fence(call));
        if (now.role == role::primary) {
            if (looks > 0) return phase::dual_old_primary;
            return error(
                errc::unsupported,
                "from a source that cannot fence there is no phase behind "
                "dual_old_primary, because no process can be kept from writing to it; "
                "stop the writers, call drain() and backward(), and use the target without "
                "tandem");
        }
        const bool resets = options.mode.value_or(era_mode::reset) == era_mode::reset;
        if (resets && !options.allow_truncate) {
            TANDEM_TRY(const bool empty, target_is_empty(call));
            if (!empty) {
                return error(errc::truncate_refused,
                             "the target's tables hold rows; set switch_options::allow_truncate, "
                             "or mode keep");
            }
        }
        TANDEM_TRY(open_era(now, options));
    }
    return moved_on();
}

result<phase> keyed_coordinator::backward(const switch_options& options) {
    TANDEM_TRY(check_running());
    for (int looks = 0; looks < looks_max; ++looks) {
        TANDEM_TRY(const fence now, read_fence(context(std::nullopt)));
        if (now.role != role::primary) {
            if (looks > 0) return phase::old_only;
            return error(errc::wrong_phase, "there is no phase before old_only");
        }
        TANDEM_TRY(take_step({.kind = step_kind::enter_secondary,
                              .expected = now.epoch,
                              .mode = era_mode::keep,
                              .by = options.by,
                              .reason = options.reason}));
    }
    return moved_on();
}

result<keyed_status> keyed_coordinator::status() {
    TANDEM_TRY(check_running());
    keyed_status out;
    TANDEM_TRY(out.fence, read_fence(context(std::nullopt)));
    if (out.fence.role == role::primary) {
        out.phase = phase::dual_old_primary;
        out.synced = out.fence.phase == phase::new_only && !queue_->damage();
    }
    tell_queue();
    const queue_stats queued = queue_->stats();
    out.owed = queued.owed;
    out.owed_bytes = queued.bytes;
    const std::lock_guard lock(failures_mutex_);
    out.dead = dead_;
    return out;
}

} // namespace tandem::detail

namespace tandem {

keyed_migration::keyed_migration(keyed_options options, std::unique_ptr<any_keyed> source,
                                 std::unique_ptr<any_queue> queue,
                                 std::unique_ptr<any_store> target)
    : coordinator_(std::make_shared<detail::keyed_coordinator>(
          std::move(options), std::move(source), std::move(queue), std::move(target))) {}

keyed_migration::keyed_migration(keyed_migration&&) noexcept = default;
keyed_migration& keyed_migration::operator=(keyed_migration&& from) noexcept {
    if (coordinator_ && coordinator_ != from.coordinator_) coordinator_->stop();
    coordinator_ = std::move(from.coordinator_);
    return *this;
}
keyed_migration::~keyed_migration() {
    // Routers may live on; what they use need not.
    if (coordinator_) coordinator_->stop();
}

table_id keyed_migration::add_table(result<std::pair<table_schema, table_schema>> schemas) {
    return coordinator_->add_table(std::move(schemas));
}
result<void> keyed_migration::install(call_options o) { return coordinator_->install(o); }
result<void> keyed_migration::start(call_options o) { return coordinator_->start(o); }
void keyed_migration::stop() noexcept { coordinator_->stop(); }
result<phase> keyed_migration::forward(const switch_options& o) { return coordinator_->forward(o); }
result<phase> keyed_migration::backward(const switch_options& o) {
    return coordinator_->backward(o);
}
result<std::int64_t> keyed_migration::backfill(const backfill_options& o) {
    return coordinator_->backfill(o);
}
result<relay_report> keyed_migration::relay_once(const relay_options& o) {
    return coordinator_->relay_once(o);
}
result<std::int64_t> keyed_migration::revive_dead_letters() { return coordinator_->revive(); }
result<keyed_status> keyed_migration::status() { return coordinator_->status(); }
result<void> keyed_migration::housekeeping() { return coordinator_->keep_house(false); }
result<std::vector<spool_entry>> keyed_migration::spools() { return coordinator_->spools(); }
result<void> keyed_migration::drain(call_options o) { return coordinator_->drain(o); }
result<void> keyed_migration::close(call_options o) { return coordinator_->close(o); }

} // namespace tandem
