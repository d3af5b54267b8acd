"""vm7.yaml as people write it: what is accepted, and how each mistake is reported."""

import json
import re

from house import Case, main
from sample import KEY, NETWORKS, POOLS, container, guest, manifest, pool, pools, readme_sample

PLACE = re.compile(r"^([\w./-]+\.ya?ml):(\d+):(\d+): ", re.M)


class Validate(Case):
    def repository(self, text, pools_text=POOLS, files=None):
        self.count = getattr(self, "count", 0) + 1
        repo = self.clone("/nowhere", f"r{self.count}")
        repo.commit("Start", {"vm7.yaml": text, "ipam/pools.yaml": pools_text, **(files or {})})
        return repo

    def validate(self, text, *args, **options):
        repo = self.repository(text, **options)
        return self.vm7("-C", repo.folder, "validate", *args)

    def accepted(self, text, **options):
        return self.ends(self.validate(text, **options), 0)

    def refused(self, text, *words, **options):
        run = self.ends(self.validate(text, **options), 11, *words)
        self.assertRegex(run.err, PLACE, f"no file:line:column\n{run}")
        return run

    def places(self, run):
        return [(file, int(line)) for file, line, _ in PLACE.findall(run.err)]

    # --- rows ----------------------------------------------------------------------

    def test_v01(self):
        """V-01 the ancestor's sample is valid, unchanged, and summed up in a line"""
        run = self.accepted(readme_sample())
        lines = [line for line in run.text.splitlines() if re.search(r"\b1 guest", line)]
        self.assertEqual(len(lines), 1, run)
        self.assertIn("2 networks", lines[0])

    def test_v01_empty(self):
        """V-01 an empty list of guests is legal"""
        self.accepted(manifest(None, []))

    def test_v02(self):
        """V-02 seven mistakes are seven lines with places, in one run"""
        text = manifest(None, [
            guest("a", cpu="two"),
            guest("b"),
            guest("b"),
            guest("c", network="nowhere"),
            guest("d", type="docker"),
            guest("e", ram_gb=4),
        ], networks=NETWORKS + [{"name": "lost", "pool": "unknown-pool"}])
        text = text.replace("version: 1", "version: 2", 1)
        run = self.refused(text, "two", "nowhere", "unknown-pool", "docker", "ram_gb")
        places = self.places(run)
        self.assertEqual(len(places), 7, run)
        lines = text.splitlines()
        where = {lines[line - 1] for _, line in places}
        for part in ("version: 2", '"two"', "nowhere", "unknown-pool", "docker", "ram_gb"):
            self.assertTrue(any(part in line for line in where), f"{part} not placed\n{run}")
        self.assertRegex(run.err, r"ram_gb.*ram_mb|ram_mb.*ram_gb", "no nearest key")

    def test_v02_caret(self):
        """V-02 the line is shown with a caret under the mistake"""
        run = self.refused(manifest(None, [guest("a", cpu="two")]))
        shown = run.err.splitlines()
        at = next(i for i, line in enumerate(shown) if re.match(r"^\s*\d+ \| .*two", line))
        self.assertEqual(shown[at + 1].index("^"), shown[at].index('"two"'), run)

    def test_v02_kinds(self):
        """V-02 every other kind of mistake: types, ranges, keys at each level"""
        good = manifest(None, [guest("a")])
        cases = {
            "unknown top key": good + "machines: []\n",
            "unknown global": good.replace("globals:\n", "globals:\n  color: red\n"),
            "unknown proxmox key": manifest(None, [guest("a")], proxmox={"nodes": "x"}),
            "vms not a list": good.split("vms:")[0] + "vms: {a: b}\n",
            "guest not a mapping": manifest(None, []).replace("vms: []", "vms: [7]"),
            "no name": manifest(None, [guest(None)]),
            "no type": manifest(None, [guest("a", type=None)]),
            "no template": manifest(None, [guest("a", template_id=None)]),
            "number as text": manifest(None, [guest("a", ram_mb="4096")]),
            "boolean word": manifest(None, [guest("a")]).replace(
                '"cpu": 2', '"cpu": 2, "onboot": yes'),
            "boolean as text": manifest(None, [guest("a", onboot="true")]),
            "octal": manifest(None, [guest("a")]).replace('"cpu": 2', '"cpu": 010'),
            "float": manifest(None, [guest("a")]).replace('"cpu": 2', '"cpu": 1.5'),
            "vmid below 100": manifest(None, [guest("a", vmid=42)]),
            "vmid too big": manifest(None, [guest("a", vmid=1_000_000_000)]),
            "vlan 0": manifest(None, [guest("a")], networks=[
                {"name": "mgmt", "pool": "mgmt", "vlan": 0}]),
            "vlan 4095": manifest(None, [guest("a")], networks=[
                {"name": "mgmt", "pool": "mgmt", "vlan": 4095}]),
            "pool and dhcp": manifest(None, [guest("a")], networks=[
                {"name": "mgmt", "pool": "mgmt", "dhcp": True}]),
            "duplicate network": manifest(None, [guest("a")], networks=NETWORKS + NETWORKS[:1]),
            "network and networks": manifest(None, [guest("a", networks=["services"])]),
            "same vmid twice": manifest(None, [guest("a", vmid=200), guest("b", vmid=200)]),
            "bad tag": manifest(None, [guest("a", tags=["we b"])]),
            "power": manifest(None, [guest("a", power="off")]),
            "clone": manifest(None, [guest("a", clone="thin")]),
            "lxc with cloud template and image": manifest(None, [container("a", template_id=9100)]),
            "no access user": manifest(None, [guest("a")], globals_={
                "access": {"ssh_public_key": KEY}}),
            "no key": manifest(None, [guest("a")], globals_={"access": {"user": "devops"}}),
            "guard": manifest(None, [guest("a")], globals_={"guard": {"max_destroy": -1}}),
            "duration": manifest(None, [guest("a")], globals_={
                "removal": {"policy": "stop", "grace": "3 weeks"}}),
            "policy": manifest(None, [guest("a")], globals_={"removal": {"policy": "delete"}}),
            "fingerprint": manifest(None, [guest("a")], proxmox={"tls": {"fingerprint": "AB:CD"}}),
            "endpoint": manifest(None, [guest("a")], proxmox={"endpoint": "http://pve:8006"}),
        }
        self.accepted(good)
        for name, text in cases.items():
            with self.subTest(name):
                self.refused(text)

    def test_yaml(self):
        """V-02 anchors, aliases, tags, merge keys, double keys and second documents are refused"""
        good = manifest(None, [guest("a")])
        cases = {
            "anchor": good.replace("version: 1", "version: &v 1"),
            "alias": good.replace("vms:", "x: &x [1]\ny: *x\nvms:"),
            "tag": good.replace("version: 1", "version: !!int 1"),
            "merge": good.replace("globals:", "<<: {version: 1}\nglobals:"),
            "double key": good + "version: 1\n",
            "double key in a guest": good.replace('"cpu": 2', '"cpu": 2, "cpu": 3'),
            "second document": good + "---\nversion: 1\n",
        }
        for name, text in cases.items():
            with self.subTest(name):
                self.refused(text)

    def test_later(self):
        """V-02 keys that are not built yet are refused as such, never ignored"""
        cases = {
            "packages": manifest(None, [guest("a")], globals_={
                "access": {"user": "devops", "ssh_public_key": KEY, "packages": ["vim"]}}),
            "vnet": manifest(None, [guest("a")], networks=[
                {"name": "mgmt", "pool": "mgmt", "vnet": "blue"}]),
        }
        for name, text in cases.items():
            with self.subTest(name):
                self.refused(text, "not supported yet")

    def test_v10(self):
        """V-10 an address on a guest is refused, and the message leads to the leases"""
        self.refused(manifest(None, [guest("a", ip="192.168.10.77")]), "ip", "lease")

    def test_h01(self):
        """H-01 bounds of a guest"""
        for key, value, ok in (
            ("cpu", 0, False), ("cpu", 1, True), ("cpu", 128, True), ("cpu", 129, False),
            ("ram_mb", 511, False), ("ram_mb", 512, True),
            ("disk_gb", 0, False), ("disk_gb", 1, True),
        ):
            with self.subTest(f"{key}: {value}"):
                text = manifest(None, [guest("web-01", **{key: value})])
                self.accepted(text) if ok else self.refused(text, key)
        for name, ok in (("Web", False), ("1web", False), ("web-", False), ("web-01", True),
                         ("a" * 63, True), ("a" * 64, False), ("we_b", False), ("a.b", False)):
            with self.subTest(name):
                text = manifest(None, [guest(name)])
                self.accepted(text) if ok else self.refused(text, name)

    def test_f01(self):
        """F-01 bounds of a machine; what nobody says is in plan --explain with where it is from"""
        for key, value in (("sockets", 0), ("ram_mb", 524289), ("disk_gb", 0)):
            with self.subTest(f"{key}: {value}"):
                self.refused(manifest(None, [guest("a", **{key: value})]), key)
        for vlan in (0, 4095):
            with self.subTest(f"vlan: {vlan}"):
                self.refused(manifest(None, [guest("a")], networks=[
                    {"name": "mgmt", "pool": "mgmt", "vlan": vlan}]), "vlan")
        self.refused(manifest(None, [guest("-a")]), "-a")
        self.accepted(manifest(None, [guest("a", ram_mb=524288, sockets=1)]))
        site = self.site([guest("a")])
        run = self.ends(site.plan("--offline", "--explain", "a"), 0, "sockets: 1 (built-in)",
                        "onboot: true (built-in)", "agent: true (built-in)",
                        "node: pve01 (globals, vm7.yaml:")
        self.assertNotIn("swap_mb", run.out)

    def test_h09(self):
        """H-09 addresses and prefixes are read strictly"""
        def text(cidr, first, last):
            return pools(mgmt=pool(cidr, first, last), services=pool(
                "192.168.20.0/24", "192.168.20.50", "192.168.20.60"))
        good = manifest(None, [guest("a")])
        for cidr, first, last in (("10.0.0.0/24", "10.0.0.5", "10.0.0.9"),
                                  ("fd00::/64", "fd00::5", "fd00::9")):
            with self.subTest(cidr):
                self.accepted(good, pools_text=text(cidr, first, last))
        for cidr, first, last in (
            ("999.1.1.1/24", "10.0.0.5", "10.0.0.9"),
            ("10.0.0.0/33", "10.0.0.5", "10.0.0.9"),
            ("10.0.0.5/24", "10.0.0.5", "10.0.0.9"),
            ("fe80::/129", "fe80::5", "fe80::9"),
            ("10.0.0.0", "10.0.0.5", "10.0.0.9"),
            ("10.0.0.0/24", "10.0.0.05", "10.0.0.9"),
            ("10.0.0.0/24", "fd00::5", "10.0.0.9"),
        ):
            with self.subTest(cidr + " " + first):
                self.refused(good, pools_text=text(cidr, first, last))

    def test_h10(self):
        """H-10 presets: order of values, and where each came from"""
        presets = {"small": {"cpu": 2, "ram_mb": 2048, "disk_gb": 10}}
        vms = [guest("a", preset="small", cpu=None, disk_gb=None, ram_mb=3072)]
        self.accepted(manifest(None, vms, presets=presets))
        self.refused(manifest(None, [guest("a", preset="smal")], presets=presets), "smal", "small")
        site = self.site(vms, presets=presets)
        run = self.ends(site.plan("--explain", "a"), 0)
        for key, value, source in (("cpu", "2", "preset"), ("ram_mb", "3072", "guest"),
                                   ("disk_gb", "10", "preset")):
            line = next((l for l in run.out.splitlines() if key in l), "")
            self.assertIn(value, line, run)
            self.assertIn("small" if source == "preset" else "vm7.yaml", line, run)
        site.apply()
        config = site.guest("a")
        self.assertEqual((int(config["cores"]), int(config["memory"])), (2, 3072))
        self.assertIn("size=10G", config["scsi0"])

    def test_h10_merge(self):
        """H-10 defaults give way to presets, presets to guests; lists replace, tags unite"""
        site = self.site(
            [guest("a", preset="web", cpu=None, ram_mb=None, tags=["x", "web"], disk_gb=None)],
            presets={"web": {"cpu": 3, "tags": ["web", "p"]}},
            globals_={"defaults": {"cpu": 5, "ram_mb": 1024, "tags": ["d"],
                                   "dns": ["10.9.9.9"], "domain": "example.lan"}})
        site.apply()
        config = site.guest("a")
        self.assertEqual((int(config["cores"]), int(config["memory"])), (3, 1024))
        self.assertEqual(set(config["tags"].split(";")), {"d", "web", "p", "x", "vm7"})
        self.assertEqual(config["searchdomain"], "example.lan")

    def test_h12(self):
        """H-12 several nodes and none named is a mistake, never a guess"""
        self.refused(manifest(None, [guest("a")], proxmox={"node": None}, globals_={
            "nodes": {"pve01": {"datastore": "local-lvm"}, "pve02": {"datastore": "shared"}}}),
            "node")

    def test_include(self):
        """H-44 includes: guests of several files, names unique across them, none matched is 11"""
        more = ('vms:\n  - {"name": "b", "type": "vm", "network": "mgmt", '
                '"template_id": 9000}\n')
        base = manifest(None, [guest("a")], include=["guests/*.yaml"])
        run = self.accepted(base, files={"guests/b.yaml": more})
        self.assertRegex(run.text, r"\b2 guests")
        run = self.refused(base, "a", files={"guests/b.yaml": more.replace('"b"', '"a"')})
        self.assertIn("guests/b.yaml", run.err + run.out)
        self.refused(base, "guests/*.yaml")

    def test_places(self):
        """V-02 a mistake in the pools file or an include names that file"""
        run = self.refused(manifest(None, [guest("a")]),
                           pools_text=POOLS.replace("192.168.10.0/24", "192.168.10.1/24"))
        self.assertIn(("ipam/pools.yaml", 3), self.places(run), run)
        run = self.refused(
            manifest(None, [], include=["more.yaml"]),
            files={"more.yaml": 'vms:\n  - {"name": "b", "type": "vm", "network": "mgmt", '
                                '"template_id": 9000, "cpu": 0}\n'})
        self.assertIn(("more.yaml", 2), self.places(run), run)

    def test_usage(self):
        """64 is for usage: unknown verbs, options and missing arguments"""
        for args in (["nonsense"], ["validate", "--nonsense"], ["-C"], ["plan", "--format", "pdf"],
                     ["validate", "superfluous"]):
            with self.subTest(" ".join(args)):
                self.ends(self.vm7(*args), 64)

    def test_json(self):
        """H-43 validate --json is one document with a schema number, also when refused"""
        for text, code in ((manifest(None, [guest("a")]), 0),
                           (manifest(None, [guest("a", cpu=0)]), 11)):
            repo = self.repository(text)
            run = self.ends(self.vm7("-C", repo.folder, "--json", "validate"), code)
            made = json.loads(run.out)
            self.assertEqual((made["schema"], made["valid"]), (1, code == 0))
            if code:
                (mistake,) = made["mistakes"]
                line = next(i for i, l in enumerate(text.splitlines(), 1) if '"cpu": 0' in l)
                self.assertEqual((mistake["file"], mistake["line"]), ("vm7.yaml", line))
                self.assertIn("cpu", mistake["where"])

    def test_init(self):
        """10 vm7 init writes a first repository that is valid, and never over one"""
        folder = self.clone("/nowhere", "fresh").folder
        run = self.ends(self.vm7("-C", folder, "init"), 10, "edit")
        written = (folder / "vm7.yaml").read_text()
        self.assertTrue((folder / "ipam/pools.yaml").exists(), run)
        self.ends(self.vm7("-C", folder, "init"), 23)
        self.assertEqual((folder / "vm7.yaml").read_text(), written, "a file was replaced")
        self.ends(self.vm7("-C", folder, "validate"), 0)


if __name__ == "__main__":
    main()
