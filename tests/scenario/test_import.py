"""import: what another tool wrote down is taken over."""

import json

from house import Case, main
from sample import ancestors_leases, container, guest, pool, pools


class Leases(Case):
    def test_v10(self):
        """V-10 an imported address is leased, and plan and apply keep it"""
        site = self.site([guest("host")])
        run = site.vm7("import", "leases", "host=192.168.10.77", "pool=mgmt")
        self.ends(run, 0, "host: 192.168.10.77 of pool mgmt is leased")
        self.assertEqual(site.leases(), {"host": {"ip": "192.168.10.77", "pool": "mgmt"}})
        self.assertEqual(site.sim.writes(), [])
        message = site.origin.message("main")
        self.assertTrue(message.startswith("vm7: import the address of host\n"), message)
        self.assertIn("Vm7-Pass: ", message)
        (made,) = site.plan_json()["vms"]
        self.assertEqual((made["action"], made["ip"]), ("create", "192.168.10.77"))
        site.apply()
        site.expect_up("host")
        self.assertEqual(site.leases()["host"]["ip"], "192.168.10.77")
        self.assertIn("ip=192.168.10.77/24", site.guest("host")["ipconfig0"])

    def test_v10_by_hand(self):
        """V-10 an address in vm7.yaml is refused, and the message names leases"""
        site = self.site([guest("host", ip="192.168.10.77")])
        self.ends(site.plan("--offline"), 11, "leased")

    def test_existing(self):
        """V-10 beside guests that are there: the leases of others stay, the inventory follows"""
        site = self.site([guest("a")])
        site.apply()
        held = site.lease_file()
        site.set_vms(guest("a"), container("b"))
        self.ends(site.vm7("import", "leases", "b=192.168.10.60", "--pool", "mgmt"), 0)
        after = site.lease_file()
        self.assertEqual(after["leases"].pop("b"), {"ip": "192.168.10.60", "pool": "mgmt"})
        self.assertEqual(after, {**held, "serial": held["serial"] + 1})
        self.assertIn("192.168.10.60", site.origin.show("inventory/inventory.yaml"))
        site.apply()
        self.assertEqual(site.leases()["b"]["ip"], "192.168.10.60")
        head = site.origin.head()
        self.ends(site.vm7("import", "leases", "b=192.168.10.60"), 0, "already")
        self.assertEqual(site.origin.head(), head)

    def test_pool_found(self):
        """V-10 the pool is the entry's, or the one that has the address"""
        site = self.site([guest("a", network="services")])
        self.ends(site.vm7("import", "leases", "a=192.168.20.60", "later=192.168.10.60"), 0,
                  "a: 192.168.20.60 of pool services", "later", "no entry")
        self.assertEqual(site.leases(), {
            "a": {"ip": "192.168.20.60", "pool": "services"},
            "later": {"ip": "192.168.10.60", "pool": "mgmt"}})
        site.apply()
        self.assertEqual(site.leases()["a"]["ip"], "192.168.20.60")
        self.assertEqual(site.leases()["later"], {"ip": "192.168.10.60", "pool": "mgmt"})

    def test_outside_range(self):
        """V-10 the range of a pool does not bind an address that is there already"""
        site = self.site([guest("a")])
        self.ends(site.vm7("import", "leases", "a=192.168.10.20"), 0)
        site.apply()
        self.assertEqual(site.leases()["a"]["ip"], "192.168.10.20")

    def test_refused(self):
        """V-10 an address that cannot be leased is refused, and nothing is written"""
        site = self.site([guest("a"), guest("b")], pools=pools(
            mgmt=pool("192.168.10.0/24", "192.168.10.50", "192.168.10.99", "192.168.10.1",
                      ["192.168.10.2"]),
            services=pool("192.168.20.0/24", "192.168.20.50", "192.168.20.99")))
        self.ends(site.vm7("import", "leases", "a=192.168.10.60"), 0)
        head = site.origin.head()
        for words, code, said in (
                (["b=192.168.10.60"], 23, "leased to a"),
                (["a=192.168.10.61"], 23, "it has 192.168.10.60 already"),
                (["b=192.168.10.1"], 23, "is the gateway"),
                (["b=192.168.10.2"], 23, "is the DNS server"),
                (["b=192.168.10.0"], 23, "network address"),
                (["b=192.168.10.255"], 23, "broadcast address"),
                (["b=192.168.20.60"], 23, "is not in pool mgmt (192.168.10.0/24)"),
                (["b=192.168.20.60", "pool=services"], 23, "asks for an address of pool mgmt"),
                (["c=10.9.9.9"], 23, "is in no pool; there are: mgmt and services"),
                (["c=192.168.10.61", "--pool", "mgnt"], 64, "there is no pool mgnt"),
                (["b=192.168.10.300"], 64, "192.168.10.300"),
                (["Not_A_Name=192.168.10.70"], 64, "lower-case"),
                (["b"], 64, "expected NAME=ADDRESS"),
                (["b=192.168.10.70", "b=192.168.10.71"], 64, "twice"),
                (["c=192.168.10.70", "pool=mgmt", "pool=services"], 64, "two pools"),
                (["c=192.168.10.70", "b=192.168.10.60"], 23, "nothing is imported"),
                (["c=192.168.10.70", "d=192.168.10.70"], 23, "leased to c"),
                ([], 64, "nothing to import")):
            with self.subTest(" ".join(words)):
                self.ends(site.vm7("import", "leases", *words), code, said)
                self.assertEqual(site.origin.head(), head)

    def test_all_told(self):
        """V-10 of several that are refused each is told, and as JSON too"""
        site = self.site([guest("a"), guest("b")])
        run = site.vm7("--json", "import", "leases", "a=192.168.10.1", "b=192.168.10.61",
                       "c=10.9.9.9")
        self.ends(run, 23, "a: 192.168.10.1 is the gateway", "c: 10.9.9.9 is in no pool",
                  "2 of 3")
        told = json.loads(run.out)
        self.assertEqual(told["schema"], 1)
        self.assertEqual([bool(lease["error"]) for lease in told["leases"]], [True, False, True])
        self.assertIsNone(told["commit"])
        run = site.vm7("--json", "import", "leases", "b=192.168.10.61")
        told = json.loads(run.out)
        self.assertEqual(told["leases"], [{"name": "b", "ip": "192.168.10.61", "pool": "mgmt",
                                           "new": True, "error": None}])
        self.assertEqual(told["commit"], site.origin.head())

    def test_file(self):
        """V-10 a lease file of the ancestor is taken over, all of it or nothing"""
        site = self.site([guest("web-01")])
        old = self.dir / "old.json"
        old.write_text(ancestors_leases(web_01="192.168.10.57", db="192.168.10.58"))
        self.ends(site.vm7("import", "leases", "--file", str(old)), 0)
        self.assertEqual(site.leases(), json.loads(old.read_text())["leases"])
        head = site.origin.head()
        old.write_text('{"lea')
        self.ends(site.vm7("import", "leases", "--file", str(old)), 11, "old.json:1")
        self.ends(site.vm7("import", "leases", "--file", str(old) + ".none"), 64, "No such file")
        self.assertEqual(site.origin.head(), head)

    def test_pool_as_name(self):
        """V-10 a guest that is called pool is no pool"""
        site = self.site([guest("pool")])
        self.ends(site.vm7("import", "leases", "pool=192.168.10.77", "pool=mgmt"), 0)
        self.assertEqual(site.leases(), {"pool": {"ip": "192.168.10.77", "pool": "mgmt"}})

    def test_lost_lease_file(self):
        """rule 6 a lease file that is begun by an import does not hide that one was lost"""
        site = self.site([guest("a")])
        site.apply()
        site.person.pull()
        site.person.remove("ipam/leases.json")
        site.person.publish("Oops")
        self.ends(site.vm7("import", "leases", "b=192.168.10.60"), 0)
        mark = len(site.sim.writes())
        self.ends(site.apply(code=None), 23, "carries vm7's line")
        self.assertEqual(len(site.sim.writes()), mark)

    def test_unpushed(self):
        """V-10 what is imported is the pushed commit's: other changes are refused"""
        site = self.site([guest("a")])
        site.person.write("vm7.yaml", site.manifest([guest("a"), guest("b")]))
        self.ends(site.vm7("import", "leases", "b=192.168.10.60"), 23, "commit and push first")
        self.assertIsNone(site.lease_file())

    def test_race(self):
        """V-10 who loses the race for the branch decides again, on what is there then"""
        site = self.site([guest("a"), guest("b")], mode="remote")
        site.origin.hook("pre-receive", """
if [ -e hooks/once ]; then exit 0; fi
touch hooks/once
sleep 1
""")
        first = site.start_vm7("import", "leases", "a=192.168.10.60", "--state-dir",
                               str(self.dir / "one"))
        second = site.start_vm7("import", "leases", "b=192.168.10.60", "--state-dir",
                                str(self.dir / "two"))
        ends = sorted([first.finish(60).code, second.finish(60).code])
        self.assertEqual(ends, [0, 23])
        self.assertEqual(len(site.leases()), 1)

    def test_branch(self):
        """V-10 leases that live on a branch of their own are imported there"""
        site = self.site([guest("a")], globals_={"ipam": {"branch": "vm7-state"}})
        self.ends(site.vm7("import", "leases", "a=192.168.10.60"), 0)
        text = site.origin.show("ipam/leases.json", "refs/heads/vm7-state")
        self.assertEqual(json.loads(text)["leases"], {"a": {"ip": "192.168.10.60", "pool": "mgmt"}})
        self.assertIsNone(site.lease_file())

    def test_kinds(self):
        """import says which kinds there are"""
        self.ends(self.vm7("import"), 64, "leases")
        self.ends(self.vm7("import", "terraform"), 64, "leases or config-env")
        self.ends(self.vm7("import", "leases", "a=1.2.3.4", "--image", "x"), 64, "--image")


if __name__ == "__main__":
    main()
