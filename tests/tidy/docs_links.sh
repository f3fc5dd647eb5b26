#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# docs_links.sh ROOT: every relative link of every *.md below ROOT must name a file or a folder
# that exists, and every #anchor a heading. Prints `file:line: error: text`; status 1 where there
# is one, or where nothing was found to check. Links to other hosts are not followed.

set -eu
LC_ALL=C
export LC_ALL
cd "$1"

# file:line:target of each link outside of code. The form ](target) is the only one in use here.
links_of() {
  awk '
    /^ *```/ { fenced = !fenced; next }
    fenced { next }
    {
      text = $0
      gsub(/`[^`]*`/, "", text)
      while (match(text, /\]\([^)]*\)/)) {
        print FILENAME ":" FNR ":" substr(text, RSTART + 2, RLENGTH - 3)
        text = substr(text, RSTART + RLENGTH)
      }
    }' "$1"
}

# The anchors of a file, one a line: lower case, without punctuation, blanks as hyphens.
anchors_of() {
  awk '
    /^ *```/ { fenced = !fenced; next }
    !fenced && /^#+ / {
      sub(/^#+ +/, "")
      line = tolower($0)
      gsub(/[^a-z0-9_ \200-\377-]/, "", line)
      gsub(/ /, "-", line)
      print line
    }' "$1"
}

found=0
wrong=0
complain() {
  printf '%s: error: %s\n' "$1" "$2"
  wrong=$((wrong + 1))
}

check() {
  file=${1%%:*}
  rest=${1#*:}
  where=$file:${rest%%:*}
  target=${rest#*:}
  case $target in
    http://* | https://* | mailto:*) return 0 ;;
  esac
  found=$((found + 1))
  path=${target%%#*}
  folder=$(dirname "$file")
  if [ -z "$path" ]; then
    path=$file
  else
    path=$folder/$path
  fi
  if [ ! -e "$path" ]; then
    complain "$where" "there is no '$target'"
    return 0
  fi
  case $target in
    *#*)
      if [ -d "$path" ] || ! anchors_of "$path" | grep -Fqx -- "${target#*#}"; then
        complain "$where" "there is no heading for '#${target#*#}' in '$path'"
      fi
      ;;
  esac
}

files=$(find . \( -name build -o -name '.?*' \) -prune -o -name '*.md' -print | sort)
for file in $files; do
  for link in $(links_of "${file#./}"); do
    check "$link"
  done
done
printf '%s links, %s wrong\n' "$found" "$wrong"
[ "$found" -gt 0 ] && [ "$wrong" -eq 0 ]
