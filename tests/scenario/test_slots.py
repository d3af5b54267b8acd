"""Disks and mounts beside the root disk, by their slots."""

from house import Case, main
from sample import container, guest
from sim import fault


class Slots(Case):
    def config_writes(self, site):
        return [e for e in site.sim.writes() if e["path"].endswith("/config")]

    def test_disks(self):
        """H-01 disks of a VM by slot: made on their storage with their options, once"""
        site = self.site([guest("db", disks=[
            {"slot": "scsi1", "size_gb": 20, "discard": True, "ssd": True},
            {"slot": "virtio0", "size_gb": 5, "storage": "shared", "backup": False}])])
        site.apply()
        site.expect_up("db")
        config = site.guest("db")
        self.assertTrue(config["scsi1"].startswith("local-lvm:vm-"))
        self.assertLessEqual({"discard=on", "ssd=1", "size=20G"}, set(config["scsi1"].split(",")))
        self.assertTrue(config["virtio0"].startswith("shared:"))
        self.assertLessEqual({"backup=0", "size=5G"}, set(config["virtio0"].split(",")))
        self.assertEqual(len(self.config_writes(site)), 1)
        self.assertEqual(site.leases()["db"]["owns"]["slots"], ["scsi1", "virtio0"])
        mark = len(site.sim.writes())
        self.ends(site.plan("--detailed-exitcode"), 0)
        site.apply()
        self.assertEqual(len(site.sim.writes()), mark)

    def test_lost_answer(self):
        """G-05 a config write whose answer is lost never makes a second disk"""
        site = self.site([guest("db", disks=[{"slot": "scsi1", "size_gb": 20}])])
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/config", {"cut": "after"}))
        site.apply()
        site.expect_up("db")
        config = site.guest("db")
        self.assertIn("size=20G", config["scsi1"])
        self.assertEqual([key for key in config if key.startswith("unused")], [])
        self.assertEqual([e["status"] for e in self.config_writes(site)], [0])

    def test_root_disk(self):
        """H-01 the root disk is no slot: refused before anything is asked"""
        site = self.site([guest("db", disks=[{"slot": "scsi0", "size_gb": 20}])])
        self.ends(site.plan(), 23, "scsi0", "root disk")
        self.ends(site.apply(code=None), 23)
        self.assertEqual(site.sim.writes(), [])

    def test_g05_volume(self):
        """G-05 a volume is mounted with the token alone, from an archive and in a clone"""
        mounts = [{"slot": "mp0", "path": "/data", "size_gb": 8, "backup": True},
                  {"slot": "mp7", "path": "/srv/media", "size_gb": 2, "storage": "shared",
                   "readonly": True}]
        site = self.site([container("ct-01", mounts=mounts),
                          container("ct-02", image=None, template_id=9100, mounts=mounts)])
        site.apply()
        site.expect_up("ct-01", "ct-02")
        for name in ("ct-01", "ct-02"):
            config = site.guest(name)
            self.assertTrue(config["mp0"].startswith("local-lvm:"), config)
            self.assertLessEqual({"mp=/data", "backup=1", "size=8G"}, set(config["mp0"].split(",")))
            self.assertTrue(config["mp7"].startswith("shared:"), config)
            self.assertLessEqual({"mp=/srv/media", "ro=1"}, set(config["mp7"].split(",")))
        self.assertEqual(site.leases()["ct-01"]["owns"]["slots"], ["mp0", "mp7"])
        created = next(e for e in site.sim.writes() if e["path"] == "/nodes/pve01/lxc")
        self.assertEqual(created["params"]["mp0"].split(",")[0], "local-lvm:8")
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_grown(self):
        """H-01 a disk grows and changes its options without a second one ever being made"""
        site = self.site([guest("db", power="stopped", disks=[{"slot": "scsi1", "size_gb": 20}])])
        site.apply()
        volume = site.guest("db")["scsi1"].split(",")[0]
        for entry in ({"size_gb": 30}, {"size_gb": 40, "discard": True}, {"size_gb": 10}):
            site.set_vms(guest("db", power="stopped", disks=[{"slot": "scsi1", **entry}]))
            site.apply()
            self.assertEqual(site.guest("db")["scsi1"].split(",")[0], volume)
        config = site.guest("db")
        self.assertLessEqual({"size=40G", "discard=on"}, set(config["scsi1"].split(",")))
        self.assertEqual([key for key in config if key.startswith("unused")], [])
        self.ends(site.plan("--detailed-exitcode"), 0, "disks only grow")

    def test_removed(self):
        """G-05 a disk and a volume that the entry dropped are kept with the guest as unused"""
        site = self.site([
            guest("db", power="stopped", disks=[{"slot": "scsi1", "size_gb": 2}]),
            container("c", power="stopped", mounts=[{"slot": "mp0", "path": "/a", "size_gb": 2}])])
        site.apply()
        volumes = {"db": site.guest("db")["scsi1"].split(",")[0],
                   "c": site.guest("c")["mp0"].split(",")[0]}
        site.set_vms(guest("db", power="stopped"), container("c", power="stopped"))
        site.apply()
        for name, slot in (("db", "scsi1"), ("c", "mp0")):
            config = site.guest(name)
            self.assertNotIn(slot, config)
            self.assertEqual(config["unused0"].split(",")[0], volumes[name])
            self.assertNotIn("slots", site.leases()[name]["owns"])
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_rate(self):
        """H-01 a card's rate"""
        site = self.site([guest("a"), container("c")], networks=[
            {"name": "mgmt", "pool": "mgmt", "rate": 50}])
        site.apply()
        for name in ("a", "c"):
            self.assertIn("rate=50", site.guest(name)["net0"].split(","))
        self.ends(site.plan("--detailed-exitcode"), 0)


if __name__ == "__main__":
    main()
