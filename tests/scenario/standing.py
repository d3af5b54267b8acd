"""Status documents: what a running controller knows, made up for the page that shows it."""

import copy

NOW = "2026-11-21T09:30:00Z"

TIP = "3f2a9c1b5d7e8f90a1b2c3d4e5f60718293a4b5c"
OLD = "1e0d4477aa12b3c4d5e6f708192a3b4c5d6e7f80"


def guest(number, **changes):
    return {
        "name": f"web-{number:02}", "type": "vm", "state": "ready", "health": "ok",
        "power": "running", "vmid": 10000 + number, "node": f"pve{number % 3 + 1:02}",
        "addresses": [f"192.168.{10 + number // 200}.{50 + number % 200}"], "commit": TIP,
        "since": "2026-11-19T16:02:11Z", "says": None, "command": None, "step": None,
        "failing_since": None, **changes,
    }


def run(state, first, count):
    return {"state": state, "first": first, "count": count}


def calm(guests=3):
    """Everything as desired."""
    return {
        "schema": 1, "version": "0.1.0", "now": NOW,
        "controller": {"since": "2026-10-30T06:12:40Z", "state": "idle"},
        "as_desired": True,
        "summary": f"{guests} guests, everything as desired",
        "repository": {
            "name": "https://git.example/infra.git", "branch": "main", "reachable": True,
            "error": None, "looked_at": "2026-11-21T09:29:42Z", "tip": TIP, "applied": TIP,
            "applied_at": "2026-11-21T09:21:10Z", "rejected": None,
        },
        "cluster": {
            "name": "lab", "endpoint": "https://pve.example:8006", "reachable": True,
            "error": None, "quorate": True,
            "nodes": [{"name": f"pve0{n}", "online": True, "maintenance": False}
                      for n in (1, 2, 3)],
        },
        "doing": [], "pass": None,
        "next": {"at": "2026-11-21T09:30:42Z", "what": "poll",
                 "why": "the branch is looked at every 60 s"},
        "passes": [
            {"n": 41, "cause": "a new commit", "commit": TIP, "subject": "Two more web servers",
             "author": "Ada Lovelace", "began": "2026-11-21T09:21:08Z", "seconds": 61.2,
             "result": "ok", "exit": 0, "error": None, "requests": 38, "writes": 9, "actions": [
                 {"guest": "web-01", "verb": "create", "ok": True, "error": None},
                 {"guest": "web-02", "verb": "create", "ok": True, "error": None}]},
            {"n": 40, "cause": "drift check", "commit": OLD, "subject": "More memory for db",
             "author": "Grace Hopper", "began": "2026-11-21T09:16:08Z", "seconds": 0.4,
             "result": "idle", "exit": 0, "error": None, "requests": 14, "writes": 0,
             "actions": []},
        ],
        "guests": [guest(n) for n in range(1, guests + 1)],
        "waits": [], "orphans": [],
        "pools": [{
            "name": "mgmt", "cidr": "192.168.10.0/24", "size": 140, "used": guests,
            "resting": 1, "free": 139 - guests, "runs": [
                run("used", "192.168.10.50", guests),
                run("free", f"192.168.10.{50 + guests}", 20 - guests),
                run("excluded", "192.168.10.70", 11),
                run("resting", "192.168.10.81", 1),
                run("free", "192.168.10.82", 119)],
        }],
        "expiries": [{"what": "token vm7@pve!vm7", "at": "2027-11-01T00:00:00Z"}],
    }


