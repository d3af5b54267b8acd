"""Ansible's Proxmox modules and inventory, which nobody here wrote, against the simulator."""

import json
import pathlib
import subprocess

from clients import LOGINS, NAME, authority, cluster, credentials
from house import Case, have, main
from sample import KEY

PLAY = pathlib.Path(__file__).with_name("ansible_play.yml")
COLLECTION = pathlib.Path(
    "/usr/lib/python3/dist-packages/ansible_collections/community/general")


class Ansible(Case):
    def setUp(self):
        super().setUp()
        if not (have("ansible-playbook") and COLLECTION.exists()):
            self.skipTest("ansible with its community.general collection is not installed")

    def ansible(self, program, *args, **env):
        return subprocess.run(
            [program, *map(str, args)], cwd=self.dir, capture_output=True, text=True, timeout=300,
            env=self.environment({
                "ANSIBLE_HOME": self.dir / "ansible", "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_DEPRECATION_WARNINGS": "0", "ANSIBLE_STDOUT_CALLBACK": "json", **env}))

    def host(self, sim, login):
        """The variables that the play knows a cluster by."""
        return {
            "ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3",
            "api_host": sim.address, "api_user": NAME, "ssh_key": KEY,
            "image": str(self.dir / "tiny.iso"),
            **credentials(sim, login, "token_id", "token_secret", prefix="api_"),
        }

    def test_play(self):
        """ansible: guests, disks, cards, snapshots and images: made, there, changed, gone"""
        (self.dir / "tiny.iso").write_bytes(bytes(1 << 20))
        # One play, both at once. Tasks end before the modules look, who else sleep a second;
        # a ticket still lives longer than a module runs.
        sims = {login: cluster(self, speed=400) for login in LOGINS}
        inventory = self.dir / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": {
            login: self.host(sim, login) for login, sim in sims.items()}}}))
        bundle = self.dir / "bundle.pem"
        bundle.write_text("".join(pathlib.Path(authority(sim)).read_text()
                                  for sim in sims.values()))
        run = self.ansible("ansible-playbook", "-i", inventory, PLAY, REQUESTS_CA_BUNDLE=bundle)
        (play,) = json.loads(run.stdout)["plays"]
        for task in play["tasks"]:
            name = task["task"]["name"]
            for login in LOGINS:
                with self.subTest(f"{login}: {name}"):
                    result = task["hosts"].get(login, {"msg": "not reached"})
                    self.assertEqual("changed" if result.get("changed") else "same",
                                     name.split(":")[0], result.get("msg", result))
                    self.assertFalse(result.get("failed"), result)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_inventory(self):
        """ansible: the inventory plugin lists guests with their facts and groups"""
        for login in LOGINS:
            with self.part(login):
                sim = cluster(self)
                sim.do("POST", "/nodes/pve01/qemu/9000/clone", newid=200, name="web", pool="lab")
                sim.put("/nodes/pve01/qemu/200/config", tags="prod;web", cores=2)
                sim.do("POST", "/nodes/pve01/qemu/200/status/start")
                sim.do("POST", "/nodes/pve01/lxc/9100/clone", newid=300, hostname="box")
                source = self.dir / "lab.proxmox.yml"
                source.write_text(json.dumps({
                    "plugin": "community.general.proxmox", "url": sim.url, "user": NAME,
                    "validate_certs": True, "want_facts": True, "want_proxmox_nodes_ansible_host":
                    False, "qemu_extended_statuses": True,
                    **credentials(sim, login, "token_id", "token_secret")}))
                run = self.ansible("ansible-inventory", "-i", source, "--list",
                                   REQUESTS_CA_BUNDLE=authority(sim))
                self.assertEqual(run.returncode, 0, run.stderr)
                self.listed(json.loads(run.stdout))

    def listed(self, made):
        for group, hosts in {"proxmox_nodes": ["pve01", "pve02", "pve03"],
                             "proxmox_all_qemu": ["web"], "proxmox_all_lxc": ["box"],
                             "proxmox_all_running": ["web"], "proxmox_all_stopped": ["box"],
                             "proxmox_pool_lab": ["web"], "proxmox_pve01_qemu": ["web"]}.items():
            self.assertEqual(sorted(made[group]["hosts"]), hosts, group)
        facts = made["_meta"]["hostvars"]["web"]
        self.assertEqual((facts["proxmox_vmid"], facts["proxmox_node"], facts["proxmox_cores"]),
                         (200, "pve01", 2))
        self.assertEqual(facts["proxmox_tags_parsed"], ["prod", "web"])
        self.assertEqual((facts["proxmox_status"], facts["proxmox_qmpstatus"]),
                         ("running", "running"))
        self.assertEqual(facts["proxmox_snapshots"], [])


if __name__ == "__main__":
    main()
