// SPDX-License-Identifier: BSL-1.0
//
// The text of a refusal without what differs from run to run.
#pragma once

#include "tandem/core/result.hpp"

#include <initializer_list>
#include <string>
#include <utility>

namespace tandem_test {

using namespace tandem;

/// The message with tandem's own words alone (no server text), each first replaced by its second;
/// "" where nothing was refused.
inline std::string text_of(const result<void>& r,
                           std::initializer_list<std::pair<std::string, std::string>> names = {}) {
    if (r) return {};
    std::string text = r.error().message();
    for (const auto& [what, name] : names) {
        for (auto at = text.find(what); at != std::string::npos; at = text.find(what)) {
            text.replace(at, what.size(), name);
        }
    }
    return text;
}

} // namespace tandem_test