def busy():
    """A pass is under way, guests are in every state, and a few things wait for a person."""
    doc = calm(12)
    doc.update({
        "as_desired": False,
        "summary": "12 guests: 1 failed, 1 disputed, 2 wait for a person",
        "controller": {"since": "2026-10-30T06:12:40Z", "state": "working"},
        "pass": {"cause": "a new commit", "began": "2026-11-21T09:29:20Z", "done": 3, "of": 8},
        "doing": [
            {"guest": "web-03", "step": "is being cloned", "since": "2026-11-21T09:29:31Z",
             "upid": "UPID:pve01:0002F3A1:00C3:6741:qmclone:9000:vm7@pve!vm7:"},
            {"guest": "db-01", "step": "waits for its backup", "since": "2026-11-21T09:29:40Z",
             "upid": None}],
        "waits": [
            {"guest": "db-02", "why": "is gone from the file and protected: it stays until "
             "protection is taken away in a commit, or a person lets it go",
             "command": "vm7 release db-02", "since": "2026-11-20T14:00:00Z"},
            {"guest": None, "why": "the guard refuses 3 removals in one pass (max_destroy: 1)",
             "command": None, "since": "2026-11-21T08:10:00Z"}],
        "orphans": [{"vmid": 312, "name": "old", "node": "pve02",
                     "command": "vm7 adopt 312"}],
        "expiries": [
            {"what": "token vm7@pve!vm7", "at": "2026-12-01T00:00:00Z"},
            {"what": "certificate of pve.example", "at": "2027-08-01T00:00:00Z"},
            {"what": "deploy key of infra.git", "at": "2026-11-20T00:00:00Z"}],
    })
    doc["repository"]["tip"] = OLD
    doc["repository"]["rejected"] = {
        "commit": OLD, "why": "2 mistakes in vm7.yaml",
        "mistakes": ["vm7.yaml:12:10: vms[0].cpu: 0 is less than 1",
                     "vm7.yaml:19:5: vms[1].ramm_mb: unknown key, did you mean ram_mb?"]}
    doc["cluster"]["nodes"][1]["maintenance"] = True
    doc["cluster"]["nodes"][2]["online"] = False
    doc["guests"][2].update(health="working", state="reserved", step="is being cloned",
                            power="unknown")
    states = {
        "zeta": {"health": "failed", "says": "cannot be started: TASK ERROR: volume "
                 "'local-lvm:vm-10006-disk-0' does not exist",
                 "command": "vm7 status zeta", "failing_since": "2026-11-21T06:12:00Z",
                 "power": "stopped"},
        "db-02": {"health": "waiting", "state": "released", "power": "stopped",
                  "says": "is gone from the file and protected",
                  "command": "vm7 release db-02"},
        "cache-01": {"health": "drift", "says": "memory: 2048 is there, 4096 is desired"},
        "mail": {"health": "unknown", "power": "unknown", "says": "its node pve03 is offline"},
        "win-11": {"health": "disputed", "says": "VMID 10010 carries the line of another "
                   "repository", "command": "vm7 adopt 10010"},
        "lab-07": {"health": "held", "says": "a person looks at it"},
        "tmp-1": {"health": "released", "state": "released", "type": "lxc",
                  "power": "stopped"},
    }
    for entry, (name, changes) in zip(doc["guests"][5:], states.items()):
        entry.update(name=name, **changes)
    doc["guests"][0]["addresses"] = ["192.168.10.51", "fd00:10::51"]
    doc["pools"] += [
        {"name": "dmz", "cidr": "10.20.0.0/16", "size": 60000, "used": 21050, "resting": 40,
         "free": 38910, "runs": [
             run("used", "10.20.0.10", 12000), run("free", "10.20.46.234", 8000),
             run("resting", "10.20.78.42", 40), run("used", "10.20.78.82", 9050),
             run("excluded", "10.20.113.172", 2000), run("free", "10.20.121.124", 30910)]},
        {"name": "storage", "cidr": "10.30.0.0/27", "size": 10, "used": 10, "resting": 0,
         "free": 0, "runs": [run("used", "10.30.0.10", 10)]},
    ]
    doc["passes"].insert(0, {
        "n": 42, "cause": "drift check", "commit": TIP, "subject": "Two more web servers",
        "author": "Ada Lovelace", "began": "2026-11-21T09:26:08Z", "seconds": 12.7,
        "result": "partial", "exit": 22, "error": "some guests failed", "requests": 51,
        "writes": 3, "actions": [
            {"guest": "zeta", "verb": "start", "ok": False,
             "error": "TASK ERROR: volume 'local-lvm:vm-10006-disk-0' does not exist"},
            {"guest": "web-04", "verb": "update", "ok": True, "error": None}]})
    doc["passes"].append({
        "n": 39, "cause": "webhook", "commit": OLD, "subject": "More memory for db",
        "author": None, "began": "2026-11-21T09:11:08Z", "seconds": 2, "result": "failed",
        "exit": 20, "error": "https://pve.example:8006: connection refused; is pveproxy up?",
        "requests": 3, "writes": 0, "actions": []})
    return doc


def hostile(word):
    """A document in which every text is `word`."""
    def put(value, key=None):
        if isinstance(value, dict):
            return {k: put(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [put(v) for v in value]
        if isinstance(value, str) and not value.endswith("Z"):
            return word
        return value
    return put(copy.deepcopy(busy()))
