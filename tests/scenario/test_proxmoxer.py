"""proxmoxer, a client that nobody here wrote, takes the simulator for Proxmox."""

import contextlib
import time

from clients import LOGINS, NAME, authority, cluster, credentials
from house import Case, main

try:
    import proxmoxer
    from proxmoxer.core import ResourceException
except ImportError:
    proxmoxer = None

ARCHIVE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
MAC = "BC:24:11:00:00:07"


class Proxmoxer(Case):
    def setUp(self):
        super().setUp()
        if proxmoxer is None:
            self.skipTest("python3-proxmoxer is not installed")

    @contextlib.contextmanager
    def client(self, login):
        """A fresh cluster and a client that is logged in to it."""
        with self.part(login):
            sim = cluster(self)
            yield sim, proxmoxer.ProxmoxAPI(
                sim.address, user=NAME, verify_ssl=authority(sim),
                **credentials(sim, login, "token_name", "token_value"))

    def done(self, node, upid, ended="OK"):
        """Follow a task with the client itself, to the end that is expected."""
        task = node.tasks(upid)
        deadline = time.monotonic() + 60
        while (status := task.status.get())["status"] == "running":
            self.assertLess(time.monotonic(), deadline, upid)
            time.sleep(0.05)
        self.assertEqual(status["exitstatus"], ended, task.log.get())
        self.assertEqual((status["upid"], status["type"]), (upid, upid.split(":")[5]))

    def refused(self, status, words, call, *args, **params):
        with self.assertRaises(ResourceException) as caught:
            call(*args, **params)
        self.assertEqual(caught.exception.status_code, status)
        self.assertIn(words, str(caught.exception))

    def test_vm(self):
        """proxmoxer: the life of a VM"""
        for login in LOGINS:
            with self.client(login) as (sim, api):
                node = api.nodes("pve01")
                vmid = int(api.cluster.nextid.get())
                self.done(node, node.qemu.create(
                    vmid=vmid, name="first", memory=512, cores=2, scsihw="virtio-scsi-single",
                    scsi0="local-lvm:4,discard=on", net0=f"virtio={MAC},bridge=vmbr0",
                    description="Größe; 50 % = a&b", tags="b;a"))
                vm = node.qemu(vmid)
                config = vm.config.get()
                self.assertEqual((config["name"], config["cores"], config["tags"]),
                                 ("first", 2, "a;b" if sim.pve == 9 else "b;a"))
                self.assertEqual(config["description"], "Größe; 50 % = a&b")
                self.assertEqual(config["net0"], f"virtio={MAC},bridge=vmbr0")
                self.assertIsNone(vm.config.put(memory=1024, delete="tags",
                                                digest=config["digest"]))
                self.refused(500, "file change by other user", vm.config.put, cores=3, digest=config["digest"])
                self.done(node, vm.config.post(scsi1="local-lvm:1"))
                self.done(node, vm.resize.put(disk="scsi0", size="+1G"))
                self.done(node, vm.status.start.post())
                self.assertEqual(vm.status.current.get()["status"], "running")
                self.refused(500, "is running", node.qemu.delete, vmid)
                self.done(node, vm.status.stop.post())
                self.assertNotIn("tags", vm.config.get())
                self.assertIn("size=5G", vm.config.get()["scsi0"])
                self.done(node, vm.delete(purge=1))
                self.refused(500, "does not exist", vm.config.get)
                self.assertNotIn(vmid, [guest["vmid"] for guest in node.qemu.get()])

    def test_clone(self):
        """proxmoxer: clones, snapshots, a template"""
        for login in LOGINS:
            with self.client(login) as (sim, api):
                node = api.nodes("pve01")
                self.done(node, node.qemu(9000).clone.post(newid=200, name="linked"))
                self.done(node, node.qemu(9000).clone.post(newid=201, name="full", full=1,
                                                           storage="shared", target="pve01"))
                self.assertEqual({vm["vmid"]: vm["name"] for vm in node.qemu.get()},
                                 {200: "linked", 201: "full", 9000: "debian-12", 9001: "debian-12"})
                vm = node.qemu(200)
                self.done(node, vm.snapshot.post(snapname="before", description="clean"))
                vm.config.put(cores=4)
                self.assertEqual([s["name"] for s in vm.snapshot.get()], ["before", "current"])
                self.assertEqual(vm.snapshot("before").config.get()["cores"], 1)
                self.done(node, vm.snapshot("before").rollback.post())
                self.assertEqual(vm.config.get()["cores"], 1)
                self.done(node, vm.snapshot("before").delete())
                self.done(node, vm.delete())
                template = node.qemu(201)
                self.done(node, template.template.post())
                self.assertEqual(template.config.get()["template"], 1)
                self.done(node, template.delete())

    def test_container(self):
        """proxmoxer: the life of a container"""
        for login in LOGINS:
            with self.client(login) as (sim, api):
                node = api.nodes("pve02")
                self.done(node, node.lxc.create(
                    vmid=300, hostname="box", ostemplate=ARCHIVE, rootfs="local-lvm:2",
                    memory=256, unprivileged=1, features="nesting=1",
                    net0="name=eth0,bridge=vmbr0,ip=10.1.2.3/24,gw=10.1.2.1", start=1))
                box = node.lxc(300)
                self.assertEqual(box.status.current.get()["status"], "running")
                self.assertIn("ip=10.1.2.3/24", box.config.get()["net0"])
                box.config.put(cores=2)
                self.assertEqual(box.config.get()["cores"], 2)
                self.done(node, box.status.shutdown.post(timeout=30))
                self.done(node, box.snapshot.post(snapname="s1"))
                self.done(node, box.snapshot("s1").delete())
                self.done(node, box.clone.post(newid=301, hostname="copy", full=1))
                for vmid in (300, 301):
                    self.done(node, node.lxc(vmid).delete())
                self.assertEqual(node.lxc.get(), [])

    def test_lists(self):
        """proxmoxer: what is there"""
        for login in LOGINS:
            with self.client(login) as (sim, api):
                self.assertEqual(api.version.get()["release"].split(".")[0], str(sim.pve))
                self.assertEqual({n["node"]: n["status"] for n in api.nodes.get()},
                                 {"pve01": "online", "pve02": "online", "pve03": "online"})
                self.assertEqual({r["vmid"] for r in api.cluster.resources.get(type="vm")},
                                 {9000, 9001, 9100})
                self.assertEqual(sorted(s["storage"] for s in api.storage.get()),
                                 ["local", "local-lvm", "shared"])
                local = api.nodes("pve01").storage("local")
                self.assertIn(ARCHIVE, [v["volid"] for v in local.content.get(content="vztmpl")])
                self.assertEqual([p["poolid"] for p in api.pools.get()], ["lab"])
                self.assertIn(NAME, [user["userid"] for user in api.access.users.get()])
                self.assertIn("VM.Audit", api.access.permissions.get()["/"])

    def test_upload(self):
        """proxmoxer: an upload, and what becomes of it"""
        image = self.dir / "tiny.iso"
        image.write_bytes(bytes(range(256)) * 4096)  # beyond what a plain body may have
        for login in LOGINS:
            with self.client(login) as (sim, api):
                node = api.nodes("pve01")
                with open(image, "rb") as file:
                    self.done(node, node.storage("local").upload.post(content="iso", filename=file))
                (made,) = node.storage("local").content.get(content="iso")
                self.assertEqual((made["volid"], made["size"]), ("local:iso/tiny.iso", 1 << 20))
                gone = node.storage("local").content("local:iso/tiny.iso").delete()
                if gone:
                    self.done(node, gone)
                self.assertEqual(node.storage("local").content.get(content="iso"), [])

    def test_refused(self):
        """proxmoxer: what is refused reads as Proxmox's refusal"""
        for login in LOGINS:
            with self.client(login) as (sim, api):
                node = api.nodes("pve01")
                self.refused(400, "Parameter verification failed.", node.qemu.post, name="x")
                self.refused(400, "Parameter verification failed.", node.qemu.post, vmid=200,
                             colour="red")
                self.refused(500, "already exists", node.qemu.post, vmid=9000)
                self.refused(501, "not implemented", api.nodes("pve01").nonsense.get)
                self.refused(500, "hostname lookup 'pve09' failed", api.nodes("pve09").qemu.get)


if __name__ == "__main__":
    main()
