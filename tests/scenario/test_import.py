"""import: what another tool wrote down is taken over."""

import json

from house import Case, main
from sample import ancestors_leases, container, guest, pool, pools


class Leases(Case):
    def test_v10(self):
        """V-10 an imported address is leased, and plan and apply keep it"""
        site = self.site([guest("host")])
        run = site.vm7("import", "leases", "host=192.168.10.77", "pool=mgmt")
        self.ends(run, 0, "host: 192.168.10.77 of pool mgmt is leased")
        self.assertEqual(site.leases(), {"host": {"ip": "192.168.10.77", "pool": "mgmt"}})
        self.assertEqual(site.sim.writes(), [])
        message = site.origin.message("main")
        self.assertTrue(message.startswith("vm7: import the address of host\n"), message)
        self.assertIn("Vm7-Pass: ", message)
        (made,) = site.plan_json()["vms"]
        self.assertEqual((made["action"], made["ip"]), ("create", "192.168.10.77"))
        site.apply()
        site.expect_up("host")
        self.assertEqual(site.leases()["host"]["ip"], "192.168.10.77")
        self.assertIn("ip=192.168.10.77/24", site.guest("host")["ipconfig0"])

    def test_v10_by_hand(self):
        """V-10 an address in vm7.yaml is refused, and the message names leases"""
        site = self.site([guest("host", ip="192.168.10.77")])
        self.ends(site.plan("--offline"), 11, "leased")

    def test_existing(self):
        """V-10 beside guests that are there: the leases of others stay, the inventory follows"""
        site = self.site([guest("a")])
        site.apply()
        held = site.lease_file()
        site.set_vms(guest("a"), container("b"))
        self.ends(site.vm7("import", "leases", "b=192.168.10.60", "--pool", "mgmt"), 0)
        after = site.lease_file()
        self.assertEqual(after["leases"].pop("b"), {"ip": "192.168.10.60", "pool": "mgmt"})
        self.assertEqual(after, {**held, "serial": held["serial"] + 1})
        self.assertIn("192.168.10.60", site.origin.show("inventory/inventory.yaml"))
        site.apply()
        self.assertEqual(site.leases()["b"]["ip"], "192.168.10.60")
        head = site.origin.head()
        self.ends(site.vm7("import", "leases", "b=192.168.10.60"), 0, "already")
        self.assertEqual(site.origin.head(), head)

    def test_pool_found(self):
        """V-10 the pool is the entry's, or the one that has the address"""
        site = self.site([guest("a", network="services")])
        self.ends(site.vm7("import", "leases", "a=192.168.20.60", "later=192.168.10.60"), 0,
                  "a: 192.168.20.60 of pool services", "later", "no entry")
        self.assertEqual(site.leases(), {
            "a": {"ip": "192.168.20.60", "pool": "services"},
            "later": {"ip": "192.168.10.60", "pool": "mgmt"}})
        site.apply()
        self.assertEqual(site.leases()["a"]["ip"], "192.168.20.60")
        self.assertEqual(site.leases()["later"], {"ip": "192.168.10.60", "pool": "mgmt"})

    def test_outside_range(self):
        """V-10 the range of a pool does not bind an address that is there already"""
        site = self.site([guest("a")])
        self.ends(site.vm7("import", "leases", "a=192.168.10.20"), 0)
        site.apply()
        self.assertEqual(site.leases()["a"]["ip"], "192.168.10.20")

    def test_refused(self):
        """V-10 an address that cannot be leased is refused, and nothing is written"""
        site = self.site([guest("a"), guest("b")], pools=pools(
            mgmt=pool("192.168.10.0/24", "192.168.10.50", "192.168.10.99", "192.168.10.1",
                      ["192.168.10.2"]),
            services=pool("192.168.20.0/24", "192.168.20.50", "192.168.20.99")))
        self.ends(site.vm7("import", "leases", "a=192.168.10.60"), 0)
        head = site.origin.head()
        for words, code, said in (
                (["b=192.168.10.60"], 23, "leased to a"),
                (["a=192.168.10.61"], 23, "it has 192.168.10.60 already"),
                (["b=192.168.10.1"], 23, "is the gateway"),
                (["b=192.168.10.2"], 23, "is the DNS server"),
                (["b=192.168.10.0"], 23, "network address"),
                (["b=192.168.10.255"], 23, "broadcast address"),
                (["b=192.168.20.60"], 23, "is not in pool mgmt (192.168.10.0/24)"),
                (["b=192.168.20.60", "pool=services"], 23, "asks for an address of pool mgmt"),
                (["c=10.9.9.9"], 23, "is in no pool; there are: mgmt and services"),
                (["c=192.168.10.61", "--pool", "mgnt"], 64, "there is no pool mgnt"),
                (["b=192.168.10.300"], 64, "192.168.10.300"),
                (["Not_A_Name=192.168.10.70"], 64, "lower-case"),
                (["b"], 64, "expected NAME=ADDRESS"),
                (["b=192.168.10.70", "b=192.168.10.71"], 64, "twice"),
                (["c=192.168.10.70", "pool=mgmt", "pool=services"], 64, "two pools"),
                (["c=192.168.10.70", "b=192.168.10.60"], 23, "nothing is imported"),
                (["c=192.168.10.70", "d=192.168.10.70"], 23, "leased to c"),
                ([], 64, "nothing to import")):
            with self.subTest(" ".join(words)):
                self.ends(site.vm7("import", "leases", *words), code, said)
                self.assertEqual(site.origin.head(), head)

    def test_all_told(self):
        """V-10 of several that are refused each is told, and as JSON too"""
        site = self.site([guest("a"), guest("b")])
        run = site.vm7("--json", "import", "leases", "a=192.168.10.1", "b=192.168.10.61",
                       "c=10.9.9.9")
        self.ends(run, 23, "a: 192.168.10.1 is the gateway", "c: 10.9.9.9 is in no pool",
                  "2 of 3")
        told = json.loads(run.out)
        self.assertEqual(told["schema"], 1)
        self.assertEqual([bool(lease["error"]) for lease in told["leases"]], [True, False, True])
        self.assertIsNone(told["commit"])
        run = site.vm7("--json", "import", "leases", "b=192.168.10.61")
        told = json.loads(run.out)
        self.assertEqual(told["leases"], [{"name": "b", "ip": "192.168.10.61", "pool": "mgmt",
                                           "new": True, "error": None}])
        self.assertEqual(told["commit"], site.origin.head())

    def test_file(self):
        """V-10 a lease file of the ancestor is taken over, all of it or nothing"""
        site = self.site([guest("web-01")])
        old = self.dir / "old.json"
        old.write_text(ancestors_leases(web_01="192.168.10.57", db="192.168.10.58"))
        self.ends(site.vm7("import", "leases", "--file", str(old)), 0)
        self.assertEqual(site.leases(), json.loads(old.read_text())["leases"])
        head = site.origin.head()
        old.write_text('{"lea')
        self.ends(site.vm7("import", "leases", "--file", str(old)), 11, "old.json:1")
        self.ends(site.vm7("import", "leases", "--file", str(old) + ".none"), 64, "No such file")
        self.assertEqual(site.origin.head(), head)

    def test_beside(self):
        """V-10 beside a lease file of the ancestor: its leases stay, the file becomes ours"""
        site = self.site([guest("web-01"), guest("b")], files={
            "ipam/leases.json": ancestors_leases(web_01="192.168.10.57")})
        self.ends(site.vm7("import", "leases", "b=192.168.10.58"), 0)
        held = site.lease_file()
        self.assertEqual(held["leases"], {"web-01": {"ip": "192.168.10.57", "pool": "mgmt"},
                                          "b": {"ip": "192.168.10.58", "pool": "mgmt"}})
        self.assertEqual((held["version"], held["serial"], held["branch"]), (1, 1, "main"))
        site.apply()
        site.expect_up("web-01", "b")
        self.assertEqual({n: lease["ip"] for n, lease in site.leases().items()},
                         {"web-01": "192.168.10.57", "b": "192.168.10.58"})

    def test_pool_as_name(self):
        """V-10 a guest that is called pool is no pool"""
        site = self.site([guest("pool")])
        self.ends(site.vm7("import", "leases", "pool=192.168.10.77", "pool=mgmt"), 0)
        self.assertEqual(site.leases(), {"pool": {"ip": "192.168.10.77", "pool": "mgmt"}})

    def test_lost_lease_file(self):
        """rule 6 a lease file that is begun by an import does not hide that one was lost"""
        site = self.site([guest("a")])
        site.apply()
        site.person.pull()
        site.person.remove("ipam/leases.json")
        site.person.publish("Oops")
        self.ends(site.vm7("import", "leases", "b=192.168.10.60"), 0)
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 23, "carries vm7's line")
        self.assertEqual(len(site.sim.writes()), mark)

    def test_unpushed(self):
        """V-10 what is imported is the pushed commit's: other changes are refused"""
        site = self.site([guest("a")])
        site.person.write("vm7.yaml", site.manifest([guest("a"), guest("b")]))
        self.ends(site.vm7("import", "leases", "b=192.168.10.60"), 23, "commit and push first")
        self.assertIsNone(site.lease_file())

    def test_race(self):
        """V-10 who loses the race for the branch decides again, on what is there then"""
        site = self.site([guest("a"), guest("b")], mode="remote")
        site.origin.hook("pre-receive", """
if [ -e hooks/once ]; then exit 0; fi
touch hooks/once
sleep 1
""")
        first = site.start_vm7("import", "leases", "a=192.168.10.60", "--state-dir",
                               str(self.dir / "one"))
        second = site.start_vm7("import", "leases", "b=192.168.10.60", "--state-dir",
                                str(self.dir / "two"))
        ends = sorted([first.finish(60).code, second.finish(60).code])
        self.assertEqual(ends, [0, 23])
        self.assertEqual(len(site.leases()), 1)

    def test_branch(self):
        """V-10 leases that live on a branch of their own are imported there"""
        site = self.site([guest("a")], globals_={"ipam": {"branch": "vm7-state"}})
        self.ends(site.vm7("import", "leases", "a=192.168.10.60"), 0)
        text = site.origin.show("ipam/leases.json", "refs/heads/vm7-state")
        self.assertEqual(json.loads(text)["leases"], {"a": {"ip": "192.168.10.60", "pool": "mgmt"}})
        self.assertIsNone(site.lease_file())

    def test_kinds(self):
        """import says which kinds there are"""
        self.ends(self.vm7("import"), 64, "leases")
        self.ends(self.vm7("import", "terraform"), 64, "leases or config-env")
        self.ends(self.vm7("import", "leases", "a=1.2.3.4", "--image", "x"), 64, "--image")


