"""Addresses, VMIDs and MACs: pools, leases, allocation."""

import json

from house import Case, main
from sample import ancestors_leases, container, guest, manifest, pool, pools
from sim import default_world


SMALL = pools(mgmt=pool("10.0.0.0/29", "10.0.0.0", "10.0.0.7", "10.0.0.1", ["10.0.0.2"]))
MGMT = [{"name": "mgmt", "pool": "mgmt"}]


class Pools(Case):
    def addresses(self, plan):
        return {vm["name"]: vm.get("ip") for vm in plan["vms"]}

    def test_v03(self):
        """V-03 network, broadcast, gateway and DNS servers are never leased; the fifth gets none"""
        site = self.site([guest(name) for name in "abcde"], pools=SMALL, networks=MGMT)
        run = self.ends(site.vm7("--json", "plan"), 24, "mgmt")
        found = self.addresses(json.loads(run.out))
        self.assertEqual([found.get(name) for name in "abcd"],
                         ["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"])
        self.assertFalse(found.get("e"))
        self.assertEqual(site.sim.writes(), [])

    def test_v03_bounds(self):
        """V-03 what a pools file may not say"""
        bad = {
            "range outside": pool("10.0.0.0/24", "10.0.1.5", "10.0.1.9"),
            "start after end": pool("10.0.0.0/24", "10.0.0.9", "10.0.0.5"),
            "gateway outside": pool("10.0.0.0/24", "10.0.0.5", "10.0.0.9", "10.0.1.1"),
            "exclude": pool("10.0.0.0/24", "10.0.0.5", "10.0.0.9", exclude=["10.0.0.9-10.0.0.7"]),
            "unknown key": pool("10.0.0.0/24", "10.0.0.5", "10.0.0.9", rage_end="x"),
            "dns": pool("10.0.0.0/24", "10.0.0.5", "10.0.0.9", dns=["ns.example"]),
        }
        for name, body in bad.items():
            with self.subTest(name):
                repo = self.clone("/nowhere", name.replace(" ", "-"))
                repo.commit("x", {"vm7.yaml": manifest(None, [guest("a")], networks=MGMT),
                                  "ipam/pools.yaml": pools(mgmt=body)})
                self.ends(self.vm7("-C", repo.folder, "validate"), 11, "ipam/pools.yaml:2:")
        repo = self.clone("/nowhere", "overlap")
        repo.commit("x", {"vm7.yaml": manifest(None, [guest("a")]), "ipam/pools.yaml": pools(
            mgmt=pool("10.0.0.0/24", "10.0.0.5", "10.0.0.50"),
            services=pool("10.0.0.0/24", "10.0.0.50", "10.0.0.60"))})
        self.ends(self.vm7("-C", repo.folder, "validate"), 11, "mgmt", "services")

    def test_exclude(self):
        """V-03 excluded addresses and ranges are stepped over"""
        site = self.site([guest(name) for name in "abc"], networks=MGMT, pools=pools(mgmt=pool(
            "10.0.0.0/24", "10.0.0.5", "10.0.0.20", exclude=["10.0.0.5", "10.0.0.7-10.0.0.9"])))
        self.assertEqual(self.addresses(site.plan_json()),
                         {"a": "10.0.0.6", "b": "10.0.0.10", "c": "10.0.0.11"})

    def test_v04(self):
        """V-04 the ancestor's lease file is read as it is, and kept as addresses"""
        site = self.site(text=None, vms=[guest("web-01")],
                         files={"ipam/leases.json": ancestors_leases(web_01="192.168.10.57")})
        self.ends(site.plan(), 0, "192.168.10.57")
        site.apply()
        self.assertEqual(site.leases()["web-01"]["ip"], "192.168.10.57")
        site.expect_up("web-01")

    def test_v04_absent(self):
        """V-04 an absent lease file is an empty one, and apply makes it"""
        for mode in ("checkout", "remote"):
            with self.part(mode):
                site = self.site([guest("web-01")], mode=mode)
                self.assertIsNone(site.lease_file())
                site.apply()
                site.expect_up("web-01")
                held = site.lease_file()
                self.assertEqual((held["version"], held["branch"], held["cluster"]),
                                 (1, "main", "lab"))
                text = site.origin.show("ipam/leases.json")
                self.assertEqual(text, json.dumps(held, indent=2, sort_keys=True) + "\n")

    def test_v04_truncated(self):
        """V-04 a lease file cut in the middle is 11 and asks nothing of the cluster"""
        site = self.site([guest("web-01")], files={"ipam/leases.json": '{"lea'})
        self.ends(site.plan(), 11, "ipam/leases.json")
        self.ends(site.apply(code=None), 11, "ipam/leases.json")
        self.assertEqual(site.sim.writes(), [])

    def test_v04_truncated_later(self):
        """V-04 cut by a commit when guests exist: 11, nothing is asked, nothing rewritten"""
        site = self.site([guest("web-01")])
        site.apply()
        site.person.pull()
        site.person.publish("Oops", {"ipam/leases.json": '{"lea'})
        head, mark = site.origin.head(), len(site.sim.writes())
        self.ends(site.apply(code=None), 11, "ipam/leases.json")
        self.assertEqual((site.origin.head(), len(site.sim.writes())), (head, mark))

    def test_lease_mistakes(self):
        """V-04 unknown keys, a newer version, doubled values: 11, never rewritten"""
        site = self.site([guest("web-01"), guest("web-02")])
        site.apply()

        def twin(key):
            def change(held):
                held["leases"]["web-02"][key] = held["leases"]["web-01"][key]
            return change

        def put(path, value):
            def change(held):
                *way, last = path
                for step in way:
                    held = held[step]
                held[last] = value
            return change

        good = site.lease_file()
        for name, change in {
            "unknown key": put(("leases", "web-01", "color"), "red"),
            "unknown top key": put(("colour",), "red"),
            "newer version": put(("version",), 2),
            "unknown state": put(("leases", "web-01", "state"), "gone"),
            "bad address": put(("leases", "web-01", "ip"), "192.168.10.999"),
            "bad MAC": put(("leases", "web-01", "mac"), "BC:24:11"),
            "VMID as text": put(("leases", "web-01", "vmid"), "10000"),
            "one address twice": twin("ip"),
            "one VMID twice": twin("vmid"),
            "one MAC twice": twin("mac"),
            "one id twice": twin("id"),
        }.items():
            with self.subTest(name):
                site.edit_leases(change, as_vm7=True)
                head, mark = site.origin.head(), len(site.sim.writes())
                self.ends(site.apply(code=None), 11, "leases.json")
                self.assertEqual((site.origin.head(), len(site.sim.writes())), (head, mark))
                site.edit_leases(lambda held: (held.clear(), held.update(json.loads(
                    json.dumps(good))), held.update(serial=good["serial"])), as_vm7=True)

    def test_v05(self):
        """V-05 the lowest free addresses in the order of vms, the same in ten runs"""
        site = self.site([guest("b"), guest("a"), guest("x"), guest("y")],
                         files={"ipam/leases.json": ancestors_leases(
                             x="192.168.10.50", y="192.168.10.52")})
        outs = {site.vm7("--json", "plan").out for _ in range(10)}
        self.assertEqual(len(outs), 1, "the plan is not the same each time")
        self.assertEqual(self.addresses(json.loads(outs.pop())), {
            "b": "192.168.10.51", "a": "192.168.10.53", "x": "192.168.10.50",
            "y": "192.168.10.52"})

    def test_v05_kept(self):
        """V-05 a guest keeps its address when the order of vms changes"""
        site = self.site([guest("a"), guest("b")])
        site.apply()
        before = site.leases()
        site.set_vms(guest("c"), guest("b"), guest("a"))
        site.apply()
        after = site.leases()
        self.assertEqual({n: after[n] for n in before}, before)
        self.assertEqual(after["c"]["ip"], "192.168.10.52")

    def test_v06(self):
        """V-06 a change of network is refused and named, the lease is kept"""
        site = self.site([guest("a")])
        site.apply()
        held, mark = site.leases(), len(site.sim.writes())
        site.set_vms(guest("a", network="services"))
        self.ends(site.plan(), 23, "readdress")
        self.ends(site.apply(code=None), 23, "readdress")
        self.assertEqual((site.leases(), len(site.sim.writes())), (held, mark))

    def test_outside(self):
        """V-06 a lease outside its pool's cidr is a mistake that names the guest"""
        site = self.site([guest("web-01")],
                         files={"ipam/leases.json": ancestors_leases(web_01="10.99.0.1")})
        self.ends(site.apply(code=None), 11, "web-01", "10.99.0.1")
        self.assertEqual(site.sim.writes(), [])

    def test_v09(self):
        """V-09 a full pool: nothing is created, the message names pool, size and use"""
        two = pools(mgmt=pool("10.0.0.0/24", "10.0.0.5", "10.0.0.6", "10.0.0.1"))
        site = self.site([guest(name) for name in "abc"], pools=two, networks=MGMT)
        run = self.ends(site.apply(code=None), 24, "mgmt", "c")
        self.assertRegex(run.text, r"\b2\b")
        self.assertEqual(site.sim.writes(), [])
        self.assertEqual(site.leases(), {})

    def test_v09_continue(self):
        """V-09 with on_error: continue the two that can be served exist"""
        two = pools(mgmt=pool("10.0.0.0/24", "10.0.0.5", "10.0.0.6", "10.0.0.1"))
        site = self.site([guest(name) for name in "abc"], pools=two, networks=MGMT,
                         globals_={"reconcile": {"on_error": "continue"}})
        self.ends(site.apply(code=None), 22, "mgmt", "c")
        site.expect_up("a", "b")

    def test_h05(self):
        """H-05 two networks: two cards, two leases, one default route"""
        site = self.site([guest("a", network=None, networks=["mgmt", "services"])], networks=[
            {"name": "mgmt", "pool": "mgmt", "firewall": True},
            {"name": "services", "pool": "services", "bridge": "vmbr0", "vlan": 20, "mtu": 1400}])
        site.apply()
        site.expect_up("a")
        config, lease = site.guest("a"), site.leases()["a"]
        self.assertIn("bridge=vmbr0", config["net0"])
        self.assertIn("firewall=1", config["net0"])
        self.assertNotIn("tag=", config["net0"])
        for part in ("bridge=vmbr0", "tag=20", "mtu=1400"):
            self.assertIn(part, config["net1"])
        self.assertEqual(config["ipconfig0"], "ip=192.168.10.50/24,gw=192.168.10.1")
        self.assertEqual(config["ipconfig1"], "ip=192.168.20.50/24")
        self.assertIn(lease["mac"], config["net0"])
        second = lease["nics"]
        second = second[0] if isinstance(second, list) else next(iter(second.values()))
        self.assertEqual((second["ip"], second["pool"]), ("192.168.20.50", "services"))
        self.assertIn(second["mac"], config["net1"])
        self.assertEqual(self.ends(site.plan("--detailed-exitcode"), 0).code, 0)

    def test_dual_stack(self):
        """H-05 a pool of two families leases both, for a VM and a container"""
        both = pools(mgmt=pool(
            "10.0.0.0/24", "10.0.0.5", "10.0.0.9", "10.0.0.1", ["10.0.0.2", "fd00:10::2"],
            cidr6="fd00:10::/64", range_start6="fd00:10::50", range_end6="fd00:10::60",
            gateway6="fd00:10::1"))
        site = self.site([guest("a"), container("b")], pools=both, networks=MGMT)
        site.apply()
        site.expect_up("a", "b")
        config = site.guest("a")
        parts = set(config["ipconfig0"].split(","))
        self.assertEqual(parts, {"ip=10.0.0.5/24", "gw=10.0.0.1", "ip6=fd00:10::50/64",
                                 "gw6=fd00:10::1"})
        card = set(site.guest("b")["net0"].split(","))
        self.assertLessEqual({"ip=10.0.0.6/24", "gw=10.0.0.1", "ip6=fd00:10::51/64",
                              "gw6=fd00:10::1"}, card)
        self.assertEqual(site.leases()["a"]["ip6"], "fd00:10::50")

    def test_ipv6_only(self):
        """H-09 a pool of IPv6 alone"""
        site = self.site([guest("a")], networks=MGMT, pools=pools(
            mgmt=pool("fd00:10::/64", "fd00:10::5", "fd00:10::9", "fd00:10::1", ["fd00:10::2"])))
        site.apply()
        self.assertEqual(set(site.guest("a")["ipconfig0"].split(",")),
                         {"ip6=fd00:10::5/64", "gw6=fd00:10::1"})

    def test_h06(self):
        """H-06 MACs carry the cluster's prefix and are all different"""
        site = self.site([guest(f"g{i:02}", disk_gb=None, clone="linked") for i in range(6)])
        site.apply()
        macs = [lease["mac"] for lease in site.leases().values()]
        self.assertEqual(len(set(macs)), 6)
        for name, lease in site.leases().items():
            self.assertTrue(lease["mac"].startswith("BC:24:11:"), lease)
            self.assertIn(lease["mac"], site.guest(name)["net0"])

    def test_h06_prefix(self):
        """H-06 a mac_prefix of the datacenter is used"""
        world = default_world()
        set_option(world, "mac_prefix", "AA:BB:CC")
        site = self.site([guest("a"), container("b")], sim_options={"world": world})
        site.apply()
        for name in "ab":
            self.assertTrue(site.leases()[name]["mac"].startswith("AA:BB:CC:"))
            self.assertIn("AA:BB:CC:", site.guest(name)["net0"])

    def test_h06_stable(self):
        """H-06 the MAC of a name in this lease file does not depend on when it is made"""
        site = self.site([guest("a"), guest("b")])
        first = {vm["name"]: vm for vm in site.plan_json()["vms"]}
        site.apply()
        again = site.leases()
        for name in "ab":
            if first[name].get("mac"):
                self.assertEqual(first[name]["mac"], again[name]["mac"])
        site.set_vms(guest("b"), guest("a"), guest("c"))
        site.apply()
        self.assertEqual({n: site.leases()[n]["mac"] for n in "ab"},
                         {n: again[n]["mac"] for n in "ab"})

    def test_h07(self):
        """H-07 VMIDs from the base upwards; a foreign guest's id is stepped over and named"""
        base = {"defaults": {"vmid_base": 10000}}
        sim = self.sim()
        sim.do("POST", "/nodes/pve02/qemu", vmid=10001, name="foreign")
        site = self.site([guest(name) for name in "abc"], sim=sim, globals_=base)
        run = site.apply()
        vmids = {name: lease["vmid"] for name, lease in site.leases().items()}
        self.assertEqual(vmids, {"a": 10000, "b": 10002, "c": 10003})
        self.assertIn("10001", run.text)
        self.assertEqual(sim.config(10001)["name"], "foreign")

    def test_h07_explicit(self):
        """H-07 an explicit VMID is used; one that a foreign guest holds is 23"""
        sim = self.sim()
        sim.do("POST", "/nodes/pve02/qemu", vmid=10001, name="foreign")
        site = self.site([guest("a", vmid=20000)], sim=sim)
        site.apply()
        self.assertEqual(site.leases()["a"]["vmid"], 20000)
        mark = len(sim.writes())
        site.set_vms(guest("a", vmid=20000), guest("b", vmid=10001))
        self.ends(site.plan(), 23, "10001")
        self.ends(site.apply(code=None), 23, "10001")
        self.assertEqual(len(sim.writes()), mark)

    def test_h07_range(self):
        """H-07 a range of VMIDs that is used up is 24; vms keep theirs when others vanish"""
        site = self.site([guest("a"), guest("b")],
                         globals_={"defaults": {"vmid_range": "10000-10001"},
                                   "removal": {"policy": "keep"}})
        site.apply()
        site.set_vms(guest("b"), guest("c"))
        self.ends(site.apply(code=None), 24, "vmid")
        self.assertEqual({n: l["vmid"] for n, l in site.leases().items()},
                         {"a": 10000, "b": 10001})

    def test_h08(self):
        """H-08 dhcp: no address is leased, the guest's own is learnt and shown"""
        site = self.site([guest("a", network="auto", agent=True),
                          container("c", network="auto")],
                         networks=[{"name": "auto", "dhcp": True}])
        site.apply()
        self.assertEqual(site.guest("a")["ipconfig0"], "ip=dhcp")
        self.assertIn("ip=dhcp", site.guest("c")["net0"])
        self.assertNotIn("gw=", site.guest("a")["ipconfig0"])
        lease = site.leases()["a"]
        self.assertFalse(lease.get("ip"))
        self.assertTrue(lease["mac"])
        seen = None
        for _ in range(8):  # an agent answers some time after the start
            seen = json.loads(self.ends(site.vm7("inventory", "--format", "json"), 0).out)
            if seen["vm_ips"].get("a"):
                break
            site.apply()
        vmid = lease["vmid"]
        told = site.sim.get(f"/nodes/pve01/qemu/{vmid}/agent/network-get-interfaces")["result"]
        address = next(a["ip-address"] for card in told for a in card.get("ip-addresses", [])
                       if card["name"] != "lo" and a["ip-address-type"] == "ipv4")
        self.assertEqual(seen["vm_ips"]["a"], address)
        self.assertIn("ip_source: dhcp", self.ends(site.vm7("inventory"), 0).out)

    def test_not_configured(self):
        """H-08 a network without pool and dhcp: a card that is not configured"""
        site = self.site([guest("a", network="plain")],
                         networks=[{"name": "plain", "bridge": "vmbr0"}])
        site.apply()
        config = site.guest("a")
        self.assertIn("bridge=vmbr0", config["net0"])
        self.assertNotIn("ipconfig0", config)
        site.expect_up("a")



def set_option(world, name, value):
    """Set an option of the datacenter in a world of the simulator."""
    world.setdefault("options", {})[name] = value


if __name__ == "__main__":
    main()
