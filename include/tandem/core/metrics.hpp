// SPDX-License-Identifier: BSL-1.0
//
// Where tandem counts what it does. A host that has a metrics library of its own implements
// metrics_sink; one that has none takes metrics_registry (metrics_registry.hpp). Every series is
// described once, when a migration starts; after that there are numbers only, by its id. Labels are
// names from options, mappings and enumerations, never a key or a value of a user's row.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tandem {

enum class metric_kind : std::uint8_t {
    counter,   ///< only rises; its name ends in _total
    gauge,     ///< a present state; whoever sets it last is right
    histogram, ///< durations, told in seconds
};
[[nodiscard]] std::string_view to_string(metric_kind kind) noexcept;

struct metric_label {
    std::string name; ///< [a-z_]+
    std::string value;
    friend bool operator==(const metric_label&, const metric_label&) = default;
};

/// One series.
struct metric {
    metric_kind kind = metric_kind::counter;
    std::string_view name; ///< tandem_..., with its unit, as Prometheus wants it
    std::string_view help; ///< one sentence
    std::span<const metric_label> labels;
};

/// Whatever the sink wants to be given back; `none` is never updated.
enum class metric_id : std::uint32_t { none = 0 };

/// Thread-safe: all of it is called from any thread that runs tandem's code. Must not call tandem.
class metrics_sink {
public:
    metrics_sink() = default;
    metrics_sink(const metrics_sink&) = delete;
    metrics_sink& operator=(const metrics_sink&) = delete;
    virtual ~metrics_sink() = default;

    /// The id of a series; the same one for the same name and labels, say of a second migration
    /// object of the same name. May lock and allocate. What `what` refers to ends with the call.
    [[nodiscard]] virtual metric_id describe(const metric& what) = 0;

    // In the path of every call: neither lock nor allocate here.
    virtual void add(metric_id counter, std::uint64_t by) noexcept = 0;
    virtual void set(metric_id gauge, double value) noexcept = 0;
    virtual void observe(metric_id histogram, std::chrono::nanoseconds took) noexcept = 0;
};

} // namespace tandem
