#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# docs_readme.sh README SOURCE: the first block of C++ in README must be, line by line, what stands
# in SOURCE between the two marks `//! [readme]`. Prints the difference; status 1 where there is
# one, or where either is missing.

set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

awk '/^```cpp$/ && !done { inside = 1; next }
     /^```$/ && inside { inside = 0; done = 1 }
     inside' "$1" > "$dir/readme"
awk '/^\/\/! \[readme\]$/ { inside = !inside; ++marks; next }
     inside
     END { exit marks == 2 ? 0 : 1 }' "$2" > "$dir/source" || {
  printf '%s:1: error: it must have two marks //! [readme]\n' "$2"
  exit 1
}
if [ ! -s "$dir/readme" ] || [ ! -s "$dir/source" ]; then
  printf '%s:1: error: no program found in it, or none in %s\n' "$1" "$2"
  exit 1
fi
if ! diff -u "$dir/source" "$dir/readme"; then
  printf '%s:1: error: its program differs from %s; copy what is between the marks\n' "$1" "$2"
  exit 1
fi
printf '%s lines compared\n' "$(wc -l < "$dir/source")"
