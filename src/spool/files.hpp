// SPDX-License-Identifier: BSL-1.0
//
// Opens the files of a spool in whatever state a crash or a bad disk left them, and salvages.
//
//   spool.db, spool.db-wal   SQLite's
//   spool.mark               the greatest id that was acknowledged; written after each commit
//                            without a sync, so it is never ahead of the database
//   spool.building           a database being made from salvaged records; of no value
//   spool.new                the same, complete: it takes the place of spool.db
//   damaged-1/ ...           files set aside, for people
//
// A database that ends before its mark lost acknowledged records: SQLite itself ignores whatever
// follows a damaged place of its log.
#pragma once

#include "spool/database.hpp"

namespace tandem::spool::detail {

struct files {
    std::unique_ptr<database> records;
    descriptor mark;
    content found;      ///< without a problem
    std::string damage; ///< of now, or of earlier and not noted; empty where there is none
};

/// Errors: as spool::open().
[[nodiscard]] result<files> open_files(const directory& where);

/// After a commit. No error: an old mark only notices less.
void write_mark(const descriptor& mark, std::int64_t id) noexcept;

} // namespace tandem::spool::detail
