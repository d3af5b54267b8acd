#!/bin/sh
# From a pull request to machines, in a minute:   sh deploy/demo.sh
#
# On a fresh Debian 12, as root or with sudo; where everything is installed, as anybody.
# The cluster is simulated and the repository is a folder; both are gone afterwards.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${VM7_DEMO_BUILD:-$root/build/demo} # a folder with vm7 already built, for the tests
speed=${VM7_DEMO_SPEED:-15}               # how much faster than life the cluster is
place=
sim=

leave() {
    trap - EXIT INT TERM HUP
    if [ -n "$sim" ]; then
        kill "$sim" 2>/dev/null || :
        wait "$sim" 2>/dev/null || :
    fi
    [ -z "$place" ] || rm -rf "$place"
    exit "$1"
}
trap 'leave $?' EXIT
trap 'leave 130' INT
trap 'leave 143' TERM
trap 'leave 129' HUP

bold= plain=
if [ -t 1 ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

tell() {
    printf '\n%s# %s%s\n' "$bold" "$*" "$plain"
}

# show COMMAND...: say it, then do it
show() {
    printf '%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@"
}

quietly() {
    "$@" >"$place/log" 2>&1 || {
        cat "$place/log" >&2
        echo "demo: $* failed" >&2
        return 1
    }
}

# value KEY: of the simulator's ready line
value() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
        "$place/ready" "$1"
}

place=$(mktemp -d "${TMPDIR:-/tmp}/vm7-demo.XXXXXX")

# ---- what is needed

. "$root/deploy/packages.sh"
if [ -z "${VM7_DEMO_BUILD-}" ]; then
    # shellcheck disable=SC2086 # words on purpose
    packages_install $packages_build
    echo "building vm7 and the simulator in ${build#"$root"/}"
    mkdir -p "$build"
    [ -f "$build/build.ninja" ] ||
        quietly meson setup "$build" "$root" -Dbuildtype=release -Dtests=false
    quietly ninja -C "$build"
fi
PATH=$build/controller:$build/tests/sim:$PATH

# ---- a cluster, and a person with a repository

vm7-sim --speed "$speed" >"$place/ready" 2>"$place/sim.log" &
sim=$!
tries=0
until [ -s "$place/ready" ]; do
    tries=$((tries + 1))
    kill -0 "$sim" 2>/dev/null && [ "$tries" -lt 100 ] || {
        cat "$place/sim.log" >&2
        exit 1
    }
    sleep 0.1
done
endpoint=$(value url)
VM7_ENDPOINTS=$endpoint
VM7_SECRET_PVE_TOKEN=$(value token_secret)
HOME=$place
GIT_CONFIG_NOSYSTEM=1
export PATH HOME VM7_ENDPOINTS VM7_SECRET_PVE_TOKEN GIT_CONFIG_NOSYSTEM
unset XDG_CONFIG_HOME

cd "$place"
git config --global user.name "Ada"
git config --global user.email "ada@example.org"
git config --global init.defaultBranch main
git config --global core.pager cat
ssh-keygen -q -t ed25519 -N '' -C ada@example.org -f "$place/key"
git init -q --bare infra.git
git clone -q infra.git infra 2>/dev/null
cd infra

mkdir ipam
cp "$root/deploy/sample/ipam/pools.yaml" ipam/
sed -e "s|https://pve01.example:8006|$endpoint|" \
    -e "s|ssh-ed25519 AAAA... you@example|$(cat "$place/key.pub")|" \
    -e "s|# tls: {fingerprint: \"AB:CD:...\"}|tls: {fingerprint: \"$(value fingerprint)\"}|" \
    "$root/deploy/sample/vm7.yaml" >"$place/whole.yaml"
sed '/^vms:/,$d' "$place/whole.yaml" >vm7.yaml
echo "vms: []" >>vm7.yaml
git add .
git commit -q -m "No guests yet"
git push -q origin HEAD

# ---- the story

tell "Ada opens a pull request: a VM and a container."
git checkout -q -b web-and-dns
cp "$place/whole.yaml" vm7.yaml
git commit -q -a -m "web-01 and dns-01"
show git diff --stat main

tell "Its check says what merging it would do. It changes nothing."
show vm7 plan

tell "Merged. vm7 leases the addresses, pushes that, then makes the guests."
git checkout -q main
git merge -q --no-ff -m "Merge web-and-dns" web-and-dns
git push -q origin main
show vm7 apply

tell "What came back into the repository."
show git log --oneline --no-decorate -3
show vm7 inventory --format ssh-config

tell "Once more: there is nothing left to do."
show vm7 plan --detailed-exitcode
