#!/bin/sh
# Fuzzes every reader of foreign bytes for a while each:   sh tests/fuzz/campaign.sh SECONDS
#
# Needs clang with its run-time library (Debian: libclang-rt-14-dev). New inputs that reach
# new code are kept in build-fuzz/corpus/NAME, what breaks a target in build-fuzz/broken/. A
# broken input that has been understood is copied, as small as it can be, to
# tests/fuzz/corpus/NAME: from then on every test run replays it.
set -eu

case ${1-} in
'' | *[!0-9]*)
    echo "usage: sh tests/fuzz/campaign.sh SECONDS" >&2
    exit 64
    ;;
esac
seconds=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build-fuzz

[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" "$root" -Dfuzz=true \
    -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
mkdir -p "$build/broken"

failed=0
for source in "$root"/tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    ninja -C "$build" "tests/fuzz/fuzz_$name" >&2
    mkdir -p "$build/corpus/$name"
    echo "== $name: $seconds s" >&2
    ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$build/broken/$name-" \
        "$build/corpus/$name" "$root/tests/fuzz/corpus/$name" || failed=1
done
[ "$failed" = 0 ] || {
    echo "what broke a target is in $build/broken" >&2
    exit 1
}
