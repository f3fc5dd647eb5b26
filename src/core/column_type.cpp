// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/column_type.hpp"

namespace tandem {

std::string_view to_string(column_type type) noexcept {
    switch (type) {
    case column_type::boolean: return "boolean";
    case column_type::int16: return "int16";
    case column_type::int32: return "int32";
    case column_type::int64: return "int64";
    case column_type::float32: return "float32";
    case column_type::float64: return "float64";
    case column_type::numeric: return "numeric";
    case column_type::text: return "text";
    case column_type::bytes: return "bytes";
    case column_type::uuid: return "uuid";
    case column_type::date: return "date";
    case column_type::timestamp: return "timestamp";
    case column_type::timestamptz: return "timestamptz";
    case column_type::json: return "json";
    }
    return "unknown";
}

} // namespace tandem
