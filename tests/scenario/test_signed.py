"""Commits that people sign, commits that vm7 signs, and branches that were rewritten."""

import json
import re
import shutil
import subprocess

from controller import Controller
from gitrepo import git_env, person_config
from house import Case, main
from sample import POOLS, guest

OWN = "ipam/leases.json"


class Signed(Case):
    """`self.key(name)` is a private SSH key; `pat` is the person, `vm7` the controller."""

    def run_program(self, *args, input=None):
        done = subprocess.run([str(a) for a in args], input=input, capture_output=True, timeout=60,
                              env=git_env(self.home), cwd=self.dir)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def key(self, name, kind="ed25519"):
        path = self.dir / "keys" / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.run_program("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", path)
        return path

    def public(self, name):
        return " ".join(self.key(name).with_suffix(".pub").read_text().split()[:2])

    def pgp_key(self, name, lasts="never", *options):
        self.addCleanup(subprocess.run, ["gpgconf", "--kill", "all"], env=git_env(self.home),
                        capture_output=True)
        (self.home / ".gnupg").mkdir(mode=0o700, exist_ok=True)
        self.run_program("gpg", "--batch", "-q", *options, "--passphrase", "", "--quick-gen-key",
                         f"{name} <{name}@example.org>", "ed25519", "sign", lasts)

    def keyring(self, *names, armor=()):
        path = self.dir / "keyring.gpg"
        path.write_bytes(self.run_program("gpg", "--batch", *armor, "--export",
                                          *[f"{name}@example.org" for name in names]))
        path.chmod(0o644)
        return path

    def allowed(self, *lines):
        path = self.dir / "allowed_signers"
        path.write_text("".join(line + "\n" for line in lines))
        path.chmod(0o644)
        return path

    def as_person(self, repo, key="pat", kind="ssh"):
        """From now on the clone signs so; None: it does not."""
        repo.git("config", "commit.gpgSign", "true" if key else "false")
        repo.git("config", "gpg.format", kind)
        repo.git("config", "user.signingKey",
                 f"{key}@example.org" if kind == "openpgp" or not key else self.key(key))

    def config(self, lines=None, signing="vm7", **settings):
        """The host's configuration; `lines` of allowed_signers, Pat's when None."""
        return self.host_config(**self.settings(lines, signing, **settings))

    def settings(self, lines=None, signing="vm7", **settings):
        git = {"require_signed": True, **settings}
        if "keyring" not in git or lines is not None:
            git["allowed_signers"] = str(self.allowed(*([f"pat@example.org {self.public('pat')}"]
                                                        if lines is None else lines)))
        secrets = {}
        if signing:
            git["signing_key"] = {"secret": "sign"}
            secrets["sign"] = {"file": str(self.key(signing)), "use": "git"}
        return {"git": {k: v for k, v in git.items() if v is not None}, "secrets": secrets}

    def signed_site(self, vms=(guest("a"),), **options):
        """A site whose commits Pat signs, and the arguments that make vm7 ask for that."""
        person_config(self.home, "[commit]\n\tgpgSign = true\n[gpg]\n\tformat = ssh\n"
                      f"[user]\n\tsigningKey = {self.key('pat')}\n")
        return self.site(list(vms), **options)

    def commit_on(self, site, parent, message="A change", files=None, key="pat", kind="ssh"):
        """A commit of the person's on `parent`, at the head of main."""
        person = site.person
        person.git("fetch", "-q", "origin")
        person.git("checkout", "-q", "-B", "main", parent)
        self.as_person(person, key, kind)
        return self.publish(site, person.commit(message, files))

    def publish(self, site, commit):
        site.person.git("push", "-q", "origin", f"{commit}:refs/pushed/{commit}")
        site.origin.git("update-ref", "refs/heads/main", commit)
        return commit

    def refused(self, site, *words, code=23, verb="apply", config=None, args=()):
        """It says so, does nothing in the cluster and commits nothing."""
        head, mark = site.origin.head(), len(site.sim.log())
        run = site.vm7("--config", config or self.dir / "controller.yaml", verb, *args)
        self.ends(run, code, *words)
        self.assertEqual(len(site.sim.log()), mark, run)
        self.assertEqual(site.origin.head(), head, run)
        return run

    def by_vm7(self, site, message="vm7: something", files=None, parent=None):
        """A commit by somebody who has vm7's own key and knows how its commits look."""
        source = site.lease_file()["source"]
        return self.commit_on(site, parent or site.origin.head(),
                              f"{message}\n\nVm7-Source: {source}\nVm7-Pass: 1\n", files,
                              key="vm7")

    # --- signatures of OpenSSH ------------------------------------------------------

    def test_unsigned_head(self):
        """G-15 signed an unsigned head is 23 and nothing is done; signed, it is acted on"""
        for mode in ("remote", "checkout"):
            with self.part(mode):
                site = self.signed_site(mode=mode)
                config = self.config()
                signed = site.origin.head()
                head = self.commit_on(site, signed, "More", {
                    "vm7.yaml": site.manifest([guest("a"), guest("b")])}, key=None)
                self.refused(site, head[:12], "Pat Person <pat@example.org>", "is not signed",
                             "git commit -S --allow-empty")
                self.refused(site, "is not signed", verb="rollback")
                if mode == "remote":
                    self.refused(site, head[:12], "is not signed", verb="plan")
                    self.refused(site, "is not signed", verb="inventory")
                self.commit_on(site, head, "Looked at")
                self.ends(site.vm7("--config", config, "apply"), 0)
                site.expect_up("a", "b")
                self.assertEqual(list(self.dir.rglob("signature-*")), [])
                self.assertEqual(list(self.dir.rglob("key-*")), [])

    def test_own_commits(self):
        """G-15 signed vm7's own commits are signed, git verifies them, the next pass walks over"""
        site = self.signed_site(mode="remote")
        config = self.config()
        base = site.origin.head()
        self.ends(site.vm7("--config", config, "apply"), 0)
        made = site.origin.commits(base)
        self.assertEqual(len(made), 2)
        trusted = self.dir / "trusted"
        trusted.write_text(f"vm7 {self.public('vm7')}\n")
        for commit in made:
            site.origin.git("-c", f"gpg.ssh.allowedSignersFile={trusted}", "verify-commit", commit)
        site.origin.git("fsck", "--strict")
        head, mark = site.origin.head(), len(site.sim.writes())
        for args in ((), ("--state-dir", self.dir / "fresh")):
            self.ends(site.vm7("--config", config, *args, "apply"), 0, "1 as desired")
        self.assertEqual((site.origin.head(), len(site.sim.writes())), (head, mark))
        # more of them than a shallow cache fetches at once, then one that nobody signed
        self.by_vm7(site, files={"inventory/hosts.yml": "# first\n"})
        for i in range(40):
            site.person.commit("vm7: more\n\nVm7-Pass: 1", {"inventory/hosts.yml": f"# {i}\n"})
        self.publish(site, site.person.head())
        for fresh in ("other", "another"):
            self.ends(site.vm7("--config", config, "--state-dir", self.dir / fresh, "plan"), 0)
        head = self.commit_on(site, head, key=None)
        self.by_vm7(site, files={"inventory/hosts.yml": "# x\n"})
        self.refused(site, head[:12], "is not signed", config=config)

    def test_verdicts(self):
        """G-15 signed each signature that does not count is refused and named"""
        site = self.signed_site(mode="remote")
        pat, vm7 = self.public("pat"), self.public("vm7")
        config = self.config([f"pat@example.org {pat}", f"vm7@example.org {vm7}"])
        self.ends(site.vm7("--config", config, "apply"), 0)
        base = site.origin.head()
        more = {"vm7.yaml": site.manifest([guest("a"), guest("b")])}

        with self.subTest("unknown key"):
            self.commit_on(site, base, files=more, key="eve")
            self.refused(site, "unknown key", "SHA256:")
        with self.subTest("tampered"):
            good = self.commit_on(site, base, "Three of them", more)
            text = site.person.git("cat-file", "commit", good, binary=True)
            bad = site.person.git("hash-object", "-t", "commit", "-w", "--stdin",
                                  input=text.replace(b"Three", b"Seven")).strip()
            self.publish(site, bad)
            self.refused(site, bad[:12], "bad signature", "incorrect signature")
        with self.subTest("no signature at all"):
            text = re.sub(rb"gpgsig .*?-----END", b"gpgsig hello\n -----END", text, flags=re.S)
            self.publish(site, site.person.git("hash-object", "-t", "commit", "-w", "--stdin",
                                               input=text).strip())
            self.refused(site, "bad signature", "neither of OpenSSH nor of OpenPGP")
        with self.subTest("vm7 touches vm7.yaml"):
            head = self.by_vm7(site, files=more, parent=base)
            self.refused(site, head[:12], "vm7's own key", "touches vm7.yaml")
        with self.subTest("vm7 touches vm7.yaml, and takes it back"):
            old = site.person.git("show", f"{base}:vm7.yaml")
            head = self.by_vm7(site, files={"vm7.yaml": old})
            self.refused(site, head[:12], "touches vm7.yaml")
        with self.subTest("vm7 touches the pools"):
            head = self.by_vm7(site, files={"ipam/pools.yaml": POOLS + "# x\n"}, parent=base)
            self.by_vm7(site, files={"inventory/hosts.yml": "# x\n"})
            self.refused(site, head[:12], "vm7's own key", "touches ipam/pools.yaml")
        with self.subTest("vm7 merges"):
            side = self.commit_on(site, base, files=more, key=None)
            self.commit_on(site, base, "A side")
            self.as_person(site.person, "vm7")
            site.person.git("merge", "-q", "--no-ff", "-m", "Both\n\nVm7-Pass: 1", side)
            self.publish(site, site.person.head())
            self.refused(site, "vm7's own key", "a merge")
        with self.subTest("an unsigned merge of what is signed"):
            side = self.commit_on(site, base, files=more)
            self.as_person(site.person, None)
            site.person.git("checkout", "-q", "-B", "main", base)
            site.person.git("merge", "-q", "--no-ff", "-m", "Merge it", side)
            self.publish(site, site.person.head())
            self.refused(site, "is not signed")
        with self.subTest("a signed tag"):
            head = self.commit_on(site, base, files=more, key=None)
            self.as_person(site.person, "pat")
            site.person.git("tag", "-s", "-m", "v1", "v1", head)
            site.person.git("push", "-q", "origin", "v1")
            self.refused(site, head[:12], "is not signed")
        head = self.commit_on(site, base, files=more)
        for name, options, words in (
                ("expired", 'valid-before="20200101"', "has expired"),
                ("not yet", 'valid-after="20990101"', "not yet valid"),
                ("not for Git", 'namespaces="file"', "not permitted")):
            with self.subTest(name):
                self.config([f"pat@example.org {options} {pat}"])
                self.refused(site, head[:12], "does not count any more", words)
        with self.subTest("struck from the file"):
            self.config([f"eve@example.org {self.public('eve')}"])
            self.refused(site, head[:12], "unknown key")
        with self.subTest("a signed merge of what is not signed"):
            config = self.config()
            side = self.commit_on(site, base, files=more, key=None)
            self.commit_on(site, base, "Meanwhile")
            site.person.git("merge", "-q", "--no-ff", "-m", "Looked at", side)
            self.publish(site, site.person.head())
            self.ends(site.vm7("--config", config, "apply"), 0)
            site.expect_up("a", "b")

    def test_pushed_meanwhile(self):
        """G-15 signed somebody pushes unsigned during a pass: nothing is committed on that"""
        site = self.signed_site(mode="remote", watched=True)
        config = self.config()
        other = self.clone(site.origin.url, "other")
        other.pull()
        self.as_person(other, None)

        def somebody(seen):
            if seen.path.endswith("/status/start") and seen.method == "POST":
                other.pull()
                other.publish("meanwhile", {"README": "hello\n"})
        site.sim.before = somebody
        self.ends(site.vm7("--config", config, "apply"), 23, "is not signed",
                  "results were not pushed")
        self.assertEqual(site.origin.head(), other.head())
        site.sim.before = lambda seen: True
        self.commit_on(site, site.origin.head(), "Looked at")
        self.ends(site.vm7("--config", config, "apply"), 0)
        site.expect_up("a")

    def test_unattended(self):
        """G-15 signed the controller looks after what was good, and falls back to nothing unsigned"""
        site = self.signed_site()
        controller = Controller(site, drift_interval="2s", **self.settings())
        controller.ready("a")
        more = {"vm7.yaml": site.manifest([guest("a"), guest("b")])}
        head = self.commit_on(site, site.origin.head(), files=more, key=None)
        controller.says(head[:12], "is not signed")
        vmid = site.leases()["a"]["vmid"]
        for bad in (None, site.manifest([guest("a"), guest("c")]).replace('"cpu"', '"cpus"')):
            if bad:  # signed: what is signed, but wrong, puts nothing in force before it
                self.commit_on(site, head, files={"vm7.yaml": bad})
                controller.says("cpus", "not in force")
            site.sim.do("POST", site.sim.where(vmid) + "/status/stop")
            controller.until(lambda: site.sim.status(vmid) == "running", "it is started again")
            self.assertEqual(list(site.leases()), ["a"])
            self.assertEqual(list(site.sim.guests()), [vmid])
        site.person.pull()
        site.person.publish("Better", {"vm7.yaml": site.manifest([guest("a"), guest("d")])})
        controller.ready("a", "d")
        controller.stop()

    # --- signatures of OpenPGP ------------------------------------------------------

    def test_openpgp(self):
        """G-15 signed OpenPGP: a key of the keyring counts; another, an expired, a revoked do not"""
        site = self.signed_site(mode="remote")
        base = site.origin.head()
        old = ("--faked-system-time", "20200101T000000!")
        self.pgp_key("pam")
        self.pgp_key("eve")
        self.pgp_key("old", "1m", *old)
        both = self.keyring("pam", "old")
        config = self.config(keyring=str(both), lines=[f"pat@example.org {self.public('pat')}"])
        more = {"vm7.yaml": site.manifest([guest("a"), guest("b")])}
        with self.subTest("unknown"):
            self.commit_on(site, base, files=more, key="eve", kind="openpgp")
            self.refused(site, "unknown key")
        with self.subTest("expired"):
            wrapper = self.dir / "gpg-of-2020"
            wrapper.write_text(f"#!/bin/sh\nexec gpg {' '.join(old).replace('!', '')}! \"$@\"\n")
            wrapper.chmod(0o755)
            site.person.git("config", "gpg.program", wrapper)
            self.commit_on(site, base, files=more, key="old", kind="openpgp")
            site.person.git("config", "--unset", "gpg.program")
            self.refused(site, "old@example.org", "does not count any more", "expired")
        good = self.commit_on(site, base, "Three of them", more, key="pam", kind="openpgp")
        with self.subTest("no keyring"):
            self.refused(site, "no keyring", config=self.config())
        with self.subTest("in armor"):
            self.keyring("pam", armor=("--armor",))
            self.refused(site, "gpg --dearmor", code=11,
                         config=self.config(keyring=str(both), lines=None))
        with self.subTest("tampered"):
            self.keyring("pam", "old")
            text = site.person.git("cat-file", "commit", good, binary=True)
            bad = site.person.git("hash-object", "-t", "commit", "-w", "--stdin",
                                  input=text.replace(b"Three", b"Seven")).strip()
            self.publish(site, bad)
            self.refused(site, "bad signature")
        with self.subTest("a key of each kind"):
            self.commit_on(site, good, "By SSH", key="pat")
            config = self.config(keyring=str(both), lines=[f"pat@example.org {self.public('pat')}"])
            self.ends(site.vm7("--config", config, "plan"), 0)
            self.publish(site, good)
            self.ends(site.vm7("--config", config, "apply"), 0)
            site.expect_up("a", "b")
        with self.subTest("revoked"):
            revocation = next((self.home / ".gnupg/openpgp-revocs.d").glob(
                self.run_program("gpg", "--batch", "--with-colons", "--list-keys",
                                 "pam@example.org").decode().split("fpr:::::::::")[1][:40] + "*"))
            revocation.write_text(revocation.read_text().replace(":-----BEGIN", "-----BEGIN"))
            self.run_program("gpg", "--batch", "-q", "--import", revocation)
            self.keyring("pam", "old")
            self.refused(site, "pam@example.org", "revoked", config=config)

    # --- the host's own configuration -----------------------------------------------

    def test_host(self):
        """design 8 require_signed: files that are missing, too open or wrong are told before"""
        site = self.signed_site(mode="remote")
        config = self.config()
        for name, changes, code, words in (
                ("nobody's", {"allowed_signers": None, "lines": []}, 11, "whose signatures?"),
                ("not there", {"allowed_signers": "/nowhere"}, 11, "/nowhere"),
                ("no key of vm7's", {"signing": None}, 23, "needs git.signing_key")):
            with self.subTest(name):
                self.config(**changes)
                if "lines" in changes:
                    text = config.read_text()
                    config.write_text(re.sub(r', "allowed_signers": "[^"]*"', "", text))
                elif "allowed_signers" in changes:
                    config.write_text(re.sub(r'("allowed_signers": )"[^"]*"', r'\1"/nowhere"',
                                             config.read_text()))
                self.refused(site, words, code=code)
        with self.subTest("others can change it"):
            self.config()
            (self.dir / "allowed_signers").chmod(0o666)
            self.refused(site, "others can change it", code=21)
        with self.subTest("no private key"):
            self.config()
            key = self.secret_file("key", "-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n")
            config.write_text(config.read_text().replace(str(self.key("vm7")), str(key)))
            head = site.origin.head()
            run = self.ends(site.vm7("--config", config, "apply"), 21, "git.signing_key")
            self.assertNotIn("nonsense", run.text)
            self.assertEqual((site.origin.head(), site.sim.writes()), (head, []))
        with self.subTest("no program"):
            self.config()
            tools = self.dir / "tools"
            tools.mkdir()
            for name in ("git", "sh"):
                (tools / name).symlink_to(shutil.which(name, path="/usr/bin:/bin"))
            run = self.vm7("-C", site.person.folder, "--config", config, "apply",
                           env={"PATH": str(tools)})
            self.ends(run, 12, "ssh-keygen", "install openssh-client")
        with self.subTest("another branch for what vm7 writes"):
            self.config(signing=None)
            site.set_vms(guest("a"), globals_={"ipam": {
                "pools_file": "ipam/pools.yaml", "leases_file": OWN, "branch": "vm7-state"}})
            for _ in range(2):
                self.ends(site.vm7("--config", config, "apply"), 0)
            held = json.loads(site.origin.show(OWN, "refs/heads/vm7-state"))
            self.assertEqual(held["leases"]["a"]["state"], "ready")

    def test_signing_key_alone(self):
        """design 8 signing_key without require_signed: our commits are signed, a killed run's swept"""
        site = self.site([guest("a")], watched=True)
        config = self.config(require_signed=False)
        base = site.origin.head()
        where = ["-C", str(site.person.folder), "--config", config]
        running = None

        def kill(seen):
            if seen.write:
                running.kill()
                return False
        site.sim.before = kill
        running = self.start_vm7(*where, "apply")
        running.process.communicate(timeout=60)
        site.sim.before = lambda seen: True
        self.assertEqual(len(list(self.home.rglob("key-*"))), 1)  # it had no time to tidy up
        self.ends(self.vm7(*where, "apply"), 0)
        site.expect_up("a")
        self.assertEqual(list(self.dir.rglob("key-*")), [])
        for commit in site.origin.commits(base):
            self.assertIn("BEGIN SSH SIGNATURE", site.origin.git("cat-file", "commit", commit))

    def test_working_tree(self):
        """design 8 the plan of a working tree cannot be signed: it says so, and is made"""
        site = self.signed_site(mode="checkout")
        config = self.config()
        site.person.write("vm7.yaml", site.manifest([guest("a"), guest("b")]))
        self.ends(site.vm7("--config", config, "plan"), 0, "a working tree has no signature",
                  "b")
        site.person.git("checkout", "-q", "vm7.yaml")
        run = site.vm7("--config", config, "--json", "plan")
        self.ends(run, 0)
        self.ends(site.vm7("--config", config, "apply", "--expect",
                           json.loads(run.out)["fingerprint"]), 0)
        site.expect_up("a")

    # --- a branch that was rewritten ------------------------------------------------

    def test_rewritten(self):
        """design 8 a rewritten branch is refused until the operator names its commit"""
        site = self.site([guest("a"), guest("b")], mode="remote")
        site.apply()
        old, mark = site.origin.head(), len(site.sim.writes())
        site.person.pull()
        new = site.person.git("commit-tree", "-m", "All in one", f"{old}^{{tree}}").strip()
        self.publish(site, new)
        self.ends(site.apply(code=None), 23, "went back or was rewritten",
                  f"vm7 apply --accept-rewrite {new}")
        self.ends(site.apply("--accept-rewrite", old, code=None), 23, f"the branch is at {new}")
        self.ends(site.apply("--accept-rewrite", new[:7], code=None), 64, "first 8 digits")
        self.ends(site.apply("--accept-rewrite", "HEAD", code=None), 64)
        self.ends(site.plan("--accept-rewrite", new[:8]), 0, "nothing to do")
        self.assertEqual(site.origin.head(), new)
        self.ends(site.apply("--accept-rewrite", new), 0, "accepted by the operator")
        self.assertEqual(site.lease_file()["source"], new)
        self.assertEqual(site.origin.parents(site.origin.head()), [new])
        head = site.origin.head()
        site.apply()
        self.assertEqual((site.origin.head(), len(site.sim.writes())), (head, mark))
        site.expect_up("a", "b")
        site.set_vms(guest("a"), guest("b"), guest("c"))
        site.apply()
        site.expect_up("a", "b", "c")

    def test_went_back(self):
        """design 8 a branch that went back is refused; accepted, no serial is used twice"""
        site = self.site([guest("a")], mode="remote")
        site.apply()
        old = site.origin.head()
        site.set_vms(guest("a"), guest("b"))
        site.apply()
        serial, mark = site.lease_file()["serial"], len(site.sim.writes())
        site.origin.git("update-ref", "refs/heads/main", old)
        self.ends(site.apply(code=None), 23, "the branch went back",
                  f"vm7 apply --accept-rewrite {old}")
        self.ends(site.vm7("rollback"), 23, "the branch went back")
        self.assertEqual(site.origin.head(), old)
        self.ends(site.vm7("reconcile", "--once", "--accept-rewrite", old[:12]), 0)
        self.assertEqual(site.lease_file()["serial"], serial + 1)
        site.apply()
        self.assertEqual(len(site.sim.writes()), mark, "nobody's guest was touched")
        self.assertEqual(sorted(site.states()), ["a"])
        self.assertEqual(len(site.sim.guests()), 2)


if __name__ == "__main__":
    main()
