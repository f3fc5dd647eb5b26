// SPDX-License-Identifier: BSL-1.0
//
// Several processes at once, in every order: each turn is one action of one of them, each may stop
// for ever between any two turns, and the fences are read one side at a time. Histories that lead
// to the same state of everything are followed once.
#include "fences.hpp"
#include "walker.hpp"
#include "writer.hpp"

#include <gtest/gtest.h>

#include <unordered_set>
#include <variant>

namespace tandem {
namespace {

using actor = std::variant<walker, writer>;

bool is_done(const actor& a) {
    return std::visit([](const auto& x) { return x.done(); }, a);
}

struct state {
    world at;
    std::vector<actor> actors;
    int faults_left = 0;
    int flips_before = at.flips();
    bool may_fail = faults_left > 0; ///< a failed abort leaves a drain behind
};

std::string what(const state& s) {
    std::string out = testing::PrintToString(s.at.fences());
    for (const actor& a : s.actors) {
        const auto& why = std::visit(
            [](const auto& x) -> const auto& { return x.failure(); }, a);
        out += "; " + (why ? why->message() : "accepted");
    }
    return out;
}

class explorer {
public:
    /// Follows every order of turns; a turn of a walker may also fail, while faults are left.
    void explore(const state& s) {
        if (!seen_.insert(key_of(s)).second || testing::Test::HasFailure()) return;
        ASSERT_EQ(s.at.broken(), "");
        expect_recoverable(s.at);
        bool all_done = true;
        for (std::size_t i = 0; i < s.actors.size(); ++i) {
            if (is_done(s.actors[i])) continue;
            all_done = false;
            turn(s, i, fault::none);
            if (s.faults_left == 0 || std::holds_alternative<writer>(s.actors[i])) continue;
            for (const fault f : all_faults)
                turn(s, i, f);
        }
        if (all_done) finish(s);
    }

    [[nodiscard]] std::size_t states() const noexcept { return seen_.size(); }
    [[nodiscard]] int ends() const noexcept { return ends_; }

private:
    static std::string key_of(const state& s) {
        std::string out = s.at.text();
        out += static_cast<char>(s.faults_left);
        for (const actor& a : s.actors) {
            const std::string& h =
                std::visit([](const auto& x) -> const std::string& { return x.history(); }, a);
            out += std::to_string(h.size()) + ':' + h;
        }
        return out;
    }

    void turn(const state& s, std::size_t who, fault f) {
        state next = s;
        if (auto* w = std::get_if<walker>(&next.actors[who])) {
            w->turn(next.at, f);
        } else {
            std::get<writer>(next.actors[who]).turn(next.at);
        }
        if (f != fault::none) --next.faults_left;
        explore(next);
    }

    /// Should everybody stop here for ever, one more process can end it, and nothing is lost.
    void expect_recoverable(world w) {
        if (!recovered_.insert(w.text()).second) return;
        walker(direction::abort).run(w);
        EXPECT_TRUE(w.is_stable()) << testing::PrintToString(w.fences());
        EXPECT_TRUE(w.write());
        EXPECT_EQ(w.broken(), "");
    }

    void finish(const state& s) {
        ++ends_;
        // Each walk changes the phase at most once: more would be two walks that undo each other.
        EXPECT_LE(s.at.flips() - s.flips_before, static_cast<int>(s.actors.size())) << what(s);
        EXPECT_TRUE(s.at.is_stable() || s.may_fail) << what(s);
    }

    std::unordered_set<std::string> seen_;
    std::unordered_set<std::string> recovered_;
    int ends_ = 0;
};

constexpr std::array all_directions{direction::forward, direction::backward, direction::abort};

actor walk_of(direction where) { return walker(where, {.allow_truncate = true}, /*patience=*/2); }

/// Two walks from each phase, each pair once.
template <class F>
void for_every_pair(F f) {
    for (const phase p : all_phases) {
        for (const direction one : all_directions) {
            for (const direction two : all_directions) {
                if (two >= one) f(world_in(p), one, two);
            }
        }
    }
}

TEST(interleaving, of_two_walks_never_has_two_authorities_and_ends_stable) {
    explorer e;
    for_every_pair([&](const world& start, direction one, direction two) {
        e.explore({start, {walk_of(one), walk_of(two)}});
    });
    EXPECT_GT(e.ends(), 0);
}

TEST(interleaving, of_two_walks_and_a_writer_loses_no_write) {
    explorer e;
    for (const phase p : {phase::dual_old_primary, phase::dual_new_primary}) {
        for (const direction two : all_directions) {
            const direction one =
                p == phase::dual_old_primary ? direction::forward : direction::backward;
            e.explore({world_in(p), {walk_of(one), walk_of(two), writer({1, p})}});
        }
    }
    EXPECT_GT(e.ends(), 0);
}

TEST(interleaving, of_two_walks_one_of_which_fails_once_breaks_nothing) {
    explorer e;
    for_every_pair([&](const world& start, direction one, direction two) {
        e.explore({start, {walk_of(one), walk_of(two)}, /*faults_left=*/1});
    });
    EXPECT_GT(e.ends(), 0);
}

TEST(interleaving, of_three_walks_never_has_two_authorities_and_ends_stable) {
    explorer e;
    for (const direction two : {direction::forward, direction::backward, direction::abort}) {
        e.explore({world_in(phase::dual_old_primary),
                   {walk_of(direction::forward), walk_of(two), walk_of(direction::abort)}});
    }
    EXPECT_GT(e.ends(), 0);
}

} // namespace
} // namespace tandem
