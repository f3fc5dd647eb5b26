// SPDX-License-Identifier: BSL-1.0
//
// One exchange with the server as data: a list of statements with their parameters, sent with one
// Sync, and the list of what came back. Building a pipeline and reading its replies are pure; only
// `connection` turns one into the other. Statements are immutable and outlive every connection that
// has prepared them by name.
#pragma once

#include "postgres/live_type.hpp"
#include "postgres/parameters.hpp"
#include "postgres/wire.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::postgres::detail {

/// One SQL text. `number` is unique in the process: connections remember by it what they prepared;
/// 0: not worth preparing, sent as it is.
struct statement {
    std::size_t number = 0;
    std::string name;
    std::string sql;
    std::vector<oid> types; ///< of the parameters, all given
};

[[nodiscard]] statement make_statement(std::string sql, std::vector<oid> types = {});
[[nodiscard]] inline statement one_off(std::string sql, std::vector<oid> types = {}) {
    return {0, {}, std::move(sql), std::move(types)};
}

struct request {
    const statement* text;
    parameters values;
    bool wanted = true; ///< false: of its answer only an error matters
};

/// Where a pipeline commits, and hence what a lost connection leaves open. A server that reports an
/// error before that place has committed nothing.
enum class effect : std::uint8_t {
    none,            ///< nowhere: the loss is harmless
    commits_at_sync, ///< an implicit transaction, committed after the last statement
    commits_at_last, ///< the last statement is COMMIT
};

struct pipeline {
    std::vector<request> requests;
    effect outcome = effect::none;
    /// The request whose first value is the transaction's number; the server is asked to send its
    /// answer at once.
    std::optional<std::size_t> number_at;

    pipeline() { requests.reserve(4); }

    /// The position of its reply.
    std::size_t add(const statement& text, parameters values = {}) {
        requests.push_back({&text, std::move(values)});
        return requests.size() - 1;
    }
    /// A statement whose rows nobody reads: its reply stays empty.
    void run(const statement& text, parameters values = {}) {
        requests.push_back({&text, std::move(values), false});
    }
};

/// The rows one statement gave back, all in binary format. Views stay valid as long as the set.
class result_set {
public:
    result_set() = default;
    /// `values` are rows * columns, row by row; a view without data is NULL. `owner` keeps alive
    /// what they point into.
    result_set(std::vector<std::string_view> values, std::size_t columns, std::int64_t affected,
               std::shared_ptr<const void> owner)
        : values_(std::move(values)),
          columns_(columns),
          affected_(affected),
          owner_(std::move(owner)) {}

    [[nodiscard]] std::size_t rows() const noexcept {
        return columns_ == 0 ? 0 : values_.size() / columns_;
    }
    [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
    /// Rows the command tag tells of; 0 where it tells none.
    [[nodiscard]] std::int64_t affected() const noexcept { return affected_; }

    /// Precondition of all: line < rows(), column < columns().
    [[nodiscard]] std::string_view at(std::size_t line, std::size_t column) const noexcept {
        return values_[line * columns_ + column];
    }
    [[nodiscard]] bool is_null(std::size_t line, std::size_t column) const noexcept {
        return at(line, column).data() == nullptr;
    }
    /// NULL, or a value of another length, reads as 0: the SQL text fixes the types.
    [[nodiscard]] std::int64_t int8(std::size_t line, std::size_t column) const noexcept {
        return number<std::int64_t>(at(line, column));
    }
    [[nodiscard]] std::int32_t int4(std::size_t line, std::size_t column) const noexcept {
        return number<std::int32_t>(at(line, column));
    }
    [[nodiscard]] std::int16_t int2(std::size_t line, std::size_t column) const noexcept {
        return number<std::int16_t>(at(line, column));
    }
    [[nodiscard]] bool boolean(std::size_t line, std::size_t column) const noexcept {
        return number<std::int8_t>(at(line, column)) != 0;
    }
    /// A value of type "char"; 0 where NULL.
    [[nodiscard]] char single_char(std::size_t line, std::size_t column) const noexcept {
        return static_cast<char>(number<std::int8_t>(at(line, column)));
    }
    [[nodiscard]] std::string text(std::size_t line, std::size_t column) const {
        return std::string(at(line, column));
    }

private:
    template <class T>
    [[nodiscard]] static T number(std::string_view value) noexcept {
        return value.size() == sizeof(T) ? get<T>(value) : T{0};
    }

    std::vector<std::string_view> values_;
    std::size_t columns_ = 0;
    std::int64_t affected_ = 0;
    std::shared_ptr<const void> owner_;
};

/// One result_set a request, in order.
using replies = std::vector<result_set>;

} // namespace tandem::postgres::detail
