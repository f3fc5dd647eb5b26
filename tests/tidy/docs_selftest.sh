#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# docs_selftest.sh FOLDER: tests docs_links.sh and docs_readme.sh, which stand in FOLDER, on small
# trees with known mistakes: they must find each of them and nothing else.

set -eu
tools=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# expect NAME STATUS TEXT COMMAND...: the command ends with STATUS and prints exactly TEXT.
expect() {
  name=$1 status=$2 text=$3
  shift 3
  got=0
  printed=$("$@" 2>&1) || got=$?
  if [ "$got" -ne "$status" ] || [ "$printed" != "$text" ]; then
    printf '%s: expected status %s and\n%s\ngot status %s and\n%s\n' \
      "$name" "$status" "$text" "$got" "$printed"
    failed=1
  fi
}

tree=$dir/links
mkdir -p "$tree/docs" "$tree/build"
printf '# Two words, here\n[a](docs/b.md) [c](docs) [d](#two-words-here) [e](docs/b.md#x_y)\n' \
  > "$tree/a.md"
{
  printf '# x_y\n[up](../a.md) [far](https://example.org/none)\n'
  printf '```\n[code](none.md)\n```\n`[i](no)`\n'
} > "$tree/docs/b.md"
printf '[built](none.md)\n' > "$tree/build/c.md"
expect links_that_resolve 0 '5 links, 0 wrong' sh "$tools/docs_links.sh" "$tree"

printf '\n[a](b.md) [c](none.md)\n[d](../a.md#three) [e](#none)\n' > "$tree/docs/d.md"
expect links_that_do_not_resolve 1 "docs/d.md:2: error: there is no 'none.md'
docs/d.md:3: error: there is no heading for '#three' in 'docs/../a.md'
docs/d.md:3: error: there is no heading for '#none' in 'docs/d.md'
9 links, 3 wrong" sh "$tools/docs_links.sh" "$tree"

mkdir "$dir/empty"
expect no_links_at_all 1 '0 links, 0 wrong' sh "$tools/docs_links.sh" "$dir/empty"

readme=$dir/README.md
source=$dir/a.cpp
printf 'x\n//! [readme]\nint a;\nint b;\n//! [readme]\ny\n' > "$source"
printf '```\nz\n```\n```cpp\nint a;\nint b;\n```\n```cpp\nint c;\n```\n' > "$readme"
expect same_program 0 '2 lines compared' sh "$tools/docs_readme.sh" "$readme" "$source"

printf '```cpp\nint a;\n```\n' > "$readme"
if sh "$tools/docs_readme.sh" "$readme" "$source" > "$dir/out"; then
  printf 'other_program: no difference was found\n'
  failed=1
fi
grep -q '^-int b;$' "$dir/out" || failed=1

printf 'no program\n' > "$readme"
expect no_program 1 "$readme:1: error: no program found in it, or none in $source" \
  sh "$tools/docs_readme.sh" "$readme" "$source"
printf '//! [readme]\nint a;\n' > "$source"
expect one_mark 1 "$source:1: error: it must have two marks //! [readme]" \
  sh "$tools/docs_readme.sh" "$readme" "$source"

exit "$failed"
