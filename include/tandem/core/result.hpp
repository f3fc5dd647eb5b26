// SPDX-License-Identifier: BSL-1.0
//
// result<T> is a value or an error (Boost.Outcome). tandem itself throws nothing; value() throws
// std::system_error when it is called on an error, and is meant for tests and small programs.
#pragma once

#include "tandem/core/error.hpp"

#include <boost/outcome/std_result.hpp>
#include <boost/outcome/try.hpp>

namespace tandem {

template <class T>
using result = boost::outcome_v2::std_result<T, error>;

using boost::outcome_v2::success;

/// `TANDEM_TRY(expr)` and `TANDEM_TRY(auto value, expr)` return the error of `expr` to the caller.
#define TANDEM_TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)

} // namespace tandem
