// SPDX-License-Identifier: BSL-1.0
#include "walker.hpp"

#include "fences.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

void append(std::string& out, const std::optional<fence>& f) {
    if (!f) {
        out += '-';
        return;
    }
    for (const auto n : {f->epoch, f->era, f->floor.value})
        out += static_cast<char>(n);
    out += static_cast<char>(f->role);
    out += static_cast<char>(static_cast<int>(f->phase) * 4 + static_cast<int>(f->mode) * 2 +
                             (f->synced ? 1 : 0));
}

std::string describe(const switch_machine::event& what) {
    std::string out(1, static_cast<char>('a' + what.index()));
    if (const auto* r = std::get_if<switch_machine::fences_read>(&what)) {
        append(out, r->fences.source);
        append(out, r->fences.target);
    } else if (const auto* c = std::get_if<switch_machine::counted>(&what)) {
        out += static_cast<char>(c->stats.owed);
        out += static_cast<char>(c->stats.dead);
        out += c->drain_deadline_passed ? '!' : '.';
    } else if (const auto* e = std::get_if<switch_machine::emptiness>(&what)) {
        out += e->empty ? 'e' : 'f';
    } else if (const auto* s = std::get_if<switch_machine::stepped>(&what)) {
        out += s->changed ? 'y' : 'n';
    } else if (const auto* f = std::get_if<switch_machine::failed>(&what)) {
        out += static_cast<char>(f->why.value());
    }
    return out;
}

} // namespace

walker::walker(direction where, switch_options options, int patience, bool joint)
    : machine_(where, std::move(options), joint),
      patience_(patience),
      history_(1, static_cast<char>(where)) {
    tell(switch_machine::begin{});
}

void walker::tell(switch_machine::event what) {
    history_ += describe(what);
    next_ = machine_.resume(std::move(what));
    if (next_ != action::done) actions_.push_back(next_);
}

switch_machine::event walker::read(const world& w) {
    half_read_.target = w.fences().target;
    is_half_read_ = false;
    return switch_machine::fences_read{half_read_};
}

switch_machine::event walker::act(world& w) {
    const side at = machine_.at();
    switch (next_) {
    case action::read_fences: return read(w);
    case action::relay:
        w.deliver(at);
        --patience_;
        [[fallthrough]];
    case action::count_owed:
        return switch_machine::counted{
            {.owed = w.owed(at), .dead = w.dead(at), .dirty = w.dirty(at)}, patience_ <= 0};
    case action::check_empty: return switch_machine::emptiness{w.is_empty(at)};
    case action::read_sequences: return switch_machine::sequences_read{{{.last = 41}}};
    case action::step: return switch_machine::stepped{w.step(at, machine_.next())};
    case action::done: break;
    }
    ADD_FAILURE() << "a turn after the end";
    return switch_machine::begin{};
}

void walker::turn(world& w, fault f) {
    if (next_ == action::read_fences) {
        if (f == fault::none && !is_half_read_) {
            half_read_.source = w.fences().source;
            is_half_read_ = true;
            history_ += '/';
            append(history_, half_read_.source);
            return;
        }
        if (f != fault::none) { // this side cannot be reached
            is_half_read_ ? half_read_.target.reset() : half_read_.source.reset();
            if (!is_half_read_) half_read_.target = w.fences().target;
            is_half_read_ = false;
            return tell(switch_machine::fences_read{half_read_});
        }
    }
    if (f == fault::none || f == fault::unknown_applied) {
        auto what = act(w);
        if (f == fault::none) return tell(std::move(what));
    }
    tell(switch_machine::failed{f == fault::fails ? errc::unavailable : errc::outcome_unknown});
}

walker& walker::run(world& w) {
    for (int turns = 0; !done() && turns < 1000; ++turns)
        turn(w);
    EXPECT_TRUE(done()) << "the machine does not end";
    return *this;
}

void walk(world& w, direction where) {
    walker wk(where, {.allow_truncate = true});
    wk.run(w);
    EXPECT_FALSE(wk.failure()) << wk.failure()->message();
}

world world_in(phase p) {
    world w;
    EXPECT_TRUE(w.write(side::source));
    for (int at = 1; at < static_cast<int>(p); ++at) {
        walk(w, direction::forward);
        w.backfill();
    }
    return w;
}

void run_until(walker& wk, world& w, step_kind kind) {
    using action = switch_machine::action;
    while (!wk.done() && !(wk.next() == action::step && wk.machine().next().kind == kind)) {
        wk.turn(w);
    }
}

} // namespace tandem
