// SPDX-License-Identifier: BSL-1.0
//
// The pages for operators name the metrics that there are, with their kinds and labels, and no
// others.
#include "tandem/core/metrics_registry.hpp"

#include "meter.hpp"
#include "support/exposition.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace tandem_test {
namespace {

using namespace tandem;

std::string page(const std::string& name) {
    std::ifstream file(std::string(TANDEM_OPERATING_DOCS) + "/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// "kind label label" by name; the bound of a histogram's bucket is no label of its own.
using catalogue = std::map<std::string, std::string>;

catalogue offered() {
    metrics_registry registry;
    const std::array both{side::source, side::target};
    const std::array tables{table_schema{.name = "users"}};
    const detail::meter first(registry, "m", both, tables);
    const detail::keyed_meter second(registry, "k", tables);
    catalogue out;
    for (const auto& family : registry.snapshot()) {
        std::set<std::string> names;
        for (const auto& sample : family.samples)
            for (const auto& l : sample.labels)
                names.insert(l.name);
        std::string& text = out[family.name] = to_string(family.kind);
        for (const auto& n : names)
            text += " " + n;
    }
    return out;
}

std::set<std::string> matches(const std::string& text, const std::string& pattern) {
    const std::regex wanted(pattern);
    std::set<std::string> out;
    for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at)
        out.insert((*at)[1]);
    return out;
}

TEST(metrics_page, lists_every_metric_with_its_kind_and_labels) {
    const std::string text = page("metrics.md");
    const std::regex row(R"(\| `(tandem_[a-z_]+)` \| ([a-z]+) \| ([^|]*) \|)");
    catalogue documented;
    for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) {
        std::string& what = documented[(*at)[1]] = (*at)[2];
        for (const auto& label : matches((*at)[3], "`([a-z_]+)`"))
            what += " " + label;
    }
    EXPECT_EQ(documented, offered());
}

TEST(alerts, use_metrics_that_exist) {
    const auto known = offered();
    const auto used = matches(page("alerts.yml"), "(tandem_[a-z_]+)[\\[{) ]");
    EXPECT_GE(used.size(), 6u);
    for (const auto& name : used)
        EXPECT_TRUE(known.contains(name)) << name;
}

TEST(alerts, are_each_explained) {
    const auto rules = matches(page("alerts.yml"), "alert: ([A-Za-z]+)");
    EXPECT_EQ(rules.size(), 6u);
    EXPECT_EQ(matches(page("alerts.md"), "### ([A-Za-z]+)"), rules);
}

TEST(metric_names, are_as_prometheus_wants_them) {
    metrics_registry registry;
    const std::array both{side::source, side::target};
    const detail::meter first(registry, "m", both, {});
    const detail::keyed_meter second(registry, "k", {});
    for (const auto& family : registry.snapshot()) {
        const bool counts = family.name.ends_with("_total");
        EXPECT_EQ(counts, family.kind == metric_kind::counter) << family.name;
        const bool times = family.name.ends_with("_seconds");
        EXPECT_TRUE(times || family.kind != metric_kind::histogram) << family.name;
        EXPECT_TRUE(family.help.ends_with('.')) << family.name;
    }
}

} // namespace
} // namespace tandem_test
