// SPDX-License-Identifier: BSL-1.0
//
// testing::keyed_store: a source in memory that can only get, put and erase one key and scan by
// key. Its writes fail as those of a remote store do: cleanly, with the answer lost, without
// effect and without an answer, or late. Thread-safe after bind().
//
//     tandem::testing::keyed_store source;
//     source.fail_next(tandem::testing::write_fault::late);
//     ...                      // the next write answers outcome_unknown and has no effect
//     source.land_late();      // and now it has
#pragma once

#include "tandem/concepts/keyed.hpp"

#include <deque>
#include <functional>
#include <map>
#include <mutex>

namespace tandem::testing {

enum class write_fault : std::uint8_t {
    refused,    ///< errc::unavailable; it did not happen
    unanswered, ///< errc::outcome_unknown; it happened
    lost,       ///< errc::outcome_unknown; it did not happen and never will
    late,       ///< errc::outcome_unknown; it happens at land_late()
};

class keyed_store {
public:
    [[nodiscard]] std::string_view dialect() const noexcept { return "keyed memory"; }
    [[nodiscard]] result<void> bind(binding b);
    [[nodiscard]] const binding& bound() const noexcept { return bound_; }
    [[nodiscard]] result<std::string> identity(side which, table_id table,
                                               const call_context& call);
    /// Always empty: the tables are what the mapping says.
    [[nodiscard]] result<std::vector<schema_difference>> compare_schema(const call_context& call);

    [[nodiscard]] result<std::optional<row>> get(table_id table, const row_key& at,
                                                 const call_context& call);
    [[nodiscard]] result<void> put(table_id table, const row_key& at, const row& image,
                                   const call_context& call);
    [[nodiscard]] result<void> erase(table_id table, const row_key& at, const call_context& call);
    [[nodiscard]] result<std::vector<row>> scan(table_id table, const key_range& range,
                                                std::size_t limit, const call_context& call);

    // --- faults
    // -----------------------------------------------------------------------------------
    /// Of the writes that follow, one each, in this order.
    void fail_next(write_fault fault);
    /// All late writes take effect, in the order in which they were sent; how many.
    std::size_t land_late();
    /// Reads answer errc::unavailable while it is on.
    void break_reads(bool broken);
    /// Runs before every get, without a lock; null: nothing.
    void before_get(std::function<void(const row_key&)> run);
    /// After every get, before its caller has the row.
    void after_get(std::function<void(const row_key&)> run);
    /// Rows of a table.
    [[nodiscard]] std::size_t size(table_id table) const;

private:
    struct write {
        table_id table = 0;
        key_bytes key;
        std::optional<row> image;
    };
    result<void> send(write w, const call_context& call);
    void take_effect(write w);

    binding bound_;
    mutable std::mutex mutex_; ///< guards what follows
    std::map<table_id, std::map<key_bytes, row>> tables_;
    std::deque<write_fault> faults_;
    std::vector<write> late_;
    bool reads_broken_ = false;
    std::function<void(const row_key&)> before_get_, after_get_;
};

static_assert(keyed<keyed_store>);

} // namespace tandem::testing
