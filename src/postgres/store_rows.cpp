// SPDX-License-Identifier: BSL-1.0
//
// Rows, keys and fences between core's types and the wire. Pure.

#include "postgres/codec.hpp"
#include "postgres/store_state.hpp"

namespace tandem::postgres::detail {
namespace {

error in_column(const error& found, const sql_table& t, std::size_t column) {
    std::string detail(found.detail());
    if (detail.empty()) detail = "the value is not of the column's type";
    return {found.value(), "column " + t.schema->columns[column].name + " of table " +
                               t.schema->name + ": " + detail};
}

} // namespace

result<void> add_columns(parameters& out, const row& image, const sql_table& t) {
    if (image.size() != t.types.size()) {
        return error(errc::type_mismatch, "a row of table " + t.schema->name + " has " +
                                              std::to_string(image.size()) + " fields, not " +
                                              std::to_string(t.types.size()));
    }
    out.expect(t.types.size() + 4, 64 * (t.types.size() + 2));
    for (std::size_t i = 0; i < t.types.size(); ++i) {
        const auto added = add_cell(out, image[t.schema->columns[i].field], t.types[i].format);
        if (added.has_error()) return in_column(added.error(), t, i);
    }
    return success();
}

result<void> add_key(parameters& out, const key& parts, const sql_table& t) {
    if (parts.size() != t.schema->key.size()) {
        return error(errc::type_mismatch,
                     "a key of table " + t.schema->name + " has another number of columns");
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t column = t.schema->key[i];
        const auto added = add_cell(out, parts[i], t.types[column].format);
        if (added.has_error()) return in_column(added.error(), t, column);
    }
    return success();
}

void add_int4_array(parameters& out, std::span<const int> values) {
    array_writer array(out, oids::int4);
    for (const int value : values)
        array.add_int4(value);
    array.finish();
}

void add_int8_array(parameters& out, std::span<const std::int64_t> values) {
    array_writer array(out, oids::int8);
    for (const std::int64_t value : values)
        array.add_int8(value);
    array.finish();
}

result<row> row_at(const result_set& from, std::size_t line, std::size_t first,
                   const sql_table& t) {
    row out(t.types.size());
    for (std::size_t i = 0; i < t.types.size(); ++i) {
        const std::string_view value = from.at(line, first + i);
        if (value.data() == nullptr) continue; // null{} already
        auto decoded = get_cell(value, t.types[i].format);
        if (decoded.has_error()) return in_column(decoded.error(), t, i);
        out[t.schema->columns[i].field] = std::move(decoded).value();
    }
    return out;
}

result<void> read_stored_row(const result_set& from, std::size_t line, std::size_t first,
                             const sql_table& t, std::optional<stored_row>& out) {
    // Key columns are never NULL in a row that is there.
    if (from.is_null(line, first + 1 + t.schema->key.front())) return success();
    TANDEM_TRY(auto image, row_at(from, line, first + 1, t));
    out.emplace(stored_row{std::move(image), {from.int8(line, first)}});
    return success();
}

// The column `state` of tandem_fence: an array of seven bigints in the binary form, which is
// a header of 20 bytes, then each number after its length. NULL or anything else reads as epoch 0,
// which no fence has.
fence fence_at(const result_set& from, std::size_t line, std::size_t column, int bucket) {
    constexpr std::size_t header = 20, element = 12, count = 7;
    fence out;
    out.bucket = bucket;
    const std::string_view state = from.at(line, column);
    if (state.size() != header + count * element) return out;
    const auto number = [&](std::size_t i) {
        return get<std::int64_t>(state.substr(header + i * element + 4, 8));
    };
    out.epoch = number(0);
    out.role = static_cast<role>(number(1));
    out.phase = static_cast<phase>(number(2));
    out.era = number(3);
    out.synced = number(4) != 0;
    out.floor = {number(5)};
    const std::int64_t mode = number(6);
    out.mode = mode == 'k' ? era_mode::keep : mode == 'a' ? era_mode::adopt : era_mode::reset;
    return out;
}

fences fences_of(const result_set& from) {
    fences out;
    out.reserve(from.rows());
    for (std::size_t line = 0; line < from.rows(); ++line) {
        out.push_back(fence_at(from, line, 1, from.int4(line, 0)));
    }
    return out;
}

} // namespace tandem::postgres::detail
