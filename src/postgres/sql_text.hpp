// SPDX-License-Identifier: BSL-1.0
//
// Small pieces of SQL text: identifiers, literals, lists, parameters. Identifiers are always
// quoted, integers are inlined, every other value travels as a parameter.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tandem::postgres::detail {

/// "name" with quotes doubled. Precondition: no NUL (names come from the mapping's check or the
/// catalog).
[[nodiscard]] std::string quoted(std::string_view name);

/// "schema.table" or "table", each part quoted.
[[nodiscard]] std::string quoted_path(std::string_view path);

/// 'text' with quotes doubled, E'' form where it holds a backslash.
[[nodiscard]] std::string literal(std::string_view text);

/// $n
[[nodiscard]] std::string param(std::size_t n);

/// make(0), make(1), ... make(count - 1), with `between` in between.
[[nodiscard]] std::string joined(std::size_t count, std::string_view between,
                                 const std::function<std::string(std::size_t)>& make);

/// A template with places {0} to {9}, filled in order. For SQL texts only.
[[nodiscard]] std::string fill(std::string_view pattern,
                               std::initializer_list<std::string_view> values);

} // namespace tandem::postgres::detail
