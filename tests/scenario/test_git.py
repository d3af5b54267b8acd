"""The repository: races, refusals, branches, and what a checkout must look like."""

import json
import threading

from gitrepo import person_config
from house import Case, main
from sample import POOLS, guest, manifest
from sim import default_world

# A commit made by somebody else on the server, in a hook: it leaves the quarantine that git
# keeps a hook in, because it is another push that only happens to arrive now.
SOMEBODY_PUSHES = """
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
export GIT_AUTHOR_NAME=Quick GIT_AUTHOR_EMAIL=q@example.org
export GIT_COMMITTER_NAME=Quick GIT_COMMITTER_EMAIL=q@example.org
tip=$(git rev-parse refs/heads/main)
blob=$(date +%s.%N | git hash-object -w --stdin)
tree=$( (git ls-tree "$tip" | grep -v "\tnotes$"; printf '100644 blob %s\\tnotes\\n' "$blob") \
  | git mktree)
new=$(git commit-tree "$tree" -p "$tip" -m "somebody else $1")
git update-ref refs/heads/main "$new" "$tip"
echo "$new" >> "$GIT_DIR/somebody"
"""


class Git(Case):
    def humans(self, site):
        path = site.origin.folder / "somebody"
        return path.read_text().split() if path.exists() else []

    def assert_all_there(self, site, commits):
        there = set(site.origin.commits())
        for commit in commits:
            self.assertIn(commit, there, "a commit of somebody else was lost")

    def test_x03_hook(self):
        """X-03 somebody pushes while our push is on its way, twenty times: nothing is lost"""
        for mode in ("checkout", "remote"):
            with self.part(mode):
                site = self.site([guest("a"), guest("b")], mode=mode)
                site.origin.hook("pre-receive", f"""
while read old new ref; do :; done
count=$(cat "$GIT_DIR/count" 2>/dev/null || echo 0)
[ "$count" -ge 20 ] && exit 0
echo $((count + 1)) > "$GIT_DIR/count"
{SOMEBODY_PUSHES}
exit 0
""")
                site.origin.hook("update", """
git merge-base --is-ancestor "$2" "$3" || echo "$2 $3" >> "$GIT_DIR/forced"
""")
                for _ in range(25):
                    run = site.apply(code=None)
                    if run.code == 0:
                        break
                    self.assertIn(run.code, (20,), run)
                self.assertEqual(run.code, 0)
                self.assertEqual(len(self.humans(site)), 20)
                self.assert_all_there(site, self.humans(site))
                self.assertFalse((site.origin.folder / "forced").exists())
                site.expect_up("a", "b")

    def test_x03_https(self):
        """X-03 somebody pushes between our fetch and our push: decided again at once, no force"""
        site = self.site([guest("a")], mode="checkout")
        server = self.git_https()
        person_config(self.home, f"[http]\n\tsslCAInfo = {self.authority().file}\n")
        site.person.git("remote", "set-url", "origin", server.url(site.origin))
        other = self.clone(site.origin.url, "other")
        pushed = []

        def somebody(path):
            if "git-receive-pack" in path and "info/refs" in path and len(pushed) < 20:
                other.pull()
                other.commit("somebody else", {"notes": str(len(pushed))})
                other.push()
                pushed.append(other.head())
        server.before = somebody
        trace = self.dir / "trace"
        for _ in range(25):
            run = site.apply(code=None, env={"GIT_TRACE": trace})
            if run.code == 0:
                break
            self.assertEqual(run.code, 20, run)
        self.assertEqual(run.code, 0)
        self.assertEqual(len(pushed), 20)
        self.assert_all_there(site, pushed)
        site.expect_up("a")
        if trace.exists():
            self.assertNotRegex(trace.read_text(), r"push.*(--force|\s-f\s|\s\+[0-9a-f]{7,}:)")

    def test_x03_entry_gone(self):
        """X-03 the tip that won took the guest away: the reservation is decided again"""
        site = self.site([guest("a"), guest("b")])
        server_side = self.clone(site.origin.url, "other")
        server_side.pull()
        server_side.commit("b is not wanted", {"vm7.yaml": site.manifest([guest("a")])})
        wanted = server_side.head()
        server_side.git("push", "-q", "origin", "HEAD:refs/heads/side")
        site.origin.hook("pre-receive", f"""
while read old new ref; do [ "$ref" = refs/heads/main ] || exit 0; done
[ -e "$GIT_DIR/once" ] && exit 0
touch "$GIT_DIR/once"
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
git update-ref refs/heads/main {wanted}
""")
        run = site.apply(code=None)
        if run.code:
            site.apply()
        site.expect_up("a")
        self.assertFalse([e for e in site.sim.writes() if e["params"].get("name") == "b"])

    def test_results_are_facts(self):
        """design 6 results are merged into the tip whatever people pushed meanwhile"""
        site = self.site([guest("a")], watched=True)
        other = self.clone(site.origin.url, "other")

        def somebody(seen):
            if seen.path.endswith("/status/start") and seen.method == "POST":
                other.pull()
                other.publish("meanwhile", {"README": "hello\n"})
        site.sim.before = somebody
        site.apply()
        site.expect_up("a")
        self.assert_all_there(site, [other.head()])
        self.assertEqual(site.origin.show("README"), "hello\n")

    def test_refused_by_hook(self):
        """rule 1 a refused push is 20 with the remote's words, and nothing is asked of Proxmox"""
        for mode in ("checkout", "remote"):
            with self.part(mode):
                site = self.site([guest("a")], mode=mode)
                site.origin.hook("pre-receive", "echo 'main is protected, ask Eve' >&2\nexit 1\n")
                head = site.origin.head()
                self.ends(site.apply(code=None), 20, "main is protected, ask Eve")
                self.assertEqual(site.sim.writes(), [])
                self.assertEqual(site.origin.head(), head)
                if mode == "checkout":
                    self.assertEqual(site.person.git("status", "--porcelain"), "")
                    self.assertEqual(site.person.head(), head)
                site.origin.hook("pre-receive", None)
                site.apply()
                site.expect_up("a")

    def test_lost_answer(self):
        """design 6 a push whose answer is lost stands if its reservation is there"""
        site = self.site([guest("a")], mode="remote")
        # The update is done, then the connection of the one who waits for the answer dies.
        site.origin.hook("post-receive", """
[ -e "$GIT_DIR/once" ] && exit 0
touch "$GIT_DIR/once"
kill -9 $PPID
""")
        run = site.apply(code=None)
        if run.code:
            self.assertEqual(run.code, 20, run)
            site.apply()
        site.expect_up("a")
        reserved = [c for c in site.origin.commits()
                    if "reserve" in site.origin.message(c).splitlines()[0]]
        self.assertEqual(len(reserved), 1, "reserved twice for one push")

    def test_uncommitted(self):
        """design 7 uncommitted changes: 23, commit and push first"""
        for path, text in (("vm7.yaml", None), ("ipam/pools.yaml", POOLS + "# x\n"),
                           ("guests/b.yaml", "vms: []\n")):
            with self.part(path):
                site = self.site([guest("a")], include=["guests/*.yaml"],
                                 files={"guests/a.yaml": "vms: []\n"})
                site.person.write(path, text or site.manifest([guest("a"), guest("b")]))
                for verb in ("apply", "rollback"):
                    self.ends(site.vm7(verb), 23, "commit and push first")
                self.assertEqual(site.sim.writes(), [])

    def test_unrelated_changes(self):
        """design 7 changes to other files are none of vm7's business, and stay"""
        site = self.site([guest("a")], files={"README": "one\n"})
        site.person.write("README", "two\n")
        site.person.write("scratch", "x\n")
        site.apply()
        site.expect_up("a")
        self.assertEqual(site.person.read("README"), "two\n")
        self.assertEqual(site.person.read("scratch"), "x\n")
        self.assertEqual(site.person.head(), site.origin.head())

    def test_unpushed(self):
        """design 7 commits that are not on the upstream: 23, commit and push first"""
        site = self.site([guest("a")])
        site.person.commit("local", {"vm7.yaml": site.manifest([guest("a"), guest("b")])})
        self.ends(site.apply(code=None), 23, "commit and push first")
        self.assertEqual(site.sim.writes(), [])

    def test_behind(self):
        """design 7 a checkout that is behind works on the pushed commit"""
        site = self.site([guest("a")])
        other = self.clone(site.origin.url, "other")
        other.pull()
        other.publish("b too", {"vm7.yaml": site.manifest([guest("a"), guest("b")])})
        run = site.apply(code=None)
        self.ends(run, 0)
        site.expect_up("a", "b")
        self.assertEqual(site.person.head(), site.origin.head())

    def test_no_upstream(self):
        """design 7 without an upstream the local branch is the remote"""
        site = self.site([guest("a")])
        site.person.git("remote", "remove", "origin")
        base = site.person.head()
        site.apply()
        made = site.person.commits(base)
        self.assertEqual(len(made), 2)
        self.assertEqual(json.loads(site.person.read("ipam/leases.json"))["leases"]["a"]["state"],
                         "ready")
        self.assertEqual(site.person.git("status", "--porcelain"), "")
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_below(self):
        """design 7 -C may name a folder below the top, which holds vm7.yaml then"""
        site = self.site([guest("a")])
        site.person.publish("prod", {"prod/vm7.yaml": site.manifest([guest("b")]),
                                     "prod/ipam/pools.yaml": POOLS})
        self.ends(self.vm7("-C", site.person.folder / "prod", "apply"), 0)
        self.assertIsNone(site.lease_file())
        self.assertEqual(list(json.loads(site.origin.show("prod/ipam/leases.json"))["leases"]),
                         ["b"])
        self.ends(self.vm7("-C", site.person.folder / "prod", "plan", "--detailed-exitcode"), 0)

    def test_worktree(self):
        """design 7 -C may name a linked worktree"""
        site = self.site([guest("a")])
        site.apply()
        linked = self.dir / "linked"
        site.person.git("checkout", "-q", "-b", "side")
        site.person.git("worktree", "add", "-q", str(linked), "main")
        self.ends(self.vm7("-C", linked, "plan", "--detailed-exitcode"), 0)
        other = self.clone(site.origin.url, "other")
        other.pull()
        other.publish("b too", {"vm7.yaml": site.manifest([guest("a"), guest("b")])})
        self.ends(self.vm7("-C", linked, "apply"), 0)
        site.expect_up("a", "b")

    def test_both_ways(self):
        """design 6 a person's apply and another's with --repo at once: each guest is made once"""
        names = [f"g{i}" for i in range(4)]
        site = self.site([guest(n, clone="linked", disk_gb=None) for n in names])
        started = [site.start_vm7("apply"),
                   self.start_vm7("--repo", site.origin.url, "--branch", "main", "apply")]
        self.runs += [running.finish(200) for running in started]
        for run in self.runs:
            self.assertIn(run.code, (0, 20, 22, 23), run)
        site.apply()
        site.expect_up(*names)
        clones = [e for e in site.sim.writes()
                  if e["path"].endswith("/clone") and e["status"] == 200]
        self.assertEqual(len(clones), 4, "a guest was made twice")

    def test_subfolder(self):
        """design 3 --path: everything under one folder, and only there"""
        site = self.site([guest("a")], mode="remote")
        inner = {"prod/vm7.yaml": site.manifest([guest("b")]), "prod/ipam/pools.yaml": POOLS}
        site.person.pull()
        site.person.publish("prod", inner)
        run = self.vm7("--repo", site.origin.url, "--branch", "main", "--path", "prod", "apply")
        self.ends(run, 0)
        self.assertIsNone(site.origin.show("ipam/leases.json"))
        self.assertEqual(list(json.loads(site.origin.show("prod/ipam/leases.json"))["leases"]),
                         ["b"])
        self.assertIsNotNone(site.origin.show("prod/inventory/status.json"))

    def test_other_branch(self):
        """design 6 a writing pass on another branch than the lease file's is 23"""
        site = self.site([guest("a")], mode="remote")
        site.apply()
        site.person.pull()
        site.person.git("push", "-q", "origin", "main:refs/heads/copy")
        mark = len(site.sim.writes())
        run = self.vm7("--repo", site.origin.url, "--branch", "copy", "apply")
        self.ends(run, 23, "main", "copy")
        self.assertEqual(len(site.sim.writes()), mark)

    def test_other_cluster(self):
        """design 6 another cluster than the lease file's is 23"""
        site = self.site([guest("a")])
        site.apply()
        world = default_world()
        world["cluster"] = "elsewhere"
        second = self.sim(world=world)
        site.sim = second
        self.env.update(VM7_ENDPOINTS=second.url, VM7_SECRET_PVE_TOKEN=second.secret)
        site.set_vms(guest("a"), guest("b"))
        self.ends(site.apply(code=None), 23, "lab", "elsewhere")
        self.assertEqual(second.writes(), [])

    def test_vanished(self):
        """rule 6 a lease file that vanished while our guests exist: nothing is created, 23"""
        site = self.site([guest("a")])
        site.apply()
        site.person.pull()
        site.person.remove("ipam/leases.json")
        site.person.publish("Cleaning up")
        head, mark = site.origin.head(), len(site.sim.writes())
        self.ends(site.plan(), 23, "leases.json")
        self.ends(site.apply(code=None), 23, "leases.json")
        self.assertEqual((site.origin.head(), len(site.sim.writes())), (head, mark))

    def test_edited(self):
        """design 3 a person's edit of a file that vm7 writes is reported and refused"""
        for path in ("ipam/leases.json", "inventory/inventory.yaml", "inventory/hosts.yml",
                     "inventory/status.json"):
            with self.part(path):
                site = self.site([guest("a")])
                site.apply()
                site.person.pull()
                text = site.person.read(path).replace("192.168.10.50", "192.168.10.99")
                site.person.publish("By hand", {path: text})
                site.set_vms(guest("a"), guest("b"))
                head, mark = site.origin.head(), len(site.sim.writes())
                self.ends(site.apply(code=None), 23, path)
                self.assertEqual((site.origin.head(), len(site.sim.writes())), (head, mark))

    def test_old_source(self):
        """design 6 a source older than the recorded one is never acted on"""
        site = self.site([guest("a")])
        old = site.origin.head()
        site.apply()
        site.set_vms(guest("a"), guest("b"))
        site.apply()
        # Somebody forces the branch back: leases of before, guests of now.
        site.origin.git("update-ref", "refs/heads/main", old)
        mark = len(site.sim.writes())
        run = self.vm7("--repo", site.origin.url, "--branch", "main", "apply")
        self.ends(run, 23)
        self.assertEqual(len(site.sim.writes()), mark)

    def test_leases_branch(self):
        """design 4 ipam.branch: what vm7 writes lives there, people's branch is left alone"""
        site = self.site([guest("a")], globals_={"ipam": {
            "pools_file": "ipam/pools.yaml", "leases_file": "ipam/leases.json",
            "branch": "vm7-state"}})
        base = site.origin.head()
        run = site.apply()
        self.assertEqual(site.origin.head(), base, run)
        held = json.loads(site.origin.show("ipam/leases.json", "refs/heads/vm7-state"))
        self.assertEqual(held["leases"]["a"]["state"], "ready")
        mark = len(site.sim.writes())
        site.apply()
        self.assertEqual(len(site.sim.writes()), mark)
        self.ends(site.vm7("inventory"), 0, "192.168.10.50")

    def test_leases_branch_changed(self):
        """design 4 another ipam.branch while leases exist is refused"""
        site = self.site([guest("a")])
        site.apply()
        head, mark = site.origin.head(), len(site.sim.writes())
        for name in ("vm7-state", "other"):
            head = site.set_vms(guest("a"), guest("b"), globals_={"ipam": {
                "pools_file": "ipam/pools.yaml", "leases_file": "ipam/leases.json",
                "branch": name}})
            self.ends(site.apply(code=None), 23)
            self.assertEqual((site.origin.head(), len(site.sim.writes())), (head, mark))

    def test_leases_moved(self):
        """design 4 another leases_file while leases exist is refused"""
        site = self.site([guest("a")])
        site.apply()
        mark = len(site.sim.writes())
        site.set_vms(guest("a"), guest("b"), globals_={"ipam": {
            "pools_file": "ipam/pools.yaml", "leases_file": "ipam/other.json"}})
        self.ends(site.apply(code=None), 23, "ipam/other.json")
        self.assertEqual(len(site.sim.writes()), mark)

    def test_empty_repository(self):
        """a repository without a commit, a branch that is not there: 20 and named"""
        sim = self.sim()
        origin = self.bare()
        self.ends(self.vm7("--repo", origin.url, "--branch", "main", "apply"), 20, "main")
        person = self.clone(origin.url)
        person.commit("x", {"vm7.yaml": manifest(sim, [guest("a")]), "ipam/pools.yaml": POOLS})
        person.push()
        self.ends(self.vm7("--repo", origin.url, "--branch", "nope", "plan"), 20, "nope")
        self.assertEqual(sim.writes(), [])

    def test_lock(self):
        """25 a second apply on the same folder while one runs"""
        site = self.site([guest("a")], watched=True)
        arrived, go = threading.Event(), threading.Event()

        def hold(seen):
            if seen.write:
                arrived.set()
                go.wait(60)
        site.sim.before = hold
        first = site.start_vm7("apply")
        self.assertTrue(arrived.wait(60))
        try:
            self.ends(site.apply(code=None), 25)
            self.ends(site.vm7("rollback"), 25)
        finally:
            go.set()
        run = first.finish(120)
        self.runs.append(run)
        self.ends(run, 0)
        site.expect_up("a")

    def test_two_controllers(self):
        """design 6 two writers with caches of their own: whoever loses decides again"""
        names = [f"g{i}" for i in range(4)]
        site = self.site([guest(n, clone="linked", disk_gb=None) for n in names], mode="remote")
        started = [site.start_vm7("--state-dir", self.dir / f"state{i}", "apply")
                   for i in range(3)]
        self.runs += [running.finish(200) for running in started]
        for run in self.runs:
            self.assertIn(run.code, (0, 20, 22, 23), run)
        site.apply("--state-dir", self.dir / "state0")
        site.expect_up(*names)
        clones = [e for e in site.sim.writes()
                  if e["path"].endswith("/clone") and e["status"] == 200]
        self.assertEqual(len(clones), 4, "a guest was made twice")

    def test_no_traces(self):
        """design 7 the checkout keeps no trace but the commits: refs, config, index"""
        site = self.site([guest("a")])
        config = site.person.read(".git/config")
        site.apply()
        self.assertEqual(site.person.read(".git/config"), config)
        self.assertEqual(site.person.git("status", "--porcelain", "--ignored"), "")
        self.assertEqual(site.person.git("stash", "list"), "")

    def test_pass_trailer(self):
        """rule 1 each commit carries a random Vm7-Pass"""
        site = self.site([guest("a")])
        base = site.origin.head()
        site.apply()
        site.set_vms(guest("a"), guest("b"))
        site.apply()
        passes = []
        for commit in site.origin.commits(base):
            for line in site.origin.message(commit).splitlines():
                if line.startswith("Vm7-Pass: "):
                    passes.append(line)
        self.assertEqual(len(passes), 4)
        self.assertFalse(set(passes[:2]) & set(passes[2:]))


if __name__ == "__main__":
    main()
