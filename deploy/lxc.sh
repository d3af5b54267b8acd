#!/bin/sh
# Puts vm7 into an unprivileged container, as root on a node of Proxmox VE:
#
#   sh lxc.sh --vmid 900 --storage local-lvm --address 192.168.10.5/24 --gateway 192.168.10.1 \
#       --repo https://git.example/infra.git --endpoint https://pve01.example:8006 \
#       --pve-token token.txt --git-password git.txt --deb vm7_0.1.0_amd64.deb
#
# Run again it does what is left to do, and says so when there is nothing. What a person changed
# in the container's controller.yaml stays. A secret is read from a file, or for one of them from
# standard input (-); it is never an argument and never in a file of the node that was not
# there before.
set -eu

usage() {
    cat <<'END'
usage: sh lxc.sh --vmid N --repo URL --endpoint URL --pve-token FILE [OPTION]...

the container
  --vmid N              its VMID
  --name NAME           its host name (vm7)
  --storage S           where its disk is made (local-lvm); shared storage for --ha
  --template VOLID      Debian 12; absent: the newest one that --templates has or can download
  --templates S         the storage of templates (local)
  --bridge B            its network (vmbr0)
  --vlan N              and its VLAN
  --address CIDR|dhcp   its address (dhcp)
  --gateway IP          its default route
  --dns IP              its DNS server; absent: the node's
  --no-nesting          without the feature nesting; the unit then does without namespaces
  --ha                  Proxmox starts it on another node when this one dies

vm7 in it
  --deb FILE            the package; absent: vm7_*.deb in this folder
  --repo URL            the repository
  --branch B            its branch (main)
  --path P              the folder of vm7.yaml in it (.)
  --endpoint URL        where Proxmox's credentials may be sent; once for each node
  --ca FILE             certificates that Proxmox is checked by, such as /etc/pve/pve-root-ca.pem
  --known-hosts FILE    host keys, for a repository over SSH
  --git-user NAME       the user, for a repository over HTTPS (vm7)
  --force-config        write controller.yaml even where somebody changed it

secrets: each from a FILE, one of them may be - (standard input)
  --pve-token FILE      of Proxmox: secret pve-token
  --git-password FILE   of Git over HTTPS: secret git
  --git-key FILE        of Git over SSH: secret git-ssh
  --secret NAME=FILE    another one that vm7.yaml or controller.yaml names
END
}

fail() {
    echo "lxc.sh: $*" >&2
    exit 1
}

misused() {
    echo "lxc.sh: $*; see lxc.sh --help" >&2
    exit 64
}

# --- what is wanted -----------------------------------------------------------------------
vmid='' name=vm7 storage=local-lvm template='' templates=local bridge=vmbr0 vlan=''
address=dhcp gateway='' dns='' nesting=yes ha=no deb=''
repo='' branch=main path=. endpoints='' ca='' known_hosts='' git_user=vm7 force=no
secrets='' from_input=''

# add_secret NAME USE FILE: a line of `secrets`
add_secret() {
    case $1 in
    '' | .* | *[!A-Za-z0-9_.-]*) misused "secret '$1': a name has letters, digits, - _ and ." ;;
    esac
    if [ "$3" = - ]; then
        [ -z "$from_input" ] || misused "only one secret can come from standard input"
        from_input=$1
    else
        [ -r "$3" ] || fail "secret $1: $3 cannot be read"
        [ -s "$3" ] || fail "secret $1: $3 is empty"
    fi
    secrets="$secrets$1 $2 $3
"
}

while [ $# -gt 0 ]; do
    option=$1
    case $option in
    --help)
        usage
        exit
        ;;
    --no-nesting) nesting=no ;;
    --ha) ha=yes ;;
    --force-config) force=yes ;;
    --*)
        [ $# -ge 2 ] || misused "$option needs a value"
        value=$2
        shift
        case $value in
        *[\"\\]* | *'
'*) misused "$option: quotes, backslashes and line breaks are refused" ;;
        esac
        case $option in
        --vmid) vmid=$value ;;
        --name) name=$value ;;
        --storage) storage=$value ;;
        --template) template=$value ;;
        --templates) templates=$value ;;
        --bridge) bridge=$value ;;
        --vlan) vlan=$value ;;
        --address) address=$value ;;
        --gateway) gateway=$value ;;
        --dns) dns=$value ;;
        --deb) deb=$value ;;
        --repo) repo=$value ;;
        --branch) branch=$value ;;
        --path) path=$value ;;
        --endpoint) endpoints="${endpoints:+$endpoints, }\"$value\"" ;;
        --ca) ca=$value ;;
        --known-hosts) known_hosts=$value ;;
        --git-user) git_user=$value ;;
        --pve-token) add_secret pve-token proxmox "$value" ;;
        --git-password) add_secret git git "$value" ;;
        --git-key) add_secret git-ssh git "$value" ;;
        --secret) add_secret "${value%%=*}" any "${value#*=}" ;;
        *) misused "unknown option $option" ;;
        esac
        ;;
    *) misused "what is $option?" ;;
    esac
    shift
