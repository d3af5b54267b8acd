"""vm7 schema: what editors are told about vm7.yaml is what vm7 accepts."""

import json
import unittest

from house import Case, main
from sample import KEY, NETWORKS, POOLS, container, guest, manifest, readme_sample

# Made for nobody: what is in it matters to no test of a schema.
CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = None


@unittest.skipIf(jsonschema is None, "python3-jsonschema or python3-yaml is not installed")
class Schema(Case):
    def schema(self, *file):
        made = json.loads(self.ends(self.vm7("schema", *file), 0).out)
        self.assertEqual(made["$schema"], "https://json-schema.org/draft/2020-12/schema")
        jsonschema.Draft202012Validator.check_schema(made)
        return jsonschema.Draft202012Validator(made)

    def valid_for_vm7(self, text, number):
        repo = self.clone("/nowhere", f"r{number}")
        repo.commit("x", {"vm7.yaml": text, "ipam/pools.yaml": POOLS, "ca.pem": CA})
        return self.vm7("-C", repo.folder, "validate")

    def test_other_files(self):
        """schema: pools.yaml and the host's own configuration have one too"""
        self.schema("pools.yaml").validate(yaml.safe_load(POOLS))
        host = self.schema("controller.yaml")
        host.validate({"endpoints": ["https://a:8006"], "git": {"password": {"secret": "git"}},
                       "secrets": {"git": {"file": "/etc/vm7/git", "use": "git"}}})
        host.validate({"listen": ["127.0.0.1:1", {"address": "[::1]:2", "only": ["hook"]}]})
        self.assertFalse(host.is_valid({"endpoint": "https://a:8006"}))
        self.assertFalse(host.is_valid({"listen": ["localhost:1"]}))
        self.assertFalse(host.is_valid({"secrets": {"git": "/etc/vm7/git"}}))
        self.ends(self.vm7("schema", "leases.json"), 64, "no schema of leases.json")

    def test_good(self):
        """schema: files that vm7 accepts are valid for an editor"""
        check = self.schema()
        for i, text in enumerate((
            readme_sample(),
            manifest(None, []),
            manifest(None, [guest("a"), container("b")]),
            manifest(None, [guest("a", cpu=None, preset="small")],
                     presets={"small": {"cpu": 2, "ram_mb": 2048}}),
            manifest(None, [guest("a", startup={"order": 1, "up": 2, "down": 3}, onboot=False,
                                  agent=True, balloon=1024, cpu_type="host", sockets=2,
                                  protection=True, power="stopped", hold=True, vmid=123,
                                  template_id={"pve01": 9000}, tags=["x"], env="prod",
                                  access={"user": "me", "ssh_public_keys": [KEY]})]),
            manifest(None, [container("a", features={"nesting": True}, unprivileged=True,
                                      swap_mb=0)]),
            manifest(None, [guest("a", network=None, networks=["mgmt", "services"])],
                     globals_={"removal": {"policy": "destroy", "grace": "72h"},
                               "guard": {"max_destroy": 2, "max_replace": 0, "max_percent": 50},
                               "reconcile": {"on_error": "continue", "parallel": 4,
                                             "drift": "report"},
                               "nodes": {"pve01": {"datastore": "local-zfs"}},
                               "defaults": {"domain": "example.lan", "dns": ["10.0.0.1"],
                                            "vmid_base": 500}}),
            manifest(None, [guest("a")], networks=NETWORKS + [
                {"name": "auto", "dhcp": True, "bridge": "vmbr1", "vlan": 4094, "mtu": 1400,
                 "firewall": True}]),
            manifest(None, [guest("a")], proxmox={"endpoint": ["https://a:8006", "https://b:8006"],
                                                  "tls": {"ca_file": "ca.pem"},
                                                  "resource_pool": "p"}),
        )):
            with self.subTest(i):
                self.assertEqual(self.valid_for_vm7(text, i).code, 0, self.runs[-1])
                found = [e.message for e in check.iter_errors(yaml.safe_load(text))]
                self.assertEqual(found, [])

    def test_bad(self):
        """schema: mistakes that one guest or value shows are found by an editor, too"""
        check = self.schema()
        for i, text in enumerate((
            manifest(None, [guest("a")]).replace("version: 1", "version: 2"),
            manifest(None, [guest("a", cpu="two")]),
            manifest(None, [guest("a", cpu=0)]),
            manifest(None, [guest("a", ram_mb=511)]),
            manifest(None, [guest("a", type="docker")]),
            manifest(None, [guest("a", ram_gb=4)]),
            manifest(None, [guest("a", restart="always")]),
            manifest(None, [guest(None)]),
            manifest(None, [guest("a", onboot="yes")]),
            manifest(None, [guest("a", power="paused")]),
            manifest(None, [guest("a", tags="web")]),
            manifest(None, [guest("a", vmid=99)]),
            manifest(None, [guest("a")], networks=[{"name": "mgmt", "pool": "mgmt", "vlan": 5000}]),
            manifest(None, [guest("a")]) + "machines: []\n",
            manifest(None, [guest("a")], proxmox={"color": "red"}),
            manifest(None, [guest("a")], globals_={"removal": {"policy": "burn"}}),
            "version: 1\n",
            "[]\n",
        )):
            with self.subTest(i):
                self.assertEqual(self.valid_for_vm7(text, i).code, 11, self.runs[-1])
                found = list(check.iter_errors(yaml.safe_load(text)))
                self.assertTrue(found, text)

    def test_described(self):
        """schema: every key that a person can write has words of help"""
        made = json.loads(self.ends(self.vm7("schema"), 0).out)
        missing = []

        def walk(node, path):
            for name, child in node.get("properties", {}).items():
                target = child
                if "$ref" in child:
                    target = {**resolve(made, child["$ref"]), **child}
                if not target.get("description"):
                    missing.append(f"{path}.{name}")
            for key in ("properties", "$defs"):
                for name, child in node.get(key, {}).items():
                    walk(child, f"{path}.{name}")
            if isinstance(node.get("items"), dict):
                walk(node["items"], path + "[]")
        walk(made, "")
        self.assertEqual(missing, [])

    def test_same(self):
        """schema: the same bytes each time, without a network or a folder"""
        self.assertEqual(self.vm7("schema").out, self.vm7("schema", cwd="/").out)


def resolve(root, ref):
    node = root
    for step in ref.removeprefix("#/").split("/"):
        node = node[step]
    return node


if __name__ == "__main__":
    main()
