// SPDX-License-Identifier: BSL-1.0
//
// Every enumeration has a name for each of its values, and one for what is none of them.
#include "tandem/core/column_type.hpp"
#include "tandem/core/log.hpp"
#include "tandem/core/phase.hpp"
#include "tandem/core/step.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tandem {
namespace {

template <class E>
void expect_distinct_names(int first, int last) {
    std::set<std::string_view> names;
    for (int i = first; i <= last; ++i)
        names.insert(to_string(static_cast<E>(i)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(last - first + 1));
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(to_string(static_cast<E>(last + 1)), "unknown");
}

TEST(names, every_enumerator_has_its_own) {
    expect_distinct_names<column_type>(0, static_cast<int>(column_type::json));
    expect_distinct_names<phase>(1, static_cast<int>(phase::new_only));
    expect_distinct_names<step_kind>(0, static_cast<int>(step_kind::retire));
    expect_distinct_names<log_level>(0, static_cast<int>(log_level::error));
}

TEST(names, of_sides_and_roles) {
    EXPECT_EQ(to_string(side::source), "source");
    EXPECT_EQ(to_string(side::target), "target");
    EXPECT_EQ(to_string(role::primary), "primary");
    EXPECT_EQ(to_string(role::draining), "draining");
    EXPECT_EQ(to_string(role::handed_over), "handed_over");
    EXPECT_EQ(to_string(role::secondary), "secondary");
    EXPECT_EQ(to_string(static_cast<side>('?')), "unknown");
    EXPECT_EQ(to_string(static_cast<role>('?')), "unknown");
}

TEST(names, of_the_phases) {
    EXPECT_EQ(to_string(phase::old_only), "old_only");
    EXPECT_EQ(to_string(phase::dual_new_primary), "dual_new_primary");
}

} // namespace
} // namespace tandem
