# What Debian 12 must have, for the programs that say `. deploy/packages.sh`.

# to build vm7 and the simulator, and to run both
packages_build="binutils ca-certificates gcc git gpgv libc6-dev libcrypt-dev libcurl4-openssl-dev
    libgit2-dev libjansson-dev libmicrohttpd-dev libpcre2-dev libssl-dev libuv1-dev libyaml-dev
    meson ninja-build openssh-client pkg-config python3 zlib1g-dev"

# to write the manual and make a package besides
packages_deb="dpkg-dev scdoc"

# to test them besides
packages_test="$packages_deb ansible chromium clang clang-format clang-tidy fish
    gnupg libcmocka-dev lintian openssh-server openssl python3-jsonschema python3-proxmoxer
    python3-requests systemd valgrind zsh"

# packages_install PACKAGE...: installs those that are missing. Runs apt-get only when
# there are any; asks for no root when there are none.
packages_install() {
    command -v dpkg-query >/dev/null || return 0 # not Debian: the build says what it lacks
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    echo "installing" $missing >&2
    as_root=
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
        command -v sudo >/dev/null || {
            echo "neither root nor sudo: run  apt-get install$missing  as root first" >&2
            return 1
        }
    fi
    # shellcheck disable=SC2086 # words on purpose
    said=$($as_root env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get -q update && apt-get -q install -y --no-install-recommends "$@"' \
        apt-get $missing 2>&1) || {
        printf '%s\n' "$said" >&2
        return 1
    }
}
