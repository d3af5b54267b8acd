"""Two controllers on one repository and one cluster, without knowing of each other.

By hand, for longer: test_two.py --changes 200 [--seed N]
"""

import json
import random
import sys

from controller import Controller
from house import Case, main
from sample import container, guest
from sim import SimError

CHANGES, SEED = 12, 20261121


class Two(Case):
    def test_two(self):
        """X-03 X-05 X-11 two controllers: nothing twice, nobody's commit lost, and what is desired"""
        chance = random.Random(SEED)
        site = self.site([guest("a")], globals_={
            "removal": {"policy": "destroy", "grace": "0s"},
            "guard": {"max_destroy": 100, "max_replace": 100, "max_percent": 100},
            "reconcile": {"on_error": "continue"}})
        controllers = [Controller(site, name=name, poll_interval="1s", drift_interval="3s",
                                  git={"author": f"{name} <{name}@example>"})
                       for name in ("one", "two")]
        desired, people = {"a": guest("a")}, [site.origin.head()]
        for _ in range(CHANGES):
            self.change(chance, desired)
            if chance.random() < 0.3:
                self.meddle(chance, site)
            site.person.pull()
            people.append(site.person.publish("A change", {
                "vm7.yaml": site.manifest(list(desired.values()))}))
            if chance.random() < 0.4:
                chance.choice(controllers).until(
                    lambda: self.is_as_desired(site, desired), "a rest between", 120)
        for controller in controllers:
            controller.until(lambda: self.is_as_desired(site, desired), "what is desired", 180)
        for controller in controllers:
            controller.stop()
        self.ends(site.apply(code=None), 0)
        site.expect_up(*desired)
        self.ends(site.plan("--detailed-exitcode"), 0)
        self.history_is_sound(site, people)

    @staticmethod
    def change(chance, desired):
        """A guest more, one less, or another size."""
        what = chance.random()
        if what < 0.5 or not desired:
            name = f"g{chance.randrange(20)}"
            desired[name] = (container if int(name[1:]) % 2 else guest)(name)
        elif what < 0.75:
            del desired[chance.choice(sorted(desired))]
        else:
            name = chance.choice(sorted(desired))
            desired[name] = {**desired[name], "ram_mb": chance.choice([512, 1024, 2048])}

    @staticmethod
    def meddle(chance, site):
        """Somebody stops a guest by hand, unless it is just being worked on."""
        running = [entry for entry in site.sim.get("/cluster/resources", type="vm")
                   if entry["status"] == "running"]
        if not running:
            return
        entry = chance.choice(running)
        try:
            site.sim.post(f"/nodes/{entry['node']}/{entry['type']}/{entry['vmid']}/status/stop")
        except SimError:
            pass

    def is_as_desired(self, site, desired):
        leases = site.leases()
        if {name: lease["state"] for name, lease in leases.items()} != \
                {name: "ready" for name in desired}:
            return False
        try:
            found = site.sim.guests()
            return sorted(found) == sorted(lease["vmid"] for lease in leases.values()) and \
                all(site.sim.status(vmid) == "running" for vmid in found)
        except (SimError, KeyError):  # it went while it was looked at
            return False

    def history_is_sound(self, site, people):
        """In no commit an address, a VMID or a MAC twice; every commit of people is there."""
        commits = site.origin.commits()
        for commit in people:
            self.assertIn(commit, commits)
        serials = []
        for commit in commits:
            text = site.origin.show("ipam/leases.json", commit)
            if text is None:
                continue
            held = json.loads(text)
            for key in ("ip", "vmid", "mac", "id"):
                values = [lease[key] for lease in held["leases"].values() if lease.get(key)]
                self.assertEqual(len(values), len(set(values)), f"{commit}: {key} twice")
            serials.append(held["serial"])
        self.assertEqual(serials, sorted(serials), "the lease file went back")


if __name__ == "__main__":
    words = sys.argv
    if "--changes" in words:
        CHANGES = int(words[words.index("--changes") + 1])
        SEED = int(words[words.index("--seed") + 1]) if "--seed" in words else SEED
        sys.argv = words[:1]
    main()
