"""How many requests vm7 sends, counted by the simulator: for a guest that is observed, for
one that is created, and when nothing is to be done.

    VM7=... VM7_SIM=... python3 requests.py

Numbers are printed beside the bars of docs/design.md; nothing is asserted about time.
"""

import collections
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))

from house import Case, Site  # noqa: E402
from sample import container, guest, pool, pools  # noqa: E402

POOLS = pools(
    mgmt=pool("10.20.0.0/16", "10.20.1.0", "10.20.9.255", "10.20.0.1"),
    services=pool("10.30.0.0/16", "10.30.1.0", "10.30.9.255", "10.30.0.1"),
)


def shape(entry):
    """A request without the names in it: GET /nodes/N/qemu/V/config."""
    path = re.sub(r"/nodes/[^/]+", "/nodes/N", entry["path"].split("?")[0])
    path = re.sub(r"/(qemu|lxc)/\d+", r"/\1/V", path)
    path = re.sub(r"/tasks/[^/]+", "/tasks/T", path)
    return f"{entry['method']} {path}"


def counted(site, *args, code=0):
    """Run vm7 and count what it sends."""
    before = len(site.sim.log())
    run = site.vm7(*args, timeout=600)
    if run.code != code:
        sys.exit(f"requests: unexpected\n{run}")
    shapes = collections.Counter(map(shape, site.sim.log()[before:]))
    return shapes, run


def waiting(shapes):
    """How many of them only look how a task is doing."""
    return sum(count for name, count in shapes.items() if "/tasks/" in name)


def tell(title, shapes, guests=0, bar=""):
    total = sum(shapes.values())
    each = f", {total / guests:.2f} a guest" if guests else ""
    print(f"\n{title}: {total} requests{each}" + (f"   bar: {bar}" if bar else ""))
    for name, count in shapes.most_common():
        print(f"  {count:5}  {name}")


class Requests(Case):
    def runTest(self):
        site = Site(self, [guest("vm-000")], pools=POOLS, sim_options={"speed": 200})
        counted(site, "apply")

        site.set_vms(guest("vm-000"), guest("vm-001"))
        shapes, _ = counted(site, "apply")
        tell("one more VM", shapes, bar="observing, then nextid, clone, config with its GET,"
             " resize with its GET, identity GET, start")
        print(f"  of these, {waiting(shapes)} follow tasks")

        site.set_vms(guest("vm-000"), guest("vm-001"), container("ct-000"))
        shapes, _ = counted(site, "apply")
        tell("one container", shapes)
        print(f"  of these, {waiting(shapes)} follow tasks")

        everybody = [guest(f"vm-{i:03}") for i in range(40)]
        everybody += [container(f"ct-{i:03}") for i in range(10)]
        site.set_vms(*everybody)
        shapes, run = counted(site, "apply")
        tell("47 more at once", shapes, guests=47)
        print(f"  of these, {waiting(shapes)} follow tasks; {run.took:.1f} s")

        shapes, run = counted(site, "plan", "--detailed-exitcode")
        tell("50 guests observed, nothing to do", shapes, guests=50,
             bar="cluster status, one list, at most a config each")
        print(f"  {run.took:.2f} s")


case = Requests()
result = case.defaultTestResult()
case.run(result)
for _, text in result.errors + result.failures:
    print(text, file=sys.stderr)
sys.exit(0 if result.wasSuccessful() else 1)
