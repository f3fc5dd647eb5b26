// SPDX-License-Identifier: BSL-1.0
//
// The text of an error: error[T-nnnn]: what; detail.
#include "tandem/core/error.hpp"

namespace tandem {

std::string error::message() const {
    std::string number = std::to_string(static_cast<int>(code_));
    if (number.size() < 4) number.insert(0, 4 - number.size(), '0');
    std::string text = "error[T-";
    text += number;
    text += "]: ";
    text += tandem_category().message(static_cast<int>(code_));
    if (!detail().empty()) {
        text += "; ";
        text += detail();
    }
    return text;
}

std::string error::full_message() const {
    std::string text = message();
    if (!server_text().empty()) {
        text += ": ";
        text += server_text();
    }
    return text;
}

error error::with_token(std::string token) const {
    error out(code_);
    out.text_ = std::make_shared<const texts>(
        texts{std::string(detail()), std::string(server_text()), std::move(token)});
    return out;
}

void outcome_throw_as_system_error_with_payload(const error& e) {
    throw std::system_error(e.code(), std::string(e.detail()));
}

} // namespace tandem
