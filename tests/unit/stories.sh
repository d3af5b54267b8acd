#!/bin/sh
# Plays many more stories than the suite does (tests/unit/test_stories.c), on all cores and
# without sanitizers:   sh tests/unit/stories.sh [COUNT [FIRST]]
#
# COUNT is a million when it is not said, FIRST the first seed. A story that fails is told
# with its seed; play it alone, with the plan of each pass, by
#   STORIES=1 build-stories/tests/unit/test_stories SEED 1
# When it has been understood it becomes a row of tests/unit/test_plan.c.
set -eu

count=${1-1000000}
first=${2-1}
case $count$first in
*[!0-9]*)
    echo "usage: sh tests/unit/stories.sh [COUNT [FIRST]]" >&2
    exit 64
    ;;
esac
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build-stories
[ -f "$build/build.ninja" ] || meson setup "$build" "$root" -Dbuildtype=release >&2
ninja -C "$build" tests/unit/test_stories >&2

cores=$(getconf _NPROCESSORS_ONLN)
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
at=$first
end=$((first + count))
# in portions, so that every core has work to the end and a failure is told soon
portion=$((count / cores / 20 + 1))
while [ "$at" -lt "$end" ]; do
    [ $((at + portion)) -le "$end" ] || portion=$((end - at))
    echo "$at $portion"
    at=$((at + portion))
done | xargs -P "$cores" -L 1 sh -c '
    "$0/tests/unit/test_stories" "$2" "$3" >"$1/$2" 2>&1 || {
        grep -a -A 3 "^story [0-9]*:" "$1/$2" || cat "$1/$2"
        exit 1
    }
    echo "$2 to $(($2 + $3 - 1)): well" >&2
' "$build" "$said"
echo "$count stories from $first on: all came to rest"