done

case $vmid in
'' | *[!0-9]*) misused "--vmid N is needed" ;;
esac
[ -n "$repo" ] || misused "--repo URL is needed"
[ -n "$endpoints" ] || misused "--endpoint URL is needed"
case "
$secrets" in
*"
pve-token "*) ;;
*) misused "--pve-token FILE is needed" ;;
esac
for file in "$ca" "$known_hosts"; do
    [ -z "$file" ] || [ -r "$file" ] || fail "$file cannot be read"
done
if [ -z "$deb" ]; then
    for file in vm7_*.deb; do # the last one is the newest
        deb=$file
    done
fi
[ -r "$deb" ] || fail "no package $deb: give --deb FILE (deploy/build-deb.sh makes one)"
[ "$(id -u)" = 0 ] || fail "must be run as root, on a node of Proxmox VE"
command -v pct >/dev/null || fail "pct is missing: this is no node of Proxmox VE"

changes=0
changed() {
    changes=$((changes + 1))
    echo "  $*"
}

exec 3<&0 </dev/null # for the secret alone that comes from there

inside() {
    pct exec "$vmid" -- "$@"
}

# put PLACE OWNER MODE: standard input as that file of the container. True when it was not
# already there. The content goes through a pipe, into a file that only root can read.
put() {
    # shellcheck disable=SC2016 # for the shell in the container
    said=$(inside sh -c '
        set -e
        umask 077
        cat >"$1.new"
        chown "$2" "$1.new"
        chmod "$3" "$1.new"
        if [ ! -s "$1.new" ]; then
            rm -f "$1.new"
            echo empty
        elif cmp -s "$1.new" "$1" && [ "$(stat -c %U:%G:%04a "$1")" = "$2:$3" ]; then
            rm -f "$1.new"
            echo same
        else
            mv "$1.new" "$1"
            echo changed
        fi' put "$@") || fail "$1 could not be written in container $vmid"
    [ "$said" != empty ] || fail "$1: nothing was given for it"
    [ "$said" = changed ]
}

# --- the container ------------------------------------------------------------------------
newest_template() {
    pveam list "$templates" | sed -n 's,^\([^ ]*vztmpl/debian-12-standard[^ ]*\).*,\1,p' |
        sort -V | tail -n 1
}

find_template() {
    [ -z "$template" ] || return 0
    template=$(newest_template)
    [ -z "$template" ] || return 0
    pveam update >/dev/null || fail "pveam update failed: give --template VOLID"
    file=$(pveam available --section system |
        sed -n 's/^system *\(debian-12-standard[^ ]*\).*/\1/p' | sort -V | tail -n 1)
    [ -n "$file" ] || fail "no Debian 12 to download: give --template VOLID"
    pveam download "$templates" "$file" >/dev/null || fail "$file could not be downloaded"
    changed "downloaded $file"
    template=$(newest_template)
}

create() {
    find_template
    net="name=eth0,bridge=$bridge,ip=$address${gateway:+,gw=$gateway}${vlan:+,tag=$vlan}"
    set -- --hostname "$name" --unprivileged 1 --cores 1 --memory 512 --swap 512 \
        --rootfs "$storage:4" --net0 "$net" --onboot 1 --ostype debian \
        --description "vm7, which makes guests what $repo says"
    [ "$nesting" = no ] || set -- "$@" --features nesting=1
    [ -z "$dns" ] || set -- "$@" --nameserver "$dns"
    pct create "$vmid" "$template" "$@" >&2 || fail "container $vmid could not be made"
    changed "made container $vmid, $name, from $template"
}

echo "vm7 in container $vmid:"
if config=$(pct config "$vmid" 2>/dev/null); then
    there=$(printf '%s\n' "$config" | sed -n 's/^hostname: //p')
    [ "$there" = "$name" ] ||
        fail "container $vmid is there and is called $there, not $name: give another --vmid"
else
    create
fi
case $(pct status "$vmid") in
*running*) ;;
*)
    pct start "$vmid" || fail "container $vmid does not start"
    changed "started it"
    ;;
esac

