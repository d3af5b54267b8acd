"""Real Git servers with real credentials, and servers that keep one waiting."""

import time

from gitrepo import person_config
from gitserver import GitSsh
from hostile import Hostile, closed_port
from house import Case, main
from program import have
from sample import POOLS, guest, manifest

DEADLINE = 60  # seconds that one network operation of Git may take
SLACK = 30  # for slow machines and sanitizers


class Servers(Case):
    def remote(self, url, config, *args, **options):
        return self.vm7("--config", config, "--repo", url, "--branch", "main",
                        "--state-dir", self.dir / "state", *args, **options)

    # --- HTTPS --------------------------------------------------------------------------

    def test_https_remote(self):
        """servers: --repo over HTTPS with a private CA and basic auth, from commit to guests"""
        site = self.site([guest("a")])
        server = self.git_https(username="bob", password="hunter22-canary")
        password = self.secret_file("git", "hunter22-canary\n")
        config = self.host_config(
            endpoints=[site.sim.url], secrets={"git": {"file": str(password), "use": "git"}},
            git={"username": "bob", "password": {"secret": "git"},
                 "ca_file": str(self.authority().file)})
        url = server.url(site.origin)
        self.ends(self.remote(url, config, "plan", "--detailed-exitcode"), 2)
        run = self.ends(self.remote(url, config, "-v", "apply"), 0)
        site.expect_up("a")
        self.ends(self.remote(url, config, "plan", "--detailed-exitcode"), 0)
        self.assertNotIn("hunter22", run.text)
        for path in (self.dir / "state").rglob("*"):
            if path.is_file():
                self.assertNotIn(b"hunter22", path.read_bytes(), path)
        self.assertTrue(any("version=2" in h.get("Git-Protocol", "")
                            for _, _, h in server.requests))

    def test_https_refused(self):
        """servers: a wrong password is 21, an unknown CA 20 or 21, and the password stays home"""
        site = self.site([guest("a")])
        server = self.git_https(username="bob", password="hunter22")
        self.env["VM7_SECRET_GIT"] = "wrong-canary"
        ca = str(self.authority().file)
        config = self.host_config(endpoints=[site.sim.url], git={
            "username": "bob", "password": {"secret": "git"}, "ca_file": ca})
        run = self.ends(self.remote(server.url(site.origin), config, "apply"), 21)
        self.assertNotIn("wrong-canary", run.text)
        server.requests.clear()
        config = self.host_config(endpoints=[site.sim.url], git={
            "username": "bob", "password": {"secret": "git"}})
        run = self.remote(server.url(site.origin), config, "apply")
        self.assertIn(run.code, (20, 21), run)
        self.assertIn("certificate", run.text.lower())
        self.assertEqual(server.requests, [])
        self.assertEqual(site.sim.writes(), [])

    def test_https_checkout(self):
        """servers: -C uses the person's own Git configuration and credential helper"""
        site = self.site([guest("a")])
        server = self.git_https(username="bob", password="hunter22")
        helper = self.dir / "helper.sh"
        helper.write_text("#!/bin/sh\n[ \"$1\" = get ] && echo username=bob "
                          "&& echo password=hunter22\nexit 0\n")
        helper.chmod(0o755)
        person_config(self.home, f"[http]\n\tsslCAInfo = {self.authority().file}\n"
                                 f"[credential]\n\thelper = {helper}\n")
        site.person.git("remote", "set-url", "origin", server.url(site.origin))
        site.apply()
        site.expect_up("a")
        self.assertEqual(site.person.head(), site.origin.head())

    def test_https_hook(self):
        """servers: the words of a hook behind HTTPS reach the person; 20"""
        site = self.site([guest("a")])
        server = self.git_https()
        person_config(self.home, f"[http]\n\tsslCAInfo = {self.authority().file}\n")
        site.person.git("remote", "set-url", "origin", server.url(site.origin))
        site.origin.hook("pre-receive", "echo 'main is protected, ask Eve' >&2\nexit 1\n")
        self.ends(site.apply(code=None), 20, "main is protected, ask Eve")
        self.assertEqual(site.sim.writes(), [])

    def test_redirect(self):
        """servers: a URL with credentials inside: they are not shown"""
        site = self.site([guest("a")])
        server = self.git_https(username="bob", password="hunter22")
        config = self.host_config(endpoints=[site.sim.url],
                                  git={"ca_file": str(self.authority().file)})
        url = server.url(site.origin).replace("https://", "https://bob:hunter22@")
        run = self.remote(url, config, "-v", "plan")
        self.assertIn(run.code, (0, 11, 21, 23, 64), run)
        self.assertNotIn("hunter22", run.text)

    # --- ssh ----------------------------------------------------------------------------

    def ssh(self, **kinds):
        if not have("sshd"):
            self.skipTest("openssh-server is not installed")
        server = GitSsh(self.dir / "ssh", **kinds)
        self.addCleanup(server.stop)
        return server

    def test_ssh_remote(self):
        """servers: --repo over ssh with ed25519 and RSA keys and a checked known_hosts"""
        for kind in ("ed25519", "rsa"):
            with self.part(kind):
                site = self.site([guest("a")])
                server = self.ssh(key_type=kind, host_key_type=kind)
                key = self.secret_file("git-ssh", server.key.read_text())
                config = self.host_config(
                    endpoints=[site.sim.url], secrets={"git-ssh": {"file": str(key)}},
                    git={"ssh_key": {"secret": "git-ssh"},
                         "known_hosts": str(server.known_hosts)})
                url = server.url(site.origin)
                self.ends(self.remote(url, config, "apply"), 0)
                site.expect_up("a")
                self.ends(self.remote(url, config, "plan", "--detailed-exitcode"), 0)
                for path in (self.dir / "state").rglob("*"):
                    if path.is_file():
                        self.assertNotIn(b"PRIVATE KEY", path.read_bytes(), path)

    def test_ssh_unknown_host(self):
        """servers: another host key than known_hosts says: refused, nothing done"""
        site = self.site([guest("a")])
        server = self.ssh()
        key = self.secret_file("git-ssh", server.key.read_text())
        empty = self.dir / "empty"
        empty.write_text("")
        for known in (server.other_known_hosts(), empty):
            config = self.host_config(
                endpoints=[site.sim.url], secrets={"git-ssh": {"file": str(key)}},
                git={"ssh_key": {"secret": "git-ssh"}, "known_hosts": str(known)})
            run = self.remote(server.url(site.origin), config, "apply")
            self.assertIn(run.code, (20, 21), run)
            self.assertIn("host key", run.text.lower())
        self.assertEqual(site.sim.writes(), [])

    def test_ssh_wrong_key(self):
        """servers: an ssh key that the server does not know is 21"""
        site = self.site([guest("a")])
        server = self.ssh()
        stranger = server._keygen("stranger", "ed25519")
        key = self.secret_file("git-ssh", stranger.read_text())
        config = self.host_config(
            endpoints=[site.sim.url], secrets={"git-ssh": {"file": str(key)}},
            git={"ssh_key": {"secret": "git-ssh"}, "known_hosts": str(server.known_hosts)})
        self.ends(self.remote(server.url(site.origin), config, "apply"), 21)

    def test_ssh_checkout(self):
        """servers: -C over ssh with the person's own ssh command"""
        site = self.site([guest("a")])
        server = self.ssh()
        person_config(self.home, f'[core]\n\tsshCommand = "{server.command()}"\n')
        site.person.git("remote", "set-url", "origin", server.url(site.origin))
        site.apply()
        site.expect_up("a")

    # --- plain paths ----------------------------------------------------------------------

    def test_path(self):
        """servers: --repo with a plain path and with file://"""
        for scheme in ("", "file://"):
            with self.part(scheme or "path"):
                site = self.site([guest("a")])
                config = self.host_config(endpoints=[site.sim.url])
                self.ends(self.remote(scheme + site.origin.url, config, "apply"), 0)
                site.expect_up("a")

    def test_options(self):
        """servers: a URL that looks like an option or a command is refused"""
        sim = self.sim()
        canary = self.dir / "canary"
        for url in (f"--upload-pack=touch {canary}", f"ext::sh -c touch% {canary}",
                    "-oProxyCommand=x", f"ssh://-oProxyCommand=touch {canary}/x"):
            run = self.vm7("--repo", url, "--branch", "main", "plan")
            self.assertIn(run.code, (11, 20, 21, 23, 64), run)
            self.assertFalse(canary.exists())
        for branch in ("--upload-pack=x", "-x", "a..b", "refs/heads/../x", "a b"):
            run = self.vm7("--repo", str(self.dir / "none"), "--branch", branch, "plan")
            self.assertIn(run.code, (11, 20, 23, 64), run)
        self.assertEqual(sim.log(), [])

    def test_missing(self):
        """servers: a path that is no repository is 20 and named"""
        self.sim()
        self.ends(self.vm7("--repo", str(self.dir / "none"), "--branch", "main", "plan"), 20,
                  str(self.dir / "none"))

    def test_no_git(self):
        """12 a git program that is not there"""
        site = self.site([guest("a")])
        empty = self.dir / "bin"
        empty.mkdir()
        self.ends(site.apply(code=None, env={"PATH": empty}), 12, "git")

    # --- servers that misbehave -------------------------------------------------------------

    def test_hostile(self):
        """servers: silent, trickling, closing, refusing, HTML: 20 within the deadline"""
        sim = self.sim()
        ca = self.authority().server_context()[0]
        person_config(self.home, f"[http]\n\tsslCAInfo = {self.authority().file}\n")
        config = self.host_config(endpoints=[sim.url],
                                  git={"ca_file": str(self.authority().file)})
        servers, waiting = [], []
        for kind in ("silent", "trickle", "hangup", "html"):
            for context in (None, ca):
                server = Hostile(kind, context)
                self.addCleanup(server.stop)
                servers.append((f"{kind} {'TLS' if context else 'TCP'}", server.url()))
        ssh = Hostile("silent")
        self.addCleanup(ssh.stop)
        servers.append(("silent ssh", ssh.url("ssh")))
        servers.append(("refused", f"https://127.0.0.1:{closed_port()}/repo.git"))
        for i, (name, url) in enumerate(servers):
            person = self.clone(url, f"person{i}")
            person.commit("x", {"vm7.yaml": manifest(sim, [guest("a")]),
                                "ipam/pools.yaml": POOLS})
            for mode, where in (("-C", ["-C", person.folder]), ("--repo", [
                    "--config", config, "--state-dir", self.dir / f"state{i}",
                    "--repo", url, "--branch", "main"])):
                waiting.append((f"{name} {mode}", url, self.start_vm7(*where, "apply")))
        deadline = time.monotonic() + DEADLINE + SLACK
        for name, url, running in waiting:
            with self.subTest(name):
                run = running.finish(max(1, deadline - time.monotonic()))
                self.runs.append(run)
                self.assertEqual(run.code, 20, run)
                self.assertIn(url.split("/")[2], run.err, run)
        self.assertEqual(sim.writes(), [])

    def test_deadline_push(self):
        """servers: a push that never ends is 20 at the deadline, and nothing is asked"""
        site = self.site([guest("a")])
        site.origin.hook("pre-receive", "sleep 600\n")
        started = time.monotonic()
        self.ends(site.apply(code=None), 20)
        self.assertLess(time.monotonic() - started, DEADLINE + SLACK)
        self.assertEqual(site.sim.writes(), [])


if __name__ == "__main__":
    main()
