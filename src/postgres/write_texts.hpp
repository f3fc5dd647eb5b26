// SPDX-License-Identifier: BSL-1.0
//
// One write as requests and replies: which of the generated texts a command takes, its parameters,
// and what the answer means. Pure; shared by single writes and by transactions.
#pragma once

#include "postgres/store_state.hpp"

namespace tandem::postgres::detail {

/// Under which fence a write is sent: by a single write's belief, or as a transaction entered it.
struct write_place {
    tandem::epoch epoch = 0;
    bool dual = false;
    int bucket = 0;
};

/// The positions of its replies in a pipeline.
struct write_position {
    std::size_t at = 0;
};

/// Adds the write, without locks. Errors: type_mismatch, out_of_range, unsupported (an erase where
/// the table is declared without deletes).
[[nodiscard]] result<write_position> add_write(pipeline& work, const write_command& command,
                                               const write_place& place, const table_plan& plan,
                                               bool joint);

/// Errors: what decoding the returned row finds.
[[nodiscard]] result<write_reply> read_write(const replies& answers, write_position position,
                                             const write_command& command, const write_place& place,
                                             const table_plan& plan, bool joint);

} // namespace tandem::postgres::detail
