"""Containers: from a template volume, and from a container template."""

from house import Case, main
from sample import KEY, container, guest
from sim import fault


class Containers(Case):
    def test_v14(self):
        """V-14 a container from a template volume, made in one request"""
        site = self.site([container("ct-01", cpu=2, ram_mb=1024, swap_mb=256, tags=["web"],
                                    env="prod")])
        site.apply()
        site.expect_up("ct-01")
        held = site.lease_file()
        lease = held["leases"]["ct-01"]
        made = next(e for e in site.sim.writes() if e["path"] == "/nodes/pve01/lxc")["params"]
        self.assertEqual(str(made["unprivileged"]), "1")
        self.assertEqual(made["ostemplate"],
                         "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst")
        card = set(made["net0"].split(","))
        self.assertLessEqual({"ip=192.168.10.50/24", "gw=192.168.10.1", "bridge=vmbr0",
                              "name=eth0", f"hwaddr={lease['mac']}"}, card)
        self.assertEqual(made["rootfs"].split(",")[0], "local-lvm:8")
        self.assertEqual(made["nameserver"].split(), ["192.168.10.2", "192.168.10.3"])
        self.assertEqual(made["ssh-public-keys"].strip(), KEY)
        self.assertIn(f"vm7: {held['instance']}/{lease['id']}", made["description"])
        config = site.guest("ct-01")
        self.assertEqual([int(config[k]) for k in ("cores", "memory", "swap", "unprivileged")],
                         [2, 1024, 256, 1])
        self.assertEqual(set(config["tags"].split(";")), {"web", "env-prod", "vm7"})
        self.assertEqual(config["hostname"], "ct-01")

    def test_v14_clone(self):
        """V-14 a container from a container template: cloned, then its own name and address"""
        site = self.site([container("ct-01", image=None, template_id=9100, disk_gb=10)])
        site.apply()
        site.expect_up("ct-01")
        config = site.guest("ct-01")
        self.assertIn("ip=192.168.10.50/24", config["net0"])
        self.assertIn("size=10G", config["rootfs"])
        self.assertEqual(config["hostname"], "ct-01")
        writes = [e["path"].rsplit("/", 1)[1] for e in site.sim.writes()]
        self.assertLess(writes.index("config"), writes.index("start"))

    def test_v14_clones(self):
        """V-14 clones of one container template are made one after the other, without errors"""
        names = [f"ct-{i}" for i in range(4)]
        site = self.site([container(n, image=None, template_id=9100) for n in names])
        site.apply()
        site.expect_up(*names)
        self.assertEqual([e for e in site.sim.log() if e["status"] >= 500], [])

    def test_template_locked(self):
        """V-14 a template that is being cloned by somebody else is waited for, not failed on"""
        site = self.site([container("ct-01", image=None, template_id=9100)])
        site.sim.set_faults(fault("POST", "/nodes/*/lxc/9100/clone",
                                  {"status": 500, "reason": "CT is locked (disk)"}, times=2))
        run = site.apply(code=None)
        if run.code != 0:  # one busy pass is allowed, a lost guest is not
            site.apply()
        site.expect_up("ct-01")

    def test_v14_missing(self):
        """V-14 a template volume that is not there is 20 and is named"""
        site = self.site([container("ct-01", image="local:vztmpl/none_1_amd64.tar.zst")])
        self.ends(site.apply(code=None), 20, "none_1_amd64")
        self.assertEqual(site.sim.writes(), [])

    def test_g04(self):
        """G-04 nesting on an unprivileged container works with the token"""
        site = self.site([container("ct-01", features={"nesting": True}),
                          container("ct-02", features={"nesting": False})])
        site.apply()
        site.expect_up("ct-01", "ct-02")
        self.assertIn("nesting=1", site.guest("ct-01")["features"])
        self.assertNotIn("nesting=1", site.guest("ct-02").get("features", ""))
        for entry in site.sim.writes():
            if entry["path"].endswith("/lxc"):
                self.assertIn(str(entry["params"]["unprivileged"]), ("0", "1"))

    def test_g04_default(self):
        """G-04 without a word about nesting it is the template's"""
        site = self.site([container("ct-01"), container("ct-02", image=None, template_id=9100)])
        site.apply()
        self.assertNotIn("features", site.guest("ct-01"))
        self.assertEqual(site.guest("ct-02")["features"], "nesting=1")

    def test_g04_keyctl(self):
        """G-04 what needs root@pam is refused before anything is asked"""
        site = self.site([container("ct-01", features={"nesting": True, "keyctl": True})])
        run = self.ends(site.plan(), 23, "features.keyctl", "root@pam", "privileged")
        self.assertEqual(site.sim.writes(), [], run)

    def test_failed(self):
        """G-12 a container whose making failed is made by the next pass at the same address"""
        site = self.site([container("ct-01"), guest("a")],
                         globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/lxc",
                                  {"task": "fail-end", "text": "unable to unpack"}))
        self.ends(site.apply(code=None), 22, "unable to unpack")
        held = site.leases()["ct-01"]
        site.apply()
        site.expect_up("ct-01", "a")
        self.assertEqual(site.leases()["ct-01"]["ip"], held["ip"])

    def test_again(self):
        """V-12 a second apply of containers asks nothing"""
        site = self.site([container("ct-01"), container("ct-02", image=None, template_id=9100,
                                                        startup=None, onboot=False)])
        site.apply()
        mark = len(site.sim.writes())
        site.apply()
        self.assertEqual(len(site.sim.writes()), mark)
        self.ends(site.plan("--detailed-exitcode"), 0)


if __name__ == "__main__":
    main()
