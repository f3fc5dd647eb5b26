// SPDX-License-Identifier: BSL-1.0
//
// Joining a migration, and reading. Installing stands in store_install.cpp, writing in
// store_write.cpp, the steps of a switch in store_steps.cpp, the outbox in store_outbox.cpp.
#include "tandem/memory/store.hpp"

#include "memory/store_state.hpp"

#include <algorithm>
#include <cstdio>

namespace tandem::memory {

namespace detail {

result<void> store_state::ready(const call_context& call) const {
    if (bound.tables.empty()) return error(errc::not_started, "the store joined no migration");
    if (db.options.now() >= call.deadline) {
        return error(errc::timeout, "the deadline passed before the operation began");
    }
    return success();
}

result<void> store_state::ready(const call_context& call, table_id t) const {
    TANDEM_TRY(ready(call));
    if (t < bound.tables.size()) return success();
    return error(errc::invalid_mapping,
                 "migration \"" + bound.migration + "\" has no table number " + std::to_string(t));
}

result<side_data*> store_state::control(const call_context& call) {
    TANDEM_TRY(ready(call));
    auto* found = control_.load(std::memory_order_acquire);
    if (found == nullptr || found->gone.load(std::memory_order_acquire)) {
        const std::shared_lock lock(db.mutex);
        found = db.control(bound.migration, bound.side);
        control_.store(found, std::memory_order_release);
    }
    if (found != nullptr) return found;
    return error(errc::not_installed,
                 "migration \"" + bound.migration +
                     "\" is not installed in this database; call install() once");
}

namespace {

bool same_column(const column_schema& a, const column_schema& b) {
    return a.type == b.type && a.nullable == b.nullable && a.field == b.field;
}

void compare_table(const table_schema& wanted, const table_schema& live,
                   std::vector<schema_difference>& out) {
    const auto find = [](const table_schema& in, const std::string& name) {
        const auto it = std::find_if(in.columns.begin(), in.columns.end(),
                                     [&](const column_schema& c) { return c.name == name; });
        return it == in.columns.end() ? nullptr : &*it;
    };
    for (const auto& column : wanted.columns) {
        const auto* held = find(live, column.name);
        if (held == nullptr) {
            out.push_back({live.name, column.name, "the table has no such column", "unmap it"});
        } else if (!same_column(*held, column)) {
            out.push_back({live.name, column.name,
                           "the column is of another type, nullability or "
                           "place than the mapping says",
                           "map it as the table has it"});
        }
    }
    for (const auto& column : live.columns) {
        const auto& ignored = wanted.ignored;
        if (find(wanted, column.name) == nullptr &&
            std::find(ignored.begin(), ignored.end(), column.name) == ignored.end()) {
            out.push_back({live.name, column.name, "the column is neither mapped nor ignored",
                           "map it, or ignore it by name"});
        }
    }
}

/// Ascending, behind `after` or from `from`, before `to`.
scan_reply scan_table(const table_data& table, const key_range& range, std::size_t limit) {
    scan_reply out;
    auto it = range.after  ? table.rows.upper_bound(*range.after)
              : range.from ? table.rows.lower_bound(*range.from)
                           : table.rows.begin();
    for (; it != table.rows.end() && out.rows.size() < limit; ++it) {
        if (range.to && !key_before(it->first, *range.to)) break;
        out.rows.push_back(it->second);
    }
    return out;
}

} // namespace

} // namespace detail

using testing::operation;

store::store(database& db, store_options options)
    : state_(std::make_unique<detail::store_state>(*db.state_, options)) {}
store::store(store&&) noexcept = default;
store& store::operator=(store&&) noexcept = default;
store::~store() = default;

result<void> store::bind(binding b) {
    if (b.tables.empty()) return error(errc::invalid_mapping, "a migration has at least one table");
    if (b.buckets != 1 && b.buckets != 1024) {
        return error(errc::invalid_options, "a migration has 1 or 1024 buckets");
    }
    if (b.is_joint() && (b.joint.size() != b.tables.size() || b.side != side::source)) {
        return error(errc::invalid_mapping,
                     "in same_transaction mode the store is bound as the source "
                     "and both sides have the same number of tables");
    }
    for (const auto* list : {&b.tables, &b.joint}) {
        for (const auto& table : *list) {
            TANDEM_TRY(check(table));
        }
    }
    const std::scoped_lock lock(state_->db.mutex);
    for (const side s : {side::source, side::target}) {
        auto& found = state_->tables[index(s)];
        found.clear();
        for (std::size_t t = 0; t < b.tables.size(); ++t) {
            const auto& schema = b.table(s, static_cast<table_id>(t));
            auto& held = state_->db.tables[schema.name];
            if (!held) {
                held = std::make_unique<detail::table_data>();
                held->schema = schema;
            }
            found.push_back(held.get());
        }
    }
    state_->bound = std::move(b);
    return success();
}

const binding& store::bound() const { return state_->bound; }

result<std::string> store::identity(side which, table_id table, const call_context& call) {
    TANDEM_TRY(state_->ready(call, table));
    char place[32];
    std::snprintf(place, sizeof place, "%p", static_cast<void*>(&state_->db));
    return "memory:" + std::string(place) + ":" + state_->bound.table(which, table).name;
}

result<std::vector<schema_difference>> store::compare_schema(const call_context& call) {
    TANDEM_TRY(state_->ready(call));
    const std::shared_lock lock(state_->db.mutex);
    std::vector<schema_difference> out;
    for (std::size_t t = 0; t < state_->bound.tables.size(); ++t) {
        detail::compare_table(state_->bound.tables[t],
                              state_->tables[index(state_->bound.side)][t]->schema, out);
        if (state_->bound.is_joint()) {
            detail::compare_table(state_->bound.joint[t],
                                  state_->tables[index(side::target)][t]->schema, out);
        }
    }
    return out;
}

result<fences> store::read_fences(const call_context& call) {
    return state_->faulty(operation::fences, [&]() -> result<fences> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::shared_lock lock(state_->db.mutex);
        return control->fences;
    });
}

