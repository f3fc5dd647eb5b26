// SPDX-License-Identifier: BSL-1.0
#include "problem.hpp"

namespace demo {

namespace {

exit_status status_of(const tandem::error& why) {
    using enum tandem::errc;
    const auto is_one_of = [&](auto... codes) { return ((why.value() == codes) || ...); };
    if (why == tandem::errc_condition::retryable) return exit_status::connection;
    if (is_one_of(schema_mismatch, permission_denied, not_installed)) return exit_status::schema;
    if (is_one_of(cancelled)) return exit_status::interrupted;
    const bool is_refusal = why.condition() == tandem::errc_condition::refused;
    return is_refusal && !is_one_of(invariant) ? exit_status::refused : exit_status::bug;
}

} // namespace

problem::problem(trouble number, exit_status status, std::string text)
    : status_(status),
      message_("error[T-" + std::to_string(static_cast<int>(number)) + "]: " + std::move(text)) {}

problem::problem(const tandem::error& why, std::string_view doing)
    : status_(status_of(why)), message_(why.full_message() + "; while " + std::string(doing)) {}

problem interrupted() {
    return {
        trouble::interrupted, exit_status::interrupted,
        "the run was interrupted; by a signal, or because its output was closed; everything that "
        "it started is stopped and removed: start it again"};
}

} // namespace demo
