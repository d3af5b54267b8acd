"""What people write: vm7.yaml and pools, as text."""

import json

KEY = ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICSdauNhPNUgZ2I+BVjkEvKf24pfWTYxMMTkjEMZZrNu"
       " devops@example")

README_SAMPLE = """\
version: 1

globals:
  proxmox:
    endpoint: "{endpoint}"
    username: "{username}"
    token_name: "{token_name}"
    token_secret: {token_secret}
    node: "pve01"
    datastore: "local-lvm"{tls}

  access:
    user: "devops"
    ssh_public_key: "{key}"
    ssh_password_auth: false
    temp_password: null

  ipam:
    pools_file: "ipam/pools.yaml"
    leases_file: "ipam/leases.json"

networks:
  - name: mgmt
    pool: "mgmt"
  - name: services
    pool: "services"

vms:
  - name: "web-01"
    type: "vm"
    network: "mgmt"
    cpu: 2
    ram_mb: 4096
    disk_gb: 40
    template_id: 9000
    tags: ["bootstrap", "web"]
    env: "prod"
"""

POOLS = """\
pools:
  mgmt:
    cidr: "192.168.10.0/24"
    range_start: "192.168.10.50"
    range_end: "192.168.10.200"
    gateway: "192.168.10.1"
    dns: ["192.168.10.2", "192.168.10.3"]
  services:
    cidr: "192.168.20.0/24"
    range_start: "192.168.20.50"
    range_end: "192.168.20.200"
    gateway: "192.168.20.1"
    dns: ["192.168.20.2"]
"""

NETWORKS = [{"name": "mgmt", "pool": "mgmt"}, {"name": "services", "pool": "services"}]


def readme_sample(sim=None):
    """The sample of the ancestor's README, word for word; with a simulator, pointed at it."""
    if sim is None:
        return README_SAMPLE.format(
            endpoint="https://pve.local:8006", username="root@pam", token_name="vm7",
            token_secret='"..."', tls="", key="ssh-ed25519 AAAA...")
    return README_SAMPLE.format(
        endpoint=sim.url, username=sim.username, token_name=sim.token_name,
        token_secret="{secret: pve-token}", key=KEY,
        tls='\n    tls: {fingerprint: "%s"}' % sim.fingerprint)


def pool(cidr, first, last, gateway=None, dns=None, **more):
    """One address pool."""
    made = {"cidr": cidr, "range_start": first, "range_end": last}
    if gateway:
        made["gateway"] = gateway
    if dns is not None:
        made["dns"] = dns
    return {**made, **more}


def pools(**named):
    """A pools file."""
    lines = ["pools:"]
    lines += [f"  {name}: {json.dumps(body)}" for name, body in named.items()]
    return "\n".join(lines) + "\n"


def guest(name="web-01", **more):
    """A virtual machine from template 9000; a value None leaves the key out."""
    made = {"name": name, "type": "vm", "network": "mgmt", "cpu": 2, "ram_mb": 2048,
            "disk_gb": 10, "template_id": 9000, **more}
    return {key: value for key, value in made.items() if value is not None}


def container(name="ct-01", **more):
    """A container from the template volume of the default world."""
    made = {"name": name, "type": "lxc", "network": "mgmt", "cpu": 1, "ram_mb": 512, "disk_gb": 8,
            "image": "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst", **more}
    return {key: value for key, value in made.items() if value is not None}


def manifest(sim=None, vms=(), networks=None, proxmox=None, globals_=None, presets=None, **top):
    """A vm7.yaml, one guest a line. `sim` is what it points at; None: nowhere that answers."""
    endpoint = {
        "endpoint": sim.url if sim else "https://pve.local:8006",
        "username": sim.username if sim else "vm7@pve",
        "token_name": sim.token_name if sim else "vm7",
        "token_secret": {"secret": "pve-token"},
        "node": "pve01",
        "datastore": "local-lvm",
    }
    if sim:
        endpoint["tls"] = {"fingerprint": sim.fingerprint}
    endpoint.update(proxmox or {})
    whole = {
        "proxmox": {key: value for key, value in endpoint.items() if value is not None},
        "access": {"user": "devops", "ssh_public_key": KEY},
        "ipam": {"pools_file": "ipam/pools.yaml", "leases_file": "ipam/leases.json"},
        **(globals_ or {}),
    }
    lines = ["version: 1", "globals:"]
    lines += [f"  {name}: {json.dumps(body)}" for name, body in whole.items()]
    lines += ["networks:"]
    lines += [f"  - {json.dumps(net)}" for net in (NETWORKS if networks is None else networks)]
    if presets:
        lines += ["presets:"]
        lines += [f"  {name}: {json.dumps(body)}" for name, body in presets.items()]
    for name, body in top.items():
        lines += [f"{name}: {json.dumps(body)}"]
    lines += ["vms:"] if vms else ["vms: []"]
    lines += [f"  - {json.dumps(vm)}" for vm in vms]
    return "\n".join(lines) + "\n"


def ancestors_leases(*addresses, **named):
    """A lease file of the ancestor: nothing but addresses of pool mgmt, no final newline."""
    leases = {f"old-{i}": {"ip": ip, "pool": "mgmt"} for i, ip in enumerate(addresses)}
    leases.update({name.replace("_", "-"): {"ip": ip, "pool": "mgmt"}
                   for name, ip in named.items()})
    return json.dumps({"leases": leases}, indent=2, sort_keys=True)
