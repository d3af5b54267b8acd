"""What Proxmox takes from root@pam only: with a ticket, for exactly that, or not at all."""

import json

from house import Case, main
from sample import container, guest
from sim import fault

ROOT = "root@pam"
PRIVILEGED = {"privileged": {"username": ROOT, "password": {"secret": "pve-root"}}}


class Privileged(Case):
    def root_site(self, vms, **options):
        """A site whose host knows root's password."""
        site = self.site(vms, proxmox=PRIVILEGED, **options)
        self.password = site.sim.ready["passwords"][ROOT]
        self.env["VM7_SECRET_PVE_ROOT"] = self.password
        return site

    def by_root(self, site):
        return [e for e in site.sim.log() if e.get("user") == ROOT]

    def logins(self, site):
        return [e for e in site.sim.log() if e["path"] == "/access/ticket"]

    def test_g03_token_only(self):
        """G-03 with a token alone a folder of the node is refused at plan: key, reason, way out"""
        for name, entry in (
            ("mounts: mp0", {"mounts": [{"slot": "mp0", "path": "/data", "host": "/srv/data"}]}),
            ("devices: dev0", {"devices": [{"slot": "dev0", "path": "/dev/fuse"}]}),
            ("features.keyctl", {"features": {"keyctl": True}}),
            ("features.mount", {"features": {"mount": ["nfs"]}}),
            ("features.nesting", {"features": {"nesting": True}, "unprivileged": False}),
        ):
            with self.part(name):
                site = self.site([container("ct-01", **entry)])
                for run in (site.plan(), site.apply(code=None)):
                    self.ends(run, 23, name, "root@pam only", "globals.proxmox.privileged")
                self.assertEqual(site.sim.writes(), [])

    def test_g03_exactly(self):
        """G-03 exactly the request that is root's carries its ticket, all others the token"""
        mounts = [{"slot": "mp0", "path": "/data", "host": "/srv/data"},
                  {"slot": "mp1", "path": "/own", "size_gb": 2}]
        for name, entry in (("archive", {}), ("clone", {"image": None, "template_id": 9100})):
            with self.part(name):
                site = self.root_site([container("ct-01", mounts=mounts, **entry)])
                run = site.apply()
                site.expect_up("ct-01")
                config = site.guest("ct-01")
                self.assertEqual(set(config["mp0"].split(",")), {"/srv/data", "mp=/data"})
                self.assertTrue(config["mp1"].startswith("local-lvm:"))
                requests = self.by_root(site)
                self.assertEqual([(e["method"], sorted(e["params"])) for e in requests],
                                 [("PUT", ["digest", "mp0"])])
                vmid = site.leases()["ct-01"]["vmid"]
                self.assertIn(f"as root@pam: PUT /nodes/pve01/lxc/{vmid}/config mp0", run.err)
                self.assertEqual(run.err.count("as root@pam"), 1)
                self.assertNotIn("/srv/data", run.err)
                others = [e for e in site.sim.log()
                          if e not in requests and e["path"] != "/access/ticket"]
                self.assertEqual({e["user"] for e in others}, {site.sim.user})
                writes = [e["path"].rsplit("/", 1)[1] for e in site.sim.writes()]
                self.assertEqual(writes[-1], "start")
                self.assertEqual(len(self.logins(site)), 1)
                self.ends(site.plan("--detailed-exitcode"), 0)
                mark = len(site.sim.writes())
                site.apply()
                self.assertEqual(len(site.sim.writes()), mark)

    def test_g03_not_needed(self):
        """G-03 what the token may set is never sent as root@pam, and nobody logs in"""
        site = self.root_site([guest("a", disks=[{"slot": "scsi1", "size_gb": 1}]),
                               container("c", features={"nesting": True})])
        site.apply()
        site.expect_up("a", "c")
        self.assertEqual(self.logins(site), [])
        self.assertEqual(self.by_root(site), [])

    def test_g03_plan(self):
        """G-03 a plan needs no password of root@pam and asks for no ticket"""
        site = self.root_site([container("ct-01", features={"keyctl": True})])
        self.env["VM7_SECRET_PVE_ROOT"] = ""
        self.ends(site.plan(), 0)
        self.ends(site.plan("--offline"), 0)
        self.assertEqual(self.logins(site), [])
        self.ends(site.apply(code=None), 21, "pve-root")
        self.assertEqual(site.sim.writes(), [])

    def test_g03_old_ticket(self):
        """G-03 a ticket that is too old by Proxmox's clock is renewed, and the request sent again"""
        site = self.root_site([container("ct-01", features={"keyctl": True})])
        site.sim.set_faults(fault("PUT", "/nodes/*/lxc/*/config",
                                  {"status": 401, "reason": "Authentication failed!", "body": ""}))
        site.apply()
        site.expect_up("ct-01")
        self.assertIn("keyctl=1", site.guest("ct-01")["features"])
        self.assertEqual(len(self.logins(site)), 2)

    def test_g03_wrong_password(self):
        """G-03 a wrong password of root@pam is 21; with the right one the guest is gone on with"""
        site = self.root_site([container("ct-01", features={"nesting": True, "keyctl": True})])
        self.env["VM7_SECRET_PVE_ROOT"] = "not-the-password"
        run = self.ends(site.apply(code=None), 21, "/access/ticket", "globals.proxmox.privileged")
        self.assertNotIn("not-the-password", run.text)
        self.assertEqual(len(self.logins(site)), 1)
        self.assertEqual(site.leases()["ct-01"]["state"], "reserved")
        self.env["VM7_SECRET_PVE_ROOT"] = self.password
        site.apply()
        site.expect_up("ct-01")
        self.assertEqual(site.guest("ct-01")["features"], "keyctl=1,nesting=1")

    def test_g03_second_factor(self):
        """G-03 a root@pam with a second factor is told so: 21"""
        site = self.root_site([container("ct-01", features={"keyctl": True})])
        body = {"data": {"username": ROOT, "NeedTFA": 1, "ticket": "PVE:!tfa!x",
                         "CSRFPreventionToken": "x"}}
        site.sim.set_faults(fault("POST", "/access/ticket", {
            "status": 200, "reason": "OK", "body": json.dumps(body),
            "content_type": "application/json"}))
        self.ends(site.apply(code=None), 21, "second factor")
        self.assertEqual(self.by_root(site), [])

    def test_g03_certificate(self):
        """G-03 a wrong certificate is 20 before any password is sent, unless insecure"""
        for tls, code in (({"fingerprint": ":".join(["AB"] * 32)}, 20), ({"insecure": True}, 0)):
            with self.part(str(code)):
                site = self.site([container("ct-01", features={"keyctl": True})],
                                 proxmox={**PRIVILEGED, "tls": tls})
                self.env["VM7_SECRET_PVE_ROOT"] = site.sim.ready["passwords"][ROOT]
                self.ends(site.apply(code=None), code)
                self.assertEqual(len(self.logins(site)), 1 if code == 0 else 0)

    def test_g03_secret(self):
        """G-03 the password and the ticket of root@pam are shown to nobody, not even with -v"""
        site = self.root_site([container("ct-01", features={"keyctl": True})])
        run = site.vm7("-v", "apply")
        self.ends(run, 0, "POST /access/ticket", "as root@pam")
        shown = run.out + run.err + "".join(
            path.read_text(errors="replace") for path in site.person.folder.rglob("*")
            if path.is_file() and ".git" not in path.parts)
        self.assertNotIn(self.password, shown)
        self.assertNotIn("PVE:root", shown)
        self.assertNotIn("PVE%3Aroot", shown)

    def test_g03_endpoint(self):
        """G-03 the password of root@pam goes where the host allows it, and nowhere else"""
        site = self.root_site([container("ct-01", features={"keyctl": True})])
        self.env["VM7_ENDPOINTS"] = "https://pve.elsewhere:8006"
        self.ends(site.apply(code=None), 23)
        self.assertEqual(site.sim.log(), [])

    def test_g03_ready(self):
        """G-03 a finished guest: refused with a token alone, changed with root@pam"""
        plain = container("ct-01", power="stopped")
        folder = container("ct-01", power="stopped", cpu=2,
                           mounts=[{"slot": "mp0", "path": "/a", "host": "/srv/a"}])
        site = self.site([plain])
        site.apply()
        mark = len(site.sim.writes())
        site.set_vms(folder)
        self.ends(site.plan(), 23, "mounts: mp0", "root@pam only")
        self.ends(site.apply(code=None), 23, "mounts: mp0", "root@pam only")
        self.assertEqual(len(site.sim.writes()), mark)
        self.env["VM7_SECRET_PVE_ROOT"] = site.sim.ready["passwords"][ROOT]
        site.options["proxmox"] = PRIVILEGED
        site.set_vms(folder)
        site.apply()
        self.assertEqual([sorted(e["params"]) for e in self.by_root(site)], [["digest", "mp0"]])
        config = site.guest("ct-01")
        self.assertEqual((int(config["cores"]), config["mp0"]), (2, "/srv/a,mp=/a"))
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_g04(self):
        """G-04 all features at once, on an unprivileged and on a privileged container"""
        features = {"nesting": True, "keyctl": True, "fuse": True, "mknod": True,
                    "force_rw_sys": True, "mount": ["nfs", "cifs"]}
        site = self.root_site([container("ct-01", features=features),
                               container("ct-02", features={"nesting": True},
                                         unprivileged=False)])
        # Proxmox VE 9 asks for Sys.Modify before it makes a privileged container
        site.sim.request("PUT", "/access/acl",
                         {"path": "/", "users": "vm7@pve", "roles": "Administrator"})
        site.apply()
        site.expect_up("ct-01", "ct-02")
        self.assertEqual(set(site.guest("ct-01")["features"].split(",")),
                         {"nesting=1", "keyctl=1", "fuse=1", "mknod=1", "force_rw_sys=1",
                          "mount=cifs;nfs"})
        self.assertEqual(site.guest("ct-02")["features"], "nesting=1")
        for entry in site.sim.writes():
            if entry["path"].endswith("/lxc"):
                self.assertIn("unprivileged", entry["params"])
                self.assertNotIn("features", entry["params"])
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_g05(self):
        """G-05 two folders of the node are mp0 and mp1"""
        site = self.root_site([container("ct-01", mounts=[
            {"slot": "mp0", "path": "/a", "host": "/srv/a"},
            {"slot": "mp1", "path": "/b", "host": "/srv/b", "readonly": True}])])
        site.apply()
        config = site.guest("ct-01")
        self.assertEqual(set(config["mp0"].split(",")), {"/srv/a", "mp=/a"})
        self.assertEqual(set(config["mp1"].split(",")), {"/srv/b", "mp=/b", "ro=1"})
        self.assertEqual(len(self.by_root(site)), 1)

    def test_g05_removed(self):
        """G-05 of two folders the first goes, the second is untouched"""
        mounts = [{"slot": "mp0", "path": "/a", "host": "/srv/a"},
                  {"slot": "mp1", "path": "/b", "host": "/srv/b"}]
        site = self.root_site([container("ct-01", mounts=mounts, power="stopped")])
        site.apply()
        before = site.guest("ct-01")["mp1"]
        site.set_vms(container("ct-01", mounts=mounts[1:], power="stopped"))
        mark = site.sim.mark()
        site.apply()
        config = site.guest("ct-01")
        self.assertNotIn("mp0", config)
        self.assertEqual(config["mp1"], before)
        self.assertEqual([key for key in config if key.startswith("unused")], [])
        changes = [e for e in site.sim.log()[mark:] if e["path"].endswith("/config")
                   and e["method"] != "GET"]
        self.assertEqual([(e["params"].get("delete"), "mp1" in e["params"]) for e in changes],
                         [("mp0", False)])
        self.assertEqual(site.leases()["ct-01"]["owns"]["slots"], ["mp1"])
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_g06(self):
        """G-06 a device is there after the making"""
        site = self.root_site([container("ct-01", devices=[
            {"slot": "dev0", "path": "/dev/dri/renderD128", "mode": "0660", "uid": 0,
             "gid": 104}])])
        site.apply()
        site.expect_up("ct-01")
        self.assertEqual(set(site.guest("ct-01")["dev0"].split(",")),
                         {"/dev/dri/renderD128", "mode=0660", "uid=0", "gid=104"})
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_g06_absent(self):
        """G-06 a device that the node does not have: Proxmox's words, and the rest is made"""
        site = self.root_site(
            [container("ct-01", devices=[{"slot": "dev0", "path": "/dev/none"}]), guest("a")],
            globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/lxc/*/status/start", {
            "task": "fail-end", "text": "Device /dev/none does not exist"}))
        self.ends(site.apply(code=None), 22, "ct-01", "Device /dev/none does not exist")
        self.assertEqual(site.leases()["a"]["state"], "ready")


if __name__ == "__main__":
    main()
