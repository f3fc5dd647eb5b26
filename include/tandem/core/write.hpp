// SPDX-License-Identifier: BSL-1.0
//
// One write as the router hands it to the primary's store, and what the store answers.
#pragma once

#include "tandem/core/change.hpp"
#include "tandem/core/fence.hpp"
#include "tandem/core/route.hpp"

namespace tandem {

enum class write_kind : std::uint8_t {
    upsert, ///< insert or replace
    insert, ///< insert, or `exists` where the key is there
    erase,  ///< remove, or `absent` where the key is not there
    /// The key's present state anew, with a version greater than `above`: a row keeps its content,
    /// an absent key gets a tombstone. So a secondary takes it, whatever it holds up to `above`.
    /// `absent` where the key is not there and the table has no deletes. For single writes between
    /// two stores, which may ignore want_change.
    restate,
};

struct write_command {
    write_kind kind = write_kind::upsert;
    table_id table = 0;
    row_key key;
    row image;                ///< all fields; empty for erase and restate
    tandem::version above;    ///< restate only
    bool want_change = false; ///< sync mode: give back the row as committed and the intent's id
};

enum class write_status : std::uint8_t {
    committed, ///< durable, versioned, and where the phase is dual its intent too
    fenced,    ///< refused under the fence: the belief is old, or a switch drains. Nothing happened
    exists,    ///< insert: the key is there. Nothing happened
    absent,    ///< erase: the key is not there. Nothing happened
};

struct write_reply {
    write_status status = write_status::fenced;
    tandem::version version;              ///< of the committed write
    tandem::epoch epoch = 0;              ///< under which it was committed
    bool dual = false;                    ///< whether an intent was written
    std::int64_t intent = 0;              ///< its id, where want_change and dual
    std::optional<tandem::change> change; ///< where want_change and dual
};

} // namespace tandem
