// SPDX-License-Identifier: BSL-1.0

#include "tandem/migration.hpp"

#include "coordinator.hpp"

namespace tandem {

migration::migration(migration_options options, std::unique_ptr<any_store> source,
                     std::unique_ptr<any_store> target)
    : coordinator_(std::make_shared<detail::coordinator>(std::move(options), std::move(source),
                                                         std::move(target))) {}

migration::migration(migration&&) noexcept = default;
migration& migration::operator=(migration&& from) noexcept {
    if (coordinator_ && coordinator_ != from.coordinator_) coordinator_->stop();
    coordinator_ = std::move(from.coordinator_);
    return *this;
}

migration::~migration() {
    // Routers may live on; the stores behind them need not.
    if (coordinator_) coordinator_->stop();
}

table_id migration::add_table(result<std::pair<table_schema, table_schema>> schemas) {
    return coordinator_->add_table(std::move(schemas));
}

result<void> migration::install(install_options options) { return coordinator_->install(options); }

result<std::string> migration::install_script(side which, const script_options& script,
                                              call_options options) {
    return coordinator_->install_script(which, script, options);
}

result<void> migration::uninstall(const uninstall_options& options) {
    return coordinator_->uninstall(options);
}

result<void> migration::start(call_options options) { return coordinator_->start(options); }

void migration::stop() noexcept { coordinator_->stop(); }

result<void> migration::transaction(std::initializer_list<result<table_key>> keys,
                                    const std::function<result<void>(tandem::transaction&)>& f,
                                    transaction_options options) {
    return transaction(std::span(keys.begin(), keys.size()), f, options);
}

result<void> migration::transaction(std::span<const result<table_key>> keys,
                                    const std::function<result<void>(tandem::transaction&)>& f,
                                    transaction_options options) {
    std::vector<table_key> declared;
    declared.reserve(keys.size());
    for (const auto& k : keys) {
        if (!k) return k.error();
        declared.push_back(k.value());
    }
    return coordinator_->counted(detail::call_kind::transaction, [&] {
        return coordinator_->transact(std::move(declared), f, options);
    });
}

result<operation_outcome> migration::outcome(const operation_id& id, call_options options) {
    return coordinator_->outcome(id, options);
}

result<operation_outcome> migration::outcome(const error& why, call_options options) {
    return coordinator_->outcome(why, options);
}

result<phase> migration::forward(const switch_options& options) {
    return coordinator_->change_phase(direction::forward, options);
}

result<phase> migration::backward(const switch_options& options) {
    return coordinator_->change_phase(direction::backward, options);
}

result<phase> migration::abort(const switch_options& options) {
    return coordinator_->change_phase(direction::abort, options);
}

result<std::int64_t> migration::backfill(const backfill_options& options) {
    return coordinator_->backfill(options);
}

result<relay_report> migration::relay_once(const relay_options& options) {
    return coordinator_->relay_once(options);
}

result<std::vector<dead_letter>> migration::dead_letters(const dead_letter_options& options) {
    return coordinator_->dead_letters(options);
}

result<std::int64_t> migration::retry_dead_letters(std::span<const dead_letter> letters) {
    return coordinator_->retry_dead_letters(letters);
}

result<std::int64_t> migration::drop_dead_letters(std::span<const dead_letter> letters,
                                                  std::string_view reason) {
    return coordinator_->drop_dead_letters(letters, reason);
}

result<verify_report> migration::verify(const verify_options& options) {
    return coordinator_->verify(options);
}

result<epoch> migration::roll_epoch(const roll_options& options) {
    return coordinator_->roll_epoch(options);
}

result<void> migration::housekeeping() {
    return coordinator_->keep_house(true, tombstone_stats::count_max);
}

result<migration_status> migration::status() { return coordinator_->status(); }

} // namespace tandem
