// SPDX-License-Identifier: BSL-1.0
//
// Why the demo cannot go on: one sentence for the user and the exit status that goes with it.
// Errors of tandem itself keep their number and text; the demo's own have numbers from 9001 on.
#pragma once

#include "tandem/core/result.hpp"

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/all_narrow.hpp>

#include <string>

namespace demo {

/// How the program ends.
enum class exit_status : int {
    proven = 0,        ///< nothing lost, resurrected or different
    difference = 1,    ///< the proof failed; the differences were listed
    usage = 2,         ///< an argument is wrong
    configuration = 3, ///< the input or the folder cannot be used
    connection = 4,    ///< a server or a file cannot be reached
    schema = 5,        ///< a table or a privilege is not as it has to be
    refused = 6,       ///< tandem refused a step as unsafe
    interrupted = 7,   ///< by a signal, or because nobody reads the output
    bug = 70,          ///< what must not happen
};

/// The numbers behind error[T-nnnn].
enum class trouble : int {
    unknown_flag = 9001,
    bad_value = 9002,
    conflicting_flags = 9003,
    unreadable_input = 9004,
    malformed_input = 9005,
    duplicate_key = 9006,
    no_rows = 9007,
    unusable_folder = 9008,
    server_failed = 9009,
    unavailable_kind = 9010,
    interrupted = 9011,
    stuck = 9012,
};

class [[nodiscard]] problem {
public:
    /// `text` reads "what; where; what to do".
    problem(trouble number, exit_status status, std::string text);
    /// An error of tandem, and what the demo was doing.
    problem(const tandem::error& why, std::string_view doing);

    [[nodiscard]] exit_status status() const noexcept { return status_; }
    /// "error[T-9001]: what; where; what to do".
    [[nodiscard]] const std::string& message() const noexcept { return message_; }

private:
    exit_status status_;
    std::string message_;
};

/// For whoever notices that is_interrupted().
[[nodiscard]] problem interrupted();

template <class T>
using outcome = boost::outcome_v2::basic_result<T, problem, boost::outcome_v2::policy::all_narrow>;

} // namespace demo
