#!/bin/sh
# Builds vm7 and runs every test:   sh tests/run.sh [--fast]
#
# Installs what Debian 12 lacks (as root or with sudo), builds under build/ and ends with
# the line `N passed, N failed`, and `, N skipped` where a program is missing; 0 only when
# nothing failed. A check that is no test (a build, clang-tidy) counts as one of its name.
# --fast is for developers: one build, everything once.
set -u

cd "$(dirname "$0")/.." || exit 1
root=$PWD
build=$root/build
fast=no
case ${1-} in
'') ;;
--fast) fast=yes ;;
*)
    echo "usage: sh tests/run.sh [--fast]" >&2
    exit 64
    ;;
esac

# what is around must not change what is tested
unset GITHUB_ACTIONS FORGEJO_ACTIONS CFLAGS CPPFLAGS LDFLAGS CC DESTDIR MESON_TESTTHREADS
for name in $(env | sed -n 's/^\(\(VM7\|GIT\)_[A-Za-z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=detect_leaks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
exec </dev/null

passed=0 failed=0 skipped=0 failures=

finish() {
    trap - EXIT INT TERM
    [ -z "$failures" ] || printf '\nfailed:\n%s' "$failures"
    line="$passed passed, $failed failed"
    [ "$skipped" = 0 ] || line="$line, $skipped skipped"
    printf '\n%s\n' "$line"
    [ "$failed" = 0 ] && [ "$passed" != 0 ]
    exit
}

interrupted() {
    add 0 1 0 interrupted
    finish
}

# add PASSED FAILED SKIPPED NAME
add() {
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    [ "$2" = 0 ] || failures="$failures  $4
"
}

# slug NAME: as a file name
slug() {
    echo "$1" | tr 'A-Z' 'a-z' | tr -cs 'a-z0-9\n' -
}

# check NAME COMMAND...: one that passes or fails as a whole
check() {
    check_name=$1
    shift
    check_log=$build/$(slug "$check_name").log
    check_began=$(date +%s)
    if "$@" >"$check_log" 2>&1; then
        add 1 0 0 "$check_name"
        echo "ok    $check_name ($(($(date +%s) - check_began)) s)"
    else
        add 0 1 0 "$check_name"
        echo "FAIL  $check_name: $check_log"
        grep -vE '^\[[0-9]+/[0-9]+\] [A-Z]' "$check_log" | tail -n 60 | sed 's/^/      /'
        return 1
    fi
}

# compile COMPILER FOLDER OPTION...
compile() {
    compiler=$1
    folder=$build/$2
    shift 2
    [ -f "$folder/build.ninja" ] ||
        CC=$compiler meson setup "$folder" "$root" -Dwerror=true "$@" || return
    ninja -C "$folder" -k 0
}

# suite NAME FOLDER OPTION...: meson's tests of a build, case by case. Scenarios mostly wait,
# for a program or for a clock: twice as many as there are processors keep them busy.
suite() {
    suite_name=$1
    suite_folder=$build/$2
    suite_base=$(slug "$1")
    shift 2
    suite_began=$(date +%s)
    rm -f "$suite_folder/meson-logs/$suite_base"[.-]*
    echo "----- $suite_name"
    meson test -C "$suite_folder" --no-rebuild --print-errorlogs --logbase "$suite_base" \
        --num-processes "$(($(nproc) * 2 + 1))" "$@"
    case " $* " in # meson names the logs of a setup after it too
    *" --setup valgrind "*) suite_base=$suite_base-valgrind ;;
    esac
    counts=$(python3 "$root/tests/count.py" "$suite_folder/meson-logs/$suite_base") ||
        counts="0 1 0"
    # shellcheck disable=SC2086 # three numbers
    set -- $counts
    add "$1" "$2" "$3" "$suite_name: $2"
    echo "----- $suite_name: $1 passed, $2 failed, $3 skipped," \
        "$(($(date +%s) - suite_began)) s"
}

tidy() {
    run-clang-tidy -quiet -p "$build/clang" -j "$(nproc)" \
        "^$root/(base|ipam|reconcile|git|pve|controller|tests)/"
}

trap interrupted INT TERM
mkdir -p "$build" || exit 1
. "$root/deploy/packages.sh"
# shellcheck disable=SC2086 # words on purpose
packages_install $packages_build $packages_test || {
    add 0 1 0 "install packages"
    finish
}

if check "build, gcc, sanitizers" \
    compile gcc san -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
then
    suite "gcc, sanitizers, PVE 9" san
    if [ "$fast" = no ]; then
        export VM7_TEST_PVE=8
        suite "gcc, sanitizers, PVE 8" san --suite scenario --no-suite neutral
        unset VM7_TEST_PVE
    fi
fi
if [ "$fast" = no ]; then
    check "build, gcc, release" compile gcc release -Dbuildtype=release -Dtests=false
    # valgrind 3.19 cannot read what clang 14 tells debuggers by default
    if check "build, clang" compile clang clang -Dbuildtype=debugoptimized \
        -Dc_args=-gdwarf-4; then
        suite "clang" clang --suite unit --suite cases
        suite "clang, valgrind" clang --setup valgrind --suite unit --suite cases
        check "clang-tidy" tidy
    fi
fi
finish
