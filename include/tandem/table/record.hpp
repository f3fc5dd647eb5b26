// SPDX-License-Identifier: BSL-1.0
//
// Records to rows and back, as a mapping says. One record_codec is made a table (from the mapping
// of the source, which numbers the fields) and kept; its functions are thread-safe and do not
// change it. A record becomes a row with one allocation and those of its long texts.
#pragma once

#include "tandem/core/read.hpp"
#include "tandem/table/schema.hpp"
#include "tandem/table/table.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

namespace detail {

// Compiled once: the sentences.
[[nodiscard]] error in_column(const std::string& name, const error& cause);
[[nodiscard]] error null_in_column(const std::string& name);
[[nodiscard]] error wrong_row_size(std::size_t cells, std::size_t columns);
[[nodiscard]] result<row_key> make_row_key(tandem::key parts, std::size_t bytes_max);
[[nodiscard]] result<row_key> row_key_at(const row& image, std::span<const std::size_t> positions,
                                         std::size_t columns, std::size_t bytes_max);

using column_names = std::vector<std::string>;

/// Takes the value of `attempt`, or keeps its error and stops the fold that called it.
template <class V, class Sink>
bool settle(result<V>&& attempt, std::optional<error>& failure, Sink&& sink) {
    if (!attempt) {
        failure = std::move(attempt).assume_error();
        return false;
    }
    sink(std::move(attempt).assume_value());
    return true;
}

template <class T, class Columns>
struct record_functions;

template <class T, class... Columns>
struct record_functions<T, column_list<Columns...>> {
    using list = column_list<Columns...>;
    static constexpr auto positions = key_positions(list{});

    static result<row> to_row(const T& record, const column_names& names) {
        row image;
        image.reserve(sizeof...(Columns));
        std::optional<error> failure;
        const auto push = [&](cell&& c) { image.push_back(std::move(c)); };
        const bool done =
            (settle(codec<typename Columns::value_type>::encode(Columns::access::get(record)),
                    failure, push) &&
             ...);
        if (!done) return in_column(names[image.size()], *failure);
        return image;
    }

    template <class Column>
    static bool take(T& record, const row& image, std::size_t& at, std::optional<error>& failure) {
        const cell& c = image[at];
        if (!Column::nullable && is_null(c)) return false; // no failure: the caller says NULL
        return settle(codec<typename Column::value_type>::decode(c), failure, [&](auto&& value) {
            Column::access::set(record, std::move(value));
            ++at;
        });
    }

    template <class VersionMember>
    static result<T> from_row(const stored_row& stored, const column_names& names) {
        if (stored.image.size() != sizeof...(Columns)) {
            return wrong_row_size(stored.image.size(), sizeof...(Columns));
        }
        T record{};
        std::size_t at = 0;
        std::optional<error> failure;
        if (!(take<Columns>(record, stored.image, at, failure) && ...)) {
            return failure ? in_column(names[at], *failure) : null_in_column(names[at]);
        }
        if constexpr (!std::is_same_v<VersionMember, no_member>) {
            if constexpr (std::is_same_v<typename VersionMember::value_type, std::int64_t>) {
                VersionMember::set(record, std::int64_t{stored.version.value});
            } else {
                VersionMember::set(record, tandem::version(stored.version));
            }
        }
        return record;
    }

    template <class... Parts>
    static result<row_key> parts_to_key(const column_names& names, std::size_t bytes_max,
                                        const Parts&... parts) {
        tandem::key cells;
        cells.reserve(sizeof...(Parts));
        std::optional<error> failure;
        const auto push = [&](cell&& c) { cells.push_back(std::move(c)); };
        if (!(settle(codec<Parts>::encode(parts), failure, push) && ...)) {
            return in_column(names[positions[cells.size()]], *failure);
        }
        return make_row_key(std::move(cells), bytes_max);
    }

    template <class Key>
    static result<row_key> to_key(const Key& given, const column_names& names,
                                  std::size_t bytes_max) {
        if constexpr (list::key_count == 1) {
            return parts_to_key(names, bytes_max, given);
        } else {
            return std::apply(
                [&](const auto&... parts) { return parts_to_key(names, bytes_max, parts...); },
                given);
        }
    }

    static result<row_key> key_of(const row& image, std::size_t bytes_max) {
        return row_key_at(image, positions, sizeof...(Columns), bytes_max);
    }
};

} // namespace detail

template <class T, class Key>
class record_codec {
public:
    /// Errors, each naming the column: invalid_text; out_of_range (an enumerator without a name, a
    /// day that no calendar has).
    [[nodiscard]] result<row> to_row(const T& record) const { return to_row_(record, *names_); }

    /// Fills the version member, if the mapping has one. Errors, each naming the column:
    /// unexpected_null, out_of_range, type_mismatch (also for a row of another length).
    [[nodiscard]] result<T> from_row(const stored_row& stored) const {
        return from_row_(stored, *names_);
    }

    /// Errors: those of encode_key, and those of to_row.
    [[nodiscard]] result<row_key> to_key(const Key& given,
                                         std::size_t bytes_max = limits{}.key_bytes_max) const {
        return to_key_(given, *names_, bytes_max);
    }

    /// The key of a row in field order. Errors: those of encode_key; type_mismatch for a row of
    /// another length.
    [[nodiscard]] result<row_key> key_of(const row& image,
                                         std::size_t bytes_max = limits{}.key_bytes_max) const {
        return key_of_(image, bytes_max);
    }

    template <class M>
    friend record_codec<record_of<M>, tandem::key_of<M>> codec_for(const M& mapping);

private:
    record_codec() = default;

    std::shared_ptr<const detail::column_names> names_;
    result<row> (*to_row_)(const T&, const detail::column_names&) = nullptr;
    result<T> (*from_row_)(const stored_row&, const detail::column_names&) = nullptr;
    result<row_key> (*to_key_)(const Key&, const detail::column_names&, std::size_t) = nullptr;
    result<row_key> (*key_of_)(const row&, std::size_t) = nullptr;
};

/// The codec of a mapping; it copies the names, so the mapping may go. Cheap to copy.
template <class M>
[[nodiscard]] record_codec<record_of<M>, key_of<M>> codec_for(const M& mapping) {
    using columns = typename M::columns;
    static_assert(columns::key_count > 0,
                  "tandem: the table has no key; add .key<&T::member>() to its mapping");
    static_assert(std::is_default_constructible_v<record_of<M>>,
                  "tandem: reading makes an empty record first; give it a default constructor");
    using functions = detail::record_functions<record_of<M>, columns>;
    record_codec<record_of<M>, key_of<M>> codec;
    const auto& names = mapping.names().columns;
    codec.names_ = std::make_shared<const detail::column_names>(names.begin(), names.end());
    codec.to_row_ = &functions::to_row;
    codec.from_row_ = &functions::template from_row<typename M::version_member>;
    codec.to_key_ = &functions::template to_key<key_of<M>>;
    codec.key_of_ = &functions::key_of;
    return codec;
}

} // namespace tandem
