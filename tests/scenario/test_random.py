"""Bad days: apply is run again and again while chance strikes the cluster, then once in peace.

Whatever went wrong, afterwards the guests are there, once each, with the addresses that they were
leased, and there is nothing left to do. What was left locked, a person frees as vm7 says. A failure names its seed, and the faults that chance drew
are in the trail as rows of a fault file.

    python3 tests/scenario/test_random.py            the seeds that every run of the tests tries
    python3 tests/scenario/test_random.py FIRST-LAST [RATE]     a campaign of other ones, by hand
"""

import json
import re
import sys

from house import Case, main
from sample import container, guest
from sim import fault

RATE = 0.08
STORM = 4  # passes while faults strike
CALM = 4   # passes afterwards, of which the last must find nothing to do


class Random(Case):
    """A scene for each seed: guests of both kinds on two nodes, then more of them."""

    def trail(self):
        rows = [row for sim in self.sims[-1:] for row in drawn(sim)]
        return "\n".join([super().trail(), "--- faults that chance drew",
                          *(json.dumps(row) for row in rows)])

    def storm(self, seed, rate):
        """Faults from now on."""
        self.sims[-1].set_faults(random={"seed": seed, "rate": rate})

    def calm(self, site):
        """No more faults, and whatever was begun has ended."""
        site.sim.set_faults()
        for node in ("pve01", "pve02", "pve03"):
            self.until_answered(site.sim, node)
        for node in ("pve01", "pve02", "pve03"):
            for task in site.sim.get(f"/nodes/{node}/tasks", source="active"):
                site.sim.wait(task["upid"])

    def until_answered(self, sim, node):
        """Nodes come back, daemons start again, the quorum is found: all of it by itself."""
        for _ in range(2000):
            try:
                sim.get(f"/nodes/{node}/tasks", source="active")
                if sim.get("/cluster/status")[0]["quorate"]:
                    return
            except OSError:
                pass
            except Exception as err:  # SimError: 595 and the like
                if getattr(err, "status", 0) not in (595, 596):
                    raise
        self.fail(f"{node} did not come back")

    def follow_advice(self, site, run):
        """The person at the node, who frees what vm7 says that nobody works on any more."""
        advice = re.findall(r"(?:qm|pct) unlock (\d+)( && (?:qm|pct) destroy \1)?", run.out)
        for vmid, destroy in sorted(set(advice)):
            site.sim.set_faults(fault("GET", "/version",
                                      {"world": {"guests": {vmid: {"lock": None}}}}))
            site.sim.get("/version")
            if destroy:
                site.sim.do("DELETE", site.sim.where(int(vmid)))

    def keeps(self, site, before):
        """A lease that was pushed keeps its address; the leases now."""
        leases = {name: lease.get("ip") for name, lease in site.leases().items()}
        for name, ip in before.items():
            if name in leases:
                self.assertEqual(leases[name], ip, f"{name} has lost its address")
        return leases

    def weather(self, site, seed, rate, names):
        """Passes in a storm, then in the calm; in the end exactly `names` are up."""
        leases = self.keeps(site, {})
        self.storm(seed, rate)
        for _ in range(STORM):
            run = site.apply(code=None)
            self.assertNotIn(run.code, (64, 70), str(run))
            leases = self.keeps(site, leases)
        self.calm(site)
        for _ in range(CALM):
            run = site.apply(code=None)
            leases = self.keeps(site, leases)
            if run.code == 0:
                break
            self.follow_advice(site, run)
        self.assertEqual(run.code, 0, f"in calm weather\n{run}")
        site.expect_up(*names)
        mark, head = len(site.sim.writes()), site.origin.head()
        self.ends(site.apply(), 0)
        self.assertEqual((len(site.sim.writes()), site.origin.head()), (mark, head),
                         "the second pass in calm weather had something to do")

    def day(self, seed, rate=RATE):
        first = [guest("a", disk_gb=8), guest("b", clone="linked", disk_gb=None),
                 container("c"), guest("d", node="pve02", template_id=9001, datastore="shared")]
        site = self.site(first)
        self.weather(site, seed, rate, "abcd")
        site.set_vms(*first, guest("e"), container("f", node="pve02"))
        self.weather(site, seed + 1_000_000, rate, "abcdef")

    def run_seed(self, seed, rate=RATE):
        with self.part(f"seed {seed}"):
            self.day(seed, rate)
            for sim in self.sims:
                sim.stop()
            self.sims.clear()


def drawn(sim):
    """The faults that chance drew, as rows of a fault file."""
    lines = sim.log_file.read_text().splitlines() if sim.log_file.exists() else []
    return [json.loads(line)["fault"] for line in lines if line.startswith('{"fault"')]


def add_seed(seed, rate=RATE):
    def test(self):
        self.run_seed(seed, rate)
    test.__doc__ = f"random seed {seed}: bad weather, and in the end all is well"
    setattr(Random, f"test_{seed}", test)


if __name__ == "__main__":
    campaign = re.fullmatch(r"(\d+)-(\d+)", sys.argv[1]) if len(sys.argv) > 1 else None
    if campaign:
        for number in range(int(campaign[1]), int(campaign[2]) + 1):
            add_seed(number, float(sys.argv[2]) if len(sys.argv) > 2 else RATE)
        del sys.argv[1:]
    else:
        for number in (1, 2, 3):
            add_seed(number)
    main()
