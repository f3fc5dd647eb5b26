#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# Makes two databases with a table each and runs the program over them: run.sh PROGRAM

set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sqlite3 "$dir/old.db" 'create table users (id integer primary key, name text not null,
  visits integer not null, tandem_version integer not null default 0)'
sqlite3 "$dir/new.db" 'create table people (person_id integer primary key, full_name text not null,
  visits integer not null, tandem_version integer not null default 0)'
"$1" "$dir/old.db" "$dir/new.db"
