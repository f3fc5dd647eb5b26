// SPDX-License-Identifier: BSL-1.0
//
// Each concept is true for its smallest model, false for the model of what it refines, and false
// for the mistakes that a store's author is most likely to make. That this compiles is the test.
#include "tandem/concepts/clock.hpp"

#include "minimal_stores.hpp"
#include "support/minimal_clock.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

// clock
struct clock_without_sleep {
    monotonic_time now() const;
};
struct clock_of_wall_time : minimal::clock {
    std::chrono::system_clock::time_point now() const;
};
struct clock_that_changes_when_read : minimal::clock {
    monotonic_time now();
};
static_assert(clock<minimal::clock>);
static_assert(!clock<clock_without_sleep>);
static_assert(!clock<clock_of_wall_time>);
static_assert(!clock<clock_that_changes_when_read>);

// store
struct store_that_gives_a_copy_of_its_binding : minimal::store {
    binding bound() const;
};
struct store_whose_bind_says_nothing : minimal::store {
    void bind(binding);
};
struct store_that_ignores_deadlines : minimal::store {
    result<std::vector<schema_difference>> compare_schema();
};
static_assert(store<minimal::store>);
static_assert(!store<int>);
static_assert(!store<minimal::clock>);
static_assert(!store<store_that_gives_a_copy_of_its_binding>);
static_assert(!store<store_whose_bind_says_nothing>);
static_assert(!store<store_that_ignores_deadlines>);

// bulk_load
struct bulk_load_that_counts_in_int : minimal::store {
    result<int> bulk_load(table_id, std::span<const row>, const call_context&);
};
static_assert(bulk_load<minimal::bulk_load_store>);
static_assert(!bulk_load<minimal::store>);
static_assert(!bulk_load<bulk_load_that_counts_in_int>);

// readable
struct readable_without_fence : minimal::readable_store {
    result<std::optional<stored_row>> read(side, table_id, const row_key&, const call_context&);
};
struct readable_without_tombstones : minimal::store {
    result<read_reply> read(side, table_id, const row_key&, const call_context&);
    result<read_many_reply> read_many(side, table_id, std::span<const row_key>,
                                      const call_context&);
    result<scan_reply> scan(side, table_id, const key_range&, std::size_t, const call_context&);
};
static_assert(readable<minimal::readable_store>);
static_assert(!readable<minimal::store>);
static_assert(!readable<readable_without_fence>);
static_assert(!readable<readable_without_tombstones>);

// chunk_hash
struct chunk_hash_without_count : minimal::readable_store {
    result<std::int64_t> chunk_hash(side, table_id, const key_range&, const call_context&);
};
static_assert(chunk_hash<minimal::chunk_hash_store>);
static_assert(!chunk_hash<minimal::readable_store>);
static_assert(!chunk_hash<chunk_hash_without_count>);

// fenced
struct fenced_whose_step_does_not_tell : minimal::fenced_store {
    result<void> step(const switch_step&, const call_context&);
};
struct fenced_with_one_fence : minimal::fenced_store {
    result<fence> read_fences(const call_context&);
};
static_assert(fenced<minimal::fenced_store>);
static_assert(!fenced<minimal::readable_store>);
static_assert(!fenced<fenced_whose_step_does_not_tell>);
static_assert(!fenced<fenced_with_one_fence>);

// guarded_apply
struct guarded_apply_without_status : minimal::fenced_store {
    result<void> apply(std::span<const change>, const call_context&);
};
struct guarded_apply_without_fence : minimal::readable_store {
    result<std::vector<apply_status>> apply(std::span<const change>, const call_context&);
};
static_assert(guarded_apply<minimal::guarded_apply_store>);
static_assert(!guarded_apply<minimal::fenced_store>);
static_assert(!guarded_apply<guarded_apply_without_status>);
static_assert(!guarded_apply<guarded_apply_without_fence>);

// constrained
struct constrained_without_apply : minimal::fenced_store {
    result<std::vector<holder>> holders(std::span<const change>, const call_context&);
};
static_assert(constrained<minimal::constrained_store>);
static_assert(!constrained<minimal::guarded_apply_store>);
static_assert(!constrained<constrained_without_apply>);

// joint
struct joint_that_does_not_say_where_it_stopped : minimal::fenced_store {
    result<void> copy_chunk(table_id, const std::optional<key>&, epoch, std::size_t,
                            const call_context&);
};
static_assert(joint<minimal::joint_store>);
static_assert(!joint<minimal::fenced_store>);
static_assert(!joint<joint_that_does_not_say_where_it_stopped>);

// transactional_intent
struct intent_without_belief : minimal::transactional_intent_store {
    result<write_reply> write(const write_command&, const call_context&);
};
struct intent_that_forgets_dead_letters : minimal::transactional_intent_store {
    result<void> note_failure(std::span<const std::int64_t>, std::string_view, const call_context&);
};
static_assert(transactional_intent<minimal::transactional_intent_store>);
static_assert(!transactional_intent<minimal::fenced_store>);
static_assert(!transactional_intent<intent_without_belief>);
static_assert(!transactional_intent<intent_that_forgets_dead_letters>);

// read_modify_write
struct begin_without_fence : minimal::transactional_intent_store {
    result<std::unique_ptr<store_transaction>> begin(std::span<const table_key>, isolation,
                                                     const call_context&);
};
static_assert(read_modify_write<minimal::read_modify_write_store>);
static_assert(!read_modify_write<minimal::transactional_intent_store>);
static_assert(!read_modify_write<begin_without_fence>);

// operation_log
struct log_without_a_claim : minimal::operation_log_store {
    result<begin_reply> begin(std::span<const table_key>, isolation, const call_context&);
};
struct log_that_knows_no_pending : minimal::operation_log_store {
    result<bool> conclude(const operation_id&, milliseconds, const call_context&);
};
static_assert(operation_log<minimal::operation_log_store>);
static_assert(!operation_log<minimal::read_modify_write_store>);
static_assert(!operation_log<log_without_a_claim>);
static_assert(!operation_log<log_that_knows_no_pending>);

// transaction_lookup
static_assert(transaction_lookup<minimal::transaction_lookup_store>);
static_assert(!transaction_lookup<minimal::store>);

// A test program needs a case; the assertions above are what it is for.
TEST(concepts, are_proven_while_compiling) {
    EXPECT_TRUE(read_modify_write<minimal::read_modify_write_store>);
}

} // namespace
} // namespace tandem
