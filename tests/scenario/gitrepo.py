"""Repositories: the bare one that everybody shares, and a person's clone of it."""

import os
import pathlib
import subprocess


def git_env(home):
    """The whole environment of a person's git; nothing is inherited."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


def person_config(home, extra=""):
    """A person's ~/.gitconfig."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Pat Person\n\temail = pat@example.org\n"
        "[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n"
        "[commit]\n\tgpgSign = false\n" + extra
    )


class GitFailed(AssertionError):
    pass


class _Git:
    def __init__(self, folder, home):
        self.folder = pathlib.Path(folder)
        self.home = home

    def git(self, *args, input=None, check=True, binary=False):
        done = subprocess.run(
            ["git", *map(str, args)], cwd=self.folder, env=git_env(self.home), input=input,
            capture_output=True, timeout=60,
        )
        if check and done.returncode != 0:
            words = done.stderr.decode(errors="replace")
            raise GitFailed(f"git {args}: {done.returncode}\n{words}")
        self.failed = done.stderr.decode(errors="replace") if done.returncode else None
        return done.stdout if binary else done.stdout.decode(errors="replace")

    def head(self, branch="main"):
        return self.git("rev-parse", f"refs/heads/{branch}").strip()

    def commits(self, since=None, branch="main"):
        """Hashes, oldest first."""
        span = f"{since}..refs/heads/{branch}" if since else f"refs/heads/{branch}"
        return self.git("rev-list", "--reverse", span).split()

    def message(self, commit):
        return self.git("log", "-1", "--format=%B", commit)

    def author(self, commit):
        return self.git("log", "-1", "--format=%an <%ae>", commit).strip()

    def files(self, commit):
        """Paths that a commit touches."""
        return self.git("diff-tree", "--no-commit-id", "--name-only", "-r", "--root",
                        commit).split()

    def show(self, path, commit="refs/heads/main"):
        """The content of a file at a commit, or None."""
        text = self.git("show", f"{commit}:{path}", check=False)
        return None if self.failed else text

    def parents(self, commit):
        return self.git("log", "-1", "--format=%P", commit).split()


class BareRepo(_Git):
    """The repository that people and vm7 push to. Its hooks are real ones."""

    def __init__(self, folder, home):
        super().__init__(folder, home)
        self.folder.mkdir(parents=True)
        self.git("init", "-q", "--bare", "-b", "main", ".")
        self.git("config", "http.receivepack", "true")
        self.git("config", "receive.denyNonFastForwards", "true")
        self.url = str(self.folder)

    def hook(self, name, script):
        """Install a hook; `script` is shell without the first line. None removes it."""
        path = self.folder / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        if script is None:
            path.unlink(missing_ok=True)
            return
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)

    def objects_text(self):
        """Every object of the repository, as bytes, for searching."""
        listed = self.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
        return self.git("cat-file", "--batch", input=listed.encode(), binary=True)


class Repo(_Git):
    """A person's clone, with a work tree."""

    def __init__(self, folder, home, origin_url):
        super().__init__(folder, home)
        self.folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", ".")
        self.git("remote", "add", "origin", origin_url)
        self.git("config", "branch.main.remote", "origin")
        self.git("config", "branch.main.merge", "refs/heads/main")

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            file.write_bytes(text)
        else:
            file.write_text(text)

    def read(self, path):
        return (self.folder / path).read_text()

    def remove(self, path):
        self.git("rm", "-q", "--", path)

    def link(self, path, target):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(target, file)

    def commit(self, message="A change", files=None):
        """Commit everything in the work tree; `files` are written before."""
        for path, text in (files or {}).items():
            self.write(path, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def push(self):
        self.git("push", "-q", "origin", "main")

    def pull(self):
        self.git("pull", "-q", "--ff-only", "origin", "main")

    def publish(self, message="A change", files=None):
        """Commit, rebase on what others pushed and push, as a merge would."""
        self.commit(message, files)
        for _ in range(20):
            self.git("push", "-q", "origin", "main", check=False)
            if not self.failed:
                return self.head()
            self.git("pull", "-q", "--rebase", "origin", "main")
        raise GitFailed("could not push")
