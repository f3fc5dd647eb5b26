// SPDX-License-Identifier: BSL-1.0
//
// Prometheus' text exposition format 0.0.4:
//
//     family    = "# HELP " name " " help LF "# TYPE " name " " kind LF sample*
//     sample    = name labels " " number LF
//     labels    = nothing | "{" label ("," label)* "}"
//     label     = name "=" '"' value '"'     in a value \ " and LF are escaped, in a help \ and LF
//     histogram = one sample <name>_bucket for each bound with label le, each counting all below it
//                 and itself, then <name>_sum and <name>_count
#include "tandem/core/metrics_registry.hpp"

#include <charconv>
#include <cmath>

namespace tandem {
namespace {

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value);
    return {text, end.ptr};
}

std::string bound(std::size_t bucket) {
    if (bucket == metric_buckets.size()) return "+Inf";
    char text[32];
    const double seconds = static_cast<double>(metric_buckets[bucket].count()) / 1e6;
    const auto end = std::to_chars(text, text + sizeof text, seconds, std::chars_format::fixed);
    return {text, end.ptr};
}

std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (quotes && c == '"')) out += '\\';
        out += c;
    }
    return out;
}

std::string labels_of(const metric_sample& sample, std::string_view le = {}) {
    std::string out;
    const auto append = [&](std::string_view name, std::string_view value) {
        out += out.empty() ? '{' : ',';
        out += name;
        out += "=\"";
        out += escaped(value, true);
        out += '"';
    };
    for (const metric_label& l : sample.labels)
        append(l.name, l.value);
    if (!le.empty()) append("le", le);
    if (!out.empty()) out += '}';
    return out;
}

void write_histogram(const metric_family& family, const metric_sample& sample, std::string& out) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
        below += sample.buckets[i];
        out += family.name + "_bucket" + labels_of(sample, bound(i)) + ' ' + std::to_string(below) +
               '\n';
    }
    const std::string labels = labels_of(sample);
    out += family.name + "_sum" + labels + ' ' + number(sample.value) + '\n';
    out += family.name + "_count" + labels + ' ' + std::to_string(sample.count) + '\n';
}

} // namespace

std::string_view to_string(metric_kind kind) noexcept {
    switch (kind) {
    case metric_kind::counter: return "counter";
    case metric_kind::gauge: return "gauge";
    case metric_kind::histogram: return "histogram";
    }
    return "unknown";
}

std::string to_prometheus(std::span<const metric_family> families) {
    std::string out;
    for (const metric_family& family : families) {
        out += "# HELP " + family.name + ' ' + escaped(family.help, false) + '\n';
        out += "# TYPE " + family.name + ' ' + std::string(to_string(family.kind)) + '\n';
        for (const metric_sample& sample : family.samples) {
            switch (family.kind) {
            case metric_kind::counter:
                out += family.name + labels_of(sample) + ' ' + std::to_string(sample.count) + '\n';
                break;
            case metric_kind::gauge:
                out += family.name + labels_of(sample) + ' ' + number(sample.value) + '\n';
                break;
            case metric_kind::histogram: write_histogram(family, sample, out); break;
            }
        }
    }
    return out;
}

} // namespace tandem
