// SPDX-License-Identifier: BSL-1.0
//
// A keyed source and a fallback queue behind virtual interfaces, as any_store.hpp does for stores.
// The operations and their contracts are those of the concepts. Users never name this:
// keyed_migration's constructor wraps what it is given.
#pragma once

#include "tandem/concepts/fallback_queue.hpp"
#include "tandem/concepts/keyed.hpp"

namespace tandem {

class any_keyed {
public:
    any_keyed() = default;
    any_keyed(const any_keyed&) = delete;
    any_keyed& operator=(const any_keyed&) = delete;
    virtual ~any_keyed() = default;
    virtual std::string_view dialect() const = 0;
    virtual result<void> bind(binding b) = 0;
    virtual result<std::string> identity(table_id table, const call_context& call) = 0;
    virtual result<std::vector<schema_difference>> compare_schema(const call_context& call) = 0;
    virtual result<std::optional<row>> get(table_id table, const row_key& at,
                                           const call_context& call) = 0;
    virtual result<void> put(table_id table, const row_key& at, const row& image,
                             const call_context& call) = 0;
    virtual result<void> erase(table_id table, const row_key& at, const call_context& call) = 0;
    virtual result<std::vector<row>> scan(table_id table, const key_range& range, std::size_t limit,
                                          const call_context& call) = 0;
};

/// By reference; the source outlives the wrapper.
template <keyed S>
class keyed_ref final : public any_keyed {
public:
    explicit keyed_ref(S& s) : source_(s) {}
    std::string_view dialect() const override { return source_.dialect(); }
    result<void> bind(binding b) override { return source_.bind(std::move(b)); }
    result<std::string> identity(table_id table, const call_context& call) override {
        return source_.identity(side::source, table, call);
    }
    result<std::vector<schema_difference>> compare_schema(const call_context& call) override {
        return source_.compare_schema(call);
    }
    result<std::optional<row>> get(table_id table, const row_key& at,
                                   const call_context& call) override {
        return source_.get(table, at, call);
    }
    result<void> put(table_id table, const row_key& at, const row& image,
                     const call_context& call) override {
        return source_.put(table, at, image, call);
    }
    result<void> erase(table_id table, const row_key& at, const call_context& call) override {
        return source_.erase(table, at, call);
    }
    result<std::vector<row>> scan(table_id table, const key_range& range, std::size_t limit,
                                  const call_context& call) override {
        return source_.scan(table, range, limit, call);
    }

private:
    S& source_;
};

class any_queue {
public:
    any_queue() = default;
    any_queue(const any_queue&) = delete;
    any_queue& operator=(const any_queue&) = delete;
    virtual ~any_queue() = default;
    virtual result<std::int64_t> add(const intent_record& what, const call_context& call) = 0;
    virtual void note(std::int64_t id, write_outcome outcome, monotonic_time at) noexcept = 0;
    virtual result<std::vector<owed_intent>> owed(std::int64_t after, std::size_t limit,
                                                  const call_context& call) = 0;
    virtual result<void> settle(std::span<const std::int64_t> ids, const call_context& call) = 0;
    virtual queue_stats stats() const = 0;
    virtual const std::string& identity() const = 0;
    virtual const std::string& place() const = 0;
    virtual std::optional<std::string> damage() const = 0;
    virtual result<void> damage_noted(const call_context& call) = 0;
};

/// By reference; the queue outlives the wrapper.
template <fallback_queue Q>
class queue_ref final : public any_queue {
public:
    explicit queue_ref(Q& q) : queue_(q) {}
    result<std::int64_t> add(const intent_record& what, const call_context& call) override {
        return queue_.add(what, call);
    }
    void note(std::int64_t id, write_outcome outcome, monotonic_time at) noexcept override {
        queue_.note(id, outcome, at);
    }
    result<std::vector<owed_intent>> owed(std::int64_t after, std::size_t limit,
                                          const call_context& call) override {
        return queue_.owed(after, limit, call);
    }
    result<void> settle(std::span<const std::int64_t> ids, const call_context& call) override {
        return queue_.settle(ids, call);
    }
    queue_stats stats() const override { return queue_.stats(); }
    const std::string& identity() const override { return queue_.identity(); }
    const std::string& place() const override { return queue_.place(); }
    std::optional<std::string> damage() const override { return queue_.damage(); }
    result<void> damage_noted(const call_context& call) override {
        return queue_.damage_noted(call);
    }

private:
    Q& queue_;
};

} // namespace tandem
