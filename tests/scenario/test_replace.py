"""Guests that become others: replaced, renamed, given another address."""

from house import Case, main
from sample import container, guest

OTHER = "local:vztmpl/debian-13-standard_13.0-1_amd64.tar.zst"


class Replace(Case):
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

    # ---- another name ----

    def test_renamed(self):
        """renamed_from: the same guest, lease and address under another name, and back"""
        site = self.made(guest("a"), container("b"), guest("c"))
        held = site.leases()
        ids = {n: site.sim.config(held[n]["vmid"]) for n in "ab"}
        site.set_vms(guest("z", renamed_from="a"), container("y", renamed_from="b"), guest("c"))
        shown = self.ends(site.plan("--detailed-exitcode"), 2, "renamed from a",
                          "renamed from b", "new SSH host keys")
        self.assertNotIn("release", shown.out)
        mark, before = len(site.sim.writes()), len(site.origin.commits())
        self.ends(site.apply(code=None), 0)
        self.assertEqual([e["method"] for e in site.sim.writes()[mark:]], ["PUT", "PUT"])
        self.assertLessEqual(len(site.origin.commits()) - before, 2)
        now = site.leases()
        self.assertEqual(set(now), {"c", "y", "z"})
        for old, new in (("a", "z"), ("b", "y")):
            self.assertEqual(now[new].pop("was"), old)
            self.assertEqual(now[new], held[old])
        self.assertEqual(site.guest("z")["name"], "z")
        self.assertEqual(site.guest("y")["hostname"], "y")
        self.at_rest(site)
        site.set_vms(guest("z"), container("y"), guest("c"))  # the key has done its work
        self.at_rest(site)
        site.set_vms(guest("a"), container("b"), guest("c"))  # git revert
        self.ends(site.plan("--detailed-exitcode"), 2, "renamed from z")
        self.ends(site.apply(code=None), 0)
        self.assertEqual(site.leases(), held)
        self.assertEqual({n: site.sim.config(held[n]["vmid"]) for n in "ab"}, {
            n: {**ids[n], "digest": site.sim.config(held[n]["vmid"])["digest"]} for n in "ab"})
        self.at_rest(site)

    def test_rename_report(self):
        """drift: report: the lease gets the name, the guest is only told about"""
        site = self.made(guest("a", drift="report"))
        held = site.leases()["a"]
        mark = len(site.sim.writes())
        site.set_vms(guest("z", drift="report", renamed_from="a"))
        self.ends(site.apply(code=None), 0)
        self.assertEqual(site.leases(), {"z": {**held, "was": "a"}})
        self.assertEqual(len(site.sim.writes()), mark)
        self.at_rest(site)

    def test_rename_killed(self):
        """rule 8 killed after the name was pushed: the next pass goes on"""
        site = self.made(guest("a"), watched=True)
        held = site.leases()["a"]
        site.set_vms(guest("z", renamed_from="a"))
        site.apply_killed_before()
        self.assertEqual(set(site.leases()), {"z"})
        self.ends(site.apply(code=None), 0)
        self.assertEqual(site.leases(), {"z": {**held, "was": "a"}})
        self.at_rest(site)

    # ---- another address ----

    def test_v06(self):
        """V-06 readdress: allow: the old address is freed once the guest carries the new one"""
        site = self.made(guest("a"), container("b"))
        held = site.leases()
        site.set_vms(guest("a", network="services"), container("b", network="services"))
        mark = len(site.sim.writes())
        self.ends(site.plan(), 23, "readdress")
        self.ends(site.apply(code=None), 23, "readdress")
        self.assertEqual((site.leases(), len(site.sim.writes())), (held, mark))
        moved = [guest("a", network="services", readdress="allow"),
                 container("b", network="services", readdress="allow")]
        site.set_vms(*moved)
        self.ends(site.plan("--detailed-exitcode"), 2, "readdress: net0 goes from 192.168.10.50",
                  "new SSH host keys")
        self.ends(site.apply(code=None), 0)
        pushed = site.leases("refs/heads/main~1")
        now = site.leases()
        for name, new in (("a", "192.168.20.50"), ("b", "192.168.20.51")):
            self.assertEqual(pushed[name]["leaving"],
                             [{"ip": held[name]["ip"], "pool": "mgmt"}])
            self.assertEqual(now[name], {**held[name], "ip": new, "pool": "services"})
            self.assertEqual([e["method"] for e in site.sim.writes()[mark:]], ["PUT", "PUT"])
        self.assertIn("ip=192.168.20.50/24,gw=192.168.20.1", site.guest("a")["ipconfig0"])
        self.assertEqual(site.guest("a")["nameserver"], "192.168.20.2")
        self.assertIn("ip=192.168.20.51/24", site.guest("b")["net0"])
        self.at_rest(site)
        site.set_vms(*moved, guest("c"))
        self.ends(site.apply(code=None), 0)
        self.assertEqual(site.leases()["c"]["ip"], held["a"]["ip"])

    def test_v06_killed(self):
        """V-06 killed before the guest was told: its old address is given to nobody"""
        site = self.made(guest("a"), watched=True)
        held = site.leases()["a"]
        site.set_vms(guest("a", network="services", readdress="allow"))
        site.apply_killed_before()
        self.assertEqual(site.leases()["a"]["leaving"], [{"ip": held["ip"], "pool": "mgmt"}])
        site.set_vms(guest("a"), guest("c"))  # taken back before anything was done
        self.ends(site.plan(), 22, "readdress")
        site.set_vms(guest("a", readdress="allow"), guest("c"))
        self.ends(site.apply(code=None), 0)
        self.assertEqual(site.leases()["a"]["ip"], held["ip"])
        self.assertNotEqual(site.leases()["c"]["ip"], held["ip"])
        self.assertIn(held["ip"] + "/", site.guest("a")["ipconfig0"])
        self.at_rest(site)


if __name__ == "__main__":
    main()
