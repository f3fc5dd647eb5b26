// SPDX-License-Identifier: BSL-1.0
//
// The factory that puts a DAO in place. Before a migration is installed and after it is retired the
// service gets its own plain DAO back, so tandem costs nothing then. From install on it gets the
// dual one in every phase, because one writer without the fence is a lost write at the next switch:
// nobody keeps a plain DAO across install() or retirement. Thread-safe as far as the makers are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace tandem {

/// Where a service stands with a migration; comes from its configuration.
enum class lifecycle : std::uint8_t {
    idle,      ///< nothing is installed: the old store alone, without tandem
    installed, ///< the control tables are there: every access goes through tandem
    retired,   ///< the migration is complete: the new store alone, without tandem
};

/// Calls the one maker that `state` names and gives back its DAO. Each maker returns
/// std::unique_ptr<Dao>, never null. Exceptions of a maker pass through.
template <class Dao>
[[nodiscard]] std::unique_ptr<Dao>
make_dao(lifecycle state, const std::function<std::unique_ptr<Dao>()>& plain_old,
         const std::function<std::unique_ptr<Dao>()>& dual,
         const std::function<std::unique_ptr<Dao>()>& plain_new) {
    switch (state) {
    case lifecycle::idle: return plain_old();
    case lifecycle::installed: return dual();
    case lifecycle::retired: return plain_new();
    }
    return nullptr;
}

} // namespace tandem
