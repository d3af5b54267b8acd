#!/bin/sh
# Is every C file as clang-format lays it out?     style.sh SOURCE_ROOT [--fix]
set -u

cd "$1" || exit 1
command -v clang-format >/dev/null || {
    echo "clang-format is missing" >&2
    exit 77 # skipped
}

files=$(find base ipam reconcile git pve controller tests -name '*.[ch]' | LC_ALL=C sort)
[ -n "$files" ] || {
    echo "$1: no sources found" >&2
    exit 1
}

if [ "${2-}" = --fix ]; then
    # shellcheck disable=SC2086 # no path of ours has a blank in it
    exec clang-format -i $files
fi
# shellcheck disable=SC2086
clang-format --dry-run -Werror $files
