"""The judge of vm7's requests, tried on a schema of our own; and that it is asked."""

import urllib.request

from house import Case, main
from pveformats import CHECKS
from pveschema import Schema, dump_of, published
from sim import insecure_context

GUEST = {
    "node": {"type": "string", "format": "x-node"},
    "vmid": {"type": "integer", "minimum": 100, "maximum": 999},
}
TINY = Schema({
    "formats": {
        "x-node": {"kind": "validator", "pattern": "(?i)^[a-z][a-z0-9]*$"},
        "x-odd": {"kind": "validator"},
        "x-net": {"kind": "property-string", "properties": {
            "model": {"type": "string", "default_key": 1, "enum": ["virtio", "e1000"]},
            "virtio": {"alias": "macaddr", "keyAlias": "model"},
            "macaddr": {"type": "string", "optional": 1, "pattern": "(?^i:[0-9a-f:]{17})"},
            "tag": {"type": "integer", "optional": 1, "minimum": 1, "maximum": 4094},
            "firewall": {"type": "boolean", "optional": 1},
            "gw": {"type": "string", "optional": 1, "format": "ipv4", "requires": "tag"},
        }},
    },
    "paths": {
        "/guests/{node}/{vmid}": {
            "GET": {"parameters": {"additionalProperties": 0, "properties": GUEST}},
            "PUT": {"parameters": {"additionalProperties": 0, "properties": {
                **GUEST,
                "name": {"type": "string", "format": "address", "minLength": 2, "maxLength": 8},
                "net[n]": {"type": "string", "optional": 1, "format": "x-net",
                           "index_range": [0, 3]},
                "on": {"type": "boolean", "optional": 1},
                "load": {"type": "number", "optional": 1, "maximum": 1.5},
                "nodes": {"type": "string", "optional": 1, "format": "x-node-list"},
                "maybe": {"type": "string", "optional": 1, "format": "ipv4-opt"},
                "many": {"type": "array", "optional": 1, "items": {"type": "integer"}},
                "odd": {"type": "string", "optional": 1, "format": "x-odd"},
                "force": {"type": "boolean", "optional": 1, "requires": "load"},
            }}},
        },
        "/guests/{node}/all": {
            "GET": {"parameters": {"properties": {"word": {"type": "string"}}}}},
        "/files/{volume}": {"GET": {"parameters": {"properties": {}}}},
        "/either": {"POST": {"parameters": {"allOf": []}}},
    },
})

ROWS = [  # what is put besides name=ab, and what is wrong with it
    ("nothing more", {}, []),
    ("a family", {"net3": "virtio,tag=1"}, []),
    ("beyond the family", {"net4": "virtio"}, ["net4: not in the schema"]),
    ("a family without number", {"net": "virtio"}, ["net: not in the schema"]),
    ("unknown", {"colour": "red"}, ["colour: not in the schema"]),
    ("too short", {"name": "a"}, ["name: shorter than 2"]),
    ("too long", {"name": "abcdefghi"}, ["name: longer than 8"]),
    ("a format checked by code", {"name": "a b"}, ["name: 'a b' is no address"]),
    ("a format nobody can check", {"odd": "x"}, ["odd: no check for format 'x-odd'"]),
    ("a boolean", {"on": "1"}, []),
    ("a boolean in words", {"on": "true"}, ["on: 'true' is no boolean"]),
    ("a boolean of JSON", {"on": True}, []),
    ("a number", {"load": "1.5"}, []),
    ("too much", {"load": "1.6"}, ["load: 1.6 is more than 1.5"]),
    ("no number", {"load": "1,5"}, ["load: '1,5' is no number"]),
    ("a list", {"nodes": "a,b c;d"}, []),
    ("an empty list", {"nodes": ""}, []),
    ("a bad item", {"nodes": "a,-b"}, ["nodes: '-b' is no x-node"]),
    ("a list given in parts", {"nodes": ["a", "b"]}, []),
    ("no list given in parts", {"name": ["ab", "cd"]}, ["name: given 2 times"]),
    ("an array", {"many": ["1", "2"]}, []),
    ("an array of one", {"many": "1"}, []),
    ("a bad element", {"many": ["1", "x"]}, ["many: 'x' is no integer"]),
    ("empty where it may be", {"maybe": ""}, []),
    ("wrong where it may be empty", {"maybe": "x"}, ["maybe: 'x' is no ipv4"]),
    ("alone", {"force": "1"}, ["force: needs load"]),
    ("in company", {"force": "1", "load": "1"}, []),
    ("model and MAC", {"net0": "virtio=BC:24:11:00:00:01,firewall=on"}, []),
    ("a bad MAC", {"net0": "virtio=BC"},
     ["net0.macaddr: 'BC' does not match (?^i:[0-9a-f:]{17})"]),
    ("a bad model", {"net0": "ne2k"}, ["net0.model: 'ne2k' is none of virtio, e1000"]),
    ("no model", {"net0": "tag=5"}, ["net0.model: missing"]),
    ("a key too many", {"net0": "virtio,vlan=5"}, ["net0.vlan: not in the schema"]),
    ("a key twice", {"net0": "virtio,tag=5,tag=6"}, ["net0.tag: twice"]),
    ("a key out of range", {"net0": "virtio,tag=4095"}, ["net0.tag: 4095 is more than 4094"]),
    ("a key alone", {"net0": "virtio,gw=10.0.0.1"}, ["net0.gw: needs tag"]),
]
TEXTS = [  # format, good texts, bad texts
    ("CIDR", ["10.0.0.0/8", "fd00::/64"], ["10.0.0.1", "10.0.0.0/7", "10.0.0.0/33", "x/24"]),
    ("pve-ipv4-config", ["dhcp", "10.0.0.5/24"], ["10.0.0.5", "auto", "fd00::1/64", ""]),
    ("pve-ipv6-config", ["auto", "fd00::1/64"], ["10.0.0.5/24", "fd00::1"]),
    ("pve-startup-order", ["5", "order=1,up=30,down=60", "up=1"], ["", "5,order=6", "later=1"]),
    ("pve-volume-id-or-qm-path", ["none", "local:iso/x.iso", "/dev/sda"], ["x", "local:", "a/b"]),
    ("pve-hotplug-features", ["0", "network,disk"], ["network,fan"]),
    ("pve-qm-bootdev", ["scsi0", "net12", "efidisk0"], ["scsi", "efidisk1", "fan0"]),
    ("pve-lxc-mp-string", ["/var/lib", "local-lvm:8"], ["/var/../etc", "/var/.", "../etc"]),
]


