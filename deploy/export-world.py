"""Prints a real cluster as a world for vm7-sim, to rehearse on: see docs/rehearse.md.

    VM7_SECRET_PVE_TOKEN='audit@pve!ci=SECRET' \\
        python3 deploy/export-world.py https://pve01.example:8006 --ca-file ca.pem > world.json

It only reads, and PVEAuditor on / suffices: disks that Proxmox does not list to an auditor are
taken from the guests' configs. Users, tokens and roles are not exported.
"""

import argparse
import hashlib
import http.client
import json
import os
import re
import ssl
import sys
import urllib.parse

# What the simulator reads of datacenter.cfg.
OPTIONS = ("mac_prefix", "next-id", "tag-style", "registered-tags")
# Keys of a storage's section that a world has beside "config".
OWN_KEYS = ("storage", "type", "content", "shared", "disable", "nodes", "digest")
# "scsi0=local-lvm:vm-100-disk-0,size=3G": an option that holds a volume of the guest's own
DISK = re.compile(r"(?:ide|sata|scsi|virtio|efidisk|tpmstate|unused|rootfs|mp)\d*="
                  r"(?:file=|volume=)?(?P<volid>(?P<storage>[^:,/]+):(?![^,]*iso/)[^,]+)(?:,.*)?")
SIZE = re.compile(r",size=([\d.]+)([KMGT]?)")
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
CLOUDINIT = 4 << 20  # its image, whose size no config tells


class Refused(Exception):
    """The cluster did not give an answer that can be used."""


class Cluster:
    """The API of one endpoint, read only."""

    def __init__(self, url, token, ca_file=None, fingerprint=None):
        self.address = urllib.parse.urlsplit(url)
        self.token = token
        self.fingerprint = fingerprint and fingerprint.replace(":", "").lower()
        self.context = ssl.create_default_context(cafile=ca_file)
        if fingerprint:  # the certificate itself is known: nobody has to vouch for it
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE

    def get(self, path, **params):
        link = http.client.HTTPSConnection(self.address.hostname, self.address.port or 8006,
                                           context=self.context, timeout=60)
        try:
            link.connect()
            self._compare(link.sock.getpeercert(binary_form=True))
            query = "?" + urllib.parse.urlencode(params) if params else ""
            link.request("GET", "/api2/json" + urllib.parse.quote(path) + query,
                         headers={"Authorization": "PVEAPIToken=" + self.token})
            answer = link.getresponse()
            if answer.status != 200:
                raise Refused(f"GET {path}: {answer.status} {answer.reason}")
            return json.load(answer)["data"]
        finally:
            link.close()

    def _compare(self, certificate):
        seen = hashlib.sha256(certificate).hexdigest()
        if self.fingerprint and seen != self.fingerprint:
            raise Refused(f"the certificate's fingerprint is {seen}")


def export(cluster):
    """The world, with the keys in the order in which tests/sim/world_load.c tells them."""
    status = cluster.get("/cluster/status")
    nodes = [read_node(cluster, entry) for entry in status if entry["type"] == "node"]
    nodes.sort(key=lambda node: node["name"])
    online = [node["name"] for node in nodes if node["online"]]
    options = cluster.get("/cluster/options")
    storages = read_storages(cluster, online)
    guests = [read_guest(cluster, entry) for entry in cluster.get("/cluster/resources", type="vm")
              if is_readable(entry, online)]
    volumes = read_volumes(cluster, online, storages)
    volumes += unlisted(guests, storages, {volume["volid"] for volume in volumes})
    for storage in storages.values():
        space_beside(storage, volumes, online)
    return {
        "pve": int(cluster.get("/version")["version"].split(".")[0]),
        "cluster": next((e["name"] for e in status if e["type"] == "cluster"), None),
        "options": {key: options[key] for key in OPTIONS if key in options},
        "nodes": nodes,
        "storages": list(storages.values()),
        "volumes": volumes,
        "guests": guests,
        "pools": [read_pool(cluster, entry["poolid"]) for entry in cluster.get("/pools")],
    }


def read_node(cluster, entry):
    node = {"name": entry["name"], "online": bool(entry["online"])}
    if entry.get("ip"):
        node["ip"] = entry["ip"]
    if node["online"]:
        bridges = cluster.get(f"/nodes/{entry['name']}/network", type="any_bridge")
        node["bridges"] = [bridge["iface"] for bridge in bridges]
    return node


