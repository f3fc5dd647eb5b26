// SPDX-License-Identifier: BSL-1.0
#include "tandem/table/record.hpp"

namespace tandem::detail {

error in_column(const std::string& name, const error& cause) {
    return {cause.value(), "column '" + name + "': " + std::string(cause.detail()),
            std::string(cause.server_text())};
}

error null_in_column(const std::string& name) {
    return {errc::unexpected_null,
            "column '" + name +
                "': the store holds NULL; make the member a std::optional, or "
                "the column NOT NULL"};
}

error wrong_row_size(std::size_t cells, std::size_t columns) {
    return {errc::type_mismatch, "the row has " + std::to_string(cells) +
                                     " cells and the mapping has " + std::to_string(columns) +
                                     " columns"};
}

result<row_key> make_row_key(tandem::key parts, std::size_t bytes_max) {
    TANDEM_TRY(auto encoded, encode_key(parts, bytes_max));
    return row_key{std::move(parts), std::move(encoded)};
}

result<row_key> row_key_at(const row& image, std::span<const std::size_t> positions,
                           std::size_t columns, std::size_t bytes_max) {
    if (image.size() != columns) return wrong_row_size(image.size(), columns);
    tandem::key parts;
    parts.reserve(positions.size());
    for (const std::size_t at : positions)
        parts.push_back(image[at]);
    return make_row_key(std::move(parts), bytes_max);
}

} // namespace tandem::detail
