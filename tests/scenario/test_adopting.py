"""Guests that somebody else made become vm7's own, as they are."""

import json

from house import Case, main
from sample import container, guest

NETWORKS = [
    {"name": "mgmt", "pool": "mgmt", "bridge": "vmbr0"},
    {"name": "services", "pool": "services", "bridge": "vmbr0", "vlan": 20},
    {"name": "outside", "dhcp": True, "bridge": "vmbr0"},
    {"name": "loose", "bridge": "vmbr0", "vlan": 30},
]
IMAGE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"


class Adopting(Case):
    def world(self, *vms, **options):
        return self.site(list(vms), networks=NETWORKS, **options)

    def vm(self, site, vmid, **more):
        params = {"vmid": vmid, "name": f"vm-{vmid}", "memory": 2048, "cores": 2,
                  "net0": "virtio,bridge=vmbr0", "scsi0": "local-lvm:8",
                  "ipconfig0": f"ip=192.168.10.{vmid - 100}/24", **more}
        site.sim.do("POST", "/nodes/pve01/qemu", **params)

    def ct(self, site, vmid, **more):
        params = {"vmid": vmid, "hostname": f"ct-{vmid}", "memory": 1024, "ostemplate": IMAGE,
                  "rootfs": "local-lvm:4", "net0": "name=eth0,bridge=vmbr0,ip=dhcp", **more}
        site.sim.do("POST", "/nodes/pve02/lxc", **params)

    def adopt(self, site, *vmids):
        """What `vm7 adopt` prints, committed as it is."""
        run = self.ends(site.vm7("adopt", *map(str, vmids)), 0)
        site.person.publish("Adopt", {
            "adopted.yaml": run.out,
            "vm7.yaml": site.manifest([], include=["adopted.yaml"])})

    def at_rest(self, site):
        """Here there is nothing to tell either, and another pass does nothing."""
        super().at_rest(site)
        made = site.plan_json()
        self.assertEqual([v["action"] for v in made["vms"]], ["none"] * len(made["vms"]))
        self.assertEqual(made["notes"], [])
        commits = len(site.origin.commits())
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 0)
        self.assertEqual((len(site.sim.writes()), len(site.origin.commits())), (mark, commits))

    def without_marks(self, config):
        return {key: value for key, value in config.items()
                if key not in ("description", "tags", "digest")}

    def test_as_it_is(self):
        """adopt: an import does not restart: one PUT of line and tag, and it is at rest"""
        site = self.world()
        self.vm(site, 120, name="DC01", tags="windows", description="Of Ana.\n\nSince 2019.",
                cpu="host", startup="order=2", protection=1)
        self.vm(site, 121, net0="virtio,bridge=vmbr0,tag=20", ipconfig0="ip=192.168.20.9/24",
                net1="virtio,bridge=vmbr0", ipconfig1="ip=dhcp")
        self.ct(site, 130, hostname="a.b", features="nesting=1", unprivileged=1)
        self.ct(site, 131, net0="name=eth0,bridge=vmbr0,ip=192.168.10.9/24,gw=192.168.10.1")
        for path in ("/nodes/pve01/qemu/120", "/nodes/pve02/lxc/130"):
            site.sim.do("POST", path + "/status/start")
        before = {vmid: site.sim.config(vmid) for vmid in (120, 121, 130, 131)}
        power = {vmid: site.sim.status(vmid) for vmid in before}
        mark = len(site.sim.writes())
        self.adopt(site, *before)
        made = site.plan_json()
        self.assertEqual({v["name"]: (v["action"], v["impact"], v["steps"]) for v in made["vms"]},
                         {name: ("adopt", "none", ["configure"])
                          for name in ("DC01", "vm-121", "a.b", "ct-131")})
        self.ends(site.apply(code=None), 0, "is adopted")
        writes = site.sim.writes()[mark:]
        self.assertEqual(sorted((e["method"], e["path"]) for e in writes), [
            ("PUT", "/nodes/pve01/qemu/120/config"), ("PUT", "/nodes/pve01/qemu/121/config"),
            ("PUT", "/nodes/pve02/lxc/130/config"), ("PUT", "/nodes/pve02/lxc/131/config")])
        for entry in writes:
            self.assertEqual(set(entry["params"]), {"description", "tags", "digest"})
        leases = {lease["vmid"]: lease for lease in site.leases().values()}
        for vmid, config in before.items():
            now, lease = site.sim.config(vmid), leases[vmid]
            self.assertEqual(self.without_marks(now), self.without_marks(config))
            self.assertEqual(site.sim.status(vmid), power[vmid])
            self.assertEqual(lease["state"], "ready")
            self.assertIn(lease["mac"].lower(), config["net0"].lower())
            self.assertIn(f"/{lease['id']}, edit vm7.yaml", now["description"])
            self.assertIn("vm7", now["tags"].split(";"))
        self.assertTrue(site.sim.config(120)["description"].startswith(
            "Of Ana.\n\nSince 2019.\n\nvm7: "))
        self.assertIn("windows", site.sim.config(120)["tags"].split(";"))
        for vmid in (120, 121):
            self.assertIn(leases[vmid]["id"], before[vmid]["smbios1"])
        self.assertEqual({vmid: lease.get("ip") for vmid, lease in leases.items()},
                         {120: "192.168.10.20", 121: "192.168.20.9", 130: None,
                          131: "192.168.10.9"})
        self.ends(site.apply(code=None), 0)  # asks the one with DHCP where it is
        self.at_rest(site)
        run = self.ends(site.vm7("rights"), 0, "VM.Config.Options")
        self.assertNotIn("VM.Clone", run.out)

    def test_killed(self):
        """a kill between the lease and its write costs a pass; an entry that goes undoes it"""
        site = self.world(watched=True)
        self.vm(site, 120)
        self.adopt(site, 120)
        site.apply_killed_before("/config")
        self.assertEqual(site.states(), {"vm-120": "adopting"})
        self.ends(site.apply(code=None), 0)
        self.assertEqual(site.states(), {"vm-120": "ready"})
        self.at_rest(site)

    def test_gone_meanwhile(self):
        """an entry that goes before its guest is adopted: only the lease is dropped"""
        site = self.world(watched=True)
        self.vm(site, 120)
        before = site.sim.config(120)
        self.adopt(site, 120)
        site.apply_killed_before("/config")
        site.set_vms()
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 0)
        self.assertEqual((site.leases(), len(site.sim.writes())), ({}, mark))
        self.assertEqual(site.sim.config(120), before)

    def test_refused(self):
        """what cannot be adopted is refused with its reason, and nothing is leased"""
        site = self.world()
        self.vm(site, 120, ipconfig0="ip=10.0.0.9/24")
        self.ct(site, 130)
        for entry, code, words in (
                (guest("a", adopt=120, template_id=None), 11, "10.0.0.9, which is not in pool"),
                (guest("a", adopt=130, template_id=None), 23, "is a lxc, the entry says vm"),
                (guest("a", adopt=9000, template_id=None), 23, "it is a template"),
                (guest("a", adopt=999, template_id=None), 20, "there is no guest 999")):
            with self.subTest(words):
                site.set_vms(entry)
                mark = len(site.sim.writes())
                self.ends(site.apply(code=None), code, words)
                self.assertEqual((site.leases(), len(site.sim.writes())), ({}, mark))

    def test_x09(self):
        """X-09 without its tag a guest is disputed and left alone; adopt seals it again"""
        site = self.world(guest("a"), container("b"), guest("c"))
        site.apply()
        leases = site.leases()
        paths = {"a": f"/nodes/pve01/qemu/{leases['a']['vmid']}",
                 "b": f"/nodes/pve01/lxc/{leases['b']['vmid']}",
                 "c": f"/nodes/pve01/qemu/{leases['c']['vmid']}"}
        tags = site.sim.config(leases["a"]["vmid"])["tags"]
        site.sim.put(paths["a"] + "/config", tags="mine", memory=1024)
        site.sim.put(paths["b"] + "/config", description="Of somebody.", memory=256)
        site.sim.put(paths["c"] + "/config", delete="tags", description="",
                     smbios1="uuid=00000000-0000-4000-8000-000000000001")
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 23, "disputed", "lost the tag vm7", "no line of vm7")
        self.assertEqual(len(site.sim.writes()), mark)
        vmids = [str(leases[name]["vmid"]) for name in "abc"]
        self.ends(site.vm7("adopt", *vmids), 0, "a: VMID", "is sealed again")
        asked = site.sim.writes()[mark:]
        self.assertEqual([(e["method"], e["path"]) for e in asked],
                         [("PUT", paths[name] + "/config") for name in "abc"])
        self.assertEqual([set(e["params"]) for e in asked],
                         [{"tags", "digest"}, {"description", "digest"},
                          {"tags", "description", "smbios1", "digest"}])
        self.assertEqual(set(site.sim.config(leases["a"]["vmid"])["tags"].split(";")),
                         {"mine", "vm7"}, tags)
        self.assertIn(leases["c"]["id"], site.sim.config(leases["c"]["vmid"])["smbios1"])
        self.assertEqual(site.leases(), leases)
        self.assertEqual([site.sim.status(leases[n]["vmid"]) for n in "abc"], ["running"] * 3)
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 0)
        self.assertEqual({e["method"] for e in site.sim.writes()[mark:]}, {"PUT"})
        self.ends(site.plan("--detailed-exitcode"), 0)
        self.ends(site.vm7("adopt", vmids[0]), 23, "it has a lease already")

    def test_x09_others(self):
        """X-09 another guest at a leased VMID is not sealed, and another vm7's not adopted"""
        site = self.world(guest("a"))
        site.apply()
        vmid = site.leases()["a"]["vmid"]
        path = f"/nodes/pve01/qemu/{vmid}"
        with self.part("another vm7", keep_env=True):
            other = self.site([guest("z", adopt=vmid, template_id=None)], sim=site.sim,
                              networks=NETWORKS)
            mark = len(site.sim.writes())
            self.ends(other.apply(code=None), 23, "line of another vm7")
            self.ends(other.vm7("adopt", str(vmid)), 23, "line of another vm7")
            self.assertEqual(len(site.sim.writes()), mark)
        site.sim.do("POST", path + "/status/stop")
        site.sim.do("DELETE", path)
        self.vm(site, vmid, ipconfig0="ip=dhcp")
        mark = len(site.sim.writes())
        self.ends(site.vm7("adopt", str(vmid)), 23, "it is another guest")
        self.ends(site.apply(code=None), 23, "disputed")
        self.assertEqual(len(site.sim.writes()), mark)

    def test_g19(self):
        """G-19 a guest of ours without a lease is an orphan: told always, destroyed if asked"""
        site = self.world(guest("a"), container("b"))
        site.apply()
        leases = site.leases()
        vmid = leases["a"]["vmid"]
        site.set_vms(container("b"))
        site.edit_leases(lambda held: held["leases"].pop("a"), as_vm7=True)
        self.vm(site, 150, tags="vm7")
        site.sim.do("POST", "/nodes/pve01/qemu/150/status/start")
        mark = len(site.sim.writes())
        for _ in range(2):
            self.ends(site.plan("--detailed-exitcode"), 0, f"orphan: VMID {vmid} on pve01",
                      f"vm7 release --orphan {vmid}")
            self.ends(site.apply(code=None), 0, "orphan")
        self.ends(site.vm7("release", "--orphan", str(vmid)), 23, "--yes")
        for other, code, words in ((150, 23, "does not carry vm7's line"),
                                   (leases["b"]["vmid"], 23, "has a lease"),
                                   (9000, 23, "template"), (999, 64, "no guest 999"),
                                   ("x", 64, "no VMID")):
            with self.subTest(words):
                self.ends(site.vm7("release", "--orphan", str(other), "--yes"), code, words)
        self.ends(site.vm7("release"), 64, "needs NAME")
        self.assertEqual(len(site.sim.writes()), mark)
        self.ends(site.vm7("release", "--orphan", str(vmid), "--yes"), 0, "is destroyed")
        self.assertEqual([(e["method"], e["path"]) for e in site.sim.writes()[mark:]],
                         [("POST", f"/nodes/pve01/qemu/{vmid}/status/stop"),
                          ("DELETE", f"/nodes/pve01/qemu/{vmid}")])
        self.assertEqual(site.leases(), {"b": leases["b"]})
        self.assertNotIn(vmid, site.sim.guests())
        self.assertIn(150, site.sim.guests())
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_orphan_adopted(self):
        """an orphan can be adopted: it gets a lease, and keeps everything else"""
        site = self.world(guest("a"), container("b"))
        site.apply()
        leases = site.leases()
        site.set_vms(container("b"))
        site.edit_leases(lambda held: held["leases"].pop("a"), as_vm7=True)
        vmid = leases["a"]["vmid"]
        before = site.sim.config(vmid)
        site.set_vms(container("b"), guest("a", adopt=vmid))
        self.ends(site.apply(code=None), 0, "is adopted")
        self.assertEqual(site.sim.config(vmid), before)
        lease = site.leases()["a"]
        self.assertEqual({key: lease[key] for key in ("vmid", "mac", "ip", "id")},
                         {key: leases["a"][key] for key in ("vmid", "mac", "ip", "id")})
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_recover(self):
        """adopt --recover rebuilds a lost lease file from the guests, and all is as before"""
        site = self.world(guest("a", tags=["web"]), container("b", network="outside"),
                          guest("old", networks=["mgmt", "services"], network=None))
        site.apply()
        self.vm(site, 120, name="DC01")
        self.vm(site, 121, name="stranger")
        text = self.ends(site.vm7("adopt", "120"), 0).out
        site.person.pull()
        site.person.publish("Adopt", {"adopted.yaml": text})
        vms = (guest("a", tags=["web"]), container("b", network="outside"),
               guest("old", networks=["mgmt", "services"], network=None))
        site.set_vms(*vms, include=["adopted.yaml"])
        site.apply()
        site.apply()
        site.set_vms(*vms[:2], include=["adopted.yaml"])
        site.apply("--yes")
        before = site.lease_file()
        self.ends(site.vm7("adopt", "--recover"), 23, "nothing is to be recovered")
        site.person.pull()
        site.person.remove("ipam/leases.json")
        site.person.commit("Oops")
        site.person.push()
        mark = len(site.sim.writes())
        self.ends(site.plan(), 23, "does not exist", "vm7 adopt --recover")
        self.ends(site.vm7("adopt", "--recover", "--all"), 64, "one of them")
        run = self.ends(site.vm7("--json", "adopt", "--recover"), 0)
        self.assertEqual([one["name"] for one in json.loads(run.out)["recovered"]],
                         ["DC01", "a", "b", "old"])
        after = site.lease_file()
        self.assertEqual({key: after[key] for key in ("instance", "cluster", "branch")},
                         {key: before[key] for key in ("instance", "cluster", "branch")})
        self.assertGreater(after["serial"], before["serial"])
        for name in ("DC01", "a", "b"):
            # which template it came from nobody knows any more
            self.assertEqual({**after["leases"][name], "since": None, "template": None},
                             {**before["leases"][name], "since": None, "template": None})
        for key in ("id", "ip", "mac", "node", "nics", "pool", "state", "type", "vmid"):
            self.assertEqual(after["leases"]["old"][key], before["leases"]["old"][key], key)
        self.ends(site.apply(code=None), 0)
        self.ends(site.plan("--detailed-exitcode"), 0)
        self.assertEqual(len(site.sim.writes()), mark)

    def test_recover_refused(self):
        """adopt --recover: nothing to recover, or the lines of several lease files"""
        site = self.world()
        self.ends(site.vm7("adopt", "--recover"), 23, "nothing to recover")
        for vmid, name in ((150, "a"), (151, "b")):
            self.vm(site, vmid, name=name, description=(
                f"vm7: 00000000-0000-4000-8000-000000000{vmid}/"
                f"00000000-0000-5000-8000-000000000{vmid}, edit vm7.yaml in elsewhere"))
        site.set_vms(guest("a"), guest("b"))
        self.ends(site.vm7("adopt", "--recover"), 23, "several lease files",
                  "00000000-0000-4000-8000-000000000151")
        run = self.ends(site.vm7("--json", "adopt", "--recover"), 23)
        self.assertIn("several", json.loads(run.out)["error"])
        self.assertIsNone(site.lease_file())

    def test_repaired_later(self):
        """an adopted guest is looked after like any other once its entry says so"""
        site = self.world()
        self.vm(site, 120)
        self.adopt(site, 120)
        self.ends(site.apply(code=None), 0)
        entry = json.loads(self.ends(site.vm7("--json", "adopt", "--list"), 0).out)
        self.assertNotIn(120, [one["vmid"] for one in entry["guests"]])
        text = site.person.read("adopted.yaml").replace("drift: report", "drift: repair")
        site.person.pull()
        site.person.publish("Repair", {"adopted.yaml": text.replace("ram_mb: 2048", "ram_mb: 4096")})
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 0)
        self.assertEqual(int(site.sim.config(120)["memory"]), 4096)
        self.assertEqual(len(site.sim.writes()), mark + 1)
        site.person.pull()
        site.set_vms(include=[])
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.states(), {"vm-120": "released"})


if __name__ == "__main__":
    main()
