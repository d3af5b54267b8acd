"""The life of a guest: changed, repaired, released, taken back, destroyed."""

import json

from house import Case, main
from sample import container, guest


class Life(Case):
    def vmid(self, site, name):
        return site.leases()[name]["vmid"]

    def path(self, site, name):
        kind = "qemu" if site.leases()[name]["type"] == "vm" else "lxc"
        return f"/nodes/pve01/{kind}/{self.vmid(site, name)}"

    def puts(self, site, mark):
        return [e for e in site.sim.writes()[mark:] if e["method"] == "PUT"]

    # ---- change ----

    def test_g11(self):
        """G-11 G-16 another size is one PUT, hot or pending; the revert brings it back"""
        site = self.made(guest("a", ram_mb=2048), container("b", ram_mb=512))
        held = site.leases()
        for ram in (4096, 2048):
            mark = len(site.sim.writes())
            site.set_vms(guest("a", ram_mb=ram), container("b", ram_mb=ram))
            made = site.plan_json()
            self.assertEqual({v["name"]: (v["action"], v["impact"]) for v in made["vms"]},
                             {"a": ("change", "pending"), "b": ("change", "hot")})
            before = len(site.origin.commits())
            self.ends(site.apply(code=None), 0)
            self.assertLessEqual(len(site.origin.commits()) - before, 1)
            self.assertEqual(sorted(e["path"] for e in site.sim.writes()[mark:]),
                             sorted(self.path(site, n) + "/config" for n in "ab"))
            self.assertEqual(int(site.sim.config(self.vmid(site, "a"))["memory"]), ram)
            self.assertEqual(int(site.sim.config(self.vmid(site, "b"))["memory"]), ram)
            self.at_rest(site)
        self.assertEqual({n: v["vmid"] for n, v in site.leases().items()},
                         {n: v["vmid"] for n, v in held.items()})

    def test_pending(self):
        """what a running machine cannot take waits, is told, and is not done again"""
        site = self.made(guest("a"))
        site.set_vms(guest("a", cpu=4))
        run = self.ends(site.apply(code=None), 0, "waits for its next start", "cpu")
        self.at_rest(site)
        self.ends(site.plan(), 0, "pending", "cpu")
        self.assertEqual(site.sim.status(self.vmid(site, "a")), "running", run)

    def test_restart(self):
        """restart: auto stops and starts it once for what waits, when that is allowed"""
        site = self.made(guest("a"))
        site.set_vms(guest("a", cpu=4, restart="auto"))
        made = site.plan_json()["vms"][0]
        self.assertEqual((made["impact"], made["steps"]),
                         ("stop-start", ["configure", "stop", "start"]))
        self.ends(site.apply(code=None), 23, "--yes")
        mark = len(site.sim.writes())
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual([e["path"].rsplit("/", 1)[1] for e in site.sim.writes()[mark:]],
                         ["config", "shutdown", "start"])
        self.assertEqual(site.sim.status(self.vmid(site, "a")), "running")
        self.at_rest(site)

    def test_v18(self):
        """V-18 tags of people stay, tags that were declared and are no more go"""
        site = self.made(guest("a", tags=["web", "bootstrap"], env="prod"))
        path = self.path(site, "a")
        tags = site.sim.config(self.vmid(site, "a"))["tags"].split(";")
        self.assertLessEqual({"bootstrap", "web", "env-prod", "vm7"}, set(tags))
        site.sim.put(path + "/config", tags=";".join([*tags, "keepme"]))
        self.at_rest(site)
        self.ends(site.apply(code=None), 0)
        site.set_vms(guest("a", tags=["bootstrap"], env="prod"))
        self.ends(site.apply(code=None), 0)
        now = site.sim.config(self.vmid(site, "a"))["tags"].split(";")
        self.assertEqual(set(now), (set(tags) | {"keepme"}) - {"web"})
        self.at_rest(site)

    def test_grow(self):
        """a disk grows to what its entry says, once, and never makes a second disk"""
        site = self.made(guest("a"), container("b", disk_gb=8))
        site.set_vms(guest("a", disk_gb=12), container("b", disk_gb=12))
        self.ends(site.apply(code=None), 0)
        config = site.sim.config(self.vmid(site, "a"))
        self.assertIn("size=12G", config["scsi0"])
        self.assertEqual([k for k in config if k.startswith(("scsi1", "unused"))], [])
        self.assertIn("size=12G", site.sim.config(self.vmid(site, "b"))["rootfs"])
        self.at_rest(site)
        mark = len(site.sim.writes())
        site.set_vms(guest("a", disk_gb=5), container("b", disk_gb=5))
        self.ends(site.plan("--detailed-exitcode"), 0, "disks only grow")
        self.ends(site.apply(code=None), 0)
        self.assertEqual(len(site.sim.writes()), mark)

    # ---- drift ----

    def test_x07(self):
        """X-07 what is changed by hand is changed back in one PUT; descriptions are free"""
        site = self.made(guest("a", disk_gb=10))
        vmid, path = self.vmid(site, "a"), self.path(site, "a")
        site.sim.put(path + "/config", onboot=0)
        mark = len(site.sim.writes())
        self.ends(site.plan("--detailed-exitcode"), 2, "onboot")
        self.ends(site.apply(code=None), 0)
        self.assertEqual(len(self.puts(site, mark)), 1)
        self.assertEqual(int(site.sim.config(vmid)["onboot"]), 1)
        line = site.sim.config(vmid)["description"]
        site.sim.put(path + "/config", description="mine\n\n" + line)
        site.sim.do("PUT", path + "/resize", disk="scsi0", size="14G")
        mark = len(site.sim.writes())
        self.ends(site.plan("--detailed-exitcode"), 0, "disks only grow")
        self.ends(site.apply(code=None), 0)
        self.assertEqual(len(site.sim.writes()), mark)

    def test_culprit(self):
        """X-07 the report names who changed it, by the task log; not what people committed"""
        for mode in ("checkout", "remote"):
            with self.part(mode):
                site = self.made(guest("a"), container("b"), mode=mode)
                site.sim.do("POST", self.path(site, "a") + "/status/stop")
                run = self.ends(site.plan(), 0, "qmstop of admin@pve")
                self.assertNotIn("vzcreate", run.text)
                self.ends(site.apply(code=None), 0, "qmstop of admin@pve")
                self.at_rest(site)
                site.set_vms(guest("a", cpu=4), container("b"))
                mark = site.sim.mark()
                run = self.ends(site.apply(code=None), 0)
                self.assertNotIn("admin@pve", run.text)
                self.assertEqual([e for e in site.sim.log()[mark:]
                                  if e["path"].endswith("/tasks")], [])

    def test_report(self):
        """drift: report tells what differs and changes nothing, not even power"""
        site = self.made(guest("a", drift="report"))
        path = self.path(site, "a")
        site.sim.put(path + "/config", onboot=0)
        site.sim.do("POST", path + "/status/stop")
        mark = len(site.sim.writes())
        self.ends(site.plan("--detailed-exitcode"), 0, "onboot", "it is stopped")
        self.ends(site.apply(code=None), 0)
        self.assertEqual(len(site.sim.writes()), mark)

    def test_g18(self):
        """G-18 what was stopped by hand is started; power: observe only watches"""
        site = self.made(guest("a"), container("b"), guest("c", power="observe"))
        for name in "abc":
            site.sim.do("POST", self.path(site, name) + "/status/stop")
        self.ends(site.apply(code=None), 0)
        self.assertEqual([site.sim.status(self.vmid(site, n)) for n in "abc"],
                         ["running", "running", "stopped"])
        self.at_rest(site)

    def test_power_stopped(self):
        """power: stopped shuts it down, running starts it again"""
        site = self.made(guest("a"), container("b"))
        site.set_vms(guest("a", power="stopped"), container("b", power="stopped"))
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual([site.sim.status(self.vmid(site, n)) for n in "ab"],
                         ["stopped", "stopped"])
        self.at_rest(site)
        site.set_vms(guest("a"), container("b"))
        self.ends(site.apply(code=None), 0)
        self.assertEqual([site.sim.status(self.vmid(site, n)) for n in "ab"],
                         ["running", "running"])

    def test_deleted(self):
        """a guest that somebody deleted is made again, with its address, number and MAC"""
        site = self.made(guest("a"))
        held = site.leases()["a"]
        site.sim.do("POST", self.path(site, "a") + "/status/stop")
        site.sim.do("DELETE", self.path(site, "a"))
        self.ends(site.plan("--detailed-exitcode"), 2, "was deleted outside vm7")
        self.ends(site.apply(code=None), 0)
        now = site.leases()["a"]
        for key in ("ip", "mac", "vmid"):
            self.assertEqual(now[key], held[key])
        self.assertNotEqual(now["id"], held["id"])
        site.expect_up("a")
        self.at_rest(site)

    # ---- removal ----

    def test_v21(self):
        """V-21 F-11 a removed entry stops its guest; destroy ends it and frees its address"""
        site = self.made(guest("a"), guest("b"))
        held = site.leases()
        site.set_vms(guest("a"))
        self.ends(site.plan("--detailed-exitcode"), 2, "release", "b")
        self.ends(site.apply(code=None), 23, "--yes")
        self.assertEqual(site.states(), {"a": "ready", "b": "ready"})
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.states(), {"a": "ready", "b": "released"})
        config = site.sim.config(held["b"]["vmid"])
        self.assertEqual(site.sim.status(held["b"]["vmid"]), "stopped")
        self.assertIn("vm7-released", config["tags"].split(";"))
        self.assertEqual(int(config["onboot"]), 0)
        self.ends(site.plan("--detailed-exitcode"), 0, "awaiting release")
        site.set_vms(guest("a"), globals_={"removal": {"policy": "destroy", "grace": "0s"}})
        self.ends(site.apply("--yes", code=None), 0)
        self.ends(site.plan("--detailed-exitcode"), 2, "destroy", str(held["b"]["vmid"]),
                  "scsi0")
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.states(), {"a": "ready"})
        self.assertNotIn(held["b"]["vmid"], site.sim.guests())
        self.at_rest(site)
        site.set_vms(guest("a"), guest("c"))
        self.ends(site.apply(code=None), 0)
        self.assertEqual(site.leases()["c"]["ip"], held["b"]["ip"])

    def test_revert(self):
        """git revert within the grace brings the same guest back, at the same address"""
        site = self.made(guest("a"), container("b"))
        held = site.leases()
        site.set_vms(guest("a"))
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.states()["b"], "released")
        site.set_vms(guest("a"), container("b"))
        self.ends(site.plan("--detailed-exitcode"), 2, "its entry is back")
        self.ends(site.apply(code=None), 0)
        now = site.leases()["b"]
        for key in ("ip", "mac", "vmid", "id", "state"):
            self.assertEqual(now[key], held["b"][key])
        config = site.sim.config(now["vmid"])
        self.assertNotIn("vm7-released", config["tags"])
        self.assertEqual(int(config["onboot"]), 1)
        self.assertEqual(site.sim.status(now["vmid"]), "running")
        self.at_rest(site)

    def test_destroy_at_once(self):
        """policy destroy without grace ends it in one pass"""
        site = self.made(guest("a"), guest("b"),
                         globals_={"removal": {"policy": "destroy", "grace": "0s"}})
        vmid = self.vmid(site, "b")
        site.set_vms(guest("a"))
        self.ends(site.apply("--yes", code=None), 0, "b  is destroyed")
        self.assertEqual(site.states(), {"a": "ready"})
        self.assertNotIn(vmid, site.sim.guests())
        self.at_rest(site)

    def test_second_round(self):
        """what the second round of a pass may not do is told, with its code"""
        site = self.made(guest("a"), guest("b"), watched=True,
                         globals_={"removal": {"policy": "destroy", "grace": "0s"}})
        vmid = self.vmid(site, "b")
        site.set_vms(guest("a"))

        looks = []

        def protect(seen):
            looks.extend([seen] if seen.path.endswith("/cluster/status") else [])
            if len(looks) == 2: # the first has planned its release
                site.sim.put(f"/nodes/pve01/qemu/{vmid}/config", protection=1)
                looks.append(None)
            return True
        site.sim.before = protect
        run = self.ends(site.apply("--yes", code=None), 23, "protected in Proxmox")
        self.assertEqual(site.states(), {"a": "ready", "b": "released"}, run)
        self.assertIn(vmid, site.sim.guests())

    def test_keep(self):
        """removal: keep leaves it running, leased and told; the entry's word outlives it"""
        site = self.made(guest("a"), guest("b", removal="keep"))
        site.set_vms(guest("a"))
        mark = len(site.sim.writes())
        self.ends(site.plan("--detailed-exitcode"), 0, "awaiting release", "left running")
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual((site.states()["b"], len(site.sim.writes())), ("ready", mark))

    def test_protection(self):
        """a removed guard line does not remove the guard: protection ends by a commit"""
        site = self.made(guest("a"), guest("b", protection=True))
        vmid = self.vmid(site, "b")
        self.assertEqual(int(site.sim.config(vmid)["protection"]), 1)
        site.set_vms(guest("a"))
        mark = len(site.sim.writes())
        self.ends(site.apply("--yes", code=None), 23, "protection: false")
        self.assertEqual(len(site.sim.writes()), mark)
        site.set_vms(guest("a"), guest("b"))
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(int(site.sim.config(vmid).get("protection", 0)), 0)
        site.set_vms(guest("a"))
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.states()["b"], "released")

    def test_g15(self):
        """G-15 a report on a pull request: one made, one changed, one removed, only reads"""
        site = self.made(guest("a"), guest("b"), guest("c"))
        site.person.git("switch", "-q", "-c", "pr")
        site.person.commit("One of each", {"vm7.yaml": site.manifest(
            [guest("a"), guest("b", ram_mb=4096), guest("d")])})
        mark = site.sim.mark()
        made = self.ends(site.vm7("--json", "plan", "--detailed-exitcode"), 2)
        acted = {v["name"]: v["action"] for v in json.loads(made.out)["vms"]
                 if v["action"] != "none"}
        self.assertEqual(acted, {"b": "change", "c": "release", "d": "create"})
        self.assertEqual({e["method"] for e in site.sim.log()[mark:]}, {"GET"})
        run = self.ends(site.plan("--format", "markdown"), 0, "1 to create", "1 to change",
                        "1 to release")
        for name in "bcd":
            self.assertIn(f"| **{name}** |", run.out)
        self.assertNotIn("| **a** |", run.out)

    def test_f03(self):
        """F-03 the template's own disk grows, on its own bus; the network's firewall is on"""
        site = self.made(guest("a", disk_gb=12), networks=[
            {"name": "mgmt", "pool": "mgmt", "firewall": True}])
        resized = [e for e in site.sim.writes() if e["path"].endswith("/resize")]
        self.assertEqual([e["params"]["disk"] for e in resized], ["scsi0"])
        config = site.guest("a")
        self.assertIn("firewall=1", config["net0"].split(","))
        self.assertEqual([k for k in config if k.startswith("virtio")], [])
        self.at_rest(site)

    def test_x02(self):
        """X-02 a pass that only changes a guest makes one commit, an idle pass none"""
        site = self.made(guest("a"))
        site.set_vms(guest("a", ram_mb=4096, tags=["new"]))
        before = site.origin.commits()
        self.ends(site.apply(code=None), 0)
        ours = site.origin.commits()[len(before):]
        self.assertEqual(len(ours), 1)
        self.assertIn("a changed", site.origin.message(ours[0]))
        self.assertEqual(set(site.origin.files(ours[0])) - {
            "ipam/leases.json", "inventory/inventory.yaml", "inventory/hosts.yml",
            "inventory/status.json"}, set())
        self.ends(site.apply(code=None), 0)
        self.assertEqual(len(site.origin.commits()), len(before) + 1)

    # ---- guards ----

    def test_x10(self):
        """X-10 removing 3 of 4 is 23 and nothing is touched; a trailer allows it"""
        site = self.made(*[guest(n) for n in "abcd"])
        mark = len(site.sim.writes())
        site.set_vms(guest("a"))
        self.ends(site.apply("--yes", code=None), 23, "Vm7-Allow-Destroy: 3")
        self.assertEqual(len(site.sim.writes()), mark)
        self.assertEqual(set(site.states().values()), {"ready"})
        site.person.pull()
        site.person.commit("Not pushed\n\nVm7-Allow-Destroy: 3\n")
        self.ends(site.plan("--detailed-exitcode"), 2, "3 to release")
        site.person.git("reset", "-q", "--hard", "HEAD~1")
        site.person.publish("Yes, all three\n\nVm7-Allow-Destroy: 3\n")
        self.ends(site.apply("--yes", code=None), 0)
        self.assertEqual(site.states(), {"a": "ready", "b": "released", "c": "released",
                                         "d": "released"})

    def test_foreign_number(self):
        """a number that was freed and reused by somebody else is never destroyed"""
        site = self.made(guest("a"), guest("b"),
                         globals_={"removal": {"policy": "destroy", "grace": "0s"}})
        path, vmid = self.path(site, "b"), self.vmid(site, "b")
        site.sim.do("POST", path + "/status/stop")
        site.sim.do("DELETE", path)
        site.sim.do("POST", "/nodes/pve01/qemu", vmid=vmid, name="theirs", memory=512)
        mark = len(site.sim.writes())
        site.set_vms(guest("a"))
        self.ends(site.apply("--yes", code=None), 23, "disputed")
        self.assertEqual(len(site.sim.writes()), mark)
        self.assertIn(vmid, site.sim.guests())

    def test_x09(self):
        """X-09 a guest that lost its tag is disputed: nothing is written to it"""
        site = self.made(guest("a"), guest("b"))
        site.sim.put(self.path(site, "a") + "/config", tags="mine")
        mark = len(site.sim.writes())
        site.set_vms(guest("a", cpu=4), guest("b", cpu=4))
        self.ends(site.apply(code=None), 22, "disputed")
        self.assertEqual([e["path"] for e in site.sim.writes()[mark:]],
                         [self.path(site, "b") + "/config"])

    # ---- cards ----

    def test_cards(self):
        """cards come and go with the entry's networks; MACs stay, addresses are freed"""
        site = self.made(guest("a"), container("b"))
        held = site.leases()
        for make in (guest, container):
            name = "a" if make is guest else "b"
            others = [container("b")] if make is guest else [guest("a")]
            mark = len(site.sim.writes())
            site.set_vms(make(name, network=None, networks=["mgmt", "services"]), *others)
            self.ends(site.apply(code=None), 0)
            config = site.guest(name)
            self.assertIn(held[name]["mac"], config["net0"])
            self.assertIn(site.leases()[name]["nics"][0]["mac"], config["net1"])
            if make is container:
                self.assertIn(site.leases()[name]["nics"][0]["ip"], config["net1"])
            self.assertEqual(len(self.puts(site, mark)), 1)
            self.at_rest(site)
            site.set_vms(guest("a"), container("b"))
            self.ends(site.apply(code=None), 0)
            self.assertNotIn("net1", site.guest(name))
            self.assertEqual(site.leases()[name], held[name])
            self.at_rest(site)


if __name__ == "__main__":
    main()
