// SPDX-License-Identifier: BSL-1.0
#include "hooked_store.hpp"

#include <utility>

namespace tandem_test {

namespace {

/// Passes a transaction on, and its commit through the hooks.
class hooked_transaction final : public store_transaction {
public:
    hooked_transaction(std::unique_ptr<store_transaction> inner, std::function<void()> before,
                       std::function<void()> after)
        : inner_(std::move(inner)), before_(std::move(before)), after_(std::move(after)) {}

    result<std::optional<stored_row>> get(table_id t, const row_key& k) override {
        return inner_->get(t, k);
    }
    result<write_reply> write(const write_command& c) override { return inner_->write(c); }
    result<std::vector<write_reply>> write_all(std::span<const write_command> c) override {
        return inner_->write_all(c);
    }
    result<std::vector<write_reply>> commit() override {
        before_();
        auto answer = inner_->commit();
        after_();
        return answer;
    }

private:
    std::unique_ptr<store_transaction> inner_;
    std::function<void()> before_, after_;
};

} // namespace

void hooked_store::meet(hook& h, op which) {
    if (!h.run || h.which != which) return;
    const auto run = std::exchange(h.run, nullptr);
    run();
}

result<void> hooked_store::bind(binding b) {
    bound_ = b;
    return inner_.ops->bind(std::move(b));
}
result<std::string> hooked_store::identity(side which, table_id t, const call_context& call) {
    return around(op::fences, [&] { return inner_.ops->identity(which, t, call); });
}
result<std::vector<schema_difference>> hooked_store::compare_schema(const call_context& call) {
    return around(op::fences, [&] { return inner_.ops->compare_schema(call); });
}
result<read_reply> hooked_store::read(side which, table_id t, const row_key& k,
                                      const call_context& call) {
    return around(op::read, [&] { return inner_.ops->read(which, t, k, call); });
}
result<read_many_reply> hooked_store::read_many(side which, table_id t,
                                                std::span<const row_key> keys,
                                                const call_context& call) {
    return around(op::read, [&] { return inner_.ops->read_many(which, t, keys, call); });
}
result<scan_reply> hooked_store::scan(side which, table_id t, const key_range& range,
                                      std::size_t limit, const call_context& call) {
    return around(op::scan, [&] { return inner_.ops->scan(which, t, range, limit, call); });
}
result<tombstones_reply> hooked_store::tombstones(table_id t, std::string_view after,
                                                  std::size_t limit, const call_context& call) {
    return around(op::scan, [&] { return inner_.ops->tombstones(t, after, limit, call); });
}
result<void> hooked_store::install(const call_context& call) {
    return around(op::install, [&] { return inner_.ops->install(call); });
}
result<fences> hooked_store::read_fences(const call_context& call) {
    return around(op::fences, [&] { return inner_.ops->read_fences(call); });
}
result<bool> hooked_store::step(const switch_step& what, const call_context& call) {
    return around(op::step, [&] {
        auto changed = inner_.ops->step(what, call);
        if (after_every_step_) after_every_step_();
        return changed;
    });
}
result<std::vector<sequence_value>> hooked_store::sequences(const call_context& call) {
    return around(op::fences, [&] { return inner_.ops->sequences(call); });
}
result<std::int64_t> hooked_store::purge(std::size_t limit, const call_context& call) {
    return around(op::purge, [&] { return inner_.ops->purge(limit, call); });
}
result<sweep_report> hooked_store::sweep(table_id t, std::string_view after, std::size_t limit,
                                         const call_context& call) {
    return around(op::purge, [&] { return inner_.ops->sweep(t, after, limit, call); });
}
result<tombstone_stats> hooked_store::count_tombstones(const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->count_tombstones(call); });
}
result<void> hooked_store::add_version_columns(const call_context& call) {
    return around(op::install, [&] { return inner_.ops->add_version_columns(call); });
}
result<bool> hooked_store::uninstall(const uninstall_step& leave, const call_context& call) {
    return around(op::uninstall, [&] { return inner_.ops->uninstall(leave, call); });
}
result<std::string> hooked_store::install_script(const script_options& options,
                                                 const call_context& call) {
    return around(op::install, [&] { return inner_.ops->install_script(options, call); });
}
result<write_reply> hooked_store::write(const write_command& c, route belief,
                                        const call_context& call) {
    return around(op::write, [&] { return inner_.ops->write(c, belief, call); });
}
result<std::vector<owed_change>> hooked_store::owed(std::int64_t after, std::size_t limit,
                                                    owed_scope scope, const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->owed(after, limit, scope, call); });
}
result<std::vector<std::optional<change>>>
hooked_store::present(table_id t, std::span<const key_bytes> keys, const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->present(t, keys, call); });
}
result<void> hooked_store::settle(std::span<const std::int64_t> ids, const call_context& call) {
    return around(op::settle, [&] { return inner_.ops->settle(ids, call); });
}
result<void> hooked_store::note_failure(std::span<const std::int64_t> ids,
                                        const delivery_failure& failure, const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->note_failure(ids, failure, call); });
}
result<std::vector<dead_letter>> hooked_store::dead_letters(std::int64_t after, std::size_t limit,
                                                            const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->dead_letters(after, limit, call); });
}
result<std::int64_t> hooked_store::revive(std::span<const std::int64_t> ids,
                                          const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->revive(ids, call); });
}
result<std::int64_t> hooked_store::drop(std::span<const std::int64_t> ids, std::string_view reason,
                                        const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->drop(ids, reason, call); });
}
result<void> hooked_store::mark_dirty(table_id t, std::string_view reason,
                                      const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->mark_dirty(t, reason, call); });
}
result<std::vector<dirty_mark>> hooked_store::dirty_marks(const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->dirty_marks(call); });
}
result<void> hooked_store::clear_dirty(std::span<const std::int64_t> ids,
                                       const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->clear_dirty(ids, call); });
}
result<spool_entry> hooked_store::report_spool(const spool_report& report,
                                               const call_context& call) {
    auto said = report;
    if (leases_end_) said.lease = milliseconds(0);
    return around(op::spools, [&] { return inner_.ops->report_spool(said, call); });
}
result<std::vector<spool_entry>> hooked_store::spools(const call_context& call) {
    return around(op::spools, [&] { return inner_.ops->spools(call); });
}
result<bool> hooked_store::lose_spool(const spool_entry& seen, const call_context& call) {
    return around(op::spools, [&] { return inner_.ops->lose_spool(seen, call); });
}
result<bool> hooked_store::close_spool(const spool_entry& seen, const call_context& call) {
    return around(op::spools, [&] { return inner_.ops->close_spool(seen, call); });
}
result<owed_stats> hooked_store::stats(const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->stats(call); });
}
result<bool> hooked_store::is_owed(std::int64_t id, const call_context& call) {
    return around(op::owed, [&] { return inner_.ops->is_owed(id, call); });
}
begin_reply hooked_store::with_hooks(begin_reply begun) {
    if (begun.transaction) {
        begun.transaction = std::make_unique<hooked_transaction>(
            std::move(begun.transaction), [this] { meet(before_, op::commit); },
            [this] { meet(after_, op::commit); });
    }
    return begun;
}
result<begin_reply> hooked_store::begin(std::span<const table_key> keys, isolation level,
                                        const call_context& call) {
    return around(op::begin, [&]() -> result<begin_reply> {
        TANDEM_TRY(auto begun, inner_.ops->begin(keys, level, call));
        return with_hooks(std::move(begun));
    });
}
result<begin_reply> hooked_store::begin(std::span<const table_key> keys, isolation level,
                                        const operation_claim& claim, const call_context& call) {
    return around(op::begin, [&]() -> result<begin_reply> {
        TANDEM_TRY(auto begun, inner_.ops->begin(keys, level, claim, call));
        return with_hooks(std::move(begun));
    });
}
result<operation_answer> hooked_store::conclude(const operation_id& id, milliseconds retention,
                                                const call_context& call) {
    return around(op::log, [&] { return inner_.ops->conclude(id, retention, call); });
}
result<std::vector<operation_record>> hooked_store::owed_operations(std::size_t limit,
                                                                    const call_context& call) {
    return around(op::log, [&] { return inner_.ops->owed_operations(limit, call); });
}
result<void> hooked_store::add_operations(std::span<const operation_record> records,
                                          const call_context& call) {
    return around(op::log, [&] { return inner_.ops->add_operations(records, call); });
}
result<void> hooked_store::operations_delivered(std::span<const operation_record> records,
                                                const call_context& call) {
    return around(op::log, [&] { return inner_.ops->operations_delivered(records, call); });
}
result<std::int64_t> hooked_store::purge_operations(milliseconds retention, std::size_t limit,
                                                    const call_context& call) {
    return around(op::log, [&] { return inner_.ops->purge_operations(retention, limit, call); });
}
result<operation_status> hooked_store::transaction_status(std::string_view token,
                                                          const call_context& call) {
    return around(op::log, [&] { return inner_.ops->transaction_status(token, call); });
}
result<std::vector<apply_status>> hooked_store::apply(std::span<const change> changes,
                                                      const call_context& call) {
    return around(op::apply, [&] { return inner_.ops->apply(changes, call); });
}
result<std::vector<holder>> hooked_store::holders(std::span<const change> changes,
                                                  const call_context& call) {
    return around(op::apply, [&] { return inner_.ops->holders(changes, call); });
}
result<std::optional<key>> hooked_store::copy_chunk(table_id t, const std::optional<key>& after,
                                                    epoch era, std::size_t limit,
                                                    const call_context& call) {
    return around(op::scan, [&] { return inner_.ops->copy_chunk(t, after, era, limit, call); });
}

} // namespace tandem_test
