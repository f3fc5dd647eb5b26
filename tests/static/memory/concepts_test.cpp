// SPDX-License-Identifier: BSL-1.0
//
// What memory::store and fake_clock model, and what they do not.
#include "tandem/concepts/chunk_hash.hpp"
#include "tandem/memory/fake_clock.hpp"
#include "tandem/memory/store.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

using tandem::memory::store;

static_assert(tandem::store<store> && tandem::readable<store> && tandem::fenced<store>);
static_assert(tandem::transactional_intent<store> && tandem::read_modify_write<store>);
static_assert(tandem::guarded_apply<store> && tandem::bulk_load<store> && tandem::joint<store>);
static_assert(!tandem::chunk_hash<store>);
static_assert(!tandem::store<tandem::memory::database>);

static_assert(tandem::clock<tandem::testing::fake_clock>);
static_assert(!tandem::clock<tandem::testing::fault_injector>);

// A store is handed over, never shared by copy; what others hold a reference to stays where it is.
static_assert(std::is_nothrow_move_constructible_v<store> && !std::is_copy_constructible_v<store>);
static_assert(!std::is_move_constructible_v<tandem::memory::database>);
static_assert(!std::is_move_constructible_v<tandem::testing::fake_clock>);
static_assert(!std::is_move_constructible_v<tandem::testing::fault_injector>);

TEST(memory_concepts, hold) { SUCCEED(); }

} // namespace tandem_test
