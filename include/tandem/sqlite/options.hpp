// SPDX-License-Identifier: BSL-1.0
//
// How a SQLite store opens its file and how long it waits for the file's one write lock. Plain
// data, checked when the store is bound. It is no connection string: there are no URIs and no
// memory databases here.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/result.hpp"

#include <string>

namespace tandem::sqlite {

struct options {
    /// Of the database file, absolute or relative. The file's journal mode becomes WAL.
    std::string path;
    /// Whether a missing file is made. Otherwise it is errc::unavailable: a mistyped path must not
    /// become an empty database.
    bool create = false;
    /// synchronous=FULL: a write that was acknowledged survives loss of power. False makes it
    /// NORMAL: it survives the end of the process, and the last ones are lost with the power.
    bool durable = true;
    /// Connections for reads, opened as they are needed; 1 to 64. Writes use one more.
    int readers_max = 4;
    /// The longest wait for another process's write lock, also where the call's deadline is later;
    /// 1 ms to 1 h.
    milliseconds lock_timeout{30'000};
    /// Whether writes at the primary enforce foreign keys. Applies at a secondary never do, as they
    /// come in the order of their delivery.
    bool foreign_keys = false;
    /// Accept tables with triggers, which fire for applied changes as well as for written ones.
    bool triggers_allowed = false;
};

/// Errors: invalid_options, the detail names the option.
[[nodiscard]] result<void> check(const options& opts);

} // namespace tandem::sqlite
