"""rollback: leases of creations that failed are freed, and nothing else."""

import time
from datetime import datetime, timezone

from house import Case, main
from sample import container, guest, pool, pools
from sim import fault


class Rollback(Case):
    def test_v20(self):
        """V-20 rollback frees exactly the lease whose creation failed"""
        site = self.site([guest(name) for name in ("a", "b", "c")],
                         globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left"},
                                  params={"name": "b"}, times=-1))
        self.ends(site.apply(code=None), 22, "no space left")
        self.assertEqual(site.states()["a"], "ready")
        self.assertEqual(site.states()["c"], "ready")
        held = site.leases()
        self.assertTrue(held["b"]["failed"])
        run = self.ends(site.vm7("rollback"), 0, "b")
        self.assertEqual(site.leases(), {n: held[n] for n in "ac"}, run)
        for name in "ac":
            self.assertEqual(site.sim.status(held[name]["vmid"]), "running")
        mark = len(site.sim.writes())
        self.ends(site.vm7("rollback"), 0)
        self.assertEqual(len(site.sim.writes()), mark)

    def test_v20_half_made(self):
        """V-20 a half-made guest of ours is removed before its lease is freed"""
        site = self.site([guest("a"), guest("b")], globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("PUT", "/nodes/*/qemu/*/resize",
                                  {"task": "fail-start", "text": "disk on fire"}, times=1))
        self.ends(site.apply(code=None), 22, "disk on fire")
        held = site.leases()
        (failed,) = [n for n, l in held.items() if l["state"] != "ready"]
        self.assertIn(held[failed]["vmid"], site.sim.guests())
        run = site.vm7("rollback")
        if run.code == 23:  # something is destroyed: it may ask for --yes
            self.assertIn("--yes", run.text)
            run = site.vm7("rollback", "--yes")
        self.ends(run, 0)
        self.assertNotIn(failed, site.leases())
        self.assertNotIn(held[failed]["vmid"], site.sim.guests())

    def test_v20_hold(self):
        """V-20 rollback leaves alone what is on hold, and says so by name"""
        site = self.site([guest("a"), guest("b")], globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("PUT", "/nodes/*/qemu/*/resize",
                                  {"task": "fail-start", "text": "disk on fire"}, times=1))
        self.ends(site.apply(code=None), 22, "disk on fire")
        (failed,) = [n for n, l in site.leases().items() if l["state"] != "ready"]
        self.ends(site.vm7("hold", failed, "--reason", "being looked at"), 0)
        held, mark = site.leases(), len(site.sim.writes())
        self.ends(site.vm7("rollback", "--yes"), 0, "nothing to roll back")
        self.ends(site.vm7("rollback", "--guest", failed, "--yes"), 23, "being looked at", "unhold")
        self.assertEqual((site.leases(), len(site.sim.writes())), (held, mark))

    def test_v20_ready(self):
        """V-20 rollback never touches a ready guest, not even by name"""
        site = self.site([guest("a")])
        site.apply()
        held, mark = site.leases(), len(site.sim.writes())
        run = site.vm7("rollback", "--guest", "a", "--yes")
        self.assertIn(run.code, (0, 1, 23), run)
        self.assertEqual((site.leases(), len(site.sim.writes())), (held, mark))

    def test_v20_not_failed(self):
        """V-20 a reservation that has not failed is freed only by name"""
        site = self.site([guest("a"), guest("b")], watched=True)
        site.apply_killed_before()
        self.assertEqual(site.states(), {"a": "reserved", "b": "reserved"})
        self.ends(site.vm7("rollback"), 0)
        self.assertEqual(site.states(), {"a": "reserved", "b": "reserved"})
        self.ends(site.vm7("rollback", "--guest", "b", "--yes"), 0, "b")
        self.assertEqual(site.states(), {"a": "reserved"})
        site.person.pull()
        site.set_vms(guest("a"))
        site.apply()
        site.expect_up("a")

    def test_quarantine(self):
        """V-20 an address that rollback frees rests as long as its pool says"""
        networks = [{"name": name, "pool": name} for name in ("long", "short")]
        site = self.site(
            [guest("a", network="long"), guest("b", network="short")], networks=networks,
            globals_={"reconcile": {"on_error": "continue"}},
            pools=pools(long=pool("10.0.0.0/24", "10.0.0.10", "10.0.0.20", quarantine="1h"),
                        short=pool("10.0.1.0/24", "10.0.1.10", "10.0.1.20", quarantine="1s")))
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left"}, times=2))
        self.ends(site.apply(code=None), 22, "no space left")
        self.ends(site.vm7("rollback"), 0)
        resting = site.lease_file()["resting"]
        self.assertEqual(set(resting), {"10.0.0.10", "10.0.1.10"})
        site.person.pull()
        site.set_vms(guest("c", network="long"), guest("d", network="short"))
        while datetime.now(timezone.utc) <= datetime.fromisoformat(
                resting["10.0.1.10"].replace("Z", "+00:00")):
            time.sleep(0.1)
        site.apply()
        self.assertEqual({name: lease["ip"] for name, lease in site.leases().items()},
                         {"c": "10.0.0.11", "d": "10.0.1.10"})
        self.assertEqual(site.lease_file()["resting"], {"10.0.0.10": resting["10.0.0.10"]})

    def test_quarantine_dropped(self):
        """the address of a reservation whose entry is gone is not given out in the same pass"""
        site = self.site([guest("a")], watched=True, pools=pools(
            mgmt=pool("10.0.0.0/24", "10.0.0.10", "10.0.0.20", quarantine="1h")),
            networks=[{"name": "mgmt", "pool": "mgmt"}])
        site.apply_killed_before()
        self.assertEqual(site.states(), {"a": "reserved"})
        site.person.pull()
        site.set_vms(guest("b"))
        site.apply()
        self.assertEqual({name: lease["ip"] for name, lease in site.leases().items()},
                         {"b": "10.0.0.11"})
        self.assertEqual(set(site.lease_file()["resting"]), {"10.0.0.10"})
        head = site.origin.head()
        site.apply()
        self.assertEqual(site.origin.head(), head)

    def test_v20_unknown(self):
        """V-20 rollback of a guest that has no lease is answered, nothing is done"""
        site = self.site([guest("a")])
        head = site.origin.head()
        run = site.vm7("rollback", "--guest", "nobody")
        self.assertIn(run.code, (11, 23, 64), run)
        self.assertIn("nobody", run.text)
        self.assertEqual((site.origin.head(), site.sim.writes()), (head, []))

    def test_v20_foreign(self):
        """V-20 a guest at the VMID that does not carry our line is never removed"""
        site = self.site([guest("a"), guest("b")], globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left"},
                                  params={"name": "b"}, times=-1))
        self.ends(site.apply(code=None), 22)
        vmid = site.leases()["b"]["vmid"]
        site.sim.set_faults()
        site.sim.do("POST", "/nodes/pve01/qemu", vmid=vmid, name="foreign")
        mark = len(site.sim.writes())
        self.ends(site.vm7("rollback", "--yes"), 0)
        self.assertNotIn("b", site.leases())
        self.assertEqual(len(site.sim.writes()), mark)
        self.assertEqual(site.sim.config(vmid)["name"], "foreign")

    def test_v20_container(self):
        """V-20 a container whose start failed is removed with its lease"""
        site = self.site([container("c"), guest("a")],
                         globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/lxc/*/status/start",
                                  {"task": "fail-start", "text": "startup failed"}, times=-1))
        self.ends(site.apply(code=None), 22, "startup failed")
        vmid = site.leases()["c"]["vmid"]
        self.ends(site.vm7("rollback", "--yes"), 0)
        self.assertEqual(list(site.leases()), ["a"])
        self.assertNotIn(vmid, site.sim.guests())


if __name__ == "__main__":
    main()
