// SPDX-License-Identifier: BSL-1.0
//
// any_store: every operation of every store concept behind one virtual interface, so that the store
// contract (store_contract.hpp) is compiled once and run over each store. For tests alone: the
// library itself never erases the type of a store.
#pragma once

#include "tandem/concepts/bulk_load.hpp"
#include "tandem/concepts/guarded_apply.hpp"
#include "tandem/concepts/joint.hpp"
#include "tandem/concepts/read_modify_write.hpp"

#include <memory>
#include <type_traits>

namespace tandem_test {

using namespace tandem;

class any_store {
public:
    virtual ~any_store() = default;
    // store
    virtual std::string_view dialect() const = 0;
    virtual result<void> bind(binding b) = 0;
    virtual const binding& bound() const = 0;
    virtual result<std::string> identity(side s, table_id t, const call_context& c) = 0;
    virtual result<std::vector<schema_difference>> compare_schema(const call_context& c) = 0;
    // readable
    virtual result<read_reply> read(side s, table_id t, const row_key& k,
                                    const call_context& c) = 0;
    virtual result<read_many_reply> read_many(side s, table_id t, std::span<const row_key> keys,
                                              const call_context& c) = 0;
    virtual result<scan_reply> scan(side s, table_id t, const key_range& range, std::size_t limit,
                                    const call_context& c) = 0;
    virtual result<tombstones_reply> tombstones(table_id t, std::string_view after,
                                                std::size_t limit, const call_context& c) = 0;
    // fenced
    virtual result<void> install(const call_context& c) = 0;
    virtual result<fences> read_fences(const call_context& c) = 0;
    virtual result<bool> step(const switch_step& s, const call_context& c) = 0;
    virtual result<std::vector<sequence_value>> sequences(const call_context& c) = 0;
    virtual result<std::int64_t> purge(std::size_t limit, const call_context& c) = 0;
    // transactional_intent
    virtual result<write_reply> write(const write_command& w, route belief,
                                      const call_context& c) = 0;
    virtual result<std::vector<owed_change>> owed(std::int64_t after, std::size_t limit,
                                                  const call_context& c) = 0;
    virtual result<void> settle(std::span<const std::int64_t> ids, const call_context& c) = 0;
    virtual result<void> note_failure(std::int64_t id, std::string_view text, bool dead,
                                      const call_context& c) = 0;
    virtual result<std::int64_t> revive(const call_context& c) = 0;
    virtual result<owed_stats> stats(const call_context& c) = 0;
    virtual result<bool> is_owed(std::int64_t id, const call_context& c) = 0;
    // read_modify_write, guarded_apply, bulk_load
    virtual result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                                      const call_context& c) = 0;
    virtual result<std::vector<apply_status>> apply(std::span<const change> changes,
                                                    const call_context& c) = 0;
    virtual result<std::int64_t> bulk_load(table_id t, std::span<const tandem::row> rows,
                                           const call_context& c) = 0;
    // joint; errc::unsupported where the store does not model it
    virtual result<std::optional<key>> copy_chunk(table_id t, const std::optional<key>& after,
                                                  epoch era, std::size_t limit,
                                                  const call_context& c) = 0;
};

/// Any type that models the concepts, as an any_store.
template <class S>
class any_store_of final : public any_store {
    static_assert(transactional_intent<S> && read_modify_write<S> && guarded_apply<S> &&
                  tandem::bulk_load<S>);

public:
    explicit any_store_of(std::unique_ptr<S> s) : s_(std::move(s)) {}

    std::string_view dialect() const override { return std::as_const(*s_).dialect(); }
    result<void> bind(binding b) override { return s_->bind(std::move(b)); }
    const binding& bound() const override { return std::as_const(*s_).bound(); }
    result<std::string> identity(side s, table_id t, const call_context& c) override {
        return s_->identity(s, t, c);
    }
    result<std::vector<schema_difference>> compare_schema(const call_context& c) override {
        return s_->compare_schema(c);
    }
    result<read_reply> read(side s, table_id t, const row_key& k, const call_context& c) override {
        return s_->read(s, t, k, c);
    }
    result<read_many_reply> read_many(side s, table_id t, std::span<const row_key> keys,
                                      const call_context& c) override {
        return s_->read_many(s, t, keys, c);
    }
    result<scan_reply> scan(side s, table_id t, const key_range& range, std::size_t limit,
                            const call_context& c) override {
        return s_->scan(s, t, range, limit, c);
    }
    result<tombstones_reply> tombstones(table_id t, std::string_view after, std::size_t limit,
                                        const call_context& c) override {
        return s_->tombstones(t, after, limit, c);
    }
    result<void> install(const call_context& c) override { return s_->install(c); }
    result<fences> read_fences(const call_context& c) override { return s_->read_fences(c); }
    result<bool> step(const switch_step& s, const call_context& c) override {
        return s_->step(s, c);
    }
    result<std::vector<sequence_value>> sequences(const call_context& c) override {
        return s_->sequences(c);
    }
    result<std::int64_t> purge(std::size_t limit, const call_context& c) override {
        return s_->purge(limit, c);
    }
    result<write_reply> write(const write_command& w, route belief,
                              const call_context& c) override {
        return s_->write(w, belief, c);
    }
    result<std::vector<owed_change>> owed(std::int64_t after, std::size_t limit,
                                          const call_context& c) override {
        return s_->owed(after, limit, c);
    }
    result<void> settle(std::span<const std::int64_t> ids, const call_context& c) override {
        return s_->settle(ids, c);
    }
    result<void> note_failure(std::int64_t id, std::string_view text, bool dead,
                              const call_context& c) override {
        return s_->note_failure(id, text, dead, c);
    }
    result<std::int64_t> revive(const call_context& c) override { return s_->revive(c); }
    result<owed_stats> stats(const call_context& c) override { return s_->stats(c); }
    result<bool> is_owed(std::int64_t id, const call_context& c) override {
        return s_->is_owed(id, c);
    }
    result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                              const call_context& c) override {
        return s_->begin(keys, level, c);
    }
    result<std::vector<apply_status>> apply(std::span<const change> changes,
                                            const call_context& c) override {
        return s_->apply(changes, c);
    }
    result<std::int64_t> bulk_load(table_id t, std::span<const tandem::row> rows,
                                   const call_context& c) override {
        return s_->bulk_load(t, rows, c);
    }
    result<std::optional<key>> copy_chunk(table_id t, const std::optional<key>& after, epoch era,
                                          std::size_t limit, const call_context& c) override {
        if constexpr (joint<S>) {
            return s_->copy_chunk(t, after, era, limit, c);
        } else {
            return errc::unsupported;
        }
    }

private:
    std::unique_ptr<S> s_;
};

} // namespace tandem_test