SEED = """\
IP=192.168.178.42
ID=42
HOSTNAME=apache
CORES=2
MEMORY=2048
SWAP=512
DISK=local-lvm:8
BOOT=yes
"""

CONTROL = """\
IP="192.168.178.254"
ID="254"
CORES="4"
MEMORY="6144"
SWAP="1024"
DISK="local-lvm:16" # adjust if needed
MOUNT="/mnt/ext:/share/files" # adjust
BOOT="yes"
"""

IMAGE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
HOME = pools(home=pool("192.168.178.0/24", "192.168.178.100", "192.168.178.199",
                       "192.168.178.1"))
NETWORKS = [{"name": "home", "pool": "home", "bridge": "vmbr0"}]


class ConfigEnv(Case):
    def file(self, text, folder="apache", name="config.env"):
        path = self.dir / "libs" / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def imports(self, *paths, site=None, code=0):
        run = (site or self).vm7("--json", "import", "config-env", "--image", IMAGE, *paths)
        self.ends(run, code)
        return json.loads(run.out), run

    def test_g01_seed(self):
        """G-01 the seed's sample: ID 42 is refused with a hint; with another ID it is an entry"""
        run = self.vm7("import", "config-env", self.file(SEED))
        self.ends(run, 11, "config.env:2", "42 is below 100", "take the line out")
        self.assertEqual(run.out, "")
        told, _ = self.imports(self.file(SEED.replace("ID=42", "ID=142")))
        (guest_,) = told["vms"]
        self.assertEqual(guest_["entry"], {
            "name": "apache", "type": "lxc", "vmid": 142, "cpu": 2, "ram_mb": 2048,
            "swap_mb": 512, "datastore": "local-lvm", "disk_gb": 8, "image": IMAGE,
            "onboot": True, "unprivileged": True, "features": {"nesting": True}})
        self.assertEqual(told["leases"],
                         [{"name": "apache", "ip": "192.168.178.42", "pool": None}])

    def test_g01_control(self):
        """G-01 the shipped control-plane file with trailing comments, printed for vm7.yaml"""
        site = self.site(networks=NETWORKS, pools=HOME)
        run = site.vm7("import", "config-env", "--image", IMAGE, self.file(CONTROL, "control"))
        self.ends(run, 0)
        self.assertEqual(run.out, f"""\
vms:
  # folders and devices of the node take globals.proxmox.privileged
  - name: control
    type: lxc
    vmid: 254
    network: home
    cpu: 4
    ram_mb: 6144
    swap_mb: 1024
    datastore: local-lvm
    disk_gb: 16
    image: "{IMAGE}"
    onboot: true
    unprivileged: true
    features: {{nesting: true}}
    mounts:
      - {{slot: mp0, path: "/share/files", host: "/mnt/ext"}}
# Addresses are leased, not written. To keep them, when the entries are pushed
# and before the first apply:
#   vm7 import leases control=192.168.178.254 pool=home
""")
        self.assertEqual(site.sim.log(), [])
        self.assertIsNone(site.lease_file())

    def test_g01_nothing_runs(self):
        """G-01 nothing of the file is executed: what a shell would run is a warning"""
        text = SEED.replace("ID=42", "ID=142") + """
X=$(touch pwned)
Y=`touch pwned`
Z="$(touch pwned)"
touch pwned
W=1 touch pwned
V=1;touch pwned
CORES=$(touch pwned; echo 8)
export SWAP=256
A='$(kept)'
"""
        told, run = self.imports(self.file(text))
        self.assertEqual(list(self.dir.rglob("pwned")), [])
        warned = "\n".join(told["warnings"])
        for line, word in enumerate(("X=$(touch pwned)", "Y=`touch", "Z=", "touch pwned", "W=1",
                                     "V=1", "CORES=$("), 10):
            self.assertIn(f"config.env:{line}: {word}", warned)
        self.assertIn("config.env:18: A: vm7 has no use for it", warned)
        self.assertIn("nothing is run", run.err)
        entry = told["vms"][0]["entry"]
        self.assertEqual((entry["cpu"], entry["swap_mb"]), (2, 256))

    def test_g04(self):
        """G-04 an imported sample makes the container that the other tool would have made"""
        site = self.site(networks=NETWORKS, pools=HOME, include=["guests/*.yaml"],
                         files={"guests/others.yaml": "vms: []\n"})
        run = site.vm7("import", "config-env", "--image", IMAGE,
                       self.file(SEED.replace("ID=42", "ID=142").replace("SWAP=512", "SWAP=256")))
        self.ends(run, 0)
        site.person.publish("Imported", {"guests/apache.yaml": run.out})
        (command,) = [line for line in run.out.splitlines() if "import leases" in line]
        self.ends(site.vm7(*command.strip("# ").split()[1:]), 0)
        site.apply()
        site.expect_up("apache")
        (made,) = [r for r in site.sim.writes() if r["path"].endswith("/lxc")]
        sent = made["params"]
        self.assertEqual(
            {key: str(sent[key]) for key in ("vmid", "hostname", "ostemplate", "cores", "memory",
                                             "swap", "onboot", "unprivileged", "features")},
            {"vmid": "142", "hostname": "apache", "ostemplate": IMAGE, "cores": "2",
             "memory": "2048", "swap": "256", "onboot": "1", "unprivileged": "1",
             "features": "nesting=1"})
        self.assertEqual(sent["rootfs"], "local-lvm:8")
        net = sent["net0"].split(",")
        for part in ("name=eth0", "bridge=vmbr0", "gw=192.168.178.1", "ip=192.168.178.42/24"):
            self.assertIn(part, net)

    def test_g05(self):
        """G-05 folders of the node become mounts in their order; the last colon separates"""
        told, _ = self.imports(self.file("MOUNT=/a:/b,/c:d:/e\n"))
        self.assertEqual(told["vms"][0]["entry"]["mounts"], [
            {"slot": "mp0", "path": "/b", "host": "/a"},
            {"slot": "mp1", "path": "/e", "host": "/c:d"}])
        run = self.vm7("import", "config-env", self.file("MOUNT=/a:b\n"))
        self.ends(run, 11, "config.env:1", "/a:b")

    def test_g06(self):
        """G-06 a path without a colon is a device of the node"""
        told, _ = self.imports(self.file("MOUNT=/dev/dri/renderD128,/dev/kvm\n"))
        self.assertEqual(told["vms"][0]["entry"]["devices"], [
            {"slot": "dev0", "path": "/dev/dri/renderD128"}, {"slot": "dev1", "path": "/dev/kvm"}])

    def test_g07(self):
        """G-07 a network share is a warning and a tag, and nothing else"""
        before = sorted(self.dir.rglob("*.service"))
        path = self.file("MOUNT=share\n")
        told, run = self.imports(path)
        self.assertEqual(told["vms"][0]["entry"]["tags"], ["share"])
        self.assertNotIn("mounts", told["vms"][0]["entry"])
        (line,) = told["warnings"]
        self.assertIn(f"{path}:1: MOUNT: share is a network share", line)
        self.assertIn(line, run.err)
        self.assertEqual(sorted(self.dir.rglob("*.service")), before)

    def test_names(self):
        """G-01 without a HOSTNAME the folder names the guest; two of a name are refused"""
        told, _ = self.imports(self.file("CORES=1\n", "broker"),
                               self.file("CORES=1\n", "Proxy", "container.env"))
        self.assertEqual([guest_["name"] for guest_ in told["vms"]], ["broker", "proxy"])
        one, two = self.file("HOSTNAME=a\n", "one"), self.file("HOSTNAME=A\n", "two")
        self.ends(self.vm7("import", "config-env", one, two), 11, "both called a")
        self.ends(self.vm7("import", "config-env", self.file("CORES=1\n", "no name")), 11,
                  "no name", "HOSTNAME")

    def test_mistakes(self):
        """G-01 every value that cannot be is told, with its place, and nothing is printed"""
        one = self.file('IP=192.168.178.\nID=ten\nCORES=0\nMEMORY=64\nSWAP=-1\nDISK=8\n'
                        'BOOT=perhaps\n', "one")
        two = self.file('DISK="local-lvm:8\n', "two")
        run = self.vm7("import", "config-env", one, two)
        self.ends(run, 11, "8 mistakes", *(f"one/config.env:{line}" for line in range(1, 8)),
                  "two/config.env:1", "quote")
        self.assertEqual(run.out, "")
        run = self.vm7("--json", "import", "config-env", one)
        self.assertEqual(json.loads(run.out)["vms"], [])
        self.assertIn("mistakes", json.loads(run.out)["error"])

    def test_network(self):
        """G-01 the network is the one whose pool has the address, or the one that is named"""
        site = self.site(networks=[*NETWORKS, {"name": "other", "dhcp": True}], pools=HOME)
        path = self.file("IP=192.168.178.42\n")
        self.assertEqual(self.imports(path, site=site)[0]["vms"][0]["entry"]["network"], "home")
        run = site.vm7("import", "config-env", path, "--network", "other")
        self.ends(run, 0, "network: other")
        self.ends(site.vm7("import", "config-env", path, "--network", "none"), 64, "none")
        run = site.vm7("import", "config-env", self.file("IP=10.0.0.1\n"))
        self.ends(run, 0, "10.0.0.1; declare one", "which container template")
        self.ends(self.vm7("-C", str(self.dir), "import", "config-env", path), 11)

    def test_usage(self):
        """G-01 a file has to be there"""
        self.ends(self.vm7("import", "config-env"), 64, "FILE")
        self.ends(self.vm7("import", "config-env", "none.env"), 64, "none.env")
        self.ends(self.vm7("import", "config-env", "none.env", "--pool", "x"), 64, "--pool")


if __name__ == "__main__":
    main()
