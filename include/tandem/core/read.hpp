// SPDX-License-Identifier: BSL-1.0
//
// What a store answers to reads. Every answer carries the fence from the very snapshot that gave
// the rows, so the caller can tell whether the side was the authority when it spoke.
#pragma once

#include "tandem/core/change.hpp"
#include "tandem/core/fence.hpp"

#include <optional>
#include <vector>

namespace tandem {

struct stored_row {
    row image; ///< in field order
    tandem::version version;
};

/// One row and the fence of its bucket, one snapshot.
struct read_reply {
    tandem::fence fence;
    std::optional<stored_row> found;
};

/// Many keys: rows[i] belongs to keys[i]; the fences of all buckets, one snapshot.
struct read_many_reply {
    tandem::fences fences;
    std::vector<std::optional<stored_row>> rows;
};

/// Keys in [from, to) in the order of the key columns; a missing bound is open. `after` is an
/// exclusive lower bound and wins over `from`: it resumes a scan behind the last key seen.
struct key_range {
    std::optional<key> from;
    std::optional<key> to;
    std::optional<key> after;
};

/// Rows ascending by key, at most as many as asked for; one snapshot.
struct scan_reply {
    tandem::fences fences;
    std::vector<stored_row> rows;
};

/// Tombstones ascending by encoded key (byte order), at most as many as asked for; one snapshot.
/// Each is a change without image whose epoch is left 0: the caller fills in its bucket's.
struct tombstones_reply {
    tandem::fences fences;
    std::vector<change> tombstones;
};

} // namespace tandem
