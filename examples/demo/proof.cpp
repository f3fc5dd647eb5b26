// SPDX-License-Identifier: BSL-1.0
#include "proof.hpp"

#include "text.hpp"

#include <algorithm>

namespace demo {

namespace {

constexpr std::size_t listed_max = 20;
constexpr std::size_t label_width = 24;
constexpr std::size_t figure_width = 10;

void figure(display& screen, const std::string& label, std::int64_t value,
            const std::string& remark = {}) {
    screen.line("  " + padded(label, label_width) + right(grouped(value), figure_width) +
                (remark.empty() ? "" : "   " + remark));
}

std::string sorts_text(const meter& figures) {
    std::string text;
    const auto writes = figures.writes();
    for (std::size_t i = 0; i < writes.size(); ++i) {
        text += (i == 0 ? "" : ", ") + grouped(writes[i]) + " " +
                std::string(to_string(static_cast<write_sort>(i)));
    }
    return text;
}

std::string refusals_text(const meter& figures) {
    std::string text;
    for (const auto& [name, count] : figures.refusals()) {
        text += (text.empty() ? "" : ", ") + grouped(count) + " x " + name;
    }
    return text;
}

void print_switches(display& screen, const walk_report& walked) {
    const auto slowest = std::ranges::max_element(walked.switches, {}, &switch_done::slowest_write);
    std::string remark;
    if (slowest != walked.switches.end()) {
        remark = "the longest write stall was " + duration_text(slowest->slowest_write) +
                 ", from " + std::string(to_string(slowest->from)) + " to " +
                 std::string(to_string(slowest->to));
    }
    figure(screen, "switches", static_cast<std::int64_t>(walked.switches.size()), remark);
}

void list(display& screen, const std::vector<finding>& findings) {
    for (std::size_t i = 0; i < findings.size() && i < listed_max; ++i) {
        const finding& f = findings[i];
        screen.line("  " + std::string(to_string(f.kind)) + ": " + f.key + ": " + f.text);
    }
    if (findings.size() > listed_max) {
        screen.line("  and " + grouped(static_cast<std::int64_t>(findings.size() - listed_max)) +
                    " more");
    }
}

} // namespace

bool print_proof(display& screen, const ground& where, const proof& what) {
    const meter& figures = where.figures;
    const auto totals = where.writes.totals();
    const auto& walked = what.walked;
    screen.line("");
    screen.line("What was done", paint::strong);
    std::int64_t acknowledged = 0;
    for (const auto count : figures.writes())
        acknowledged += count;
    figure(screen, "writes acknowledged", acknowledged, sorts_text(figures));
    figure(screen, "outcome unknown", totals.unknown, "may or may not be there: either is right");
    std::int64_t refused = 0;
    for (const auto& [name, count] : figures.refusals())
        refused += count;
    figure(screen, "calls refused", refused, refusals_text(figures));
    figure(screen, "rows backfilled", walked.backfilled,
           "in " + duration_text(walked.backfill_took) + ", beside the writers");
    print_switches(screen, walked);
    figure(screen, "owed when target failed", walked.owed_after_outage,
           "delivered in " + duration_text(walked.drained_in) + "; oldest ever " +
               duration_text(std::chrono::milliseconds(what.worst.oldest_ms_max)));
    const auto wrong = static_cast<std::int64_t>(what.findings.size());
    screen.line(wrong == 0 ? "What was proven" : "What was checked", paint::strong);
    figure(screen, "rows read and judged", figures.reads(),
           "each against the writes acknowledged before the read began");
    figure(screen, "rows compared", walked.rows_compared,
           "source against target, content and version, nothing owed");
    figure(screen, "keys of the journal", static_cast<std::int64_t>(where.writes.size()),
           "against the " + counted(what.rows_at_end, "row") + " at the target in the end");
    figure(screen, "counters", static_cast<std::int64_t>(where.plan.counters.size()),
           "each against the sum of its acknowledged increments");
    figure(screen, "accounts", static_cast<std::int64_t>(where.plan.accounts.size()),
           "each against its transfers, and all against their sum of " +
               grouped(where.plan.accounts_sum));
    figure(screen, "differences", wrong);
    list(screen, what.findings);
    screen.line("");
    if (wrong == 0) {
        screen.line("Nothing was lost, nothing resurrected, nothing differs.", paint::good);
    } else {
        screen.line("The proof failed: " + counted(wrong, "difference") + ".", paint::bad);
    }
    return wrong == 0;
}

} // namespace demo
