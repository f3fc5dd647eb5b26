// SPDX-License-Identifier: BSL-1.0

#include "postgres/pipeline.hpp"

#include <atomic>

namespace tandem::postgres::detail {

statement make_statement(std::string sql, std::vector<oid> types) {
    static std::atomic<std::size_t> next{1};
    const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
    return {number, "tandem_" + std::to_string(number), std::move(sql), std::move(types)};
}

} // namespace tandem::postgres::detail