class Requests(Case):
    def test_rows(self):
        """requests: good and bad ones are told apart, with what is wrong"""
        for name, params, wrong in ROWS:
            with self.subTest(name):
                made = TINY.mistakes("PUT", "/guests/pve1/100", {"name": "ab", **params})
                self.assertEqual(made, wrong)

    def test_paths(self):
        """requests: paths are found, the literal one first, with what stands in them"""
        for method, path, wrong in (
            ("GET", "/guests/pve1/100", []),
            ("GET", "/guests/pve1/99", ["vmid: 99 is less than 100"]),
            ("GET", "/guests/-/100", ["node: '-' is no x-node"]),
            ("GET", "/guests/pve1/all", ["word: missing"]),
            ("PUT", "/guests/pve1/100", ["name: missing"]),
            ("DELETE", "/guests/pve1/100", ["no such method: DELETE /guests/pve1/100"]),
            ("GET", "/guests/pve1", ["no such method: GET /guests/pve1"]),
            ("GET", "/files/local:iso/a.iso", []),
            ("POST", "/either", ["parameters: no check for combined schemas"]),
        ):
            with self.subTest(f"{method} {path}"):
                self.assertEqual(TINY.mistakes(method, path, {}), wrong)

    def test_formats(self):
        """requests: the formats that Proxmox checks by code"""
        for name, good, bad in TEXTS:
            with self.subTest(name):
                self.assertEqual([text for text in good if not CHECKS[name](text)], [])
                self.assertEqual([text for text in bad if CHECKS[name](text)], [])

    def test_published(self):
        """requests: what Proxmox's own formats refuse is refused here"""
        for pve in (8, 9):
            schema = self.need_dump(pve)
            for name, known in schema.formats.items():
                if "reject_sample" in known and (name in CHECKS or "pattern" in known):
                    wrong = schema._format(name, known["reject_sample"][0], "x")
                    self.assertEqual(len(wrong), 1, name)

    def need_dump(self, pve):
        schema = published(pve)
        if schema is None:
            self.skipTest(f"no {dump_of(pve).name}: vm7's requests are not compared with it")
        return schema

    def test_asked(self):
        """requests: a scenario fails when vm7 sent what Proxmox would refuse, and only then"""
        sim = self.sim()
        self.need_dump(sim.pve)  # skipping says that no scenario's requests were checked
        for agent in ("somebody else", "vm7/0"):
            request = urllib.request.Request(
                sim.url + "/api2/json/version?colour=red",
                headers={"Authorization": f"PVEAPIToken={sim.user}={sim.secret}",
                         "User-Agent": agent})
            with self.assertRaises(urllib.error.HTTPError):
                urllib.request.urlopen(request, context=insecure_context())
            if agent == "somebody else":
                sim.check_requests()
        with self.assertRaisesRegex(AssertionError, "GET /version.*colour: not in the schema"):
            sim.check_requests()
        sim.log_file.unlink()  # it has served, and this test shall not fail by it


if __name__ == "__main__":
    main()
