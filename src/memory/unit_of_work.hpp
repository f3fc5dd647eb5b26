// SPDX-License-Identifier: BSL-1.0
//
// unit_of_work: the changes of one transaction, kept apart from what is committed until commit().
// It is where the rules of versions and of the guard stand. Used by one thread that holds the
// writer gate for as long as the unit lives.
//
// Invariant T': where a key has a live row and a tombstone, the row's version is the greater one.
// writes keep it because next_version and first_version rise; apply because the guard compares
// both.
#pragma once

#include "memory/store_state.hpp"

namespace tandem::memory::detail {

class unit_of_work {
public:
    unit_of_work(store_state& s, side_data& control) : s_(s), control_(control) {}

    /// The row as this transaction sees it.
    [[nodiscard]] const std::optional<stored_row>& get(side which, table_id t, const row_key& k) {
        return slot_of(which, t, k).live;
    }

    /// One write at the primary, under a fence with role P. Errors: check_row's, unsupported (an
    /// erase where the table forbids it).
    result<write_reply> write(const write_command& command, const fence& f);

    /// One change at the secondary; `k` is the decoded key. Errors: check_row's.
    result<apply_status> apply(const change& c, const row_key& k);

    /// Copies a committed row to the other table of a joint store.
    result<void> copy(side to, table_id t, const row_key& k, const stored_row& source);

    /// The change that the other side gets to know for a write of this unit.
    [[nodiscard]] change change_of(const write_command& command, const write_reply& reply);

    /// To be committed with it.
    void note(operation_record record) { operation_ = std::move(record); }

    /// Makes everything visible at once. Cannot fail.
    void commit();

private:
    struct slot {
        key parts;
        std::optional<stored_row> live;
        std::optional<tombstone> dead;
    };
    struct slot_key {
        side which;
        table_id table;
        key_bytes encoded;
        auto operator<=>(const slot_key&) const = default;
    };

    slot& slot_of(side which, table_id t, const row_key& k);
    result<write_reply> write_joint(const write_command& command, const fence& f);
    void owe(const write_command& command, write_reply& reply);

    store_state& s_;
    side_data& control_;
    std::map<slot_key, slot> slots_;
    std::vector<std::pair<std::int64_t, intent>> intents_;
    std::optional<operation_record> operation_;
};

} // namespace tandem::memory::detail
