// SPDX-License-Identifier: BSL-1.0
//
// The canonical text of one key part: shared by the encoder and by the decoder, which accepts
// nothing that the encoder would not write. Internal to core.
#pragma once

#include "tandem/core/key.hpp"

namespace tandem {

/// What stands for an infinite date or time, which has no number.
inline constexpr std::string_view infinity_key = "infinity";
inline constexpr std::string_view minus_infinity_key = "-infinity";

/// Appends the text of `part`; nothing for NULL.
void append_key_text(std::string& out, const cell& part);

} // namespace tandem
