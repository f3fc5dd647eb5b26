// SPDX-License-Identifier: BSL-1.0
//
// fallback_queue is true for its smallest model and false for the mistakes that its author is most
// likely to make. That this compiles is the test.
#include "tandem/concepts/fallback_queue.hpp"

namespace tandem {
namespace {

struct minimal_queue {
    result<std::int64_t> add(const intent_record&, const call_context&);
    void note(std::int64_t, write_outcome, monotonic_time) noexcept;
    result<std::vector<owed_intent>> owed(std::int64_t, std::size_t, const call_context&);
    result<void> settle(std::span<const std::int64_t>, const call_context&);
    queue_stats stats() const;
    const std::string& identity() const;
    const std::string& place() const;
    std::optional<std::string> damage() const;
    result<void> damage_noted(const call_context&);
};
struct queue_whose_add_gives_no_id : minimal_queue {
    result<void> add(const intent_record&, const call_context&);
};
struct queue_that_cannot_settle_several : minimal_queue {
    result<void> settle(std::int64_t, const call_context&);
};
struct queue_that_hides_damage : minimal_queue {
    std::optional<std::string> damage() const = delete;
};
struct queue_whose_outcomes_can_fail : minimal_queue {
    result<void> note(std::int64_t, write_outcome, monotonic_time);
};
static_assert(fallback_queue<minimal_queue>);
static_assert(!fallback_queue<int>);
static_assert(!fallback_queue<queue_whose_add_gives_no_id>);
static_assert(!fallback_queue<queue_that_cannot_settle_several>);
static_assert(!fallback_queue<queue_that_hides_damage>);
static_assert(!fallback_queue<queue_whose_outcomes_can_fail>);

} // namespace
} // namespace tandem
