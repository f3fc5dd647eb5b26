// SPDX-License-Identifier: BSL-1.0
//
// Cells in PostgreSQL's binary formats, both ways, and arrays of them. Pure functions: what a value
// looks like on the wire depends on the live column's type alone. A value that the column cannot
// hold is refused here, before anything is sent.
#pragma once

#include "tandem/core/cell.hpp"

#include "postgres/live_type.hpp"
#include "postgres/parameters.hpp"

namespace tandem::postgres::detail {

/// Appends the binary form of a value that is not NULL. Errors: out_of_range, type_mismatch.
[[nodiscard]] result<void> put_cell(std::string& out, const cell& value, wire_format format);

/// Adds the cell as the next parameter, NULL included. Errors as put_cell.
[[nodiscard]] result<void> add_cell(parameters& out, const cell& value, wire_format format);

/// The value of a cell that is not NULL, as the mapping wants it. Errors: corrupt_data.
[[nodiscard]] result<cell> get_cell(std::string_view in, wire_format format);

/// One array parameter, filled element by element:
///     array_writer a(params, live.type); for (...) TRY(a.add(cell)); a.finish();
class array_writer {
public:
    array_writer(parameters& out, oid element);
    array_writer(const array_writer&) = delete;
    array_writer& operator=(const array_writer&) = delete;

    [[nodiscard]] result<void> add(const cell& value, wire_format format);
    void add_int4(std::int32_t value);
    void add_int8(std::int64_t value);
    void add_bytes(std::string_view value);
    /// Must be called once, before the next parameter is added.
    void finish();

private:
    parameters& out_;
    std::string& bytes_;
    std::size_t start_;
    std::int32_t count_ = 0;
    bool has_null_ = false;
};

} // namespace tandem::postgres::detail
