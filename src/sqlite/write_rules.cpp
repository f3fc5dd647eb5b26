// SPDX-License-Identifier: BSL-1.0
#include "sqlite/write_rules.hpp"

namespace tandem::sqlite::detail {

namespace {

/// Whether the write happens at all: committed, exists or absent.
write_status outcome_of(write_kind kind, bool is_there) noexcept {
    if (kind == write_kind::insert && is_there) return write_status::exists;
    if (kind == write_kind::erase && !is_there) return write_status::absent;
    return write_status::committed;
}

result<void> check_erase(const write_command& command, const table_schema& schema) {
    if (command.kind != write_kind::erase || schema.deletes != deletes::never) return success();
    return error(errc::unsupported, "the table '" + schema.name +
                                        "' is declared without deletes; declare deletes::allowed "
                                        "to erase rows");
}

/// A key that is absent has to stay so where there are no tombstones.
bool is_unburied(const write_command& command, const table_schema& schema, bool is_there) noexcept {
    return command.kind == write_kind::restate && !is_there && schema.deletes == deletes::never;
}

/// Rule A1; tombstone and floor are of one transaction that excludes all others.
result<version> next_of_key(connection& c, const state& s, const fence& f,
                            const write_command& command, const std::optional<version>& present) {
    if (present) return next_version(*present, f.epoch);
    TANDEM_TRY(const auto dead, find_tombstone(c, s, command.table, command.key.encoded));
    return first_version(dead ? dead->version : version{}, f.floor, f.epoch);
}

result<version> version_of_write(connection& c, const state& s, const fence& f,
                                 const write_command& command,
                                 const std::optional<version>& present) {
    TANDEM_TRY(const auto next, next_of_key(c, s, f, command, present));
    if (command.kind != write_kind::restate) return next;
    return std::max(next, version{command.above.value + 1});
}

/// The row keeps what it holds.
result<void> raise_row(connection& c, const table_ref& t, const key& parts, version v) {
    TANDEM_TRY(const auto held, find_row(c, t, parts));
    if (!held) return error(errc::invariant, "a row vanished under the file's write lock");
    return update_row(c, t, held->image, v);
}

result<void> change_row(connection& c, const state& s, const fence& f, const write_command& command,
                        bool is_there, version v) {
    const auto t = s.own_table(command.table);
    const auto& encoded = command.key.encoded;
    const bool restates = command.kind == write_kind::restate;
    if (restates && is_there) return raise_row(c, t, command.key.parts, v);
    if (restates) return put_tombstone(c, s, command.table, encoded, {v, f.epoch});
    if (command.kind == write_kind::erase) {
        TANDEM_TRY(erase_row(c, t, command.key.parts));
        return put_tombstone(c, s, command.table, encoded, {v, f.epoch});
    }
    if (is_there) return update_row(c, t, command.image, v);
    TANDEM_TRY(insert_row(c, t, command.image, v));
    // The write lock excludes everybody, so the tombstone goes at once.
    return drop_tombstone(c, s, command.table, encoded);
}

/// Makes the other table of a joint store hold what the primary one holds.
result<void> mirror_row(connection& c, const table_ref& from, const table_ref& to,
                        const key& parts) {
    TANDEM_TRY(const auto held, find_row(c, from, parts));
    if (!held) {
        TANDEM_TRY(erase_row(c, to, parts));
        return success();
    }
    TANDEM_TRY(const auto there, find_version(c, to, parts));
    return there ? update_row(c, to, held->image, {}) : insert_row(c, to, held->image, {});
}

result<void> write_both(connection& c, const state& s, const fence& f, const write_command& command,
                        bool is_there) {
    const side primary = primary_of(f.phase);
    const auto t = s.table(primary, command.table);
    if (command.kind == write_kind::erase) {
        TANDEM_TRY(erase_row(c, t, command.key.parts));
    } else if (is_there) {
        TANDEM_TRY(update_row(c, t, command.image, {}));
    } else {
        TANDEM_TRY(insert_row(c, t, command.image, {}));
    }
    if (!is_dual(f.phase)) return success();
    return mirror_row(c, t, s.table(other(primary), command.table), command.key.parts);
}

result<write_reply> write_joint(connection& c, const state& s, const fence& f,
                                const write_command& command) {
    if (command.kind == write_kind::restate) {
        return error(errc::unsupported, "a restated key is for two stores");
    }
    const auto t = s.table(primary_of(f.phase), command.table);
    TANDEM_TRY(check_erase(command, *t.schema));
    TANDEM_TRY(const auto present, find_version(c, t, command.key.parts));
    write_reply reply{.status = outcome_of(command.kind, present.has_value()), .epoch = f.epoch};
    if (reply.status != write_status::committed) return reply;
    TANDEM_TRY(write_both(c, s, f, command, present.has_value()));
    return reply;
}

} // namespace

result<write_reply> write_under_fence(connection& c, const state& s, const fence& f,
                                      const write_command& command) {
    if (s.bound.is_joint()) return write_joint(c, s, f, command);
    const auto t = s.own_table(command.table);
    TANDEM_TRY(check_erase(command, *t.schema));
    TANDEM_TRY(const auto present, find_version(c, t, command.key.parts));
    write_reply reply{.status = outcome_of(command.kind, present.has_value()), .epoch = f.epoch};
    if (is_unburied(command, *t.schema, present.has_value())) reply.status = write_status::absent;
    if (reply.status != write_status::committed) return reply;
    TANDEM_TRY(reply.version, version_of_write(c, s, f, command, present));
    TANDEM_TRY(change_row(c, s, f, command, present.has_value(), reply.version));
    reply.dual = is_dual(f.phase);
    if (!reply.dual) return reply;
    TANDEM_TRY(const auto intent,
               add_intent(c, s, command.table, command.key.encoded, reply.version, f.epoch,
                          command.kind == write_kind::erase ||
                              (command.kind == write_kind::restate && !present)));
    if (command.want_change) reply.intent = intent;
    return reply;
}

result<void> complete_reply(connection& c, const state& s, const write_command& command,
                            write_reply& reply) {
    if (reply.status != write_status::committed || !command.want_change || !reply.dual ||
        command.kind == write_kind::restate) {
        return success();
    }
    TANDEM_TRY(auto state_of_key,
               present_state(c, s, command.table, command.key, {reply.version, reply.epoch}));
    state_of_key.epoch = reply.epoch;
    reply.change = std::move(state_of_key);
    return success();
}

} // namespace tandem::sqlite::detail
