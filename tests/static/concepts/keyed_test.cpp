// SPDX-License-Identifier: BSL-1.0
//
// keyed is true for its smallest model and false for the mistakes that its author is most likely to
// make. That this compiles is the test.
#include "tandem/concepts/keyed.hpp"

#include "tandem/concepts/fenced.hpp"

#include "minimal_stores.hpp"

namespace tandem {
namespace {

struct minimal_keyed : minimal::store {
    result<std::optional<row>> get(table_id, const row_key&, const call_context&);
    result<void> put(table_id, const row_key&, const row&, const call_context&);
    result<void> erase(table_id, const row_key&, const call_context&);
    result<std::vector<row>> scan(table_id, const key_range&, std::size_t, const call_context&);
};
struct keyed_that_is_no_store {
    result<std::optional<row>> get(table_id, const row_key&, const call_context&);
    result<void> put(table_id, const row_key&, const row&, const call_context&);
    result<void> erase(table_id, const row_key&, const call_context&);
    result<std::vector<row>> scan(table_id, const key_range&, std::size_t, const call_context&);
};
struct keyed_whose_writes_say_nothing : minimal_keyed {
    void put(table_id, const row_key&, const row&, const call_context&);
};
struct keyed_that_cannot_scan : minimal_keyed {
    result<std::vector<row>> scan(table_id, const key_range&, std::size_t,
                                  const call_context&) = delete;
};
struct keyed_that_throws_for_absent_keys : minimal_keyed {
    result<row> get(table_id, const row_key&, const call_context&);
};
static_assert(keyed<minimal_keyed>);
static_assert(!fenced<minimal_keyed>);
static_assert(!keyed<minimal::store>);
static_assert(!keyed<minimal::readable_store>);
static_assert(!keyed<keyed_that_is_no_store>);
static_assert(!keyed<keyed_whose_writes_say_nothing>);
static_assert(!keyed<keyed_that_cannot_scan>);
static_assert(!keyed<keyed_that_throws_for_absent_keys>);

} // namespace
} // namespace tandem
