"""Reports: for a person at a terminal, for a pull request, for programs."""

import json

from house import Case, digest, main
from sample import container, guest, manifest, pool, pools
from sim import AUDITOR, fault


class Report(Case):
    def auditor(self, site):
        """A secret that holds a whole token with read rights only."""
        return {"VM7_SECRET_PVE_TOKEN": f"{AUDITOR}={site.sim.tokens[AUDITOR]}"}

    def test_x13(self):
        """X-13 with a read-only token: a full report, exit 2, no write, no new commit"""
        for mode in ("checkout", "remote"):
            with self.part(mode):
                site = self.site([guest("a"), container("b")], mode=mode)
                head = site.origin.head()
                before = digest(site.person.folder)
                report = self.dir / "report.md"
                run = self.ends(site.plan("--detailed-exitcode", "--report", report,
                                          env=self.auditor(site)), 2)
                text = report.read_text()
                for word in ("a", "b", "192.168.10.50", "192.168.10.51", "create"):
                    self.assertIn(word, text)
                self.assertEqual([e for e in site.sim.log() if e["method"] != "GET"], [])
                self.assertEqual(site.origin.head(), head)
                self.assertEqual(digest(site.person.folder), before)
                for secret in site.sim.tokens.values():
                    self.assertNotIn(secret, text + run.text)
                self.ends(site.apply(code=None, env=self.auditor(site)), 21)
                self.assertEqual([e for e in site.sim.writes() if e["status"] == 200], [])

    def test_x13_apply(self):
        """X-13 apply with the auditor's token: 21, the privilege and path named, nothing made"""
        site = self.site([guest("a")])
        self.ends(site.apply(code=None, env=self.auditor(site)), 21, "VM.Clone", "/vms")
        self.assertEqual([e for e in site.sim.writes() if e["status"] == 200], [])
        self.assertEqual(site.sim.guests(), {})

    def test_x13_annotation(self):
        """X-13 a mistake in a pull request is an annotation with file and line"""
        text = manifest(None, [guest("a", cpu=0)])
        line = next(i for i, l in enumerate(text.splitlines(), 1) if '"cpu": 0' in l)
        sim = self.sim()
        site = self.site(sim=sim, text=text)
        for verb in ("validate", "plan"):
            run = self.ends(site.vm7(verb, env={"GITHUB_ACTIONS": "true"}), 11)
            self.assertRegex(run.out, rf"(?m)^::error file=vm7\.yaml,line={line},col=\d+::.*cpu")
            self.assertIn(f"vm7.yaml:{line}:", run.err)
            self.assertNotIn("::error", self.ends(site.vm7(verb), 11).text)

    def test_x13_injection(self):
        """X-13 text of a pull request cannot start a workflow command or break the report"""
        site = self.site(text=manifest(
            None, [guest("a", network="x\n::set-env name=PATH::/tmp"),
                   guest("b", network="<script>alert(1)</script>|`")]))
        run = self.ends(site.plan(env={"GITHUB_ACTIONS": "true"}), 11)
        self.assertNotRegex(run.text, r"(?m)^::set-env")

    def test_markdown(self):
        """X-13 Markdown: foreign text is escaped, notes are there"""
        site = self.site([guest("a")])
        site.sim.set_faults(fault("GET", "/nodes/pve01/qemu/9000/config", {
            "status": 500, "reason": "<img src=x> | `rm` ![x](http://evil) @everyone"}, times=-1))
        run = site.vm7("plan", "--format", "markdown")
        for foul in ("<img src=x>", "![x](http://evil)"):
            self.assertNotIn(foul, run.out)

    def test_markdown_cap(self):
        """X-13 a Markdown report ends below 65,000 characters, and says what is left out"""
        vms = [guest(f"guest-with-a-rather-long-name-{i:04}", vmid=100000 + i, tags=["tag"],
                     clone="linked", disk_gb=None)
               for i in range(1200)]
        site = self.site(vms, networks=[{"name": "mgmt", "pool": "mgmt"}], pools=pools(
            mgmt=pool("10.0.0.0/16", "10.0.1.0", "10.0.200.0", "10.0.0.1")))
        report = self.dir / "r.md"
        self.ends(site.plan("--report", report), 0)
        text = report.read_text()
        self.assertLess(len(text), 65000)
        self.assertGreater(len(text), 10000)
        self.assertRegex(text, r"\d+ more|left out|truncated|shortened")
        made = json.loads(self.ends(site.plan("--format", "json"), 0).out)
        self.assertEqual(len(made["vms"]), 1200)

    def test_reports(self):
        """X-13 --report writes the format of its suffix, --format what stdout gets"""
        site = self.site([guest("a")])
        for suffix in ("json", "md", "txt"):
            self.ends(site.plan("--report", self.dir / f"r.{suffix}"), 0)
        made = json.loads((self.dir / "r.json").read_text())
        self.assertEqual(made, json.loads(site.plan("--format", "json").out))
        self.assertEqual((self.dir / "r.md").read_text(), site.plan("--format", "markdown").out)
        self.assertEqual((self.dir / "r.txt").read_text(), site.plan("--format", "text").out)
        self.ends(site.plan("--report", self.dir / "no" / "such" / "folder.md"), 30)

    def test_report_of_failure(self):
        """X-13 --report is written too when there is no plan, with every mistake"""
        site = self.site([guest(cpu=0), guest("b", ram_mb=1)])
        run = self.ends(site.plan("--report", self.dir / "plan.md"), 11)
        report = (self.dir / "plan.md").read_text()
        for words in ("nothing was done", "0 is less than 1", "1 is less than 512"):
            self.assertIn(words, report, run)
        self.sims[0].stop()
        site.set_vms(guest())
        self.ends(site.plan("--report", self.dir / "plan.txt"), 20)
        self.assertIn("error: ", (self.dir / "plan.txt").read_text())

    def test_json_plan(self):
        """V-11 the JSON plan's members, for new and for existing guests"""
        site = self.site([guest("a"), container("b")])
        made = site.plan_json()
        self.assertEqual(made["schema"], 1)
        for member in ("commit", "cluster", "offline", "vms", "notes", "refused", "fingerprint"):
            self.assertIn(member, made)
        self.assertEqual([(v["name"], v["action"], v["type"]) for v in made["vms"]],
                         [("a", "create", "vm"), ("b", "create", "lxc")])
        self.assertEqual(made["commit"], site.origin.head())
        self.assertEqual(made["cluster"], "lab")
        site.apply()
        made = site.plan_json()
        self.assertEqual([(v["action"], v["state"]) for v in made["vms"]], [("none", "ready")] * 2)

    def test_impacts(self):
        """design 7 a plan says what a difference costs, and notes what is left alone"""
        site = self.site([guest("a")])
        site.apply()
        site.set_vms(guest("a", cpu=4, tags=["new"], datastore="shared"))
        made = site.plan_json()
        self.assertEqual([c["key"] for c in made["vms"][0]["changes"]], ["cores", "tags"])
        self.assertEqual(made["vms"][0]["impact"], "pending")
        self.assertIn("shared", json.dumps(made["notes"]))

    def test_streams(self):
        """H-43 results on standard output, everything else on standard error"""
        site = self.site([guest("a")])
        for args in (["plan"], ["--json", "plan"], ["-v", "--json", "plan"],
                     ["-v", "--json", "apply"]):
            run = self.ends(site.vm7(*args), 0)
            if "--json" in args:
                json.loads(run.out)
        self.assertIn("GET", run.err)
        self.assertNotIn("GET /", run.out)

    def test_help(self):
        """help for each verb, the version, and a usage that names the verbs"""
        run = self.ends(self.vm7("help"), 0)
        for verb in ("validate", "plan", "apply", "rollback", "inventory", "render", "schema",
                     "init"):
            self.assertIn(verb, run.out)
            told = self.ends(self.vm7("help", verb), 0)
            self.assertIn(verb, told.out)
            self.assertEqual(told.err, "")
        self.assertRegex(self.ends(self.vm7("--version"), 0).out, r"vm7 \d")
        self.ends(self.vm7(), 64)
        self.ends(self.vm7("help", "nonsense"), 64)
        told = json.loads(self.ends(self.vm7("--json", "help"), 0).out)
        for verb in told["verbs"]:
            self.assertIn(f"\n  {verb['name']} ", run.out)
        told = json.loads(self.ends(self.vm7("help", "plan", "--json"), 0).out)
        self.assertEqual([verb["name"] for verb in told["verbs"]], ["plan"])
        self.assertIn("explain", told["verbs"][0]["options"])
        self.assertNotIn("reason", [option["name"] for option in told["options"]])
        for wrong in ("soon", "90", "0s", "-5m", "5 m"):
            self.ends(self.vm7("apply", "--task-timeout", wrong), 64, "--task-timeout", wrong)

    def test_render(self):
        """V-15 render shows what the guest is given at creation, without a network"""
        site = self.site([guest("web-01"), container("ct-01")])
        site.apply()
        site.sim.stop()
        run = self.ends(site.vm7("render", "web-01"), 0, "devops", "ssh-ed25519",
                        "192.168.10.50", "192.168.10.1")
        self.assertEqual(run.out.count("AAAAC3NzaC1"), 1)
        self.ends(site.vm7("render", "ct-01"), 0, "192.168.10.51")
        run = site.vm7("render", "nobody")
        self.assertIn(run.code, (11, 64), run)


if __name__ == "__main__":
    main()
