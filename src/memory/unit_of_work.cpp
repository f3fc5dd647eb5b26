// SPDX-License-Identifier: BSL-1.0
#include "memory/unit_of_work.hpp"

namespace tandem::memory::detail {

namespace {

version version_of(const std::optional<tombstone>& t) { return t ? t->version : version{}; }

/// Whether what a side holds gives way to a change of version `v`. A row without a version is older
/// than everything (era_mode::keep), version 0 included: applied twice, it is the same row.
bool gives_way(const stored_row& held, version v) {
    return held.version.value == 0 || held.version < v;
}

/// Whether the write happens at all: committed, exists or absent.
write_status outcome_of(write_kind kind, bool is_there) {
    if (kind == write_kind::insert && is_there) return write_status::exists;
    if (kind == write_kind::erase && !is_there) return write_status::absent;
    return write_status::committed;
}

result<void> check_command(const write_command& command, const table_schema& schema) {
    if (command.kind == write_kind::restate) return success();
    if (command.kind != write_kind::erase) return check_row(schema, command.image);
    if (schema.deletes == deletes::never) {
        return error(errc::unsupported, "table \"" + schema.name +
                                            "\" is declared without deletes; declare "
                                            "deletes::allowed to erase rows");
    }
    return success();
}

} // namespace

unit_of_work::slot& unit_of_work::slot_of(side which, table_id t, const row_key& k) {
    const auto [it, is_new] = slots_.try_emplace({which, t, k.encoded});
    if (is_new) {
        it->second.parts = k.parts;
        if (const auto* held = s_.table(which, t).find(k.parts)) it->second.live = *held;
        if (const auto* dead = control_.find({t, k.encoded})) it->second.dead = *dead;
    }
    return it->second;
}

result<write_reply> unit_of_work::write(const write_command& command, const fence& f) {
    if (s_.bound.is_joint()) return write_joint(command, f);
    TANDEM_TRY(check_command(command, s_.bound.tables[command.table]));
    auto& at = slot_of(s_.bound.side, command.table, command.key);
    write_reply reply;
    reply.epoch = f.epoch;
    reply.status = outcome_of(command.kind, at.live.has_value());
    const bool restates = command.kind == write_kind::restate;
    if (restates && !at.live && s_.bound.tables[command.table].deletes == deletes::never) {
        reply.status = write_status::absent;
    }
    if (reply.status != write_status::committed) return reply;
    reply.version = at.live ? next_version(at.live->version, f.epoch)
                            : first_version(version_of(at.dead), f.floor, f.epoch);
    if (restates) reply.version = std::max(reply.version, version{command.above.value + 1});
    if (restates && at.live) {
        at.live->version = reply.version;
    } else if (restates || command.kind == write_kind::erase) {
        at.live.reset();
        at.dead = tombstone{reply.version, f.epoch, s_.db.options.now()};
    } else {
        // The tombstone of a key that comes back stays: outdated, and removed by purge.
        at.live = stored_row{command.image, reply.version};
    }
    reply.dual = is_dual(f.phase);
    if (reply.dual) owe(command, reply);
    return reply;
}

result<write_reply> unit_of_work::write_joint(const write_command& command, const fence& f) {
    const side primary = primary_of(f.phase);
    if (command.kind == write_kind::restate) {
        return error(errc::unsupported, "a restated key is for two stores");
    }
    TANDEM_TRY(check_command(command, s_.bound.table(primary, command.table)));
    auto& at = slot_of(primary, command.table, command.key);
    write_reply reply;
    reply.epoch = f.epoch;
    reply.status = outcome_of(command.kind, at.live.has_value());
    if (reply.status != write_status::committed) return reply;
    const auto put = [&](slot& s) {
        s.live.reset();
        if (command.kind != write_kind::erase) s.live = stored_row{command.image, {}};
    };
    if (is_dual(f.phase)) {
        TANDEM_TRY(check_command(command, s_.bound.table(other(primary), command.table)));
        put(slot_of(other(primary), command.table, command.key));
    }
    put(at);
    return reply;
}

void unit_of_work::owe(const write_command& command, write_reply& reply) {
    const std::int64_t id = control_.next_intent++;
    if (command.want_change) reply.intent = id;
    intent owed{.table = command.table, .key = command.key, .version = reply.version};
    owed.epoch = reply.epoch;
    owed.created_at = s_.db.options.now();
    intents_.emplace_back(id, std::move(owed));
}

change unit_of_work::change_of(const write_command& command, const write_reply& reply) {
    const auto& at = slot_of(s_.bound.side, command.table, command.key);
    change out{.table = command.table, .key = command.key.encoded, .version = reply.version};
    out.epoch = reply.epoch;
    if (at.live) {
        out.version = at.live->version;
        out.image = at.live->image;
    } else if (at.dead) {
        out.version = at.dead->version;
        out.tombstone_epoch = at.dead->epoch;
    }
    return out;
}

result<apply_status> unit_of_work::apply(const change& c, const row_key& k) {
    if (c.image) {
        TANDEM_TRY(check_row(s_.bound.tables[c.table], *c.image));
    }
    auto& at = slot_of(s_.bound.side, c.table, k);
    const bool newer =
        (!at.live || gives_way(*at.live, c.version)) && (!at.dead || at.dead->version < c.version);
    if (!newer) return apply_status::superseded;
    if (c.image) {
        at.live = stored_row{*c.image, c.version};
        at.dead.reset();
    } else {
        at.live.reset();
        at.dead = tombstone{c.version, c.tombstone_epoch, s_.db.options.now()};
    }
    return apply_status::applied;
}

result<void> unit_of_work::copy(side to, table_id t, const row_key& k, const stored_row& source) {
    TANDEM_TRY(check_row(s_.bound.table(to, t), source.image));
    slot_of(to, t, k).live = stored_row{source.image, {}};
    return success();
}

void unit_of_work::commit() {
    const std::scoped_lock lock(s_.db.mutex);
    for (auto& [k, at] : slots_) {
        auto& rows = s_.table(k.which, k.table).rows;
        if (at.live) {
            rows.insert_or_assign(std::move(at.parts), std::move(*at.live));
        } else {
            rows.erase(at.parts);
        }
        const tombstone_key name{k.table, k.encoded};
        if (at.dead) {
            control_.tombstones.insert_or_assign(name, *at.dead);
        } else {
            control_.tombstones.erase(name);
        }
    }
    for (auto& [id, owed] : intents_)
        control_.outbox.emplace(id, std::move(owed));
    if (operation_) {
        control_.operations.emplace(operation_->id,
                                    held_operation{*operation_, !s_.bound.is_joint()});
    }
}

} // namespace tandem::memory::detail
