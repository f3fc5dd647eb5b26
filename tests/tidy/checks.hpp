// SPDX-License-Identifier: BSL-1.0
//
// The rules of the lint, one function a rule, each in a file of its own. A rule reads the tree and
// adds what it found; no rule depends on another.
#pragma once

#include "tree.hpp"

namespace tidy {

/// Nothing includes upward, siblings never meet, and a client library is named by its store alone.
void check_layers(const tree& files, report& out);

/// Every source starts with the licence, every header is guarded.
void check_first_lines(const tree& files, report& out);

/// Lengths of lines, functions and files; what is over the limit stands in ratchet.txt with its
/// present size, and may only shrink.
void check_sizes(const tree& files, report& out);

/// Every .cpp is compiled by some CMakeLists.txt, every public header is installed by its layer.
void check_registration(const tree& files, report& out);

/// The clock, the random source and sleeping are reached through the seams alone.
void check_seams(const tree& files, report& out);

/// No `default:` in a switch over errc: a new code must be classed by a person.
void check_error_switches(const tree& files, report& out);

/// No unfinished work, no path of one machine.
void check_wording(const tree& files, report& out);

void check_all(const tree& files, report& out);

} // namespace tidy
