// SPDX-License-Identifier: BSL-1.0
#include "tandem/memory/database.hpp"

#include "memory/content.hpp"

#include <mutex>

namespace tandem::memory {

namespace {

error no_such_table(std::string_view name) {
    return {errc::not_found, "the database holds no table \"" + std::string(name) +
                                 "\"; bind a store with it first"};
}

} // namespace

database::database(database_options options)
    : state_(std::make_unique<detail::database_state>(std::move(options))) {}

database::~database() = default;

std::vector<stored_row> database::rows(std::string_view table) const {
    const std::shared_lock lock(state_->mutex);
    std::vector<stored_row> out;
    if (const auto* found = state_->table(table)) {
        for (const auto& [k, held] : found->rows)
            out.push_back(held);
    }
    return out;
}

std::optional<stored_row> database::find(std::string_view table, const key& k) const {
    const std::shared_lock lock(state_->mutex);
    const auto* found = state_->table(table);
    const auto* held = found ? found->find(k) : nullptr;
    return held ? std::optional(*held) : std::nullopt;
}

std::vector<held_tombstone> database::tombstones(std::string_view migration, side s) const {
    const std::shared_lock lock(state_->mutex);
    std::vector<held_tombstone> out;
    if (const auto* control = state_->control(migration, s)) {
        for (const auto& [k, t] : control->tombstones) {
            out.push_back({k.first, k.second, t.version, t.epoch});
        }
    }
    return out;
}

std::vector<held_intent> database::outbox(std::string_view migration, side s) const {
    const std::shared_lock lock(state_->mutex);
    std::vector<held_intent> out;
    if (const auto* control = state_->control(migration, s)) {
        for (const auto& [id, i] : control->outbox) {
            out.push_back(
                {id, i.table, i.key.encoded, i.version, i.epoch, i.dead, i.attempts, i.last_error});
        }
    }
    return out;
}

std::vector<held_operation> database::operations(std::string_view migration, side s) const {
    const std::shared_lock lock(state_->mutex);
    std::vector<held_operation> out;
    if (const auto* control = state_->control(migration, s)) {
        for (const auto& [id, held] : control->operations)
            out.push_back(held);
    }
    return out;
}

fences database::fences(std::string_view migration, side s) const {
    const std::shared_lock lock(state_->mutex);
    const auto* control = state_->control(migration, s);
    return control ? control->fences : tandem::fences();
}

result<void> database::put_foreign(std::string_view table, row image, version v) {
    TANDEM_TRY(auto gate, state_->gate.enter({}, state_->options.lock_timeout));
    const std::scoped_lock lock(state_->mutex);
    auto* found = state_->table(table);
    if (!found) return no_such_table(table);
    auto k = found->schema.key_of(image);
    found->rows.insert_or_assign(std::move(k), stored_row{std::move(image), v});
    return success();
}

result<void> database::erase_foreign(std::string_view table, const key& k) {
    TANDEM_TRY(auto gate, state_->gate.enter({}, state_->options.lock_timeout));
    const std::scoped_lock lock(state_->mutex);
    auto* found = state_->table(table);
    if (!found) return no_such_table(table);
    found->rows.erase(k);
    return success();
}

result<void> database::set_sequence(std::string_view table, std::size_t field, std::int64_t last) {
    const std::scoped_lock lock(state_->mutex);
    auto* found = state_->table(table);
    if (!found) return no_such_table(table);
    found->sequences[field] = last;
    return success();
}

result<std::int64_t> database::draw(std::string_view table, std::size_t field) {
    const std::scoped_lock lock(state_->mutex);
    auto* found = state_->table(table);
    if (!found) return no_such_table(table);
    const auto it = found->sequences.find(field);
    if (it == found->sequences.end()) {
        return error(errc::not_found, "table \"" + std::string(table) +
                                          "\" has no sequence for field " + std::to_string(field));
    }
    return ++it->second;
}

} // namespace tandem::memory
