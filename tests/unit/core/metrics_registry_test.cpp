// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/metrics_registry.hpp"

#include "support/exposition.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tandem {
namespace {

using tandem_test::exposition;
using namespace std::chrono_literals;

metric_id describe(metrics_registry& r, metric_kind kind, std::string_view name,
                   std::vector<metric_label> labels = {}) {
    return r.describe({kind, name, "What it is.", labels});
}
exposition read(const metrics_registry& r) { return exposition(to_prometheus(r.snapshot())); }

TEST(metrics_registry, counts_exactly_what_many_threads_count) {
    metrics_registry r;
    const auto calls = describe(r, metric_kind::counter, "calls_total");
    const auto took = describe(r, metric_kind::histogram, "took_seconds");
    std::vector<std::thread> threads;
    for (int t = 0; t < 24; ++t) { // more than there are slots
        threads.emplace_back([&] {
            for (int i = 0; i < 2'000; ++i) {
                r.add(calls, 3);
                r.observe(took, 2ms);
            }
        });
    }
    for (auto& t : threads)
        t.join();
    EXPECT_EQ(read(r).sum("calls_total"), 144'000);
    EXPECT_EQ(read(r).sum("took_seconds_count"), 48'000);
    EXPECT_DOUBLE_EQ(read(r).sum("took_seconds_sum"), 96);
}

TEST(metrics_registry, may_be_read_and_extended_while_others_count) {
    metrics_registry r;
    const auto calls = describe(r, metric_kind::counter, "calls_total");
    std::thread counting([&] {
        for (int i = 0; i < 20'000; ++i)
            r.add(calls, 1);
    });
    double before = 0;
    for (int i = 0; i < 50; ++i) {
        (void)describe(r, metric_kind::histogram, "took_seconds", {{"n", std::to_string(i)}});
        const double now = read(r).sum("calls_total");
        EXPECT_GE(now, before);
        before = now;
    }
    counting.join();
    EXPECT_EQ(read(r).sum("calls_total"), 20'000);
}

TEST(metrics_registry, puts_a_duration_into_the_bucket_that_ends_with_it) {
    metrics_registry r;
    const auto took = describe(r, metric_kind::histogram, "took_seconds");
    for (const auto d : {-1ns, 100'000ns, 100'001ns, 1'000'000ns, 10'000'000'001ns})
        r.observe(took, d);
    const auto text = read(r);
    const auto up_to = [&](const char* le) {
        return text.sum("took_seconds_bucket", {{"le", le}});
    };
    EXPECT_EQ(up_to("0.0001"), 2);
    EXPECT_EQ(up_to("0.0005"), 3);
    EXPECT_EQ(up_to("0.001"), 4);
    EXPECT_EQ(up_to("10"), 4);
    EXPECT_EQ(up_to("+Inf"), 5);
    EXPECT_EQ(text.sum("took_seconds_count"), 5);
    EXPECT_EQ(text.of("took_seconds_bucket").size(), metric_buckets.size() + 1);
}

TEST(metrics_registry, keeps_the_last_value_of_a_gauge_whichever_thread_set_it) {
    metrics_registry r;
    const auto depth = describe(r, metric_kind::gauge, "depth");
    r.set(depth, 7);
    std::thread([&] { r.set(depth, -0.25); }).join();
    EXPECT_EQ(read(r).sum("depth"), -0.25);
}

TEST(metrics_registry, gives_the_same_series_the_same_id_and_another_one_another) {
    metrics_registry r;
    const auto a = describe(r, metric_kind::counter, "calls_total", {{"op", "get"}});
    EXPECT_EQ(describe(r, metric_kind::counter, "calls_total", {{"op", "get"}}), a);
    EXPECT_NE(describe(r, metric_kind::counter, "calls_total", {{"op", "put"}}), a);
}

TEST(metrics_registry, refuses_a_name_of_another_kind) {
    metrics_registry r;
    (void)describe(r, metric_kind::counter, "calls_total");
    const auto refused = describe(r, metric_kind::gauge, "calls_total", {{"op", "get"}});
    EXPECT_EQ(refused, metric_id::none);
    r.set(refused, 1);
    r.add(refused, 1);
    r.observe(refused, 1s);
    EXPECT_EQ(read(r).sum("calls_total"), 0);
}

TEST(metrics_registry, holds_more_series_than_a_block_has_cells) {
    metrics_registry r;
    std::vector<metric_id> ids;
    for (int i = 0; i < 300; ++i) {
        ids.push_back(
            describe(r, metric_kind::histogram, "took_seconds", {{"n", std::to_string(i)}}));
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
        for (std::size_t n = 0; n < i; ++n)
            r.observe(ids[i], 20s);
    }
    for (const auto& [labels, value] : read(r).of("took_seconds_count"))
        EXPECT_EQ(value, std::stoi(labels.at("n")));
}

TEST(prometheus_text, escapes_what_would_end_a_label) {
    metrics_registry r;
    const std::string odd = "a\"b\\c\nd";
    r.add(describe(r, metric_kind::counter, "calls_total", {{"name", odd}}), 1);
    EXPECT_EQ(read(r).sum("calls_total", {{"name", odd}}), 1);
    EXPECT_NE(to_prometheus(r.snapshot()).find(R"({name="a\"b\\c\nd"})"), std::string::npos);
}

TEST(prometheus_text, looks_like_the_format) {
    metrics_registry r;
    const std::vector<metric_label> labels{{"migration", "m"}};
    r.add(r.describe({metric_kind::counter, "b_total", "Two\nlines \\.", labels}), 12'345'678);
    r.set(r.describe({metric_kind::gauge, "a_seconds", "A \"gauge\".", {}}), 0.5);
    EXPECT_EQ(to_prometheus(r.snapshot()), "# HELP a_seconds A \"gauge\".\n"
                                           "# TYPE a_seconds gauge\n"
                                           "a_seconds 0.5\n"
                                           "# HELP b_total Two\\nlines \\\\.\n"
                                           "# TYPE b_total counter\n"
                                           "b_total{migration=\"m\"} 12345678\n");
}

} // namespace
} // namespace tandem
