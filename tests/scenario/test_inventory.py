"""Inventories: what other programs are told about the guests."""

import json
import subprocess

from house import Case, main
from program import have
from sample import POOLS, ancestors_leases, container, guest, readme_sample


class Inventory(Case):
    def test_v19(self):
        """V-19 inventory: the ancestor's keys in his order, then ours; vms order"""
        repo = self.clone("/nowhere", "r")
        repo.commit("x", {"vm7.yaml": readme_sample(), "ipam/pools.yaml": POOLS,
                          "ipam/leases.json": ancestors_leases(web_01="192.168.10.50")})
        run = self.ends(self.vm7("-C", repo.folder, "inventory", "--format", "yaml"), 0)
        keys = [line.strip("- ").split(":")[0] for line in run.out.splitlines()
                if line.strip() and not line.startswith("#")]
        self.assertEqual(keys[:5], ["hostname", "ip", "user", "network", "environment"])
        values = {line.strip("- ").split(": ", 1)[0]: line.split(": ", 1)[1].strip("\"'")
                  for line in run.out.splitlines() if ": " in line and not line.startswith("#")}
        self.assertEqual([values[k] for k in keys[:5]],
                         ["web-01", "192.168.10.50", "devops", "mgmt", "prod"])

    def test_v19_order(self):
        """V-19 the committed inventory follows vms and is what the verb prints"""
        site = self.site([guest("z"), guest("a", env="prod", tags=["web"]), container("m")])
        site.apply()
        text = site.origin.show("inventory/inventory.yaml")
        names = [line.split(":")[1].strip().strip('"') for line in text.splitlines()
                 if "hostname:" in line]
        self.assertEqual(names, ["z", "a", "m"])
        for key in ("vmid", "node", "type", "state", "tags"):
            self.assertIn(f"{key}:", text)
        self.assertEqual(self.ends(site.vm7("inventory", "--format", "yaml"), 0).out, text)
        self.assertEqual(self.ends(site.vm7("inventory", "--format", "ansible"), 0).out,
                         site.origin.show("inventory/hosts.yml"))

    def test_v19_ansible(self):
        """V-19 ansible reads the Ansible inventory, with its groups"""
        if not have("ansible-inventory"):
            self.skipTest("ansible-inventory is not installed")
        site = self.site([guest("web-01", env="prod", tags=["web"]), container("ct-01")])
        site.apply()
        hosts = self.dir / "hosts.yml"
        hosts.write_text(site.origin.show("inventory/hosts.yml"))
        done = subprocess.run(["ansible-inventory", "-i", str(hosts), "--list"],
                              env=self.environment(), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        made = json.loads(done.stdout)
        for group, members in {"env_prod": ["web-01"], "type_lxc": ["ct-01"], "tag_web": ["web-01"],
                               "node_pve01": ["ct-01", "web-01"],
                               "network_mgmt": ["ct-01", "web-01"]}.items():
            self.assertEqual(sorted(made[group]["hosts"]), members, group)
        facts = made["_meta"]["hostvars"]["web-01"]
        self.assertEqual((facts["ansible_host"], facts["ansible_user"]),
                         ("192.168.10.50", "devops"))
        self.assertNotIn("WARNING", done.stderr)

    def test_h48(self):
        """H-48 the JSON inventory maps names to addresses and ids, as the cluster has them"""
        site = self.site([guest("web-01"), container("ct-01")])
        site.apply()
        made = json.loads(self.ends(site.vm7("inventory", "--format", "json"), 0).out)
        self.assertIsInstance(made["schema"], int)
        for name in ("web-01", "ct-01"):
            config = site.sim.config(made["vm_ids"][name])
            self.assertEqual(config.get("name", config.get("hostname")), name)
            self.assertIn(made["vm_ips"][name] + "/24",
                          config.get("ipconfig0", config["net0"]))

    def test_formats(self):
        """V-19 ssh-config and hosts"""
        site = self.site([guest("web-01"), container("ct-01")])
        site.apply()
        run = self.ends(site.vm7("inventory", "--format", "ssh-config"), 0)
        self.assertRegex(run.out, r"(?m)^Host web-01$")
        self.assertRegex(run.out, r"(?m)^\s+HostName 192\.168\.10\.50$")
        self.assertRegex(run.out, r"(?m)^\s+User devops$")
        run = self.ends(site.vm7("inventory", "--format", "hosts"), 0)
        self.assertRegex(run.out, r"(?m)^192\.168\.10\.50\s+web-01")


if __name__ == "__main__":
    main()
