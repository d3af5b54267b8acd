"""hold and unhold: a guest that is left alone, and says why in its lease."""

import json
import time

from house import Case, main
from sample import guest


class Hold(Case):
    def test_hold(self):
        """hold: the reason stands in the lease, and passes leave the guest alone until unhold"""
        site = self.site([guest("a"), guest("b")])
        site.apply()
        held = site.lease_file()
        self.ends(site.vm7("hold", "a", "--reason", "Pat looks at its disk"), 0,
                  "a is on hold: Pat looks at its disk")
        after = site.lease_file()
        self.assertEqual(after["leases"]["a"].pop("hold"), "Pat looks at its disk")
        self.assertEqual(after, {**held, "serial": held["serial"] + 1})
        message = site.origin.message("main")
        self.assertTrue(message.startswith("vm7: hold a\n\nPat looks at its disk\n"), message)
        self.assertIn(f"Vm7-Source: {held['source']}\n", message)
        site.sim.do("POST", f"/nodes/pve01/qemu/{held['leases']['a']['vmid']}/status/stop")
        mark = len(site.sim.writes())
        head = site.origin.head()
        self.ends(site.apply(), 0, "left alone: Pat looks at its disk")
        self.assertEqual((len(site.sim.writes()), site.origin.head()), (mark, head))
        self.assertFalse([e for e in site.sim.log() if e["path"].endswith("/status/current")],
                         "whether it runs matters to nobody")
        self.assertIn(("a", "hold"), [(note["guest"], note["kind"])
                                      for note in site.plan_json()["notes"]])
        self.ends(site.vm7("unhold", "a"), 0, "on hold no more", "Pat looks at its disk")
        self.assertEqual(site.lease_file(), {**held, "serial": held["serial"] + 2})
        self.assertNotIn("hold", [note["kind"] for note in site.plan_json()["notes"]])

    def test_twice(self):
        """hold: the same again commits nothing, another reason replaces it"""
        site = self.site([guest("a")])
        site.apply()
        self.ends(site.vm7("unhold", "a"), 0, "is not on hold")
        head = site.origin.head()
        site.vm7("hold", "a", "--reason", "one")
        self.assertNotEqual(site.origin.head(), head)
        head = site.origin.head()
        self.ends(site.vm7("hold", "a", "--reason", "one"), 0, "already")
        self.assertEqual(site.origin.head(), head)
        run = self.ends(site.vm7("--json", "hold", "a", "--reason", "two"), 0)
        self.assertEqual(json.loads(run.out), {
            "schema": 1, "name": "a", "hold": "two", "entry": False,
            "commit": site.origin.head(), "error": None})
        self.assertEqual(site.leases()["a"]["hold"], "two")

    def test_list(self):
        """hold without a name lists who is on hold, in leases and in entries"""
        site = self.site([guest("a"), guest("b", hold=True), guest("c")])
        self.ends(site.vm7("hold"), 0, "b: hold: true in its entry")
        site.apply()
        site.vm7("hold", "c", "--reason", "wait for the audit")
        run = self.ends(site.vm7("hold"), 0)
        self.assertEqual(run.out, "b: hold: true in its entry\nc: wait for the audit\n")
        run = self.ends(site.vm7("--json", "hold"), 0)
        self.assertEqual(json.loads(run.out), {"schema": 1, "holds": [
            {"name": "b", "hold": None, "entry": True},
            {"name": "c", "hold": "wait for the audit", "entry": False}]})
        site.set_vms(guest("a"))
        self.ends(site.vm7("unhold", "c"), 0, "no more")
        self.assertEqual(self.ends(site.vm7("hold"), 0).out, "No guest is on hold.\n")

    def test_refused(self):
        """hold: an unknown name, a guest without a lease and a missing reason are refused"""
        site = self.site([guest("a"), guest("b", hold=True)],
                         files={"ipam/leases.json":
                                '{"leases": {"old": {"ip": "192.168.10.9", "pool": "mgmt"}}}'})
        head = site.origin.head()
        for words, code, said in (
                (["hold", "nobody", "--reason", "x"], 64, "nobody: there is no such guest"),
                (["unhold", "nobody"], 64, "nobody"),
                (["hold", "a", "--reason", "x"], 23, "hold: true"),
                (["hold", "old", "--reason", "x"], 23, "no lease yet"),
                (["hold", "a"], 64, "--reason"),
                (["hold", "--reason", "x"], 64, "NAME"),
                (["hold", "a", "--reason", " "], 64, "one line"),
                (["hold", "a", "--reason", "x\ny"], 64, "one line"),
                (["hold", "a", "--reason", "x" * 201], 64, "one line"),
                (["unhold"], 64, "NAME")):
            with self.subTest(" ".join(words)[:40]):
                self.ends(site.vm7(*words), code, said)
        run = self.ends(site.vm7("unhold", "b"), 0, "not on hold", "its entry says hold: true")
        self.assertEqual(site.origin.head(), head, run)
        run = self.ends(site.vm7("--json", "hold", "a", "--reason", "x"), 23)
        self.assertIn("no lease yet", json.loads(run.out)["error"])

    def test_remote(self):
        """hold without a checkout; the trailers that people pushed before it still count"""
        site = self.site([guest("a")], mode="remote")
        site.apply()
        source = site.lease_file()["source"]
        site.person.pull()
        site.person.publish("A change\n\nVm7-Allow-Destroy: 2", {"README": "x"})
        self.ends(site.vm7("hold", "a", "--reason", "x"), 0)
        self.assertEqual(site.lease_file()["source"], source)
        self.ends(site.vm7("hold"), 0, "a: x")

    def test_meanwhile(self):
        """rule 1 a hold that comes while a pass is at work: what it was about to do is dropped"""
        site = self.site([guest("a"), guest("b")], watched=True, mode="remote",
                         globals_={"reconcile": {"parallel": 1}})
        held = []

        def slow(seen):
            if seen.write and not held:
                held.append({"a": "b", "b": "a"}[seen.params["name"]])
                self.ends(site.vm7("hold", held[0], "--reason", "not now", "--state-dir",
                                   str(self.dir / "other")), 0)
                time.sleep(11)  # the last look at the branch is then too old
        site.sim.before = slow
        self.ends(site.apply(code=None), 22, "on hold meanwhile")
        made = [s.params["name"] for s in site.sim.writes_seen() if s.path.endswith("/clone")]
        self.assertEqual(len(made), 1)
        self.assertNotIn(held[0], made)
        self.assertEqual(site.leases()[held[0]]["hold"], "not now")
        site.sim.before = lambda seen: True
        self.ends(site.vm7("unhold", held[0]), 0)
        site.apply()
        site.expect_up("a", "b")


if __name__ == "__main__":
    main()
