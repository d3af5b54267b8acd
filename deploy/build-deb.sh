#!/bin/sh
# Makes the Debian package:   sh deploy/build-deb.sh [--from BUILD] [FOLDER]
#
# vm7_VERSION_ARCH.deb is put into FOLDER (build/deb) and named on standard output. It is built
# anew, for release; with --from the programs, pages and completions of a build that is there
# are taken instead.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
from=
effort=6 # of xz
out=$root/build/deb
while [ $# -gt 0 ]; do
    case $1 in
    --from)
        [ $# -ge 2 ] || { echo "--from needs a build folder" >&2; exit 64; }
        from=$(cd "$2" && pwd) effort=1
        shift 2
        ;;
    -*)
        echo "usage: sh deploy/build-deb.sh [--from BUILD] [FOLDER]" >&2
        exit 64
        ;;
    *)
        out=$1
        shift
        ;;
    esac
done
if [ -z "$from" ]; then
    . "$root/deploy/packages.sh"
    # shellcheck disable=SC2086 # words on purpose
    packages_install $packages_build $packages_deb
fi

mkdir -p "$out"
out=$(cd "$out" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
build=$place/build tree=$place/tree doc=$place/tree/usr/share/doc/vm7
arch=$(dpkg --print-architecture)
version=$(dpkg-parsechangelog -l "$root/deploy/debian/changelog" -S Version)
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$root/deploy/debian/changelog" -S Timestamp)
export SOURCE_DATE_EPOCH

# fill FILE NAME=VALUE...: @NAME@ -> VALUE; values have no % in them
fill() {
    file=$1
    shift
    for pair in "$@"; do
        set -- "$@" -e "s%@${pair%%=*}@%${pair#*=}%"
        shift
    done
    sed "$@" "$file"
}

# --- what meson installs ------------------------------------------------------------------
if [ -z "$from" ]; then
    CFLAGS=$(dpkg-buildflags --get CFLAGS) CPPFLAGS=$(dpkg-buildflags --get CPPFLAGS)
    LDFLAGS=$(dpkg-buildflags --get LDFLAGS)
    export CFLAGS CPPFLAGS LDFLAGS
fi
umask 022
meson setup "$build" "$root" -Dbuildtype=release -Dprefix=/usr -Dtests=false -Ddocs=enabled \
    -Dzsh_completions=/usr/share/zsh/vendor-completions >"$place/log" 2>&1 || {
    cat "$place/log" >&2
    exit 1
}
if [ -n "$from" ]; then
    (cd "$from" &&
        cp -p --parents controller/vm7 tests/sim/vm7-sim docs/*.[15] deploy/*vm7* "$build")
    fill "$root/deploy/vm7.service.in" bindir=/usr/bin sysconfdir=/etc \
        >"$build/deploy/vm7.service"
else
    ninja -C "$build" >&2
fi
meson install -C "$build" --no-rebuild --quiet --destdir "$tree"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree"/usr/bin/*
gzip -9n "$tree"/usr/share/man/man?/*

# --- what Debian wants besides ------------------------------------------------------------
gzip -9n <"$root/deploy/debian/changelog" >"$doc/changelog.gz"
holder=$(sed -n 's/^Copyright (c) //p' "$root/LICENSE")
{
    fill "$root/deploy/debian/copyright.in" "HOLDER=$holder"
    sed -n '/^Permission/,$ { s/^$/./; s/^/ /; p }' "$root/LICENSE"
} >"$doc/copyright"

mkdir "$tree/DEBIAN" "$place/debian"
printf 'Source: vm7\n\nPackage: vm7\nArchitecture: any\n' >"$place/debian/control"
shlibs=$(cd "$place" && dpkg-shlibdeps -O tree/usr/bin/vm7 tree/usr/bin/vm7-sim)
fill "$root/deploy/debian/control.in" "VERSION=$version" "ARCH=$arch" \
    "SIZE=$(du -sk "$tree" | cut -f1)" "SHLIBS=${shlibs#shlibs:Depends=}" \
    >"$tree/DEBIAN/control"
(cd "$tree" && find etc -type f | sed 's,^,/,' >DEBIAN/conffiles)
(cd "$tree" && find usr -type f -exec md5sum {} + | LC_ALL=C sort -k2 >DEBIAN/md5sums)
for script in postinst prerm postrm; do
    install -m 0755 "$root/deploy/debian/$script" "$tree/DEBIAN/$script"
done
dpkg-deb --root-owner-group -Zxz -z"$effort" --build "$tree" "$out/vm7_${version}_$arch.deb" >/dev/null
echo "$out/vm7_${version}_$arch.deb"