def read_storages(cluster, nodes):
    """By name; "used" is what the first of its nodes sees."""
    sections = {entry["storage"]: entry for entry in cluster.get("/storage")}
    storages = {}
    for node in nodes:
        for seen in cluster.get(f"/nodes/{node}/storage"):
            name = seen["storage"]
            storage = storages.setdefault(name, {
                "storage": name, "type": seen["type"], "content": seen["content"],
                "shared": bool(seen["shared"]), "disabled": not seen["enabled"], "nodes": [],
                "total": seen["total"], "used": seen["used"],
                "config": {key: value for key, value in sections.get(name, {}).items()
                           if key not in OWN_KEYS}})
            storage["nodes"].append(node)
    return storages


def read_volumes(cluster, nodes, storages):
    """What the storages list: a shared one once, others on each of their nodes."""
    keys = ("volid", "content", "format", "size", "vmid", "parent", "ctime")
    volumes = []
    for name, storage in storages.items():
        for node in storage["nodes"][:1] if storage["shared"] else storage["nodes"]:
            place = {} if storage["shared"] else {"node": node}
            listed = [] if storage["disabled"] else cluster.get(
                f"/nodes/{node}/storage/{name}/content")
            volumes += [{**{key: volume[key] for key in keys if volume.get(key) is not None},
                         **place} for volume in listed]
    return volumes


def unlisted(guests, storages, listed):
    """Disks of guests that the token may not see on their storage: as the configs tell them."""
    volumes = []
    for guest in guests:
        for option, value in guest["config"].items():
            disk = DISK.fullmatch(f"{option}={value}")
            if not disk or disk["storage"] not in storages or disk["volid"] in listed:
                continue
            size = SIZE.search(value)
            volumes.append({
                "volid": disk["volid"], "vmid": guest["vmid"],
                "content": "images" if guest["type"] == "qemu" else "rootdir",
                "format": "qcow2" if disk["volid"].endswith(".qcow2") else "raw",
                "size": int(float(size[1]) * UNITS[size[2]]) if size else CLOUDINIT,
                **({} if storages[disk["storage"]]["shared"] else {"node": guest["node"]})})
    return volumes


def space_beside(storage, volumes, nodes):
    """Bring "used" and "nodes" to what a world says: beside the volumes; left out: everywhere."""
    first = storage["nodes"][0]
    known = sum(volume["size"] for volume in volumes
                if volume["volid"].startswith(storage["storage"] + ":")
                and volume.get("node", first) == first)
    storage["used"] = max(0, storage["used"] - known)
    if storage["nodes"] == nodes:
        del storage["nodes"]


def is_readable(entry, online):
    """A guest's config is only to be had from its node."""
    if entry["node"] not in online:
        print(f"{entry['node']} is offline: {entry['id']} left out", file=sys.stderr)
    return entry["node"] in online


def read_guest(cluster, entry):
    path = f"/nodes/{entry['node']}/{entry['type']}/{entry['vmid']}"
    config = cluster.get(path + "/config", current=1)
    wanted = cluster.get(path + "/config")  # with what waits for the next start
    config.pop("digest", None)
    wanted.pop("digest", None)
    guest = {"vmid": entry["vmid"], "type": entry["type"], "node": entry["node"],
             "status": entry["status"], "config": config}
    pending = {key: value for key, value in wanted.items() if config.get(key) != value}
    deleted = {key: True for key in config if key not in wanted}
    snapshots = {entry["name"]: cluster.get(f"{path}/snapshot/{entry['name']}/config")
                 for entry in cluster.get(path + "/snapshot") if entry["name"] != "current"}
    more = {"pending": pending, "delete": deleted, "snapshots": snapshots}
    return {**guest, **{key: value for key, value in more.items() if value}}


def read_pool(cluster, name):
    pool = cluster.get(f"/pools/{name}")
    members = [member["vmid"] for member in pool["members"] if "vmid" in member]
    storages = {member["storage"] for member in pool["members"] if member["type"] == "storage"}
    return {"poolid": name, "comment": pool.get("comment", ""), "members": sorted(members),
            "storages": sorted(storages)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("url", help="of any node: https://pve01.example:8006")
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument("--ca-file", help="the CA of its certificate: /etc/pve/pve-root-ca.pem")
    trust.add_argument("--fingerprint", help="of its certificate, SHA-256")
    args = parser.parse_args()
    token = os.environ.get("VM7_SECRET_PVE_TOKEN", "")
    if "!" not in token:
        parser.error("VM7_SECRET_PVE_TOKEN must hold a token: user@realm!name=secret")
    try:
        world = export(Cluster(args.url, token, args.ca_file, args.fingerprint))
    except (Refused, OSError) as err:
        sys.exit(f"export-world: {err}")
    json.dump(world, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
