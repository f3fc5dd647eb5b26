// SPDX-License-Identifier: BSL-1.0
#include "checker.hpp"

#include <algorithm>

namespace demo {

namespace {

/// 2097152.17: the epoch and the number within it.
std::string version_text(std::int64_t version) {
    constexpr int epoch_shift = 40;
    const auto mask = (std::int64_t{1} << epoch_shift) - 1;
    return std::to_string(version >> epoch_shift) + "." + std::to_string(version & mask);
}

std::optional<finding> judge_row(const std::string& key, const history& before,
                                 const history& after, const stored& row) {
    const std::string found = "found version " + version_text(row.version);
    const std::string known = "acknowledged was " + version_text(before.version);
    if (row.version < before.version) {
        return finding{finding_kind::lost, key, found + ", " + known};
    }
    const bool is_put_possible = after.puts_begun > before.puts_ended;
    if (row.version > before.version) {
        if (is_put_possible) return std::nullopt;
        return finding{finding_kind::phantom, key, found + " that nobody wrote, " + known};
    }
    if (!before.live) {
        const auto kind =
            before.erases_ended > 0 ? finding_kind::resurrected : finding_kind::phantom;
        return finding{kind, key, found + ", but it was deleted or never written"};
    }
    if (row.content != before.content) {
        return finding{finding_kind::different, key,
                       found + " with another content than was written"};
    }
    return std::nullopt;
}

} // namespace

std::string_view to_string(finding_kind kind) noexcept {
    switch (kind) {
    case finding_kind::lost: return "lost";
    case finding_kind::resurrected: return "resurrected";
    case finding_kind::phantom: return "phantom";
    case finding_kind::different: return "different";
    case finding_kind::inexact: return "inexact";
    case finding_kind::unexpected: return "unexpected";
    }
    return "";
}

std::optional<finding> judge_read(const std::string& key, const history& before,
                                  const history& after, const std::optional<stored>& found) {
    if (found) return judge_row(key, before, after, *found);
    const bool is_erase_possible = after.erases_begun > before.erases_ended;
    if (!before.live || is_erase_possible) return std::nullopt;
    return finding{finding_kind::lost, key,
                   "no row, acknowledged was " + version_text(before.version)};
}

std::vector<finding> check_authority(const journal& writes, const table_image& rows) {
    std::vector<finding> findings;
    const auto add = [&](std::optional<finding> f) {
        if (f) findings.push_back(std::move(*f));
    };
    writes.for_each([&](const std::string& key, const history& h) {
        const auto row = rows.find(key);
        if (row == rows.end()) {
            add(judge_read(key, h, h, std::nullopt));
            return;
        }
        const stored& found = row->second;
        add(judge_read(key, h, h, found));
        const bool is_newer = found.version > h.version;
        if (is_newer && h.puts_begun > h.puts_ended &&
            std::ranges::find(h.unknown_puts, found.content) == h.unknown_puts.end()) {
            add(finding{finding_kind::phantom, key, "a newer content than was ever written"});
        }
    });
    for (const auto& [key, row] : rows) {
        const history h = writes.of(key);
        const bool is_known = h.live || h.version != 0 || h.puts_begun > 0 || h.erases_begun > 0;
        if (!is_known) add(finding{finding_kind::phantom, key, "a row that nobody wrote"});
    }
    for (const auto& key : writes.versions_gone_back()) {
        add(finding{finding_kind::inexact, key, "a write got a version that was not a newer one"});
    }
    return findings;
}

std::vector<finding> check_balances(const journal& writes, const table_image& rows,
                                    std::span<const std::string> keys) {
    std::vector<finding> findings;
    for (const auto& key : keys) {
        const history h = writes.of(key);
        const auto row = rows.find(key);
        if (row == rows.end()) {
            findings.push_back({finding_kind::lost, key, "no row with a balance"});
            continue;
        }
        const std::int64_t found = row->second.balance;
        if (found >= h.balance + h.balance_less && found <= h.balance + h.balance_more) continue;
        findings.push_back({finding_kind::inexact, key,
                            "the balance is " + std::to_string(found) +
                                ", the acknowledged changes make it " + std::to_string(h.balance)});
    }
    return findings;
}

std::vector<finding> check_sum(const table_image& rows, std::span<const std::string> keys,
                               std::int64_t sum) {
    std::int64_t found = 0;
    for (const auto& key : keys) {
        const auto row = rows.find(key);
        if (row != rows.end()) found += row->second.balance;
    }
    if (found == sum) return {};
    return {{finding_kind::inexact, keys.empty() ? "" : keys.front(),
             "the accounts sum up to " + std::to_string(found) + ", transfers began with " +
                 std::to_string(sum)}};
}

std::vector<finding> check_equal(const table_image& source, const table_image& target) {
    std::vector<finding> findings;
    const auto add = [&](const std::string& key, const std::string& text) {
        findings.push_back({finding_kind::different, key, text});
    };
    for (const auto& [key, row] : source) {
        const auto other = target.find(key);
        if (other == target.end()) {
            add(key, "version " + version_text(row.version) + " is at the source alone");
        } else if (other->second.version != row.version) {
            add(key, "version " + version_text(row.version) + " at the source, " +
                         version_text(other->second.version) + " at the target");
        } else if (other->second.content != row.content) {
            add(key, "one version " + version_text(row.version) + ", two contents");
        }
    }
    for (const auto& [key, row] : target) {
        if (!source.contains(key)) {
            add(key, "version " + version_text(row.version) + " is at the target alone");
        }
    }
    return findings;
}

} // namespace demo
