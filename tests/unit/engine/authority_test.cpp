// SPDX-License-Identifier: BSL-1.0
#include "tandem/engine/authority.hpp"

#include "fences.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

// What the rules say for each pair of roles, where the source's epoch is lower than, equal to and
// higher than the target's. P, D: the source is primary, drains; p, d: the target; H: the source is
// the heir; h: the target; u: unsettled; c: closed; *: no history leads there, either may be named.
struct rule {
    role source;
    role target;
    std::string_view verdicts;
};
constexpr role P = role::primary;
constexpr role D = role::draining;
constexpr role H = role::handed_over;
constexpr role S = role::secondary;
constexpr std::array<rule, 16> rules{{
    {P, P, "p*P"},
    {P, D, "dPP"},
    {P, H, "PPP"},
    {P, S, "PPP"}, //
    {D, P, "ppD"},
    {D, D, "d*D"},
    {D, H, "DDD"},
    {D, S, "DDD"}, //
    {H, P, "ppp"},
    {H, D, "ddd"},
    {H, H, "Huh"},
    {H, S, "uuh"}, //
    {S, P, "ppp"},
    {S, D, "ddd"},
    {S, H, "Huu"},
    {S, S, "ccc"}, //
}};

char letter(const authority& a) {
    const bool source = a.at == side::source;
    switch (a.what) {
    case verdict::writable: return source ? 'P' : 'p';
    case verdict::draining: return source ? 'D' : 'd';
    case verdict::heir: return source ? 'H' : 'h';
    case verdict::unsettled: return 'u';
    case verdict::closed: return 'c';
    }
    return '?';
}

char verdict_of(std::optional<fence> source, std::optional<fence> target) {
    return letter(find_authority({source, target}));
}

TEST(authority, of_every_pair_of_roles_and_order_of_epochs_follows_the_rules) {
    int looked_at = 0;
    for (const rule& r : rules) {
        for (epoch s = 1; s <= 3; ++s) {
            for (epoch t = 1; t <= 3; ++t) {
                const char wanted = r.verdicts[s < t ? 0 : s == t ? 1 : 2];
                const fence_pair seen{make_fence(r.source, s), make_fence(r.target, t)};
                const char found = letter(find_authority(seen));
                ++looked_at;
                if (wanted == '*') continue;
                EXPECT_EQ(found, wanted) << testing::PrintToString(seen);
            }
        }
    }
    EXPECT_EQ(looked_at, 4 * 4 * 3 * 3);
}

TEST(authority, that_serves_is_described_by_its_own_fence) {
    for (const role other_role : all_roles) {
        for (const phase p : all_phases) {
            const authority a = find_authority({primary(7, p), make_fence(other_role, 5)});
            EXPECT_EQ(a.at, side::source);
            EXPECT_EQ(a.belief, (route{7, p}));
        }
    }
}

TEST(authority, heir_takes_epoch_phase_and_floor_from_the_side_that_gave_up) {
    fence giver = handed_over(6, phase::dual_old_primary);
    giver.floor = {99};
    fence heir = secondary(5);
    heir.floor = {7};
    const authority a = find_authority({heir, giver});
    EXPECT_EQ(letter(a), 'H');
    EXPECT_EQ(a.belief, (route{6, phase::dual_old_primary}));
    EXPECT_EQ(a.floor, version{99});
}

TEST(authority, at_equal_epochs_the_enabled_side_is_newer_than_the_draining_one) {
    // The source was read while it drained, the target after it had been enabled.
    EXPECT_EQ(verdict_of(draining(4, phase::dual_old_primary), primary(4, phase::dual_new_primary)),
              'p');
}

TEST(authority, of_two_sides_that_gave_up_the_newer_one_names_the_heir) {
    EXPECT_EQ(verdict_of(handed_over(4, phase::dual_new_primary),
                         handed_over(6, phase::dual_old_primary)),
              'H');
}

TEST(authority, is_found_although_the_other_side_is_missing) {
    const fence p = primary(3, phase::dual_old_primary);
    const fence d = draining(3, phase::dual_old_primary);
    EXPECT_EQ(verdict_of(p, std::nullopt), 'P');
    EXPECT_EQ(verdict_of(std::nullopt, p), 'p');
    EXPECT_EQ(verdict_of(d, std::nullopt), 'D');
    EXPECT_EQ(verdict_of(std::nullopt, d), 'd');
}

TEST(authority, is_unsettled_where_the_missing_side_may_serve) {
    for (const fence& f : {handed_over(3, phase::dual_new_primary), secondary(3)}) {
        EXPECT_EQ(verdict_of(f, std::nullopt), 'u');
        EXPECT_EQ(verdict_of(std::nullopt, f), 'u');
    }
    EXPECT_EQ(verdict_of(std::nullopt, std::nullopt), 'u');
}

} // namespace
} // namespace tandem
