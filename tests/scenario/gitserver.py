"""Real Git servers on loopback: HTTPS with git http-backend, and sshd."""

import base64
import http.server
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse

HTTP_BACKEND = "/usr/lib/git-core/git-http-backend"
SSHD = "/usr/sbin/sshd"


class _Backend(http.server.BaseHTTPRequestHandler):
    """Hands each request to git http-backend as a CGI program."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *args):
        pass

    def do_GET(self):
        self._serve(b"")

    def do_POST(self):
        body = self._body()
        self._serve(body)

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if size == 0:
                    return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _allowed(self):
        owner = self.server.owner
        if owner.password is None:
            return True
        given = self.headers.get("Authorization", "")
        pair = f"{owner.username}:{owner.password}".encode()
        return given == "Basic " + base64.b64encode(pair).decode()

    def _serve(self, body):
        owner = self.server.owner
        url = urllib.parse.urlsplit(self.path)
        owner.requests.append((self.command, self.path, dict(self.headers)))
        if not self._allowed():
            self._answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"no\n")
            return
        owner.before(self.path)
        env = {
            "PATH": "/usr/bin:/bin", "HOME": str(owner.home), "LC_ALL": "C.UTF-8",
            "GIT_PROJECT_ROOT": str(owner.root), "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1", "REQUEST_METHOD": self.command,
            "PATH_INFO": urllib.parse.unquote(url.path), "QUERY_STRING": url.query,
            "REMOTE_ADDR": "127.0.0.1", "REMOTE_USER": owner.username or "",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        for header, name in (("Git-Protocol", "GIT_PROTOCOL"),
                             ("Content-Encoding", "HTTP_CONTENT_ENCODING")):
            if header in self.headers:
                env[name] = self.headers[header]
        done = subprocess.run([HTTP_BACKEND], input=body, env=env, capture_output=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "status":
                status = int(value.split()[0])
            elif name:
                headers.append((name, value.strip()))
        self._answer(status, headers, content)

    def _answer(self, status, headers, content):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class TlsServer(http.server.ThreadingHTTPServer):
    """HTTPS, or plain HTTP without a `context`."""

    daemon_threads = True

    def __init__(self, context, backend, owner, port=0):
        self.context = context
        self.owner = owner
        super().__init__(("127.0.0.1", port), backend)

    def finish_request(self, request, client_address):
        # The handshake belongs to the thread of the connection, not to accept().
        request.settimeout(60)
        if not self.context:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as tls:
            super().finish_request(tls, client_address)

    def handle_error(self, request, client_address):
        pass  # clients that hang up are part of the tests


class GitHttps:
    """Serves the bare repositories below `root` over HTTPS."""

    def __init__(self, root, home, authority, username=None, password=None):
        self.root = pathlib.Path(root)
        self.home = home
        self.username = username
        self.password = password
        self.requests = []
        self.before = lambda path: None  # called before a request is served
        context, self.fingerprint = authority.server_context()
        self.server = TlsServer(context, _Backend, self)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, repo):
        name = repo.folder.relative_to(self.root)
        return f"https://127.0.0.1:{self.server.server_address[1]}/{name}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class GitSsh:
    """A real sshd for the user that runs the tests."""

    def __init__(self, folder, key_type="ed25519", host_key_type="ed25519"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o700)
        self.key = self._keygen("user_key", key_type)
        host_key = self._keygen("host_key", host_key_type)
        shutil.copy(self.key.with_suffix(".pub"), self.folder / "authorized_keys")
        self.port = _free_port()
        self.user = _user_name()
        config = self.folder / "sshd_config"
        config.write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {host_key}\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nPidFile none\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n"
            "PermitRootLogin prohibit-password\nStrictModes no\nLogLevel VERBOSE\n"
            "AcceptEnv GIT_PROTOCOL\n"
        )
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd of root insists on it
        self.log = self.folder / "sshd.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            )
        _wait_for_port(self.port, self.process, self.log)
        public = host_key.with_suffix(".pub").read_text().split()
        self.known_hosts = self.folder / "known_hosts"
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public[0]} {public[1]}\n")

    def _keygen(self, name, kind):
        path = self.folder / name
        size = ["-b", "2048"] if kind == "rsa" else []
        subprocess.run(["ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-C", "test", "-f", path],
                       check=True, capture_output=True)
        return path

    def other_known_hosts(self):
        """A known_hosts that names another key for this server."""
        other = self._keygen("other_host_key", "ed25519").with_suffix(".pub").read_text().split()
        path = self.folder / "wrong_known_hosts"
        path.write_text(f"[127.0.0.1]:{self.port} {other[0]} {other[1]}\n")
        return path

    def url(self, repo):
        return f"ssh://{self.user}@127.0.0.1:{self.port}{repo.folder}"

    def command(self):
        """How a person's git reaches it."""
        return (f"ssh -F none -i {self.key} -o IdentitiesOnly=yes -o BatchMode=yes "
                f"-o StrictHostKeyChecking=yes -o UserKnownHostsFile={self.known_hosts}")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def _user_name():
    import pwd
    return pwd.getpwuid(os.getuid()).pw_name


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for_port(port, process, log):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("sshd: " + log.read_text())
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("sshd does not answer")