# --- the package --------------------------------------------------------------------------
package=/root/vm7.deb
install_package() {
    pct push "$vmid" "$deb" "$package"
    tries=0
    until inside env DEBIAN_FRONTEND=noninteractive apt-get -q update >/dev/null 2>&1; do
        tries=$((tries + 1)) # its network may not be up yet
        [ "$tries" -lt 12 ] || fail "container $vmid cannot reach Debian's packages"
        sleep 5
    done
    inside env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
        -o Dpkg::Options::=--force-confold "$package" >&2 ||
        fail "the package could not be installed"
    inside rm -f "$package"
}

wanted=$(dpkg-deb -f "$deb" Version)
# shellcheck disable=SC2016 # for dpkg-query
had=$(inside dpkg-query -W -f='${db:Status-Status} ${Version}' vm7 2>/dev/null || :)
if [ "$had" != "installed $wanted" ]; then
    install_package
    changed "installed vm7 $wanted"
fi

# --- its configuration and secrets --------------------------------------------------------
new=no # something that a running vm7 has to read again

write_config() {
    echo "# Written by lxc.sh; see vm7-controller.yaml(5)"
    echo "repo: \"$repo\""
    echo "branch: \"$branch\""
    [ "$path" = . ] || echo "path: \"$path\""
    case "
$secrets" in
    *"
git-ssh "*) git="ssh_key: {secret: git-ssh}" ;;
    *"
git "*) git="username: \"$git_user\", password: {secret: git}" ;;
    *) git= ;;
    esac
    [ -z "$known_hosts" ] || git="${git:+$git, }known_hosts: /etc/vm7/known_hosts"
    [ -z "$git" ] || echo "git: {$git}"
    echo "endpoints: [$endpoints]"
    [ -z "$ca" ] || echo "tls: {ca_file: /etc/vm7/proxmox-ca.pem}"
    echo "state_dir: /var/lib/vm7"
    echo "secrets:"
    printf %s "$secrets" | while read -r secret use _; do
        echo "  $secret: {file: /etc/vm7/secrets/$secret, use: $use}"
    done
}

if [ -n "$ca" ] && put /etc/vm7/proxmox-ca.pem root:root 0644 <"$ca"; then
    changed "wrote /etc/vm7/proxmox-ca.pem"
    new=yes
fi
if [ -n "$known_hosts" ] && put /etc/vm7/known_hosts root:root 0644 <"$known_hosts"; then
    changed "wrote /etc/vm7/known_hosts"
    new=yes
fi
while read -r secret _ file <&4; do
    [ "$file" != - ] || file=/dev/fd/3
    if put "/etc/vm7/secrets/$secret" vm7:vm7 0600 <"$file"; then
        changed "wrote the secret $secret"
        new=yes
    fi
done 4<<END
${secrets%?}
END

config=/etc/vm7/controller.yaml
text=$(write_config)
there=$(inside cat "$config" 2>/dev/null || :)
ours='^(#|state_dir: /var/lib/vm7$|$)' # all that the package's own says
if [ "$force" = no ] && [ "$there" != "$text" ] && printf '%s\n' "$there" | grep -qvE "$ours"; then
    echo "  $config says something else and is left alone (--force-config)"
elif put "$config" root:root 0644 <<END; then
$text
END
    changed "wrote $config"
    new=yes
fi

# --- the unit -----------------------------------------------------------------------------
dropin=/etc/systemd/system/vm7.service.d
if [ "$nesting" = no ] && ! inside test -e "$dropin/no-nesting.conf"; then
    inside mkdir -p "$dropin"
    inside cp /usr/share/vm7/no-nesting.conf "$dropin/no-nesting.conf"
    inside systemctl daemon-reload
    changed "let the unit do without namespaces"
fi
if ! inside systemctl is-enabled --quiet vm7.service ||
    ! inside systemctl is-active --quiet vm7.service; then
    inside systemctl enable --quiet --now vm7.service ||
        fail "vm7 does not start: pct exec $vmid -- journalctl -u vm7"
    changed "enabled and started vm7.service"
elif [ "$new" = yes ]; then
    inside systemctl reload vm7.service || fail "vm7 does not read its configuration again"
    changed "vm7 reads its configuration again"
fi
if [ "$ha" = yes ] && ! ha-manager config | grep -q "^ct:$vmid\$"; then
    ha-manager add "ct:$vmid" --state started --comment vm7 ||
        fail "container $vmid could not be given to HA"
    changed "gave it to HA"
fi

[ "$changes" != 0 ] || echo "  nothing to change"
echo "What it does: pct exec $vmid -- vm7 status; pct exec $vmid -- journalctl -fu vm7"
