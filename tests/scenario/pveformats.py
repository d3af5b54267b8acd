"""The formats that Proxmox checks by code, for pveschema.py: whether a text is one.

A dump of the schema gives these formats a name and no rule. Each check here is ours, written
after the function that `register_format` is given in pve-common's JSONSchema.pm (or, where
noted, in the package that owns the format), and no laxer than that.
"""

import ipaddress
import re

CONTENT = {"images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import", "none"}
HOTPLUG = {"network", "disk", "cpu", "memory", "usb", "cloudinit"}
TASK_STATUS = {"ok", "error", "warning", "unknown"}


def words(text):
    """The items of a "-list": a NUL, if there is one, is the only separator."""
    split = text.split("\0") if "\0" in text else re.split(r"[,;\s]", text)
    return [word for word in split if word]


def _reads(read):
    """A check that passes when `read` raises no ValueError."""
    def check(text):
        try:
            read(text)
        except ValueError:
            return False
        return True
    return check


def _fits(pattern):
    """A check that passes when the whole text matches."""
    return lambda text: re.fullmatch(pattern, text) is not None


def _network(read, lowest):
    """A CIDR: an address and a prefix that is neither left out nor too short."""
    def check(text):
        address, slash, prefix = text.partition("/")
        return bool(slash and prefix.isdecimal() and _reads(read)(address)
                    and lowest <= int(prefix) <= read(address).max_prefixlen)
    return check


def _any(*checks):
    return lambda text: any(check(text) for check in checks)


def _among(names):
    return lambda text: text in names


ip = _reads(ipaddress.ip_address)
ipv4 = _reads(ipaddress.IPv4Address)
ipv6 = _reads(ipaddress.IPv6Address)
cidr4 = _network(ipaddress.IPv4Address, 8)
cidr6 = _network(ipaddress.IPv6Address, 8)
dns_name = _fits(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
volume = _fits(r"(?i)[a-z][a-z0-9\-_.]*[a-z0-9]:.+")
path = _fits(r"/.+")


def startup(text):
    """pve_parse_startup_order: each of order, up and down once, the order also bare."""
    keys = []
    for part in text.split(","):
        found = re.fullmatch(r"(?:(order|up|down)=)?\d+", part)
        if not found:
            return False
        keys.append(found[1] or "order")
    return len(keys) == len(set(keys))


# By the name of the format. What is not here is refused as unchecked rather than passed.
CHECKS = {
    "address": _any(ip, dns_name),
    "ip": ip,
    "ipv4": ipv4,
    "ipv6": ipv6,
    "CIDR": _any(cidr4, cidr6),
    "CIDRv4": cidr4,
    "CIDRv6": cidr6,
    "IPorCIDR": _any(ip, cidr4, cidr6),
    "string": lambda text: True,
    "pve-ipv4-config": _any(_among({"dhcp", "manual"}), cidr4),
    "pve-ipv6-config": _any(_among({"auto", "dhcp", "manual"}), cidr6),
    "pve-startup-order": startup,
    "pve-storage-content": _among(CONTENT),
    "pve-task-status-type": _among(TASK_STATUS),
    "pve-volume-id-or-absolute-path": _any(path, volume),
    # qemu-server, QemuServer/Drive.pm
    "pve-volume-id-or-qm-path": _any(_among({"none", "cdrom", "cloudinit"}), path, volume),
    # qemu-server, QemuServer.pm
    "pve-hotplug-features": lambda text: text in ("0", "1") or set(words(text)) <= HOTPLUG,
    "pve-qm-bootdev": _fits(r"(ide|sata|scsi|virtio|net|usb|hostpci)\d+|efidisk0|tpmstate0"),
    # pve-container, LXC/Config.pm
    "lxc-ip-with-ll-iface": _any(ip, _fits(r"(?i)fe80:[0-9a-f:]+%\w+")),
    "pve-lxc-mp-string": lambda text: not re.search(r"/\.\.?(/|$)|^\.\./", text),
    "pve-lxc-dev-string": lambda text: (text.startswith("/dev/")
                                        and not re.search(r"/\.\.?(/|$)", text)),
    "pve-ct-timezone": _fits(r"host|[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*"),
}
