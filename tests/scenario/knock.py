"""A client that says to a door byte for byte what a test wants to be said."""

import hashlib
import hmac
import http.client
import json
import re
import socket
import ssl
import time

PATIENCE = 60  # seconds that nothing should take; only a hang does


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Door:
    """Where a door is: "http://127.0.0.1:1234", or the path of a unix socket."""

    def __init__(self, where, authority=None):
        self.where, self.authority = where, authority
        self.is_unix = where.startswith("/")
        if not self.is_unix:
            self.tls, host, port = re.fullmatch(
                r"http(s?)://\[?([0-9a-f.:]+?)\]?:(\d+)", where).groups()
            self.address = host, int(port)

    def connect(self, source=None):
        """A socket; `source`: the address of ours that it comes from."""
        if self.is_unix:
            peer = socket.socket(socket.AF_UNIX)
            peer.settimeout(PATIENCE)
            peer.connect(self.where)
            return peer
        peer = socket.create_connection(self.address, PATIENCE,
                                        (source, 0) if source else None)
        if self.tls:
            context = ssl.create_default_context(cafile=str(self.authority))
            peer = context.wrap_socket(peer, server_hostname=self.address[0])
        return peer

    def ask(self, path, method="GET", headers=None, body=None):
        with self.connect() as peer:
            lines = [f"{method} {path} HTTP/1.1", "Host: door", "Connection: close"]
            lines += [f"{key}: {value}" for key, value in (headers or {}).items()]
            if body is not None:
                lines.append(f"Content-Length: {len(body)}")
            try:
                peer.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was said: its answer is there
            return read_answer(peer, method)

    def say(self, words):
        """Everything that it answers to these bytes, until it hangs up."""
        with self.connect() as peer:
            try:
                peer.sendall(words)
                peer.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return read_all(peer)

    def hook(self, secret, body, forge="github", event="push"):
        sign = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "github": {"X-Hub-Signature-256": "sha256=" + sign, "X-GitHub-Event": event},
            "gitea": {"X-Gitea-Signature": sign, "X-Gitea-Event": event},
            "forgejo": {"X-Forgejo-Signature": sign, "X-Forgejo-Event": event},
            "gitlab": {"X-Gitlab-Token": secret, "X-Gitlab-Event": "Push Hook"},
        }[forge]
        return self.ask("/hook", "POST", headers, body).status


def read_answer(peer, method="GET"):
    answer = http.client.HTTPResponse(peer, method=method)
    answer.begin()
    return Answer(answer.status, answer.headers, answer.read())


def read_all(peer):
    said = b""
    try:
        while more := peer.recv(65536):
            said += more
    except OSError:
        pass  # it was not polite
    return said


def statuses(said):
    """The statuses of the answers in a stream."""
    return [int(line.split()[1]) for line in re.findall(rb"HTTP/1\.[01] \d\d\d", said)]


class Events:
    """Somebody who listens to /events."""

    def __init__(self, door):
        self.peer = door.connect()
        self.peer.sendall(b"GET /events HTTP/1.1\r\nHost: door\r\n\r\n")
        self.said = b""
        self.until(lambda: self.count() == 1)  # "look", at once

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"no such event: {self.said}")
            more = self.peer.recv(4096)
            if not more:
                raise AssertionError(f"the events ended: {self.said}")
            self.said += more

    def count(self):
        return self.said.count(b"event: changed\n")

    def end(self):
        """What else it says until it hangs up."""
        return read_all(self.peer)

    def close(self):
        self.peer.close()


# --- the text format of Prometheus -----------------------------------------------------

_NAME = r"[a-z_][a-z0-9_]*"
_LABEL = _NAME + r'="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{((?:{_LABEL})(?:,{_LABEL})*)\}})? (-?[0-9.]+)")


def read_metrics(text):
    """{'name{labels}': value}; strict about everything that `promtool check metrics` is."""
    families, samples, current = {}, {}, None
    assert text.endswith("\n"), "no line break at the end"
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            assert re.fullmatch(_NAME, name) and words, line
            assert name not in families, f"{name} is there twice"
            current, families[name] = name, None
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == current and families[name] is None, line
            assert kind in ("counter", "gauge"), line
            assert (kind == "counter") == name.endswith("_total"), line
            families[name] = kind
        else:
            match = _SAMPLE.fullmatch(line)
            assert match, f"no sample: {line}"
            assert match[1] == current and families[current], f"not where it belongs: {line}"
            key = match[1] + (f"{{{match[2]}}}" if match[2] else "")
            assert key not in samples, f"{key} is there twice"
            samples[key] = float(match[3])
    return samples
