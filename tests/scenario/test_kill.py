"""kill -9 right before and right after each outside effect of making three guests.

Effects are each request to Proxmox that writes and each push. After a kill the program is run
again, and the end is the same each time: three guests that run, three ready leases, no more.
"""

import threading

from house import Case, main
from sample import container, guest

LIMIT = 40  # effects looked at


class Effects:
    """Counts effects and kills the program at the n-th one."""

    def __init__(self, case, site, at, after):
        self.site = site
        self.at = at
        self.after = after
        self.lock = threading.Lock()
        self.log = case.dir / f"effects-{at}-{after}"
        self.log.write_text("")
        self.pid_file = case.dir / f"pid-{at}-{after}"
        self.running = None
        site.sim.before = self._before
        site.sim.after = self._after
        # The hooks append to the same log. Killing the pid alone is what a real kill does:
        # the git that pushes is a process of its own and may well go on.
        count = f'echo push >> {self.log}\n[ "$(wc -l < {self.log})" -eq {at} ] || exit 0\n'
        kill = f"kill -9 $(cat {self.pid_file})\n"
        if after:
            site.origin.hook("pre-receive", None)
            site.origin.hook("post-receive", count + kill)
        else:
            site.origin.hook("post-receive", None)
            site.origin.hook("pre-receive", count + kill + "exit 1\n")

    def start(self):
        """The hooks may run before this returns: they wait for the pid file."""
        self.running = self.site.start_vm7("apply", "--yes")
        self.pid_file.write_text(str(self.running.pid))

    def seen(self):
        return len(self.log.read_text().splitlines())

    def _count(self, seen):
        with self.lock:
            with open(self.log, "a") as log:
                log.write(f"{seen.method} {seen.path}\n")
            return self.seen()

    def _before(self, seen):
        if seen.write and not self.after and self._count(seen) == self.at:
            self.running.kill()
            return False

    def _after(self, seen):
        if seen.write and self.after and self._count(seen) == self.at:
            self.running.kill()
            return False

    def stop(self):
        self.site.sim.before = lambda seen: True
        self.site.sim.after = lambda seen: True
        for hook in ("pre-receive", "post-receive"):
            self.site.origin.hook(hook, None)


class Kill(Case):
    """Odd and even effects are tests of their own, so that one file is not one long test."""

    mode = "checkout"

    def guests(self):
        return [guest("a", disk_gb=8), guest("b", clone="linked", disk_gb=None), container("c")]

    def run_killed(self, at, after):
        """One killed run and the ones that mend it; False when there were fewer effects."""
        site = self.site(self.guests(), mode=self.mode, watched=True)
        effects = Effects(self, site, at, after)
        effects.start()
        effects.running.process.communicate(timeout=120)
        killed = effects.running.process.returncode == -9
        effects.stop()
        if not killed:
            self.assertEqual(effects.running.process.returncode, 0)
            self.assertLess(effects.seen(), at)
        wait_for_tasks(site.sim)
        run = site.apply(code=None, timeout=200)
        self.assertEqual(run.code, 0, f"effect {at}, after={after}\n{run}")
        site.expect_up("a", "b", "c")
        leases = site.leases()
        self.assertEqual([leases[n]["ip"] for n in "abc"],
                         ["192.168.10.50", "192.168.10.51", "192.168.10.52"])
        mark, head = len(site.sim.writes()), site.origin.head()
        site.apply()
        self.assertEqual((len(site.sim.writes()), site.origin.head()), (mark, head))
        for sim in self.sims:
            sim.stop()
        self.sims.clear()
        return killed

    def sweep(self, after, first, step):
        for at in range(first, LIMIT + 1, step):
            with self.part(f"{at} {'after' if after else 'before'}"):
                if not self.run_killed(at, after):
                    self.assertGreater(at, 10, "hardly any effects were seen")
                    return
        self.assertLess(at, 0, "more effects than were looked at")

    def test_before_odd(self):
        """rule 8 killed right before the 1st, 3rd, 5th ... effect"""
        self.sweep(False, 1, 2)

    def test_before_even(self):
        """rule 8 killed right before the 2nd, 4th, 6th ... effect"""
        self.sweep(False, 2, 2)

    def test_after_odd(self):
        """rule 8 killed right after the 1st, 3rd, 5th ... effect"""
        self.sweep(True, 1, 2)

    def test_after_even(self):
        """rule 8 killed right after the 2nd, 4th, 6th ... effect"""
        self.sweep(True, 2, 2)


class KillRemote(Kill):
    """Samples of the same with --repo, where a cache may be left with locks."""

    mode = "remote"
    test_before_odd = test_before_even = test_after_odd = test_after_even = None

    def test_before(self):
        """rule 8 --repo: killed right before the 1st, 4th, 7th ... effect"""
        self.sweep(False, 1, 3)

    def test_after(self):
        """rule 8 --repo: killed right after the 1st, 4th, 7th ... effect"""
        self.sweep(True, 1, 3)


def wait_for_tasks(sim):
    """What the killed run began goes on in the cluster; let it end."""
    for node in ("pve01", "pve02", "pve03"):
        for task in sim.get(f"/nodes/{node}/tasks", source="active"):
            sim.wait(task["upid"])


if __name__ == "__main__":
    main()
