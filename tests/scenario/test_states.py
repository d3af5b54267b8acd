"""Each row of the state table for leases in `reserved` (design, section 6)."""

import datetime

from house import Case, main
from sample import container, guest
from sim import fault


class Reserved(Case):
    def stopped_before(self, suffix, vms=None, **options):
        """A pass that was killed right before the first write whose path ends so."""
        site = self.site(vms or [guest("a", vmid=10000)], watched=True, **options)
        site.apply_killed_before(suffix)
        self.assertIn("reserved", site.states().values())
        return site

    def creates(self, site):
        return [s for s in site.sim.writes_seen()
                if s.path.endswith("/clone") or s.path.endswith("/lxc")]

    def test_absent(self):
        """reserved, absent: created with the VMID, address, MAC and id of the lease"""
        site = self.stopped_before("/clone")
        held = site.leases()["a"]
        site.apply()
        site.expect_up("a")
        after = site.leases()["a"]
        self.assertEqual({k: after[k] for k in ("id", "ip", "mac", "vmid", "node")},
                         {k: held[k] for k in ("id", "ip", "mac", "vmid", "node")})

    def test_absent_entry_gone(self):
        """reserved, absent, entry gone: the lease is dropped, its address free again"""
        site = self.stopped_before("/clone")
        site.set_vms(guest("b"))
        run = site.apply(code=None)
        self.ends(run, 0)
        site.expect_up("b")
        site.set_vms(guest("b"), guest("c"))
        site.apply()
        self.assertEqual({lease["ip"] for lease in site.leases().values()},
                         {"192.168.10.50", "192.168.10.51"})

    def test_locked(self):
        """reserved, locked by work that still runs: waited for or left, never made twice"""
        site = self.stopped_before("/config", sim_options={"speed": 20})
        # The clone is over; start it anew, slowly, as if our own task were still at it.
        vmid = 10000
        held = site.leases()["a"]
        site.sim.do("DELETE", f"/nodes/pve01/qemu/{vmid}")
        line = f"vm7: {site.lease_file()['instance']}/{held['id']}, edit vm7.yaml in x"
        upid = site.sim.request("POST", "/nodes/pve01/qemu/9000/clone", {
            "newid": vmid, "name": "a", "full": 1, "description": line, "bwlimit": 100000},
            user=site.sim.user)
        self.assertEqual(site.sim.config(vmid).get("lock"), "clone")
        mark = len(self.creates(site))
        run = site.apply(code=None)
        self.assertIn(run.code, (0, 20, 22), run)
        self.assertEqual(len(self.creates(site)), mark)
        site.sim.wait(upid)
        site.apply()
        site.expect_up("a")

    def test_stuck(self):
        """reserved, locked, nobody at work: left alone; after an hour stuck, with what frees it"""
        site = self.site([guest("a", vmid=10000)], watched=True)
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/9000/clone", {"task": "fail-middle"}))
        run = site.apply(code=None)  # the clone is killed hard: a locked config is left
        self.assertIn(run.code, (20, 22, 23), run)
        self.assertIn("lock", run.text)
        self.assertNotIn("stuck", run.text)
        self.assertEqual(site.sim.config(10000).get("lock"), "clone")
        self.assertEqual(len(site.sim.writes_seen()), 1, "another was made beside it")
        long_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)

        def change(held):
            held["leases"]["a"]["since"] = long_ago.strftime("%Y-%m-%dT%H:%M:%SZ")
        site.edit_leases(change, as_vm7=True)
        run = site.apply(code=None)
        self.assertIn("stuck", run.text, run)
        self.assertIn("qm unlock 10000 && qm destroy 10000", run.text)
        self.assertEqual(site.leases()["a"]["vmid"], 10000)
        self.assertEqual(len(site.sim.writes_seen()), 1, "another was made beside it")
        site.sim.set_faults(fault("GET", "/version", {"world": {"guests": {
            "10000": {"lock": None}}}}))
        site.sim.get("/version")
        site.sim.do("DELETE", site.sim.where(10000))
        site.apply()
        site.expect_up("a")
        self.assertEqual(site.leases()["a"]["vmid"], 10000)

    def test_ours_unconfigured(self):
        """reserved, there, our line, nothing configured: goes on where it stands"""
        site = self.stopped_before("/config")
        config = site.sim.config(10000)
        self.assertNotIn("vm7", config.get("tags", "").split(";"))
        lease = site.leases()["a"]
        self.assertNotIn(lease["id"], config.get("smbios1", ""))
        site.apply()
        site.expect_up("a")
        self.assertEqual(len(self.creates(site)), 1, "made again")

    def test_ours_resized(self):
        """reserved, there, our line, configured but small: the disk grows once, then it starts"""
        site = self.stopped_before("/resize", [guest("a", vmid=10000, disk_gb=20)])
        site.apply()
        site.expect_up("a")
        self.assertIn("size=20G", site.guest("a")["scsi0"])

    def test_ours_unstarted(self):
        """reserved, there, our line, everything but the start: only the start is asked"""
        site = self.stopped_before("/status/start")
        mark = len(site.sim.writes_seen())
        site.apply()
        site.expect_up("a")
        self.assertEqual([s.path.rsplit("/", 1)[1] for s in site.sim.writes_seen()[mark:]],
                         ["start"])

    def test_ours_running(self):
        """reserved, there, our line, running: nothing is asked, the lease becomes ready"""
        site = self.site([guest("a", vmid=10000)], watched=True)
        running = None

        def kill(seen):
            if seen.path.endswith("/status/start"):
                running.kill()
                return False
        site.sim.after = kill
        running = site.start_vm7("apply")
        running.process.communicate(timeout=120)
        site.sim.after = lambda seen: True
        self.assertEqual(site.states(), {"a": "reserved"})
        mark = len(site.sim.writes_seen())
        site.apply()
        site.expect_up("a")
        self.assertLessEqual(len(site.sim.writes_seen()) - mark, 1)

    def test_ours_container(self):
        """reserved, there, our line: a container made but not started is started"""
        site = self.stopped_before("/status/start", [container("a", vmid=10000)])
        mark = len(site.sim.writes_seen())
        site.apply()
        site.expect_up("a")
        self.assertEqual([s.path.rsplit("/", 1)[1] for s in site.sim.writes_seen()[mark:]],
                         ["start"])

    def test_proof_not_asked(self):
        """reserved, our line, UUID and tag not yet ours: no dispute"""
        site = self.stopped_before("/config")
        site.sim.put("/nodes/pve01/qemu/10000/config", tags="golden")
        site.apply()
        site.expect_up("a")

    def test_foreign(self):
        """reserved, there, unlocked, foreign: rule 3, another VMID in this later pass"""
        site = self.stopped_before("/clone", [guest("a")],
                                   globals_={"defaults": {"vmid_base": 10000}})
        self.assertEqual(site.leases()["a"]["vmid"], 10000)
        site.sim.do("POST", "/nodes/pve01/qemu", vmid=10000, name="foreign")
        address = site.leases()["a"]["ip"]
        run = site.apply(code=None)
        if run.code:
            site.apply()
        lease = site.leases()["a"]
        self.assertEqual((lease["state"], lease["vmid"], lease["ip"]), ("ready", 10001, address))
        self.assertEqual(site.sim.config(10000)["name"], "foreign")
        self.assertFalse([s for s in site.sim.writes_seen() if "/10000/" in s.path + "/"])

    def test_foreign_container(self):
        """reserved, a foreign container at the VMID of a VM: the same"""
        site = self.stopped_before("/clone", [guest("a")],
                                   globals_={"defaults": {"vmid_base": 10000}})
        site.sim.do("POST", "/nodes/pve02/lxc", vmid=10000, hostname="foreign",
                    ostemplate="local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
                    storage="local-lvm")
        run = site.apply(code=None)
        if run.code:
            site.apply()
        self.assertEqual(site.leases()["a"]["vmid"], 10001)
        self.assertEqual(site.sim.config(10000)["hostname"], "foreign")

    def test_foreign_explicit(self):
        """reserved, foreign at a VMID that the file names: 23, never another"""
        site = self.stopped_before("/clone")
        site.sim.do("POST", "/nodes/pve01/qemu", vmid=10000, name="foreign")
        mark = len(site.sim.writes_seen())
        self.ends(site.apply(code=None), 23, "10000")
        self.assertEqual(site.sim.writes_seen()[mark:], [])

    def test_foreign_locked(self):
        """reserved, foreign but locked: it cannot be told whose it is, so it is waited for"""
        site = self.stopped_before("/clone", [guest("a")],
                                   globals_={"defaults": {"vmid_base": 10000}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/9000/clone", {"task": "fail-middle"}))
        site.sim.post("/nodes/pve01/qemu/9000/clone", newid=10000, name="half", full=1)
        for _ in range(50):
            try:
                if site.sim.config(10000).get("lock") == "clone":
                    break
            except KeyError:
                pass
        mark = len(site.sim.writes_seen())
        run = site.apply(code=None)
        self.assertNotEqual(run.code, 0, run)
        self.assertEqual(site.sim.writes_seen()[mark:], [])
        self.assertEqual(site.leases()["a"]["vmid"], 10000)

    def test_unreadable(self):
        """reserved, there, unreadable: no other VMID, no second guest"""
        site = self.stopped_before("/config")
        site.sim.set_faults(fault("GET", "/nodes/*/qemu/10000/config",
                                  {"status": 403, "reason": "Permission check failed"}, times=-1))
        mark = len(site.sim.writes_seen())
        run = site.apply(code=None)
        self.assertNotEqual(run.code, 0, run)
        self.assertEqual(site.sim.writes_seen()[mark:], [])
        self.assertEqual(site.leases()["a"]["vmid"], 10000)


if __name__ == "__main__":
    main()
