"""The programs under test: where they are, how they are run, what they said."""

import os
import pathlib
import signal
import subprocess
import time

VM7 = os.environ.get("VM7", "vm7")
SIM = os.environ.get("VM7_SIM", "vm7-sim")

# Sanitizers end the program with a code that no verb uses; children git and ssh are not ours.
SANITIZER_EXIT = 99
_SANITIZERS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
               "LeakSanitizer has encountered", "AddressSanitizer:DEADLYSIGNAL")


def sanitizer_env(env):
    return {
        "ASAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:detect_leaks=1",
        "LSAN_OPTIONS": f"exitcode={SANITIZER_EXIT}",
        "UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:exitcode={SANITIZER_EXIT}",
        **env,
    }


class Run:
    """One finished run of a program."""

    def __init__(self, command, code, out, err, took):
        self.command = command
        self.code = code
        self.out = out
        self.err = err
        self.took = took

    @property
    def text(self):
        """Everything it said."""
        return self.out + self.err

    def __str__(self):
        return (
            f"$ {' '.join(self.command)}\n-> {self.code} in {self.took:.1f} s\n"
            f"--- stdout\n{_clip(self.out)}\n--- stderr\n{_clip(self.err)}"
        )


def _clip(text, limit=6000):
    return text if len(text) <= limit else text[: limit // 2] + "\n[...]\n" + text[-limit // 2:]


class Running:
    """A program that has been started in a process group of its own."""

    def __init__(self, command, cwd, env, input=None):
        self.command = [str(word) for word in command]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command, cwd=cwd, env=env, start_new_session=True,
            stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.input = input
        self.pid = self.process.pid

    def kill(self, sig=signal.SIGKILL):
        try:
            os.killpg(self.pid, sig)
        except ProcessLookupError:
            pass

    def finish(self, timeout):
        data = self.input.encode() if isinstance(self.input, str) else self.input
        try:
            out, err = self.process.communicate(data, timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            out, err = self.process.communicate()
            run = self._run(out, err)
            raise AssertionError(f"did not end within {timeout} s\n{run}") from None
        run = self._run(out, err)
        if run.code == SANITIZER_EXIT or any(mark in run.err for mark in _SANITIZERS):
            raise AssertionError(f"a sanitizer complained\n{run}")
        return run

    def _run(self, out, err):
        return Run(
            self.command, self.process.returncode, out.decode(errors="replace"),
            err.decode(errors="replace"), time.monotonic() - self.started,
        )


def have(program):
    """Whether a program that a test needs is installed."""
    return any(
        os.access(pathlib.Path(folder) / program, os.X_OK)
        for folder in ("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin")
    )
