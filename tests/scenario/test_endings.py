"""The ends of a guest: released and forgotten by name, and what is kept of it before."""

import json

from house import Case, main
from sample import POOLS, container, guest
from sim import default_world, fault


class Endings(Case):
    def path(self, site, name):
        held = site.leases()[name]
        return f"/nodes/pve01/{'qemu' if held['type'] == 'vm' else 'lxc'}/{held['vmid']}"

    # ---- release ----

    def test_release(self):
        """release: what removal: keep leaves running is stopped by the next pass"""
        site = self.made(guest("a"), container("b"), globals_={"removal": {"policy": "keep"}})
        vmids = {name: lease["vmid"] for name, lease in site.leases().items()}
        site.set_vms()
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 0)
        self.ends(site.vm7("release", "a"), 0, "a: the next pass stops it")
        self.assertEqual(len(site.sim.writes()), mark, "a verb of the lease file alone")
        self.assertTrue(site.origin.message("main").startswith("vm7: release a\n"))
        head = site.origin.head()
        self.ends(site.vm7("release", "a"), 0, "nothing to change")
        self.assertEqual(site.origin.head(), head)
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.states(), {"a": "released", "b": "ready"})
        self.assertEqual(site.sim.status(vmids["a"]), "stopped")
        self.assertEqual(site.sim.status(vmids["b"]), "running")
        self.at_rest(site)

    def test_release_destroy(self):
        """release --destroy: stopped, and destroyed once the grace is over"""
        site = self.made(guest("a"), globals_={"removal": {"policy": "keep", "grace": "1h"}})
        vmid = site.leases()["a"]["vmid"]
        site.set_vms(globals_={"removal": {"policy": "keep", "grace": "1h"}})
        run = self.ends(site.vm7("--json", "release", "a", "--destroy"), 0)
        self.assertEqual(json.loads(run.out), {
            "schema": 1, "name": "a", "removal": "destroy", "state": "ready",
            "commit": site.origin.head(), "error": None})
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.states(), {"a": "released"})
        self.assertIn("destroy_since", site.leases()["a"])
        self.ends(site.plan(), 0, "destroyed at")
        site.set_vms(globals_={"removal": {"policy": "keep", "grace": "0s"}})
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.leases(), {})
        self.assertNotIn(vmid, site.sim.guests())

    def test_release_refused(self):
        """release: entries, protection, holds and unknown names are refused"""
        site = self.made(guest("a"), guest("b", protection=True), guest("c"),
                         globals_={"removal": {"policy": "keep"}})
        site.set_vms(guest("a"))
        site.vm7("hold", "c", "--reason", "an audit")
        head = site.origin.head()
        for words, code, said in ((["nobody"], 64, "no such guest"), (["a"], 23, "has an entry"),
                                  (["b", "--destroy"], 23, "protected"),
                                  (["c"], 23, "on hold (an audit)"), ([], 64, "NAME")):
            with self.subTest(" ".join(words)):
                self.ends(site.vm7("release", *words), code, said)
        run = self.ends(site.vm7("--json", "release", "b"), 23)
        self.assertIn("protected", json.loads(run.out)["error"])
        self.assertEqual(site.origin.head(), head)

    # ---- snapshots before a change ----

    def snapshots(self, site, name):
        return [entry["name"] for entry in site.sim.get(self.path(site, name) + "/snapshot")
                if entry["name"] != "current"]

    def snapshotting(self, *vms, **options):
        """A site whose token may take snapshots; the role of the usual one may not."""
        site = self.site(list(vms), **options)
        site.sim.put("/access/roles/VM7", append=1, privs="VM.Snapshot")
        site.apply()
        return site

    def test_rights_of_snapshots(self):
        """G-16 without VM.Snapshot the change is refused before anything is written"""
        site = self.made(guest("a", ram_mb=1024))
        site.set_vms(guest("a", ram_mb=2048, snapshot_before={"when": "update"}))
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 21, "lacks VM.Snapshot on /vms/")
        self.assertEqual(len(site.sim.writes()), mark)

    def test_g16(self):
        """G-16 a snapshot precedes the change, named after the commit; the N+1st prunes the oldest"""
        before = {"when": "update", "keep": 2}
        site = self.snapshotting(guest("a", ram_mb=1024, snapshot_before=before),
                                 container("b", ram_mb=512, snapshot_before=before))
        site.sim.do("POST", self.path(site, "a") + "/snapshot", snapname="vm7-mine")
        names = {"a": [], "b": []}
        for ram in (2048, 4096, 1024, 2048):
            commit = site.set_vms(guest("a", ram_mb=ram, snapshot_before=before),
                                  container("b", ram_mb=ram, snapshot_before=before))
            made = site.plan_json()
            self.assertEqual([v["steps"] for v in made["vms"]],
                             [["snapshot", "configure"], ["snapshot", "configure"]])
            mark = len(site.sim.writes())
            self.ends(site.apply(code=None), 0)
            for name, held in names.items():
                held.append("vm7-" + commit[:8])
                path = self.path(site, name)
                made = [(e["method"], e["path"][len(path):]) for e in site.sim.writes()[mark:]
                        if e["path"].startswith(path)]
                self.assertEqual(made, [("POST", "/snapshot"), ("PUT", "/config")] +
                                 [("DELETE", "/snapshot/" + old) for old in held[:-2]])
                del held[:-2]
                self.assertEqual(sorted(self.snapshots(site, name)),
                                 sorted(held + ["vm7-mine"] * (name == "a")))
            self.at_rest(site)
        self.assertEqual(int(site.guest("a")["memory"]), 2048)

    def test_snapshot_once(self):
        """G-16 rule 8 killed after the snapshot: the next pass takes no second one"""
        before = {"when": "update", "keep": 1}
        site = self.snapshotting(guest("a", ram_mb=1024, snapshot_before=before), watched=True)
        commit = site.set_vms(guest("a", ram_mb=2048, snapshot_before=before))
        site.apply_killed_before("/config")
        self.assertEqual(self.snapshots(site, "a"), ["vm7-" + commit[:8]])
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 0)
        self.assertEqual([e["method"] for e in site.sim.writes()[mark:]], ["PUT"])
        self.assertEqual(self.snapshots(site, "a"), ["vm7-" + commit[:8]])
        self.at_rest(site)

    def test_snapshot_restart(self):
        """G-16 a snapshot precedes a restart too, and the power alone needs none"""
        before = {"when": "update"}
        site = self.snapshotting(guest("a", snapshot_before=before))
        site.sim.do("POST", self.path(site, "a") + "/status/stop")
        self.ends(site.apply(code=None), 0)
        self.assertEqual(self.snapshots(site, "a"), [])
        site.set_vms(guest("a", cpu=4, restart="auto", snapshot_before=before))
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(len(self.snapshots(site, "a")), 1)
        self.at_rest(site)

    def test_no_snapshots(self):
        """G-16 where no snapshot can be taken nothing is changed, with Proxmox's words"""
        world = default_world()
        for storage in world["storages"]:
            if storage["storage"] == "local-lvm":
                storage["type"] = "lvm"
        site = self.snapshotting(guest("a", ram_mb=1024, snapshot_before={"when": "update"}),
                                 sim_options={"world": world})
        site.set_vms(guest("a", ram_mb=2048, snapshot_before={"when": "update"}))
        self.ends(site.apply(code=None), 22, "snapshot feature is not available")
        self.assertEqual(int(site.guest("a")["memory"]), 1024)

    # ---- a backup before the end ----

    def removal(self, **more):
        return {"removal": {"policy": "destroy", "grace": "0s", **more}}

    def backing_up(self, *vms, backup="local", **options):
        """A site whose guests are backed up before they are destroyed."""
        site = self.site(list(vms), globals_=self.removal(backup=backup), **options)
        site.sim.put("/access/roles/VM7", append=1, privs="VM.Backup")
        site.apply()
        return site

    def backups(self, site, vmid):
        return site.sim.get("/nodes/pve01/storage/local/content", content="backup", vmid=vmid)

    def test_backup(self):
        """removal.backup: a stopped guest is backed up, looked for, and then destroyed"""
        world = default_world()
        world["volumes"].append({
            "volid": "local:backup/vzdump-qemu-100-2020_01_31-12_00_00.vma.zst", "node": "pve01",
            "content": "backup", "format": "vma.zst", "size": 1 << 30, "ctime": 1580472000})
        site = self.backing_up(guest("a"), container("b"), sim_options={"world": world})
        paths = {name: self.path(site, name) for name in "ab"}
        self.assertEqual(len(self.backups(site, 100)), 1, "an old one, of another time")
        for name, rest in (("a", [container("b")]), ("b", [])):
            site.set_vms(*rest)
            vmid = site.leases()[name]["vmid"]
            before = len(self.backups(site, vmid))
            mark = len(site.sim.writes())
            self.ends(site.apply("--yes", code=None), 0)
            done = [(e["method"], e["path"]) for e in site.sim.writes()[mark:]]
            self.assertEqual(done, [("POST", paths[name] + "/status/shutdown"),
                                    ("PUT", paths[name] + "/config"),
                                    ("POST", "/nodes/pve01/vzdump"), ("DELETE", paths[name])])
            self.assertEqual(len(self.backups(site, vmid)), before + 1)
        self.assertEqual(site.leases(), {})

    def test_backup_fails(self):
        """removal.backup: without a backup nothing is destroyed, and the next pass tries again"""
        site = self.backing_up(guest("a"))
        vmid = site.leases()["a"]["vmid"]
        site.sim.set_faults(fault("POST", "*/vzdump", {"task": "fail-start",
                                                       "text": "no space left on device"}))
        site.set_vms()
        self.ends(site.apply("--yes", code=None), 22, "no space left", "not destroyed")
        self.assertEqual(site.sim.status(vmid), "stopped")
        self.assertEqual(site.states(), {"a": "destroying"})
        made = site.plan_json()["vms"][0]
        self.assertEqual((made["action"], made["steps"]), ("destroy", ["backup", "destroy"]))
        site.sim.set_faults()
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual((site.leases(), len(self.backups(site, vmid))), ({}, 1))

    def test_backup_once(self):
        """rule 8 removal.backup: killed after the backup, the next pass makes no second one"""
        site = self.backing_up(guest("a"), watched=True)
        vmid, path = site.leases()["a"]["vmid"], self.path(site, "a")
        site.set_vms()
        running = []

        def kill(seen):
            if seen.write and seen.method == "DELETE":
                running[0].kill()
                return False
        site.sim.before = kill
        running.append(site.start_vm7("apply", "--yes"))
        running[0].process.communicate(timeout=120)
        site.sim.before = lambda seen: True
        self.assertEqual(len(self.backups(site, vmid)), 1)
        mark = len(site.sim.writes())
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual([(e["method"], e["path"]) for e in site.sim.writes()[mark:]],
                         [("DELETE", path)])
        self.assertEqual(site.leases(), {})

    def test_backup_missing(self):
        """removal.backup: a task that ended well but left no backup destroys nothing"""
        site = self.backing_up(guest("a"))
        vmid = site.leases()["a"]["vmid"]
        empty = {"status": 200, "body": '{"data":[]}', "content_type": "application/json"}
        site.sim.set_faults(fault("GET", "*/storage/local/content", empty, times=-1))
        site.set_vms()
        self.ends(site.apply("--yes", code=None), 22, "not to be found on local")
        self.assertIn(vmid, site.sim.guests())

    def test_backup_rights(self):
        """removal.backup: without VM.Backup the end is refused and the guest stays"""
        site = self.made(guest("a"), globals_=self.removal(backup="local"))
        site.set_vms()
        for _ in range(2): # the pass that has released it says so, and so does the next
            self.ends(site.apply("--yes", code=None), 21, "lacks VM.Backup")
            self.assertEqual(site.states(), {"a": "released"})
        self.assertEqual(len(site.sim.guests()), 1)

    # ---- what Proxmox leaves behind ----

    def test_left_behind(self):
        """disks that Proxmox left behind after a destroy are told, and left alone"""
        site = self.made(guest("a"), globals_=self.removal())
        vmid = site.leases()["a"]["vmid"]
        site.sim.post("/nodes/pve01/storage/local-lvm/content", vmid=vmid,
                      filename=f"vm-{vmid}-disk-7", size="1G")
        site.set_vms()
        self.ends(site.apply("--yes", code=None), 0, "left disks", f"local-lvm:vm-{vmid}-disk-7")
        self.assertEqual(site.leases(), {})
        self.assertEqual([v["volid"] for v in site.sim.get(
            "/nodes/pve01/storage/local-lvm/content", vmid=vmid)],
            [f"local-lvm:vm-{vmid}-disk-7"])

    def blocked(self):
        """A site where a cloud-init drive is in the way of its guest."""
        site = self.site([guest("a")])
        site.sim.post("/nodes/pve01/storage/local-lvm/content", vmid=100,
                      filename="vm-100-cloudinit", size="4M")
        site.sim.set_faults(fault("POST", "*/clone", {
            "task": "fail-start", "text": "clone failed: lvcreate 'pve/vm-100-cloudinit' error: "
            "Logical Volume \"vm-100-cloudinit\" already exists in volume group \"pve\""}))
        return site

    def test_cloud_init_in_the_way(self):
        """a cloud-init drive that blocks the VMID is removed, that one alone, and it is made"""
        site = self.blocked()
        site.sim.put("/access/roles/VM7", append=1, privs="Datastore.Allocate")
        site.apply()
        site.expect_up("a")
        self.assertEqual([e["path"] for e in site.sim.writes() if e["method"] == "DELETE"],
                         ["/nodes/pve01/storage/local-lvm/content/local-lvm:vm-100-cloudinit"])
        self.at_rest(site)

    def test_cloud_init_denied(self):
        """without Datastore.Allocate the volume in the way is named, with the command"""
        site = self.blocked()
        self.ends(site.apply(code=None), 21, "pvesm free local-lvm:vm-100-cloudinit")
        self.assertNotIn(100, site.sim.guests())

    # ---- forget ----

    def test_forget(self):
        """forget: line and tags come off, the lease goes, the guest runs on as it is"""
        site = self.made(guest("a", tags=["web"]), container("b"))
        path = self.path(site, "a")
        vmids = {name: lease["vmid"] for name, lease in site.leases().items()}
        before = site.sim.config(vmids["a"])
        site.sim.put(path + "/config", description="Pat's\n\n  notes\n" + before["description"])
        site.set_vms()
        for name in "ab":
            mark = len(site.sim.writes())
            self.ends(site.vm7("forget", name), 0, f"{name} is forgotten", "nobody's now")
            self.assertEqual([e["method"] for e in site.sim.writes()[mark:]], ["PUT"])
        self.assertEqual(site.leases(), {})
        now = site.sim.config(vmids["a"])
        self.assertEqual(now["description"].strip(), "Pat's\n\n  notes")
        self.assertEqual(now["tags"], "web")
        for config in (before, now):
            for key in ("digest", "description", "tags"):
                del config[key]
        self.assertEqual(now, before)
        self.assertNotIn("description", site.sim.config(vmids["b"]))
        self.assertEqual([site.sim.status(v) for v in vmids.values()], ["running", "running"])
        self.at_rest(site)

    def test_forget_released(self):
        """forget: a released guest keeps its disks and is not started; its address rests"""
        pools = POOLS.replace('    gateway: "192.168.10.1"\n',
                              '    gateway: "192.168.10.1"\n    quarantine: 1h\n')
        site = self.made(guest("a"), pools=pools)
        vmid, ip = site.leases()["a"]["vmid"], site.leases()["a"]["ip"]
        site.set_vms()
        site.apply("--yes")
        self.assertIn("vm7-released", site.sim.config(vmid)["tags"])
        run = self.ends(site.vm7("--json", "forget", "a"), 0)
        self.assertEqual(json.loads(run.out), {
            "schema": 1, "name": "a", "vmid": vmid, "unmarked": True,
            "commit": site.origin.head(), "error": None})
        config = site.sim.config(vmid)
        self.assertNotIn("tags", config)
        self.assertEqual((int(config["onboot"]), site.sim.status(vmid)), (0, "stopped"))
        self.assertEqual(list(site.lease_file()["resting"]), [ip])

    def test_forget_again(self):
        """rule 8 forget: a lease that could not be pushed is disputed, and forgotten after it"""
        site = self.made(guest("a"))
        vmid = site.leases()["a"]["vmid"]
        site.set_vms()
        site.origin.hook("pre-receive", "echo 'no pushes on a Friday' >&2\nexit 1\n")
        self.ends(site.vm7("forget", "a"), 20, "friday", "once more")
        site.origin.hook("pre-receive", None)
        self.assertNotIn("description", site.sim.config(vmid))
        mark = len(site.sim.writes())
        self.ends(site.apply("--yes", code=None), 23, "disputed")
        self.assertEqual(len(site.sim.writes()), mark)
        self.ends(site.vm7("forget", "a"), 0, "was not touched")
        self.assertEqual((len(site.sim.writes()), site.leases()), (mark, {}))
        self.at_rest(site)

    def test_forget_gone(self):
        """forget: a guest that is gone loses its lease, one that is somebody else's is not touched"""
        site = self.made(guest("a"), guest("b"), guest("c"))
        for name in "ab":
            site.sim.do("POST", self.path(site, name) + "/status/stop")
            site.sim.do("DELETE", self.path(site, name))
        vmid = site.leases()["b"]["vmid"]
        site.sim.do("POST", "/nodes/pve01/qemu", vmid=vmid, name="other", tags="vm7")
        site.set_vms()
        mark = len(site.sim.writes())
        self.ends(site.vm7("forget", "a"), 0, "is not there")
        self.ends(site.vm7("forget", "b"), 0, "was not touched")
        self.assertEqual((len(site.sim.writes()), list(site.leases())), (mark, ["c"]))
        self.assertEqual(site.sim.config(vmid)["tags"], "vm7")

    def test_forget_refused(self):
        """forget: entries, holds, disputed guests and unknown names are refused"""
        site = self.made(guest("a"), guest("b"), guest("c"))
        site.sim.put(self.path(site, "b") + "/config", tags="web")
        site.set_vms(guest("a"))
        site.vm7("hold", "c", "--reason", "an audit")
        mark, head = len(site.sim.writes()), site.origin.head()
        for words, code, said in ((["nobody"], 64, "no such guest"), (["a"], 23, "has an entry"),
                                  (["b"], 23, "disputed"), (["c"], 23, "on hold"),
                                  ([], 64, "NAME")):
            with self.subTest(" ".join(words)):
                self.ends(site.vm7("forget", *words), code, said)
        self.assertEqual((len(site.sim.writes()), site.origin.head()), (mark, head))


if __name__ == "__main__":
    main()
