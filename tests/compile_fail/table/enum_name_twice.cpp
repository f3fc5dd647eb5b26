// SPDX-License-Identifier: BSL-1.0
//
// A text must name one enumerator.
#include "tandem/table/table.hpp"

enum class color { red, green };

template <>
inline constexpr auto tandem::enum_names<color> =
    std::to_array<tandem::enum_name<color>>({{color::red, "red"}, {color::green, "red"}});

struct car {
    int id = 0;
    color paint = color::red;
};

constexpr auto cars = tandem::table<car>("cars").key<&car::id>().column<&car::paint>();
