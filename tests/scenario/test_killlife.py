"""kill -9 around each outside effect of a pass that changes, removes and takes back guests.

Afterwards the entry of the removed guest stays away, or comes back, and the end is the same each
time: what is wanted runs as its entry says, what is not is gone, and nothing was lost on the way.
"""

from house import Case, main
from sample import guest
from test_kill import LIMIT, Effects, wait_for_tasks

AT_ONCE = {"removal": {"policy": "destroy", "grace": "0s"}}
STOP = {"removal": {"policy": "stop"}}


class KillLife(Case):
    def prepared(self):
        """a is made, b is made, c is released; then a changes, b goes, c comes back."""
        site = self.site([guest("a"), guest("b"), guest("c")], watched=True, globals_=STOP)
        site.apply()
        site.set_vms(guest("a"), guest("b"), globals_=STOP)
        site.apply("--yes")
        self.assertEqual(site.states(), {"a": "ready", "b": "ready", "c": "released"})
        self.held = site.leases()
        site.set_vms(guest("a", ram_mb=4096, disk_gb=12), guest("c"), globals_=AT_ONCE)
        return site

    def changed(self, back):
        wanted = [guest("a", ram_mb=4096, disk_gb=12), guest("c")]
        return wanted + [guest("b")] if back else wanted

    def check_end(self, site, back):
        names = "abc" if back else "ac"
        site.expect_up(*names)
        config = site.guest("a")
        self.assertEqual(int(config["memory"]), 4096)
        self.assertIn("size=12G", config["scsi0"])
        self.assertEqual([k for k in config if k.startswith("unused")], [])
        now = site.leases()
        for name in "ac":
            for key in ("id", "ip", "mac", "vmid"):
                self.assertEqual(now[name][key], self.held[name][key])
        if back: # the same guest, or, where there was no way back, one made anew in its place
            self.assertEqual(now["b"]["mac"], self.held["b"]["mac"])
            self.assertNotIn("vm7-released", site.guest("b")["tags"])

    def run_killed(self, at, after, back):
        site = self.prepared()
        effects = Effects(self, site, at, after)
        effects.start()
        effects.running.process.communicate(timeout=120)
        killed = effects.running.process.returncode == -9
        effects.stop()
        if not killed:
            self.assertEqual(effects.running.process.returncode, 0)
        wait_for_tasks(site.sim)
        if back:
            site.set_vms(*self.changed(True), globals_=AT_ONCE)
        run = site.apply("--yes", code=None, timeout=200)
        self.assertEqual(run.code, 0, f"effect {at}, after={after}\n{run}")
        self.check_end(site, back)
        mark, head = len(site.sim.writes()), site.origin.head()
        site.apply("--yes")
        self.assertEqual((len(site.sim.writes()), site.origin.head()), (mark, head))
        for sim in self.sims:
            sim.stop()
        self.sims.clear()
        return killed

    def sweep(self, after, back):
        for at in range(1, LIMIT + 1, 2):
            with self.part(f"{at} {'after' if after else 'before'}"):
                if not self.run_killed(at, after, back):
                    self.assertGreater(at, 8, "hardly any effects were seen")
                    return
        self.assertLess(at, 0, "more effects than were looked at")

    def test_before(self):
        """rule 8 H-47 killed before the 1st, 3rd, 5th ... effect; the entry stays away"""
        self.sweep(False, False)

    def test_after_back(self):
        """rule 8 H-47 killed after the 1st, 3rd, 5th ... effect; the entry comes back"""
        self.sweep(True, True)


if __name__ == "__main__":
    main()
