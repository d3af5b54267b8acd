"""Guests that become others: replaced, renamed, given another address."""

from house import Case, main
from sample import container, guest

OTHER = "local:vztmpl/debian-13-standard_13.0-1_amd64.tar.zst"


class Replace(Case):
    def made(self, *vms, **options):
        """A site whose guests are made."""
        site = self.site(list(vms), **options)
        site.apply()
        return site

    def at_rest(self, site):
        """Rule 7: after a pass there is nothing to do."""
        self.ends(site.plan("--detailed-exitcode"), 0)

    def same_place(self, site, name, held):
        """H-06: another guest at the same address, number and MAC."""
        now = site.leases()[name]
        for key in ("ip", "mac", "vmid", "pool"):
            self.assertEqual(now[key], held[key], key)
        self.assertNotEqual(now["id"], held["id"])
        self.assertEqual(now["state"], "ready")
        self.assertIn(held["mac"], site.guest(name)["net0"])

    # ---- another template ----

    def test_g11(self):
        """G-11 another template without a flag is 23, and the guest is untouched"""
        site = self.made(guest("a"))
        self.assertEqual(site.leases()["a"]["template"], "9000")
        held, mark = site.leases(), len(site.sim.writes())
        site.set_vms(guest("a", template_id=9001, cpu=4))
        self.ends(site.plan(), 23, "requires replace", "9000", "9001")
        self.ends(site.apply("--yes", code=None), 23, "requires replace")
        self.assertEqual((site.leases(), len(site.sim.writes())), (held, mark))
        site.set_vms(guest("a", template_id=9001, replace="ignore"))
        self.ends(site.plan("--detailed-exitcode"), 0)
        self.assertEqual(len(site.sim.writes()), mark)

    def test_h06(self):
        """H-06 G-11 replace: allow destroys and makes anew in one pass, MAC and address stay"""
        site = self.made(guest("a"), guest("b"))
        held, mark = site.leases(), len(site.sim.writes())
        site.set_vms(guest("a", template_id=9001, replace="allow"), guest("b"))
        shown = site.plan_json()["vms"][0]
        self.assertEqual((shown["action"], shown["impact"], shown["steps"]),
                         ("replace", "data-loss",
                          ["stop", "destroy", "clone", "configure", "grow scsi0 to 10 GiB",
                           "start"]))
        self.ends(site.apply(code=None), 23, "--yes")
        self.assertEqual(len(site.sim.writes()), mark)
        self.ends(site.apply("--yes", code=None), 0)
        paths = [(e["method"], e["path"]) for e in site.sim.writes()[mark:]]
        self.assertIn(("POST", "/nodes/pve01/qemu/9001/clone"), paths)
        self.assertNotIn(str(held["b"]["vmid"]), " ".join(path for _, path in paths))
        self.same_place(site, "a", held["a"])
        self.assertEqual(site.leases()["a"]["template"], "9001")
        self.assertEqual(site.leases()["b"], held["b"])
        site.expect_up("a", "b")
        self.at_rest(site)

    def test_not_there(self):
        """a template that is not there is found before anything is destroyed"""
        site = self.made(guest("a"))
        mark = len(site.sim.writes())
        site.set_vms(guest("a", template_id=9555, replace="allow"))
        self.ends(site.apply("--yes", code=None), 20, "not replaced", "9555")
        site.set_vms(guest("a", template_id=9001, replace="allow", protection=True))
        self.ends(site.apply("--yes", code=None), 23, "protected")
        self.assertEqual((site.states(), len(site.sim.writes())), ({"a": "ready"}, mark))

    def test_budget(self):
        """X-10 more replacements than the budget are refused; a trailer allows them"""
        site = self.made(guest("a"), guest("b"))
        mark = len(site.sim.writes())
        site.set_vms(*[guest(n, template_id=9001, replace="allow") for n in "ab"])
        self.ends(site.apply("--yes", code=None), 23, "Vm7-Allow-Replace: 2")
        self.assertEqual(len(site.sim.writes()), mark)
        site.person.pull()
        site.person.publish("Yes, both\n\nVm7-Allow-Replace: 2\n")
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual([site.leases()[n]["template"] for n in "ab"], ["9001", "9001"])
        self.at_rest(site)

    # ---- another type, another flag ----

    def test_type(self):
        """H-06 a VM becomes a container and a VM again, at the same address and MAC"""
        site = self.made(guest("a"))
        held = site.leases()["a"]
        mark = len(site.sim.writes())
        site.set_vms(container("a"))
        self.ends(site.apply("--yes", code=None), 23, "it is a vm, its entry says lxc")
        self.assertEqual(len(site.sim.writes()), mark)
        for make, kind in ((container, "lxc"), (guest, "vm")):
            site.set_vms(make("a", replace="allow"))
            self.ends(site.plan("--detailed-exitcode"), 2, "replace")
            self.ends(site.apply("--yes", code=None), 0)
            self.assertEqual(site.leases()["a"]["type"], kind)
            self.same_place(site, "a", held)
            held = site.leases()["a"]
            self.assertEqual(site.sim.status(held["vmid"]), "running")
            self.at_rest(site)

    def test_unprivileged(self):
        """a container's unprivileged flag cannot be changed: replaced where that is allowed"""
        site = self.made(container("a"))
        held = site.leases()["a"]
        # Proxmox VE 9 asks for Sys.Modify before it makes a privileged container
        site.sim.request("PUT", "/access/acl",
                         {"path": "/", "users": "vm7@pve", "roles": "Administrator"})
        site.set_vms(container("a", unprivileged=False))
        self.ends(site.apply("--yes", code=None), 23, "unprivileged: false")
        site.set_vms(container("a", unprivileged=False, replace="allow"))
        self.ends(site.apply("--yes", code=None), 0)
        self.same_place(site, "a", held)
        self.assertEqual(int(site.guest("a").get("unprivileged", 0)), 0)
        self.at_rest(site)

    def test_killed(self):
        """rule 8 killed right before its new making, the next pass makes it"""
        site = self.made(guest("a"), watched=True)
        held = site.leases()["a"]
        site.set_vms(guest("a", template_id=9001, replace="allow"))
        site.apply_killed_before("/clone", "--yes")
        self.assertNotIn(held["vmid"], site.sim.guests())
        self.ends(site.apply("--yes", code=None), 0)
        self.same_place(site, "a", held)
        self.at_rest(site)


if __name__ == "__main__":
    main()