result<std::vector<sequence_value>> store::sequences(const call_context& call) {
    return state_->faulty(operation::fences, [&]() -> result<std::vector<sequence_value>> {
        TANDEM_TRY(state_->ready(call));
        const std::shared_lock lock(state_->db.mutex);
        std::vector<sequence_value> out;
        for (std::size_t t = 0; t < state_->bound.tables.size(); ++t) {
            const auto id = static_cast<table_id>(t);
            for (const auto& [field, last] : state_->table(state_->bound.side, id).sequences) {
                out.push_back({.table = id, .field = field, .last = last});
            }
        }
        return out;
    });
}

result<read_reply> store::read(side which, table_id table, const row_key& k,
                               const call_context& call) {
    return state_->faulty(operation::read, [&]() -> result<read_reply> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto* control, state_->control(call));
        const std::shared_lock lock(state_->db.mutex);
        read_reply out{.fence = control->fence_of(k.encoded), .found = {}};
        if (const auto* held = state_->table(which, table).find(k.parts)) out.found = *held;
        return out;
    });
}

result<read_many_reply> store::read_many(side which, table_id table, std::span<const row_key> keys,
                                         const call_context& call) {
    return state_->faulty(operation::read, [&]() -> result<read_many_reply> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto* control, state_->control(call));
        const std::shared_lock lock(state_->db.mutex);
        read_many_reply out{.fences = control->fences, .rows = {}};
        for (const auto& k : keys) {
            const auto* held = state_->table(which, table).find(k.parts);
            out.rows.push_back(held ? std::optional(*held) : std::nullopt);
        }
        return out;
    });
}

result<scan_reply> store::scan(side which, table_id table, const key_range& range,
                               std::size_t limit, const call_context& call) {
    return state_->faulty(operation::scan, [&]() -> result<scan_reply> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto* control, state_->control(call));
        const std::shared_lock lock(state_->db.mutex);
        auto out = detail::scan_table(state_->table(which, table), range, limit);
        out.fences = control->fences;
        return out;
    });
}

result<tombstones_reply> store::tombstones(table_id table, std::string_view after,
                                           std::size_t limit, const call_context& call) {
    return state_->faulty(operation::scan, [&]() -> result<tombstones_reply> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto* control, state_->control(call));
        const std::shared_lock lock(state_->db.mutex);
        tombstones_reply out{.fences = control->fences, .tombstones = {}};
        auto it = control->tombstones.upper_bound({table, std::string(after)});
        for (; it != control->tombstones.end() && it->first.first == table; ++it) {
            if (out.tombstones.size() == limit) break;
            change c{.table = table, .key = it->first.second, .version = it->second.version};
            c.tombstone_epoch = it->second.epoch;
            out.tombstones.push_back(std::move(c));
        }
        return out;
    });
}

} // namespace tandem::memory
