// SPDX-License-Identifier: BSL-1.0
#include "walk.hpp"

#include "interrupt.hpp"
#include "text.hpp"

#include <algorithm>
#include <limits>

namespace demo {

namespace {

using namespace std::chrono_literals;

constexpr auto slice = 20ms;
constexpr auto patience = 90s;         // without any progress
constexpr auto switch_patience = 300s; // of a switch that waits for the backlog
constexpr auto waiting_told_every = 5s;
constexpr auto switch_aftermath = 100ms; // until a writer that waited has its answer
constexpr std::size_t scan_rows = 2'000;
constexpr auto scan_timeout = 60s;
constexpr std::int64_t as_good_as_drained = 100; // writers go on meanwhile

microseconds since(moment begun) { return std::chrono::duration_cast<microseconds>(now() - begun); }

void append(std::vector<finding>& to, std::vector<finding> more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

class walker {
public:
    explicit walker(const walk_parts& parts) : p_(parts) {}

    outcome<walk_report> run() {
        p_.screen.event("old_only: the source alone serves");
        TANDEM_TRY(let_run(0.10));
        TANDEM_TRY(move(&tandem::migration::forward, "both stores get every write"));
        TANDEM_TRY(backfill());
        TANDEM_TRY(let_run(0.10));
        TANDEM_TRY(fail_target());
        TANDEM_TRY(let_run(0.05));
        TANDEM_TRY(move(&tandem::migration::forward, "the target decides, the source follows"));
        TANDEM_TRY(let_run(0.15));
        TANDEM_TRY(move(&tandem::migration::backward, "rolled back: the source decides again"));
        TANDEM_TRY(let_run(0.12));
        TANDEM_TRY(move(&tandem::migration::forward, "forward again: the target decides"));
        TANDEM_TRY(let_run(0.13));
        TANDEM_TRY(compare_both());
        TANDEM_TRY(move(&tandem::migration::forward, "the target alone serves"));
        TANDEM_TRY(let_run(0.10));
        return report_;
    }

private:
    using direction =
        tandem::result<tandem::phase> (tandem::migration::*)(const tandem::switch_options&);

    outcome<void> let_run(double share) {
        return wait(std::chrono::duration_cast<std::chrono::milliseconds>(p_.length * share));
    }
    outcome<void> wait(std::chrono::milliseconds length) {
        for (const moment end = now() + length; now() < end;) {
            if (is_interrupted()) return interrupted();
            std::this_thread::sleep_for(std::min<moment::duration>(slice, end - now()));
        }
        return tandem::success();
    }

    outcome<tandem::phase> phase() {
        TANDEM_TRY(const auto s, status());
        return s.phase;
    }
    outcome<tandem::migration_status> status() {
        for (const moment end = now() + patience;;) {
            auto answer = p_.moved.status();
            if (answer) return answer.value();
            if (now() >= end) return problem(answer.error(), "asking for the status");
            TANDEM_TRY(wait(slice));
        }
    }

    /// What a switch waits for by being asked again: the backlog, the lock, the other side.
    static bool may_end(const tandem::error& why) {
        return why == tandem::errc::changes_owed || why == tandem::errc::switch_in_progress ||
               why == tandem::errc_condition::retryable;
    }

    outcome<void> move(direction where, const std::string& meaning) {
        TANDEM_TRY(const auto from, phase());
        (void)p_.where.figures.take_slowest();
        const moment begun = now();
        moment tried = begun;
        moment told = begun - waiting_told_every;
        auto reached = (p_.moved.*where)({.by = "tandem_demo", .reason = meaning});
        while (!reached) {
            if (!may_end(reached.error()) || now() - begun > switch_patience) {
                return problem(reached.error(), "leaving phase " + std::string(to_string(from)));
            }
            if (now() - told >= waiting_told_every) {
                p_.screen.event("the switch waits: " + reached.error().message(), paint::plain);
                told = now();
            }
            TANDEM_TRY(wait(500ms));
            tried = now();
            reached = (p_.moved.*where)({.by = "tandem_demo", .reason = meaning});
        }
        const auto took = since(tried);
        TANDEM_TRY(wait(switch_aftermath));
        const auto slowest = p_.where.figures.take_slowest();
        report_.switches.push_back({from, reached.value(), took, slowest});
        p_.screen.event(std::string(to_string(reached.value())) + ": " + meaning +
                        " (switched in " + duration_text(took) + ", slowest write " +
                        duration_text(slowest) + ")");
        return tandem::success();
    }

    outcome<void> backfill() {
        const auto total = static_cast<std::int64_t>(p_.where.writes.size());
        p_.screen.event("the backfill copies about " + counted(total, "row"));
        const moment begun = now();
        p_.watch.set_backfill(0, total);
        const auto copied = p_.moved.backfill({.on_progress = [&](const auto& so_far) {
            p_.watch.set_backfill(so_far.rows, total);
            return !is_interrupted();
        }});
        p_.watch.set_backfill(std::nullopt);
        if (is_interrupted()) return interrupted();
        if (!copied) return problem(copied.error(), "copying the rows to the target");
        report_.backfilled = copied.value();
        report_.backfill_took = since(begun);
        p_.screen.event("the backfill is complete: " + counted(copied.value(), "row") + " in " +
                        duration_text(report_.backfill_took));
        return tandem::success();
    }

    [[nodiscard]] std::int64_t refused_so_far() const {
        std::int64_t sum = 0;
        for (const auto& [name, count] : p_.where.figures.refusals())
            sum += count;
        return sum;
    }

    outcome<void> fail_target() {
        const auto refused_before = refused_so_far();
        p_.screen.event("the target fails: " + p_.target.outage(), paint::bad);
        TANDEM_TRY(p_.target.begin_outage());
        const auto waited = let_run(0.15);
        // Also where the wait was interrupted.
        TANDEM_TRY(p_.target.end_outage());
        TANDEM_TRY(waited);
        TANDEM_TRY(const auto before, status());
        report_.owed_after_outage = before.source.owed.owed;
        const auto refused = refused_so_far() - refused_before;
        const moment begun = now();
        p_.screen.event("the target is back: " + counted(report_.owed_after_outage, "change") +
                            " owed to it, " + counted(refused, "call") + " refused meanwhile",
                        paint::good);
        TANDEM_TRY(drain(as_good_as_drained));
        report_.drained_in = since(begun);
        p_.screen.event("delivered what was owed in " + duration_text(report_.drained_in));
        return tandem::success();
    }

    outcome<void> drain(std::int64_t enough) {
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        for (moment end = now() + patience;;) {
            TANDEM_TRY(const auto s, status());
            const bool both = s.source.reachable && s.target.reachable;
            const auto owed = s.source.owed.owed + s.target.owed.owed;
            if (both && owed <= enough) return tandem::success();
            if (both && owed < least) {
                least = owed;
                end = now() + patience;
            }
            if (now() >= end) {
                return problem(trouble::stuck, exit_status::bug,
                               counted(owed, "change") + " stay owed; the relay; look at the "
                                                         "warnings above");
            }
            TANDEM_TRY(wait(slice));
        }
    }

    outcome<void> compare_both() {
        p_.screen.event("writers pause, so that both sides can be compared", paint::plain);
        p_.load.pause();
        const auto compared = compare_at_rest();
        p_.load.resume();
        return compared;
    }

    outcome<void> compare_at_rest() {
        TANDEM_TRY(drain(0));
        TANDEM_TRY(const auto at_source, read_table(p_.source, tandem::side::source));
        TANDEM_TRY(const auto at_target, read_table(p_.target, tandem::side::target));
        report_.rows_compared = static_cast<std::int64_t>(at_target.size());
        append(report_.findings, check_equal(at_source, at_target));
        append(report_.findings, check_against(p_.where, at_target));
        p_.screen.event(
            "nothing is owed: " + counted(report_.rows_compared, "row") +
                " compared at both sides, " +
                counted(static_cast<std::int64_t>(report_.findings.size()), "difference"),
            report_.findings.empty() ? paint::good : paint::bad);
        return tandem::success();
    }

    walk_parts p_;
    walk_report report_;
};

} // namespace

outcome<walk_report> walk(const walk_parts& parts) { return walker(parts).run(); }

outcome<table_image> read_table(database& side, tandem::side which) {
    TANDEM_TRY(const auto view, make_view(side));
    const auto codec = tandem::codec_for(source_table); // rows travel in the source's field order
    table_image image;
    tandem::key_range range;
    for (;;) {
        const tandem::call_context call{now() + scan_timeout};
        const auto part = view->scan(which, 0, range, scan_rows, call);
        if (!part) return problem(part.error(), "reading all rows of " + side.description());
        for (const auto& row : part.value().rows) {
            const auto one = codec.from_row(row);
            if (!one) return problem(one.error(), "decoding a row of " + side.description());
            const item& i = one.value();
            image[i.id] = {i.row_version.value, fingerprint(i), i.balance};
        }
        if (part.value().rows.empty()) return image;
        range.after = tandem::key{part.value().rows.back().image.front()};
        if (is_interrupted()) return interrupted();
    }
}

std::vector<finding> check_against(const ground& where, const table_image& rows) {
    auto findings = check_authority(where.writes, rows);
    append(findings, check_balances(where.writes, rows, where.plan.counters));
    append(findings, check_balances(where.writes, rows, where.plan.accounts));
    append(findings, check_sum(rows, where.plan.accounts, where.plan.accounts_sum));
    return findings;
}

} // namespace demo
