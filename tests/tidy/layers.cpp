// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"
#include "lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tidy {

namespace {

struct layer {
    std::string_view name;
    int floor;
};

// A layer includes itself and lower floors. Two layers of one floor are siblings: neither may know
// the other.
constexpr std::array layers = {
    layer{"core", 0},   layer{"concepts", 1},  layer{"engine", 2},   layer{"table", 2},
    layer{"memory", 3}, layer{"sqlite", 3},    layer{"postgres", 3}, layer{"spool", 3},
    layer{"flags", 3},  layer{"migration", 4}, layer{"cli", 5},
};

struct driver_header {
    std::string_view start;
    std::string_view owner; ///< a layer that may name it
};
constexpr std::array driver_headers = {
    driver_header{"<libpq", "postgres"},     driver_header{"<postgresql/", "postgres"},
    driver_header{"<pg_config", "postgres"}, driver_header{"<sqlite3", "sqlite"},
    driver_header{"<sqlite3", "spool"},
};

// Users of the library do not meet these: they are used in src/ or not at all.
constexpr std::array private_headers = {"<spdlog/", "<fmt/", "<concurrentqueue/", "<boost/asio"};

std::optional<layer> layer_named(std::string_view name) {
    const auto* found = std::ranges::find(layers, name, &layer::name);
    if (found == layers.end()) return std::nullopt;
    return *found;
}

// "core/errc.hpp" belongs to core; "router.hpp", which stands in no folder, to migration.
std::string_view layer_name_of(std::string_view below) {
    const auto slash = below.find('/');
    return slash == below.npos ? "migration" : below.substr(0, slash);
}

std::optional<std::string_view> below(std::string_view path, std::string_view folder) {
    if (!path.starts_with(folder)) return std::nullopt;
    return path.substr(folder.size());
}

struct place {
    std::string_view path;
    std::size_t line;
    layer of;
    bool is_public;
};

void check_arrow(const place& from, std::string_view included, report& out) {
    const auto inner = included.substr(1, included.size() - 2);
    std::string_view name;
    if (const auto installed = below(inner, "tandem/")) {
        name = layer_name_of(*installed);
    } else if (included.front() == '"') {
        if (from.is_public) {
            out.add(from.path, from.line,
                    "a public header includes " + std::string(included) +
                        ", which is not installed");
            return;
        }
        if (inner.find('/') == inner.npos) return; // beside the including file
        name = layer_name_of(inner);
    } else {
        return;
    }
    const auto to = layer_named(name);
    const auto arrow = std::string(from.of.name) + " includes " + std::string(name);
    if (!to) {
        out.add(from.path, from.line, arrow + ", which is no layer");
    } else if (to->name != from.of.name && to->floor == from.of.floor) {
        out.add(from.path, from.line, arrow + ", its sibling");
    } else if (to->floor > from.of.floor) {
        out.add(from.path, from.line, arrow + ", which stands above it");
    }
}

void check_libraries(const place& from, std::string_view included, report& out) {
    auto library = std::string(included);
    library.front() = '<';
    std::string owners;
    bool is_owner = false;
    for (const auto& driver : driver_headers) {
        if (!library.starts_with(driver.start)) continue;
        owners += (owners.empty() ? "" : " and ") + std::string(driver.owner);
        is_owner |= from.of.name == driver.owner;
    }
    if (!owners.empty() && !is_owner) {
        out.add(from.path, from.line, "only " + owners + " may include " + std::string(included));
    }
    if (!from.is_public) return;
    for (const std::string_view header : private_headers) {
        if (library.starts_with(header)) {
            out.add(from.path, from.line,
                    "a public header includes " + std::string(included) + "; it belongs in src/");
        }
    }
}

} // namespace

void check_layers(const tree& files, report& out) {
    for (const auto& [path, content] : files) {
        if (!is_cpp(path)) continue;
        const auto in_public = below(path, "include/tandem/");
        const auto in_source = below(path, "src/");
        if (!in_public && !in_source) continue;
        const auto name = layer_name_of(in_public ? *in_public : *in_source);
        const auto of = layer_named(name);
        if (!of) {
            out.add(path, 1, "the folder " + std::string(name) + " is no layer");
            continue;
        }
        for (std::size_t i = 0; i < content.lines.size(); ++i) {
            // A commented or quoted include is blank in the code.
            if (content.code_lines[i].find('#') == std::string::npos) continue;
            const auto included = include_of(content.lines[i]);
            if (!included) continue;
            const place from{path, i + 1, *of, in_public.has_value()};
            check_arrow(from, *included, out);
            check_libraries(from, *included, out);
        }
    }
}

} // namespace tidy
