"""What the simulator itself costs, so that it is not what a measurement of vm7 measures.

    VM7_SIM=... python3 sim.py

A thousand guests on twenty nodes; requests one after another on kept connections. Processor time
is the simulator's own, so that a slow client or a busy machine does not count.
"""

import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))

from sim import Sim, default_world  # noqa: E402
from test_wire import Wire  # noqa: E402

NODES, GUESTS, READS = 20, 1000, 6000


def big_world():
    """The default world, but larger."""
    world = default_world()
    world["nodes"] = [{"name": f"pve{n:02}", "ip": f"10.0.0.{n}", "bridges": ["vmbr0"]}
                      for n in range(1, NODES + 1)]
    for n in range(GUESTS):
        world["guests"].append({
            "vmid": 1000 + n, "type": "qemu", "node": f"pve{n % NODES + 1:02}",
            "status": "running", "config": {
                "name": f"vm-{n:04}", "cores": "2", "memory": "2048", "scsihw": "virtio-scsi-pci",
                "net0": f"virtio=BC:24:11:00:{n // 256:02X}:{n % 256:02X},bridge=vmbr0",
                "ipconfig0": f"ip=10.20.{n // 250}.{n % 250 + 1}/16,gw=10.20.0.1",
                "description": "vm7: " + "x" * 100, "tags": "vm7;bench", "boot": "order=scsi0"}})
    return world


def spent(sim):
    """Seconds of processor time that the simulator has used."""
    fields = pathlib.Path(f"/proc/{sim.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(sim, count, path_of):
    """Processor time and time on the wall of so many requests."""
    wire, began, cpu = Wire(sim), time.monotonic(), spent(sim)
    for n in range(count):
        answer = wire.ask("GET /api2/json" + path_of(n))
        if answer.status != 200:
            sys.exit(f"sim.py: {path_of(n)}: {answer}")
        if answer.one("Connection") == "close":
            wire.socket.close()
            wire = Wire(sim)
    return spent(sim) - cpu, time.monotonic() - began


def main():
    with tempfile.TemporaryDirectory() as folder:
        sim = Sim(pathlib.Path(folder), world=big_world(), speed=1)
        try:
            cpu, wall = measure(sim, 100, lambda n: "/cluster/resources?type=vm")
            print(f"/cluster/resources, {GUESTS} guests on {NODES} nodes: {cpu * 10:.2f} ms of"
                  f" processor, {wall * 10:.2f} ms to the client   bar: under 20 ms")
            cpu, wall = measure(sim, READS, lambda n: f"/nodes/pve{n % NODES + 1:02}/qemu/"
                                                      f"{1000 + n % GUESTS}/config")
            print(f"config reads: {READS / max(cpu, 0.01):.0f} a second of one core,"
                  f" {READS / wall:.0f} a second here   bar: 2000 a second")
        finally:
            sim.stop()


main()
